//! A compiled policy: what was written, checked, with its expressions ready to run.

use std::sync::{Arc, OnceLock};

use crate::cel::{Program, Reads, reads};
use crate::manifest::{Document, Placed};
use crate::source::Span;

use super::{Form, Matching, Native, Parameters};

/// How much harm a violation can do; orders findings of equal enforcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Untidy.
    Low,
    /// Costs something some day.
    Medium,
    /// An outage or a weakness waiting to happen.
    High,
    /// A way into the cluster.
    Critical,
}

impl Severity {
    /// The word used in policies and outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What an evaluation error means for the request: KEP-3488's `failurePolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// An error counts as a violation.
    Fail,
    /// An error counts as nothing.
    Ignore,
}

/// The status reason of a denial; decides the HTTP code in the admission response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// 422, the default.
    #[default]
    Invalid,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 413.
    RequestEntityTooLarge,
}

impl Reason {
    /// The reason's name in a `metav1.Status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::RequestEntityTooLarge => "RequestEntityTooLarge",
        }
    }

    /// The HTTP code that goes with it.
    pub const fn code(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::RequestEntityTooLarge => 413,
        }
    }
}

/// Whether a mutation may be written into Git without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Right wherever it applies: may be written without a second look.
    Safe,
    /// Usually right: someone should look.
    Unsafe,
    /// Shown, never written.
    Display,
}

impl Safety {
    /// The word used in policies and outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Display => "display",
        }
    }
}

/// A precondition of the whole policy: all must be true.
#[derive(Clone, Debug)]
pub struct MatchCondition {
    /// Its name in messages.
    pub name: Box<str>,
    /// A boolean expression.
    pub expression: Program,
}

/// One validation: its expression is true for what is allowed.
#[derive(Clone, Debug)]
pub struct Validation {
    /// `<policy>/<name or index>`, everywhere.
    pub id: Arc<str>,
    /// A boolean expression.
    pub expression: Program,
    /// What to say when it is false; without it, the expression itself is shown.
    pub message: Option<Box<str>>,
    /// An expression that makes the message; falls back to `message` when it fails or gives no usable text.
    pub message_expression: Option<Program>,
    /// The reason of a denial.
    pub reason: Reason,
    /// Where the expression stands in the policy's source.
    pub span: Option<Span>,
}

/// How a mutation says what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// A list of `JSONPatch` objects, applied in order.
    JsonPatch,
    /// An `Object`, merged into the object as server-side apply merges.
    ApplyConfiguration,
}

/// One mutation: an expression that gives a patch.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// `<policy>/<name or index>`, everywhere.
    pub id: Arc<str>,
    /// Whether it may be written into Git.
    pub safety: Safety,
    /// What the value of the expression is, and how it is applied.
    pub patch: PatchKind,
    /// An expression whose value is the patch.
    pub expression: Program,
    /// Where the expression stands in the policy's source.
    pub span: Option<Span>,
}

/// Where a declared other object is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceScope {
    /// In the namespace of the judged object.
    SameNamespace,
    /// In the whole cluster.
    Cluster,
}

/// Other objects that the expressions may read, as `resources.<name>`.
#[derive(Clone, Debug)]
pub struct ResourceDeclaration {
    /// The name under `resources`.
    pub name: Box<str>,
    /// API group; empty for the core group.
    pub api_group: Box<str>,
    /// Kind.
    pub kind: Box<str>,
    /// Where it is looked for.
    pub scope: ResourceScope,
}

/// What people read about a policy.
#[derive(Clone, Debug)]
pub struct About {
    /// One line.
    pub title: Box<str>,
    /// The family it belongs to, such as `images`.
    pub category: Box<str>,
    /// How much harm a violation can do.
    pub severity: Severity,
    /// Why it matters.
    pub description: Box<str>,
    /// What to do.
    pub remediation: Box<str>,
    /// Vendor pages, KEPs, upstream checks.
    pub references: Vec<Box<str>>,
}

/// One policy, compiled. Immutable; shared between threads.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The id, everywhere.
    pub name: Arc<str>,
    /// Whether it ships with kpolicy: then it runs only where a profile or Config says so.
    pub built_in: bool,
    /// What people read about it.
    pub about: About,
    /// Policies whose checks this one makes too: where it runs as hard and with the same parameters, they do not.
    pub supersedes: Vec<Placed<Box<str>>>,
    /// Where its name stands.
    pub span: Option<Span>,
    /// Which requests it applies to.
    pub matching: Matching,
    /// Preconditions; all must be true.
    pub match_conditions: Vec<MatchCondition>,
    /// The shape and defaults of `params`.
    pub parameters: Parameters,
    /// Other objects it reads.
    pub resources: Vec<ResourceDeclaration>,
    /// The expressions of `variables`, in order: `variables[i]` may read those before it.
    pub variables: Vec<Program>,
    /// Their names, in the same order.
    pub variable_names: Vec<Box<str>>,
    /// Its validations, in order.
    pub validations: Vec<Validation>,
    /// Its mutations, in order.
    pub mutations: Vec<Mutation>,
    /// What an evaluation error means.
    pub failure_policy: FailurePolicy,
    /// What it has as a native policy; `None` for ours.
    pub native: Option<Box<Native>>,
    /// Which roots any expression names, a bit for each slot; asked for on every request.
    pub(super) roots: OnceLock<u32>,
}

