//! The table of defaults: which key of which map gets which value, and since when.

/// What is filled in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filled {
    Int(i64),
    Bool(bool),
    /// What the API server writes although nothing is there: a field without `omitempty`.
    Null,
    Text(&'static str),
    /// An empty map, for rows below it to fill.
    Map,
    /// `Always` where the image under this key has the tag `latest`, otherwise `IfNotPresent`.
    PullPolicy(&'static str),
    /// The value of a sibling.
    CopyOf(&'static str),
    /// The object's own name.
    NameOfObject,
    /// `[Ingress]`, with `Egress` where egress rules are written.
    PolicyTypes,
}

/// When a row applies to a map.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    Always,
    /// A sibling is this word.
    Is(&'static str, &'static str),
    /// None of these siblings is set.
    Without(&'static [&'static str]),
    /// No sibling but this one is set.
    Only(&'static str),
}

/// One default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The route to the map, `[]` for every element of a list; a map that is not there gets nothing.
    pub(super) at: &'static str,
    /// The key that is filled in when absent or null.
    pub(super) key: &'static str,
    /// What is filled in.
    pub(super) default: Filled,
    /// When.
    pub(super) when: Condition,
    /// The first minor version that does so; 0 for all that are supported.
    pub(super) since: u32,
}

const fn row(at: &'static str, key: &'static str, default: Filled) -> Row {
    Row {
        at,
        key,
        default,
        when: Condition::Always,
        since: 0,
    }
}

const fn when(at: &'static str, key: &'static str, default: Filled, when: Condition) -> Row {
    Row {
        at,
        key,
        default,
        when,
        since: 0,
    }
}

const fn since(since: u32, row: Row) -> Row {
    Row { since, ..row }
}

use Condition::{Is, Only, Without};
use Filled::{Bool, CopyOf, Int, Map, NameOfObject, Null, PolicyTypes, PullPolicy, Text};

/// Below `spec` of a pod template (`SetDefaults_PodSpec`, `SetDefaults_Volume` and its sources).
pub(super) const POD_SPEC: &[Row] = &[
    row("", "dnsPolicy", Text("ClusterFirst")),
    row("", "restartPolicy", Text("Always")),
    row("", "securityContext", Map),
    row("", "terminationGracePeriodSeconds", Int(30)),
    row("", "schedulerName", Text("default-scheduler")),
    row(
        "topologySpreadConstraints[]",
        "nodeAffinityPolicy",
        Text("Honor"),
    ),
    row(
        "topologySpreadConstraints[]",
        "nodeTaintsPolicy",
        Text("Ignore"),
    ),
    when("volumes[]", "emptyDir", Map, Only("name")),
    row("volumes[].configMap", "defaultMode", Int(420)),
    row("volumes[].downwardAPI", "defaultMode", Int(420)),
    row(
        "volumes[].downwardAPI.items[].fieldRef",
        "apiVersion",
        Text("v1"),
    ),
    row(
        "volumes[].ephemeral.volumeClaimTemplate.spec",
        "volumeMode",
        Text("Filesystem"),
    ),
    row("volumes[].hostPath", "type", Text("")),
    // On by default since the feature gate `ImageVolume` is.
    since(
        35,
        row("volumes[].image", "pullPolicy", PullPolicy("reference")),
    ),
    row("volumes[].projected", "defaultMode", Int(420)),
    row(
        "volumes[].projected.sources[].serviceAccountToken",
        "expirationSeconds",
        Int(3600),
    ),
    row("volumes[].secret", "defaultMode", Int(420)),
];

/// On templates, not on Pods: their metadata are written without `omitempty`.
pub(super) const TEMPLATE: &[Row] = &[row("", "metadata", Map)];

/// On Pods, not on templates (`SetDefaults_Pod`).
pub(super) const POD_ONLY: &[Row] = &[row("spec", "enableServiceLinks", Bool(true))];

