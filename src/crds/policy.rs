//! The custom resource `Policy`.
//!
//! Variants of enums carry no comments: a structural schema has one list of words for all of them.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::{MatchConstraints, Status};

/// What a policy says: what is wrong, why, how to put it right, and where it can, putting it right.
#[derive(Clone, Debug, Deserialize, Serialize, CustomResource, KubeSchema)]
#[kube(
    group = "kpolicy.io",
    version = "v1alpha1",
    kind = "Policy",
    plural = "policies",
    shortname = "kpol",
    category = "kpolicy",
    status = "Status",
    doc = "One rule about Kubernetes objects: what is wrong, why, and how to put it right. Config says where it runs and how hard; where it says nothing, a policy of your own denies.",
    validation = Rule::new("self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')").message(
        "the name must be up to 63 lower-case letters, digits and `-`, with a letter or digit at both ends"
    ),
    printcolumn(name = "Title", type_ = "string", json_path = ".spec.title"),
    printcolumn(name = "Category", type_ = "string", json_path = ".spec.category"),
    printcolumn(name = "Severity", type_ = "string", json_path = ".spec.severity", priority = 1),
    printcolumn(
        name = "Compiled",
        type_ = "string",
        description = "Whether the newest version is right",
        json_path = r#".status.conditions[?(@.type=="Compiled")].status"#
    ),
    printcolumn(
        name = "In Force",
        type_ = "string",
        description = "Whether the newest version judges requests",
        json_path = r#".status.conditions[?(@.type=="InForce")].status"#
    ),
    printcolumn(
        name = "Why",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="InForce")].message"#
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.validations) || has(self.mutations)").message(
    "the policy has neither `validations` nor `mutations`"
))]
pub struct PolicySpec {
    /// What must be the case, in one line.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[^\n]*$"))]
    pub title: String,
    /// The family it belongs to.
    pub category: Category,
    /// How much harm a violation can do.
    pub severity: Severity,
    /// Why it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub description: Option<String>,
    /// What to do about a violation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub remediation: Option<String>,
    /// Vendor pages, KEPs, upstream checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 2048)))]
    pub references: Option<Vec<String>>,
    /// Policies whose checks this one makes too: where it runs as hard and with the same parameters, they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)))]
    pub supersedes: Option<Vec<String>>,
    /// What the policy looks at.
    pub match_constraints: MatchConstraints,
    /// Preconditions in CEL; all must be true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_string()]))]
    pub match_conditions: Option<Vec<MatchCondition>>,
    /// JSON Schema (2020-12) of `params`, which Config sets. A `default` fills in; what is `required` and not set makes
    /// the policy judge nothing and say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_object")]
    pub parameters: Option<serde_json::Map<String, serde_json::Value>>,
    /// Other objects of the cluster that expressions may read as `resources.<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_string()]))]
    pub resources: Option<Vec<ResourceDeclaration>>,
    /// Expressions by name, for those below as `variables.<name>`; each may read those before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_string()]))]
    pub variables: Option<Vec<Variable>>,
    /// What must be true of an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub validations: Option<Vec<Validation>>,
    /// What is put right before the object is stored, and what the linter proposes as a fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub mutations: Option<Vec<Mutation>>,
    /// What an error of an expression means: a violation (Fail, where nothing is said) or nothing (Ignore).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<FailurePolicy>,
}

/// The name of a part of a policy: not a number alone, which would be a place in a list.
const NAME: &str = r"^[A-Za-z0-9._-]*[A-Za-z._-][A-Za-z0-9._-]*$";

/// A name that expressions say.
const IDENTIFIER: &str = r"^[A-Za-z_][A-Za-z0-9_]*$";

/// A map of which the API server need not know what is in it: `parameters` is a schema of its own.
pub(super) fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

/// A precondition.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchCondition {
    /// Its name in messages.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = NAME)
    )]
    pub name: String,
    /// CEL that gives a bool.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
}

/// Other objects that expressions may read.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceDeclaration {
    /// The name under `resources`.
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = IDENTIFIER)
    )]
    pub name: String,
    /// API group; "" for the core group.
    #[schemars(length(max = 253))]
    pub api_group: String,
    /// Kind.
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    /// Where it is looked for: in the namespace of the judged object, or everywhere.
    pub scope: ResourceScope,
}

/// A named expression.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// The name under `variables`.
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = IDENTIFIER)
    )]
    pub name: String,
    /// CEL.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
}

/// What must be true.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// The second half of its id, `<policy>/<name>`; without it, its place in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = NAME)
    )]
    pub name: Option<String>,
    /// CEL that gives a bool: true for what is allowed.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
    /// What to say when it is false, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub message: Option<String>,
    /// CEL that makes the message; `message` where it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub message_expression: Option<String>,
    /// The reason in the answer to the client; Invalid where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<DenialReason>,
}

/// What is put right.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(
    "self.patchType == 'JSONPatch' ? has(self.jsonPatch) && !has(self.applyConfiguration) \
     : has(self.applyConfiguration) && !has(self.jsonPatch)"
).message("the patch must stand under `jsonPatch` or `applyConfiguration`, as `patchType` says"))]
pub struct Mutation {
    /// The second half of its id, `<policy>/<name>`; without it, `mutation-` and its place in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = NAME)
    )]
    pub name: Option<String>,
    /// Whether the linter may write it into a file: safe, unsafe (only when told to), or display (never).
    pub safety: Safety,
    /// The form of the patch.
    pub patch_type: PatchType,
    /// The patch of `patchType: JSONPatch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_patch: Option<JsonPatch>,
    /// The patch of `patchType: ApplyConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_configuration: Option<ApplyConfiguration>,
}

/// A list of JSON patch operations.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPatch {
    /// CEL that gives a list of `JSONPatch`.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
}

/// An object that is merged in, as server-side apply merges.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplyConfiguration {
    /// CEL that gives an `Object`.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
}

/// The family that a policy belongs to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Category {
    PodSecurity,
    Resources,
    Probes,
    Images,
    Scheduling,
    Availability,
    Network,
    Identity,
    Secrets,
    Storage,
    Gitops,
    Observability,
    Api,
}

/// How much harm a violation can do.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

/// Where declared objects are looked for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum ResourceScope {
    SameNamespace,
    Cluster,
}

/// The reason of a denial.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum DenialReason {
    Invalid,
    Forbidden,
    RequestEntityTooLarge,
}

/// Whether a mutation may be written into Git.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Safety {
    Safe,
    Unsafe,
    Display,
}

/// The form of a patch.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum PatchType {
    #[serde(rename = "JSONPatch")]
    JsonPatch,
    ApplyConfiguration,
}

/// What an error of an expression means.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum FailurePolicy {
    Fail,
    Ignore,
}
