//! What a policy looks at: the words of a `ValidatingAdmissionPolicy`, and three of our own.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::LabelSelector;

/// What the policy looks at. One of `podTemplates`, `repository`, `dockerfiles` and `resourceRules` must say it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(
    "[has(self.podTemplates) && self.podTemplates, has(self.repository) && self.repository, \
     has(self.dockerfiles) && self.dockerfiles, has(self.resourceRules)].filter(said, said).size() == 1"
).message(
    "exactly one of `podTemplates: true`, `repository: true`, `dockerfiles: true` and `resourceRules` must be there"
))]
#[x_kube(validation = Rule::new(
    "!has(self.excludeResourceRules) || has(self.resourceRules)"
).message("`excludeResourceRules` needs `resourceRules`"))]
pub struct MatchConstraints {
    /// Every pod template: Pod, the workload kinds, CronJob, and the custom kinds that Config names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_templates: Option<bool>,
    /// The repository itself: for the linter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<bool>,
    /// The Dockerfiles of the repository, each by itself: for the linter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfiles: Option<bool>,
    /// Resources and operations, as in a `ValidatingAdmissionPolicy`; at least one rule must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub resource_rules: Option<Vec<ResourceRule>>,
    /// What is left out of `resourceRules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub exclude_resource_rules: Option<Vec<ResourceRule>>,
    /// Labels of the object's namespace; a Namespace is selected by its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Labels of the object, new or old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_selector: Option<LabelSelector>,
    /// What a rule means for its resource in another API version. Equivalent where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_policy: Option<MatchPolicy>,
}

/// Resources and operations; `*` stands for all.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRule {
    /// API groups; the core group is "".
    #[schemars(length(min = 1, max = 64))]
    pub api_groups: Vec<String>,
    /// API versions, such as v1.
    #[schemars(length(min = 1, max = 64), inner(length(min = 1)))]
    pub api_versions: Vec<String>,
    /// Resources and subresources: pods, pods/resize, */scale, *, */*.
    #[schemars(length(min = 1, max = 128), inner(length(min = 1)))]
    pub resources: Vec<String>,
    /// What is done with them.
    #[schemars(length(min = 1, max = 4))]
    pub operations: Vec<Operation>,
    /// Names of objects; none stands for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1)))]
    pub resource_names: Option<Vec<String>>,
    /// Cluster-scoped or namespaced resources; both where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<RuleScope>,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Operation {
    Create,
    Update,
    Delete,
    Connect,
    #[serde(rename = "*")]
    All,
}

/// Cluster-scoped or namespaced resources.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum RuleScope {
    #[serde(rename = "*")]
    All,
    Cluster,
    Namespaced,
}

/// What a rule means for other API versions.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum MatchPolicy {
    Exact,
    Equivalent,
}
