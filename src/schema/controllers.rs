//! Who acts on behalf of objects that somebody else wrote.

/// The user that all built-in controllers are where they have no accounts of their own.
///
/// Upstream: `--use-service-account-credentials` of kube-controller-manager.
pub const MANAGER: &str = "system:kube-controller-manager";

/// The users that change `*/scale` on behalf of a `HorizontalPodAutoscaler` or a `ScaledObject`. What they do follows
/// from an object that was judged itself, and a refusal would stop them for good.
///
/// No other controller of the controller manager changes a scale. KEDA lives in `keda`, and in `kube-system` where it is
/// the add-on of AKS.
pub const AUTOSCALERS: [&str; 4] = [
    MANAGER,
    "system:serviceaccount:keda:keda-operator",
    "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
    "system:serviceaccount:kube-system:keda-operator",
];

/// A kind whose controller makes objects that carry pods.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    /// Its API group.
    pub group: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// The user that makes them.
    pub user: &'static str,
    /// Group and kind of what it makes.
    pub makes: (&'static str, &'static str),
}

/// The built-in ones. Upstream: the controller names in `cmd/kube-controller-manager/names`, which are also the names
/// of their service accounts.
pub const MAKERS: [Maker; 7] = [
    Maker {
        group: "",
        kind: "ReplicationController",
        user: "system:serviceaccount:kube-system:replication-controller",
        makes: ("", "Pod"),
    },
    Maker {
        group: "apps",
        kind: "DaemonSet",
        user: "system:serviceaccount:kube-system:daemon-set-controller",
        makes: ("", "Pod"),
    },
    Maker {
        group: "apps",
        kind: "Deployment",
        user: "system:serviceaccount:kube-system:deployment-controller",
        makes: ("apps", "ReplicaSet"),
    },
    Maker {
        group: "apps",
        kind: "ReplicaSet",
        user: "system:serviceaccount:kube-system:replicaset-controller",
        makes: ("", "Pod"),
    },
    Maker {
        group: "apps",
        kind: "StatefulSet",
        user: "system:serviceaccount:kube-system:statefulset-controller",
        makes: ("", "Pod"),
    },
    Maker {
        group: "batch",
        kind: "CronJob",
        user: "system:serviceaccount:kube-system:cronjob-controller",
        makes: ("batch", "Job"),
    },
    Maker {
        group: "batch",
        kind: "Job",
        user: "system:serviceaccount:kube-system:job-controller",
        makes: ("", "Pod"),
    },
];
