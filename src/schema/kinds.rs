//! The built-in kinds: which resource serves them, whether they live in a namespace, where their pods come from.
//!
//! Upstream: the API reference of Kubernetes 1.34 to 1.37; these facts have not differed between those versions.

/// What is known of a built-in kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// The plural name in URLs and rules.
    pub resource: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// The route to its pod template; empty where the object is the pod itself. `None` for kinds without pods.
    pub pod_template: Option<&'static [&'static str]>,
}

const fn kind(
    group: &'static str,
    kind: &'static str,
    resource: &'static str,
    namespaced: bool,
) -> BuiltIn {
    BuiltIn {
        group,
        kind,
        resource,
        namespaced,
        pod_template: None,
    }
}

const fn pods(
    group: &'static str,
    kind: &'static str,
    resource: &'static str,
    route: &'static [&'static str],
) -> BuiltIn {
    BuiltIn {
        group,
        kind,
        resource,
        namespaced: true,
        pod_template: Some(route),
    }
}

/// Kinds of the API server itself, by group, then kind.
const BUILT_IN: &[BuiltIn] = &[
    kind("", "Binding", "bindings", true),
    kind("", "ConfigMap", "configmaps", true),
    kind("", "Endpoints", "endpoints", true),
    kind("", "Event", "events", true),
    kind("", "LimitRange", "limitranges", true),
    kind("", "Namespace", "namespaces", false),
    kind("", "Node", "nodes", false),
    kind("", "PersistentVolume", "persistentvolumes", false),
    kind("", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    pods("", "Pod", "pods", &[]),
    pods("", "PodTemplate", "podtemplates", &["template"]),
    pods(
        "",
        "ReplicationController",
        "replicationcontrollers",
        &["spec", "template"],
    ),
    kind("", "ResourceQuota", "resourcequotas", true),
    kind("", "Secret", "secrets", true),
    kind("", "Service", "services", true),
    kind("", "ServiceAccount", "serviceaccounts", true),
    kind(
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
        false,
    ),
    kind(
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        false,
    ),
    kind(
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        false,
    ),
    kind(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        false,
    ),
    kind(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        false,
    ),
    kind(
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        false,
    ),
    kind(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        false,
    ),
    kind("apiregistration.k8s.io", "APIService", "apiservices", false),
    kind("apps", "ControllerRevision", "controllerrevisions", true),
    pods("apps", "DaemonSet", "daemonsets", &["spec", "template"]),
    pods("apps", "Deployment", "deployments", &["spec", "template"]),
    pods("apps", "ReplicaSet", "replicasets", &["spec", "template"]),
    pods("apps", "StatefulSet", "statefulsets", &["spec", "template"]),
    kind(
        "autoscaling",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        true,
    ),
    kind("autoscaling", "Scale", "scale", true),
    pods(
        "batch",
        "CronJob",
        "cronjobs",
        &["spec", "jobTemplate", "spec", "template"],
    ),
    pods("batch", "Job", "jobs", &["spec", "template"]),
    kind(
        "certificates.k8s.io",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        false,
    ),
    kind("coordination.k8s.io", "Lease", "leases", true),
    kind("discovery.k8s.io", "EndpointSlice", "endpointslices", true),
    kind(
        "flowcontrol.apiserver.k8s.io",
        "FlowSchema",
        "flowschemas",
        false,
    ),
    kind(
        "flowcontrol.apiserver.k8s.io",
        "PriorityLevelConfiguration",
        "prioritylevelconfigurations",
        false,
    ),
    kind("networking.k8s.io", "IPAddress", "ipaddresses", false),
    kind("networking.k8s.io", "Ingress", "ingresses", true),
    kind("networking.k8s.io", "IngressClass", "ingressclasses", false),
    kind(
        "networking.k8s.io",
        "NetworkPolicy",
        "networkpolicies",
        true,
    ),
    kind("networking.k8s.io", "ServiceCIDR", "servicecidrs", false),
    kind("node.k8s.io", "RuntimeClass", "runtimeclasses", false),
    kind(
        "policy",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        true,
    ),
    kind(
        "rbac.authorization.k8s.io",
        "ClusterRole",
        "clusterroles",
        false,
    ),
    kind(
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        "clusterrolebindings",
        false,
    ),
    kind("rbac.authorization.k8s.io", "Role", "roles", true),
    kind(
        "rbac.authorization.k8s.io",
        "RoleBinding",
        "rolebindings",
        true,
    ),
    kind(
        "scheduling.k8s.io",
        "PriorityClass",
        "priorityclasses",
        false,
    ),
    kind("storage.k8s.io", "CSIDriver", "csidrivers", false),
    kind("storage.k8s.io", "CSINode", "csinodes", false),
    kind("storage.k8s.io", "StorageClass", "storageclasses", false),
    kind(
        "storage.k8s.io",
        "VolumeAttachment",
        "volumeattachments",
        false,
    ),
];

/// Cluster-scoped custom kinds that the platform uses; every other custom kind is taken to be namespaced.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("cert-manager.io", "ClusterIssuer"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "ClusterSecretStore"),
    ("gateway.networking.k8s.io", "GatewayClass"),
    ("karpenter.azure.com", "AKSNodeClass"),
    ("karpenter.sh", "NodeClaim"),
    ("karpenter.sh", "NodePool"),
    ("kpolicy.io", "Policy"),
    ("policies.kyverno.io", "ValidatingPolicy"),
    ("templates.gatekeeper.sh", "ConstraintTemplate"),
];

