//! Which requests a policy applies to, as the API server decides it.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/matching` and `webhook/predicates`.

use crate::manifest::LabelSelector;

/// The operation of an admission request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new object.
    Create,
    /// A changed object.
    Update,
    /// A deleted object.
    Delete,
    /// A connection, such as `kubectl exec`.
    Connect,
}

impl Operation {
    /// The word in an AdmissionReview.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }

    /// Reads the word of an AdmissionReview.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Delete, Self::Connect]
            .into_iter()
            .find(|known| known.as_str() == word)
    }
}

/// Which resources and operations a rule names; `*` stands for all, as in `admissionregistration.k8s.io`.
#[derive(Clone, Debug, Default)]
pub struct ResourceRule {
    /// API groups.
    pub api_groups: Vec<Box<str>>,
    /// API versions.
    pub api_versions: Vec<Box<str>>,
    /// Resources and subresources: `pods`, `pods/resize`, `*/scale`, `*`, `*/*`.
    pub resources: Vec<Box<str>>,
    /// Operations; empty means all.
    pub operations: Vec<Operation>,
    /// Names of objects; empty means all.
    pub resource_names: Vec<Box<str>>,
}

/// What a policy looks at.
#[derive(Clone, Debug)]
pub enum Target {
    /// Every pod template: Pod, the workload kinds, CronJob, and kinds named in Config.
    PodTemplates,
    /// Resources named by rules.
    Resources {
        /// At least one must match.
        include: Vec<ResourceRule>,
        /// None may match.
        exclude: Vec<ResourceRule>,
    },
    /// The repository itself; lint only.
    Repository,
}

/// Which requests a policy applies to.
#[derive(Clone, Debug)]
pub struct Matching {
    /// What it looks at.
    pub target: Target,
    /// Labels of the namespace; `None` for any.
    pub namespace_selector: Option<LabelSelector>,
    /// Labels of the object or the old object; `None` for any.
    pub object_selector: Option<LabelSelector>,
}

impl Matching {
    /// Whether the policy judges pod templates.
    pub const fn is_pod_templates(&self) -> bool {
        matches!(self.target, Target::PodTemplates)
    }
}
