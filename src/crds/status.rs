//! What the webhook says of a resource: conditions, as the rest of Kubernetes writes them.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What the webhook made of the object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The generation that the conditions speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// For a Policy `Compiled` and `InForce`, for a PolicyException `Accepted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_string()]))]
    pub conditions: Option<Vec<Condition>>,
    /// The version that judges in place of the newest one, for webhooks that start later. Of a Policy only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierVersion>,
}

/// A version that was in force before the newest one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EarlierVersion {
    /// Its generation.
    pub generation: i64,
    /// Its spec.
    #[schemars(schema_with = "super::policy::any_object")]
    pub spec: serde_json::Map<String, serde_json::Value>,
}

/// One thing that is or is not the case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 316))]
    pub kind: String,
    /// Whether it is the case.
    pub status: ConditionStatus,
    /// The generation that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When `status` last changed.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
    /// Why, in one word.
    #[schemars(
        length(min = 1, max = 1024),
        regex(pattern = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
    )]
    pub reason: String,
    /// Why, for people.
    #[schemars(length(max = 32768))]
    pub message: String,
}

/// Whether something is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum ConditionStatus {
    True,
    False,
    Unknown,
}
