//! Which requests a policy applies to, as the API server decides it.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/matching` and `webhook/predicates`.

use crate::manifest::{LabelSelector, NodeRef, View};

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
    /// The word in an `AdmissionReview`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }

    /// Reads the word of an `AdmissionReview`.
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
    /// Cluster-scoped or namespaced resources.
    pub scope: RuleScope,
}

/// Whether a rule is about cluster-scoped or namespaced resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleScope {
    /// `*`.
    #[default]
    All,
    /// Without a namespace; Namespaces themselves too.
    Cluster,
    /// In a namespace.
    Namespaced,
}

/// What a rule means for the same resource in another API version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchPolicy {
    /// Nothing.
    Exact,
    /// The API server converts the object to the version of the rule and matches it.
    #[default]
    Equivalent,
}

/// What a policy looks at.
#[derive(Clone, Debug)]
pub enum Target {
    /// Every pod template: Pod, the workload kinds, `CronJob`, and kinds named in Config.
    PodTemplates,
    /// Resources named by rules.
    Resources {
        /// At least one must match; none at all, as a binding may have it, stands for everything.
        include: Vec<ResourceRule>,
        /// None may match.
        exclude: Vec<ResourceRule>,
    },
    /// The repository itself; lint only.
    Repository,
    /// Each Dockerfile of the repository; lint only.
    Dockerfiles,
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
    /// What a rule means for other API versions of its resource.
    pub match_policy: MatchPolicy,
}

/// What matching looks at in a request.
#[derive(Clone, Copy, Debug)]
pub struct MatchFacts<'a> {
    /// What is being done.
    pub operation: Operation,
    /// API group of the resource; empty for the core group.
    pub group: &'a str,
    /// API version of the resource, such as `v1`.
    pub version: &'a str,
    /// The resource's plural name, such as `deployments`.
    pub resource: &'a str,
    /// Subresource; empty for none.
    pub subresource: &'a str,
    /// Name of the object; empty with `generateName`.
    pub name: &'a str,
    /// Namespace of the request; `None` for cluster-scoped objects. A Namespace's own may be either.
    pub namespace: Option<&'a str>,
    /// Whether objects of this kind carry pod templates.
    pub carries_pods: bool,
    /// The object; `None` on DELETE.
    pub object: Option<NodeRef<'a>>,
    /// The object before; `None` on CREATE.
    pub old_object: Option<NodeRef<'a>>,
    /// The namespace as an object; `None` where there is none or nothing is known of it.
    pub namespace_object: Option<NodeRef<'a>>,
}

/// Whether a policy applies to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be known here, and why.
    Unknown(String),
}

impl Matching {
    /// Whether the policy judges pod templates.
    pub const fn is_pod_templates(&self) -> bool {
        matches!(self.target, Target::PodTemplates)
    }

    /// Whether the policy judges the repository or files of it. No request is about them, so that it applies to none.
    pub const fn is_repository(&self) -> bool {
        matches!(self.target, Target::Repository | Target::Dockerfiles)
    }

    /// Whether the policy judges each Dockerfile.
    pub const fn is_dockerfiles(&self) -> bool {
        matches!(self.target, Target::Dockerfiles)
    }

    /// Whether the policy applies to a request, before its match conditions.
    ///
    /// As in the API server a selector that cannot be decided matters only where everything else matches.
    pub fn matches(&self, facts: &MatchFacts<'_>) -> Match {
        let namespace = self.namespace_selected(facts);
        let object = self.object_selected(facts);
        if namespace == Ok(false) || object == Ok(false) {
            return Match::No;
        }
        let target = match &self.target {
            Target::PodTemplates if facts.is_pod_template_request() => Match::Yes,
            Target::PodTemplates | Target::Repository | Target::Dockerfiles => Match::No,
            Target::Resources { include, exclude } => {
                let included = if include.is_empty() {
                    Match::Yes
                } else {
                    self.any_rule(include, facts)
                };
                match (self.any_rule(exclude, facts), included) {
                    (Match::Yes, _) | (_, Match::No) => Match::No,
                    (unknown @ Match::Unknown(_), _) => unknown,
                    (Match::No, included) => included,
                }
            }
        };
        match (target, namespace.and(object)) {
            (Match::Yes, Err(reason)) => Match::Unknown(reason.to_owned()),
            (target, _) => target,
        }
    }

    fn any_rule(&self, rules: &[ResourceRule], facts: &MatchFacts<'_>) -> Match {
        let mut result = Match::No;
        for rule in rules {
            match rule.matches(self.match_policy, facts) {
                Match::Yes => return Match::Yes,
                Match::No => {}
                unknown @ Match::Unknown(_) => result = unknown,
            }
        }
        result
    }

