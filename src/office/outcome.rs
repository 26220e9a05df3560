//! What becomes of a resource, as its status says it.

use std::sync::Arc;

use super::{Identity, Key};

/// What became of one version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which resource.
    pub key: Key,
    /// Which version of it.
    pub identity: Identity,
    /// What is and is not the case, in the order in which a status lists it.
    pub conditions: Vec<Condition>,
    /// Which version judges in its place: kept in the status for replicas that start later.
    pub earlier: Earlier,
}

/// The version that judges in place of the newest one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing is known of one here: what a status says of it stays.
    Unknown,
    /// The newest version judges, and needs none.
    Needless,
    /// This one.
    Version {
        /// Its generation.
        generation: i64,
        /// Its spec, as JSON.
        spec: Arc<str>,
    },
}

/// One thing that is or is not the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is about: `Compiled`, `InForce` or `Accepted`.
    pub kind: &'static str,
    /// Whether it is the case.
    pub holds: bool,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, for people.
    pub message: String,
}

/// Why a condition is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The newest version is right in itself.
    Compiled,
    /// The newest version is wrong: the message says where.
    Invalid,
    /// The newest version judges.
    Judging,
    /// Config says that the policy runs nowhere.
    Disabled,
    /// It judges the repository, which the webhook never sees.
    LintOnly,
    /// Required parameters that Config does not set.
    ParametersUnset,
    /// Parameters that Config sets and the policy does not take.
    ParametersRefused,
    /// A file of the webhook has a policy of this name.
    NameTaken,
    /// It would turn off a policy of a file.
    SupersedesFile,
    /// The newest version is wrong; an earlier one judges in its place.
    EarlierVersion,
    /// The newest version is wrong, and nothing judges in its place.
    NoVersion,
    /// The exception has an effect.
    Accepted,
    /// It names policies that are not there.
    UnknownPolicy,
    /// It is for other clusters.
    OtherCluster,
    /// Its last day is over.
    Expired,
    /// Config does not allow it: its namespace, or how long it lasts.
    NotAllowed,
}

impl Reason {
    /// The word in a status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compiled => "Compiled",
            Self::Invalid => "Invalid",
            Self::Judging => "Judging",
            Self::Disabled => "Disabled",
            Self::LintOnly => "LintOnly",
            Self::ParametersUnset => "ParametersUnset",
            Self::ParametersRefused => "ParametersRefused",
            Self::NameTaken => "NameTaken",
            Self::SupersedesFile => "SupersedesFile",
            Self::EarlierVersion => "EarlierVersion",
            Self::NoVersion => "NoVersion",
            Self::Accepted => "Accepted",
            Self::UnknownPolicy => "UnknownPolicy",
            Self::OtherCluster => "OtherCluster",
            Self::Expired => "Expired",
            Self::NotAllowed => "NotAllowed",
        }
    }
}

impl Condition {
    pub(super) fn new(
        kind: &'static str,
        holds: bool,
        reason: Reason,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            holds,
            reason,
            message: message.into(),
        }
    }

    pub(super) fn compiled(holds: bool, reason: Reason, message: impl Into<String>) -> Self {
        Self::new("Compiled", holds, reason, message)
    }

    pub(super) fn in_force(holds: bool, reason: Reason, message: impl Into<String>) -> Self {
        Self::new("InForce", holds, reason, message)
    }

    pub(super) fn accepted(holds: bool, reason: Reason, message: impl Into<String>) -> Self {
        Self::new("Accepted", holds, reason, message)
    }
}