/// Groups of which every kind is cluster-scoped: Gatekeeper makes a kind for each constraint template.
const CLUSTER_SCOPED_GROUPS: &[&str] = &["constraints.gatekeeper.sh"];

/// The built-in kind of this group and kind.
pub fn built_in(group: &str, kind: &str) -> Option<&'static BuiltIn> {
    BUILT_IN
        .iter()
        .find(|known| known.kind == kind && known.group == group)
}

/// All built-in kinds, by group, then kind.
pub fn all() -> impl Iterator<Item = &'static BuiltIn> + Clone {
    BUILT_IN.iter()
}

/// All built-in kinds that carry pods, by group, then kind.
pub fn pod_kinds() -> impl Iterator<Item = &'static BuiltIn> {
    BUILT_IN.iter().filter(|known| known.pod_template.is_some())
}

/// The resource that serves a kind. For custom kinds it is guessed as apimachinery does
/// (`meta.UnsafeGuessKindToResource`): lower case, with an English plural.
pub fn resource(group: &str, kind: &str) -> String {
    if let Some(known) = built_in(group, kind) {
        return known.resource.to_owned();
    }
    let singular = kind.to_lowercase();
    if singular.ends_with('s') {
        format!("{singular}es")
    } else if let Some(stem) = singular
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']))
    {
        format!("{stem}ies")
    } else {
        format!("{singular}s")
    }
}

/// Whether objects of a kind live in a namespace.
pub fn is_namespaced(group: &str, kind: &str) -> bool {
    scope(group, kind).unwrap_or(true)
}

/// Whether objects of a kind live in a namespace; `None` for custom kinds of which nothing is known.
pub fn scope(group: &str, kind: &str) -> Option<bool> {
    if let Some(known) = built_in(group, kind) {
        return Some(known.namespaced);
    }
    let cluster = CLUSTER_SCOPED.contains(&(group, kind)) || CLUSTER_SCOPED_GROUPS.contains(&group);
    cluster.then_some(false)
}

/// Whether all kinds of this name that are known live in no namespace, in whichever group they are.
pub fn is_of_cluster(kind: &str) -> bool {
    let built_in = BUILT_IN.iter().filter(|known| known.kind == kind);
    let custom = CLUSTER_SCOPED.iter().filter(|known| known.1 == kind);
    let mut known = built_in
        .map(|known| known.namespaced)
        .chain(custom.map(|_| false))
        .peekable();
    known.peek().is_some() && !known.any(|namespaced| namespaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ordered_and_names_each_kind_once() {
        assert!(
            BUILT_IN
                .windows(2)
                .all(|pair| (pair[0].group, pair[0].kind) < (pair[1].group, pair[1].kind))
        );
    }

    #[test]
    fn resources_of_custom_kinds_get_an_english_plural() {
        for (kind, expected) in [
            ("Kustomization", "kustomizations"),
            ("CiliumNetworkPolicy", "ciliumnetworkpolicies"),
            ("Class", "classes"),
            ("Gateway", "gateways"),
        ] {
            assert_eq!(resource("example.io", kind), expected);
        }
        assert_eq!(resource("networking.k8s.io", "Ingress"), "ingresses");
    }

    #[test]
    fn nine_built_in_kinds_carry_pods() {
        let kinds: Vec<_> = pod_kinds().map(|known| known.kind).collect();
        assert_eq!(
            kinds,
            [
                "Pod",
                "PodTemplate",
                "ReplicationController",
                "DaemonSet",
                "Deployment",
                "ReplicaSet",
                "StatefulSet",
                "CronJob",
                "Job"
            ]
        );
    }
}