    /// A cluster-scoped object is never left out by a namespace selector, except a Namespace, which is tested by its
    /// own labels: the new ones, where it is created or changed.
    fn namespace_selected<'a>(&self, facts: &MatchFacts<'a>) -> Result<bool, &'a str> {
        let Some(selector) = self
            .namespace_selector
            .as_ref()
            .filter(|s| !s.is_everything())
        else {
            return Ok(true);
        };
        if facts.is_namespace() {
            let written = matches!(facts.operation, Operation::Create | Operation::Update);
            let object = if written && facts.subresource.is_empty() {
                facts.object
            } else {
                None
            };
            let known = object.or(facts.namespace_object).or(facts.old_object);
            return selector.matches(known.map_or(Ok(None), labels)?);
        }
        if facts.namespace.is_none_or(str::is_empty) {
            return Ok(true);
        }
        match facts.namespace_object {
            Some(namespace) => selector.matches(labels(namespace)?),
            None => Err("the labels of the namespace are not known here"),
        }
    }

    fn object_selected<'a>(&self, facts: &MatchFacts<'a>) -> Result<bool, &'a str> {
        let Some(selector) = self.object_selector.as_ref().filter(|s| !s.is_everything()) else {
            return Ok(true);
        };
        let mut result = Ok(false);
        // What a connection sends has no metadata, and is selected by nothing: not even by a label that must be absent.
        let labelled = |object: &NodeRef<'_>| {
            facts.operation != Operation::Connect || object.get("metadata").is_some()
        };
        let objects = [facts.object, facts.old_object].into_iter().flatten();
        for object in objects.filter(labelled) {
            match labels(object).and_then(|labels| selector.matches(labels)) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(reason) => result = Err(reason),
            }
        }
        result
    }
}

impl MatchFacts<'_> {
    fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.resource == "namespaces"
    }

    /// A request by which pods or their templates come in or change.
    fn is_pod_template_request(&self) -> bool {
        let changes = matches!(self.operation, Operation::Create | Operation::Update);
        let whole = self.subresource.is_empty()
            || self.group.is_empty()
                && self.resource == "pods"
                && matches!(self.subresource, "ephemeralcontainers" | "resize");
        self.carries_pods && changes && whole
    }
}

impl ResourceRule {
    fn matches(&self, policy: MatchPolicy, facts: &MatchFacts<'_>) -> Match {
        let cluster_scoped = facts.is_namespace() || facts.namespace.is_none_or(str::is_empty);
        let scope = match self.scope {
            RuleScope::All => true,
            RuleScope::Cluster => cluster_scoped,
            RuleScope::Namespaced => !cluster_scoped,
        };
        let operation = self.operations.is_empty() || self.operations.contains(&facts.operation);
        // Upstream does not test a name that the API server has yet to make either.
        let named = self.resource_names.is_empty()
            || self.resource_names.iter().any(|name| **name == *facts.name);
        let rest = scope && operation && named && self.names_resource(facts);
        if !rest || !listed(&self.api_groups, facts.group) {
            return Match::No;
        }
        if listed(&self.api_versions, facts.version) {
            return Match::Yes;
        }
        match policy {
            MatchPolicy::Exact => Match::No,
            MatchPolicy::Equivalent => Match::Unknown(format!(
                "the object is written as `{}`; the API server would judge it as `{}`",
                facts.version,
                self.api_versions.join("` or `"),
            )),
        }
    }

    fn names_resource(&self, facts: &MatchFacts<'_>) -> bool {
        self.resources.iter().any(|resource| {
            let (name, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            (name == "*" || name == facts.resource)
                && (subresource == "*" || subresource == facts.subresource)
        })
    }
}

fn listed(words: &[Box<str>], word: &str) -> bool {
    words
        .iter()
        .any(|known| **known == *word || **known == *"*")
}

/// The labels of an object; an error is the reason why they are not known.
fn labels(object: NodeRef<'_>) -> Result<Option<NodeRef<'_>>, &str> {
    let mut node = object;
    for key in ["metadata", "labels"] {
        let map = match node.view() {
            View::Map(map) => map,
            View::Unknown(reason) => return Err(reason),
            _ => return Ok(None),
        };
        match (map.get(key), map.open()) {
            (Some(value), _) => node = value,
            (None, Some(reason)) => return Err(reason),
            (None, None) => return Ok(None),
        }
    }
    Ok(Some(node))
}