/// The probes of a container; each gets the rows of [`PROBE`].
pub(super) const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// Below a probe (`SetDefaults_Probe`, `SetDefaults_HTTPGetAction`).
pub(super) const PROBE: &[Row] = &[
    row("", "failureThreshold", Int(3)),
    row("", "periodSeconds", Int(10)),
    row("", "successThreshold", Int(1)),
    row("", "timeoutSeconds", Int(1)),
    row("httpGet", "path", Text("/")),
    row("httpGet", "scheme", Text("HTTP")),
    row("grpc", "service", Text("")),
];

/// Below a container of any kind (`SetDefaults_Container`), its probes apart.
pub(super) const CONTAINER: &[Row] = &[
    row("", "imagePullPolicy", PullPolicy("image")),
    row("", "terminationMessagePath", Text("/dev/termination-log")),
    row("", "terminationMessagePolicy", Text("File")),
    row("", "resources", Map),
    row("ports[]", "protocol", Text("TCP")),
    row("env[].valueFrom.fieldRef", "apiVersion", Text("v1")),
    row("env[].valueFrom.resourceFieldRef", "divisor", Text("0")),
    row("lifecycle.preStop.httpGet", "path", Text("/")),
    row("lifecycle.preStop.httpGet", "scheme", Text("HTTP")),
    row("lifecycle.postStart.httpGet", "path", Text("/")),
    row("lifecycle.postStart.httpGet", "scheme", Text("HTTP")),
];

const DEPLOYMENT: &[Row] = &[
    row("spec", "replicas", Int(1)),
    row("spec", "strategy", Map),
    row("spec.strategy", "type", Text("RollingUpdate")),
    when(
        "spec.strategy",
        "rollingUpdate",
        Map,
        Is("type", "RollingUpdate"),
    ),
    row("spec.strategy.rollingUpdate", "maxUnavailable", Text("25%")),
    row("spec.strategy.rollingUpdate", "maxSurge", Text("25%")),
    row("spec", "revisionHistoryLimit", Int(10)),
    row("spec", "progressDeadlineSeconds", Int(600)),
];

const STATEFUL_SET: &[Row] = &[
    row("spec", "replicas", Int(1)),
    row("spec", "podManagementPolicy", Text("OrderedReady")),
    row("spec", "updateStrategy", Map),
    row("spec.updateStrategy", "type", Text("RollingUpdate")),
    when(
        "spec.updateStrategy",
        "rollingUpdate",
        Map,
        Is("type", "RollingUpdate"),
    ),
    row("spec.updateStrategy.rollingUpdate", "partition", Int(0)),
    row("spec", "revisionHistoryLimit", Int(10)),
    since(27, row("spec", "persistentVolumeClaimRetentionPolicy", Map)),
    row(
        "spec.persistentVolumeClaimRetentionPolicy",
        "whenDeleted",
        Text("Retain"),
    ),
    row(
        "spec.persistentVolumeClaimRetentionPolicy",
        "whenScaled",
        Text("Retain"),
    ),
];

const DAEMON_SET: &[Row] = &[
    row("spec", "updateStrategy", Map),
    row("spec.updateStrategy", "type", Text("RollingUpdate")),
    when(
        "spec.updateStrategy",
        "rollingUpdate",
        Map,
        Is("type", "RollingUpdate"),
    ),
    row(
        "spec.updateStrategy.rollingUpdate",
        "maxUnavailable",
        Int(1),
    ),
    row("spec.updateStrategy.rollingUpdate", "maxSurge", Int(0)),
    row("spec", "revisionHistoryLimit", Int(10)),
];

const REPLICAS: &[Row] = &[row("spec", "replicas", Int(1))];

const JOB: &[Row] = &[
    when(
        "spec",
        "completions",
        Int(1),
        Without(&["completions", "parallelism"]),
    ),
    row("spec", "parallelism", Int(1)),
    row("spec", "backoffLimit", Int(6)),
    row("spec", "completionMode", Text("NonIndexed")),
    row("spec", "suspend", Bool(false)),
    since(
        29,
        when(
            "spec",
            "podReplacementPolicy",
            Text("TerminatingOrFailed"),
            Without(&["podFailurePolicy"]),
        ),
    ),
    since(29, row("spec", "podReplacementPolicy", Text("Failed"))),
];

