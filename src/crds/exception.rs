//! The custom resource `PolicyException`.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::{LabelSelector, Status};

/// Which policies are lifted for which objects, why, and until when.
#[derive(Clone, Debug, Deserialize, Serialize, CustomResource, KubeSchema)]
#[kube(
    group = "kpolicy.io",
    version = "v1alpha1",
    kind = "PolicyException",
    plural = "policyexceptions",
    shortname = "kpolex",
    category = "kpolicy",
    namespaced,
    status = "Status",
    doc = "A reasoned, dated exemption from policies. Config says in which namespaces exceptions may be and how long they may last.",
    printcolumn(name = "Policies", type_ = "string", json_path = ".spec.policies"),
    printcolumn(name = "Owner", type_ = "string", json_path = ".spec.owner"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".spec.expires"),
    printcolumn(
        name = "Accepted",
        type_ = "string",
        description = "Whether the exception has an effect",
        json_path = r#".status.conditions[?(@.type=="Accepted")].status"#
    ),
    printcolumn(
        name = "Why",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="Accepted")].message"#
    ),
    printcolumn(
        name = "Ticket",
        type_ = "string",
        priority = 1,
        json_path = ".spec.ticket"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct PolicyExceptionSpec {
    /// Policies by name in full, or `policy/validation`, or `policy/mutation`.
    #[schemars(
        length(min = 1, max = 64),
        inner(length(min = 1, max = 127), regex(pattern = r"^[^*]*$"))
    )]
    pub policies: Vec<String>,
    /// Which objects it reaches; not everything.
    #[serde(rename = "match")]
    pub matches: ExceptionMatch,
    /// Why.
    #[schemars(length(min = 1, max = 4096))]
    pub reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1, max = 256))]
    pub owner: String,
    /// Where it is tracked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub ticket: Option<String>,
    /// The last day on which it holds, UTC: YYYY-MM-DD.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub expires: String,
}

/// Which objects an exception reaches. A list that is not there reaches all, at most those of its own namespace unless
/// Config allows exceptions there to reach others; `*` stands for any part of a name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(
    "(has(self.clusters) && size(self.clusters) > 0) || (has(self.kinds) && size(self.kinds) > 0) || has(self.selector) \
     || (has(self.namespaces) && size(self.namespaces) > 0 && self.namespaces.all(n, !n.matches('^[*]+$'))) \
     || (has(self.names) && size(self.names) > 0 && self.names.all(n, !n.matches('^[*]+$'))) \
     || (has(self.containers) && size(self.containers) > 0 && self.containers.all(n, !n.matches('^[*]+$')))"
).message("`match` reaches every object: name clusters, namespaces, kinds, names, containers or labels"))]
pub struct ExceptionMatch {
    /// Clusters, as Config names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub clusters: Option<Vec<String>>,
    /// Namespaces; globs are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub namespaces: Option<Vec<String>>,
    /// Kinds of the top owner: CronJob for the Pods of its Jobs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)))]
    pub kinds: Option<Vec<String>>,
    /// Names of the top owner; globs are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub names: Option<Vec<String>>,
    /// Names of containers; globs are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub containers: Option<Vec<String>>,
    /// Labels: of the pod template where a policy judges those, of the object for all other policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}