/// All policies of a run, in order of their names. Immutable.
#[derive(Debug, Default)]
pub struct PolicySet {
    policies: Vec<Arc<Policy>>,
    objects: Arc<[Document]>,
}

impl PolicySet {
    /// A set of these policies; of two with one name the later replaces the earlier, unless only one of them is a
    /// native policy that mutates.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Self {
        let form = |policy: &Policy| {
            let native = policy.native.as_ref();
            native.is_some_and(|native| native.form == Form::Mutating)
        };
        let mut all: Vec<Arc<Policy>> = Vec::new();
        for policy in policies {
            let same = |known: &&mut Arc<Policy>| {
                known.name == policy.name && form(known) == form(&policy)
            };
            match all.iter_mut().find(same) {
                Some(known) => *known = Arc::new(policy),
                None => all.push(Arc::new(policy)),
            }
        }
        all.sort_by(|a, b| (&a.name, form(a)).cmp(&(&b.name, form(b))));
        Self {
            policies: all,
            objects: Arc::default(),
        }
    }

    /// The same set with objects that were found beside the policies; native policies may take parameters from them.
    #[must_use]
    pub fn with_objects(mut self, objects: Vec<Document>) -> Self {
        self.objects = objects.into();
        self
    }

    /// This set with more policies; of two with one name the further one stays.
    #[must_use]
    pub fn joined(&self, further: impl IntoIterator<Item = Arc<Policy>>) -> Self {
        let further: Vec<_> = further.into_iter().collect();
        let stays = |known: &&Arc<Policy>| further.iter().all(|policy| policy.name != known.name);
        let mut policies: Vec<_> = self.policies.iter().filter(stays).cloned().collect();
        policies.extend(further);
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            policies,
            objects: Arc::clone(&self.objects),
        }
    }

    /// The policies of this name alone, with the same objects: more than one only where native policies share it.
    #[must_use]
    pub fn only(&self, name: &str) -> Self {
        let named = |policy: &&Arc<Policy>| *policy.name == *name;
        Self {
            policies: self.policies.iter().filter(named).cloned().collect(),
            objects: Arc::clone(&self.objects),
        }
    }

    /// The objects that were found beside the policies, in order of reading.
    pub const fn objects(&self) -> &Arc<[Document]> {
        &self.objects
    }

    /// The policies in order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Policy>> {
        self.policies.iter()
    }

    /// The policy with this name; of a validating and a mutating one the first.
    pub fn get(&self, name: &str) -> Option<&Arc<Policy>> {
        let at = self.policies.partition_point(|policy| *policy.name < *name);
        self.policies.get(at).filter(|policy| *policy.name == *name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }
}

impl Policy {
    /// Whether any expression of the policy names this root.
    pub fn reads(&self, root: super::Root) -> bool {
        let read = self.roots.get_or_init(|| {
            let slots = self.programs().flat_map(Program::reads);
            slots.fold(0, |roots, slot| roots | 1 << slot)
        });
        read & (1 << root.slot()) != 0
    }

    /// Whether its checks are more than those of another policy.
    pub fn supersedes(&self, name: &str) -> bool {
        self.supersedes.iter().any(|known| *known.value == *name)
    }

    /// Whether its checks are more than those of some other policy.
    pub fn is_superseding(&self) -> bool {
        !self.supersedes.is_empty()
    }

    /// What its expressions read of a root. Costs a walk over all of them.
    pub fn reads_of(&self, root: super::Root) -> Reads {
        let conditions = self.match_conditions.iter();
        let rest = conditions
            .map(|condition| &condition.expression)
            .chain(self.outcomes());
        reads(root.slot(), &self.variables, rest)
    }

    /// Whether it looks at what a request brings, whatever it then does: validations, or audit annotations.
    pub fn validates(&self) -> bool {
        let native = self.native.as_ref();
        !self.validations.is_empty()
            || native.is_some_and(|native| !native.audit_annotations.is_empty())
    }

    /// Whether it is a native policy that no binding puts to work.
    pub fn is_unbound(&self) -> bool {
        let native = self.native.as_ref();
        native.is_some_and(|native| native.bindings.is_empty())
    }

    /// Whether a violation, or an error, may refuse a request as far as the policy itself says.
    pub fn may_deny(&self) -> bool {
        let Some(native) = &self.native else {
            return !self.validations.is_empty();
        };
        // An audit annotation that cannot be made refuses, whatever the actions are.
        native
            .bindings
            .iter()
            .any(|binding| binding.actions.deny || !native.audit_annotations.is_empty())
    }

    /// All expressions of the policy.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let conditions = self
            .match_conditions
            .iter()
            .map(|condition| &condition.expression);
        conditions.chain(&self.variables).chain(self.outcomes())
    }

    /// The expressions whose values leave the policy: verdicts, texts, patches.
    fn outcomes(&self) -> impl Iterator<Item = &Program> {
        let validations = self.validations.iter().flat_map(|validation| {
            std::iter::once(&validation.expression).chain(&validation.message_expression)
        });
        let mutations = self.mutations.iter().map(|mutation| &mutation.expression);
        let native = self.native.iter();
        let annotations = native.flat_map(|native| &native.audit_annotations);
        validations
            .chain(mutations)
            .chain(annotations.map(|annotation| &annotation.expression))
    }
}