const CRON_JOB: &[Row] = &[
    row("spec", "concurrencyPolicy", Text("Allow")),
    row("spec", "suspend", Bool(false)),
    row("spec", "successfulJobsHistoryLimit", Int(3)),
    row("spec", "failedJobsHistoryLimit", Int(1)),
];

const SERVICE: &[Row] = &[
    row("spec", "type", Text("ClusterIP")),
    row("spec", "sessionAffinity", Text("None")),
    row("spec.ports[]", "protocol", Text("TCP")),
    row("spec.ports[]", "targetPort", CopyOf("port")),
    when(
        "spec",
        "externalTrafficPolicy",
        Text("Cluster"),
        Is("type", "LoadBalancer"),
    ),
    when(
        "spec",
        "externalTrafficPolicy",
        Text("Cluster"),
        Is("type", "NodePort"),
    ),
    when(
        "spec",
        "internalTrafficPolicy",
        Text("Cluster"),
        Without(&["externalName"]),
    ),
];

const NETWORK_POLICY: &[Row] = &[
    row("spec", "policyTypes", PolicyTypes),
    row("spec.ingress[].ports[]", "protocol", Text("TCP")),
    row("spec.egress[].ports[]", "protocol", Text("TCP")),
];

const HPA: &[Row] = &[row("spec", "minReplicas", Int(1))];
const CLAIM: &[Row] = &[row("spec", "volumeMode", Text("Filesystem"))];
const VOLUME: &[Row] = &[
    row("spec", "volumeMode", Text("Filesystem")),
    row("spec", "persistentVolumeReclaimPolicy", Text("Retain")),
];
const STORAGE_CLASS: &[Row] = &[
    row("", "reclaimPolicy", Text("Delete")),
    row("", "volumeBindingMode", Text("Immediate")),
];
const SECRET: &[Row] = &[row("", "type", Text("Opaque"))];
const ROLE: &[Row] = &[row("", "rules", Null)];
const ROLE_BINDING: &[Row] = &[
    row("roleRef", "apiGroup", Text("rbac.authorization.k8s.io")),
    when(
        "subjects[]",
        "apiGroup",
        Text("rbac.authorization.k8s.io"),
        Is("kind", "User"),
    ),
    when(
        "subjects[]",
        "apiGroup",
        Text("rbac.authorization.k8s.io"),
        Is("kind", "Group"),
    ),
];
/// The label that the API server sets on every namespace; nobody can change it.
const NAMESPACE: &[Row] = &[
    row("metadata", "labels", Map),
    row(
        "metadata.labels",
        "kubernetes.io/metadata.name",
        NameOfObject,
    ),
];

/// The rows of a kind, pod template aside; empty for kinds without defaults here.
pub(super) fn object_rows(group: &str, kind: &str) -> &'static [Row] {
    match (group, kind) {
        ("apps", "Deployment") => DEPLOYMENT,
        ("apps", "StatefulSet") => STATEFUL_SET,
        ("apps", "DaemonSet") => DAEMON_SET,
        ("apps", "ReplicaSet") | ("", "ReplicationController") => REPLICAS,
        ("batch", "Job") => JOB,
        ("batch", "CronJob") => CRON_JOB,
        ("", "Service") => SERVICE,
        ("networking.k8s.io", "NetworkPolicy") => NETWORK_POLICY,
        ("autoscaling", "HorizontalPodAutoscaler") => HPA,
        ("", "PersistentVolumeClaim") => CLAIM,
        ("", "PersistentVolume") => VOLUME,
        ("storage.k8s.io", "StorageClass") => STORAGE_CLASS,
        ("", "Secret") => SECRET,
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => ROLE,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => ROLE_BINDING,
        ("", "Namespace") => NAMESPACE,
        _ => &[],
    }
}
