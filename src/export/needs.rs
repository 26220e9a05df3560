//! What policies need to be sent: each rule of each policy that runs, taken apart.
//!
//! Selectors, match conditions and parameters are left to the webhook: they look at objects, or at what only the cluster
//! knows. Names, exclusions and scopes are not.

use std::collections::BTreeSet;

use crate::config::Enforcement;
use crate::policy::{FailurePolicy, Form, Matching, Operation, Policy, RuleScope, Target};
use crate::schema::kinds;
use crate::schema::templates::{PodTemplateCrd, TemplateStep};

use super::expression::{any, not};
use super::pattern::{ANY, Clause, Pattern};

/// Subresources of a pod by which containers come in or change. The others are either no change of a pod (`log`), or
/// made by kubelet many times a minute (`status`).
const POD_SUBRESOURCES: [&str; 2] = ["ephemeralcontainers", "resize"];

/// How the judge goes about what a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// Pod templates, where they change.
    Templates,
    /// Objects, where they change.
    Objects,
    /// As the API server: everything, whether it changes or not.
    Native,
}

/// Requests that a policy judges, unless they are excluded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    pub(super) clause: Clause,
    /// What the policy does not judge after all.
    pub(super) excludes: Vec<Clause>,
    pub(super) by: By,
    /// Whether an unanswered call is a refusal.
    pub(super) fails: bool,
}

/// Whether a need is about some request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Never,
    /// It depends on the object's name, the version, or the scope of its kind.
    Perhaps,
    Always,
}

impl Clause {
    fn about(&self, kind: &TemplateKind, operation: Operation) -> About {
        let pattern = Pattern {
            scope: self.pattern.scope,
            ..kind.pattern()
        };
        // Kinds of Kubernetes that make Pods are namespaced.
        let scope = match self.pattern.scope {
            RuleScope::All => About::Always,
            RuleScope::Namespaced if kind.built_in => About::Always,
            RuleScope::Cluster if kind.built_in => About::Never,
            _ => About::Perhaps,
        };
        if !self.operations.contains(operation.as_str()) || !self.pattern.covers(&pattern) {
            return About::Never;
        }
        if self.names.is_empty() {
            scope
        } else {
            scope.min(About::Perhaps)
        }
    }
}

impl Need {
    /// Takes out what is excluded altogether; `None` where nothing is left.
    fn tidy(mut self) -> Option<Self> {
        let mut left = Vec::new();
        for exclude in std::mem::take(&mut self.excludes) {
            let clause = &mut self.clause;
            if !exclude.pattern.overlaps(&clause.pattern)
                || exclude.operations.is_disjoint(&clause.operations)
            {
                continue;
            }
            let versions =
                exclude.is_of_every_version() || clause.versions.is_subset(&exclude.versions);
            if exclude.pattern.covers(&clause.pattern) && exclude.names.is_empty() && versions {
                clause.operations = &clause.operations - &exclude.operations;
            } else {
                left.push(exclude);
            }
        }
        // What is left may be about operations that another exclusion took out.
        left.retain(|exclude| !exclude.operations.is_disjoint(&self.clause.operations));
        left.sort();
        left.dedup();
        self.excludes = left;
        (!self.clause.operations.is_empty()).then_some(self)
    }

    /// The same need, for some of its resources.
    pub(super) fn within(&self, pattern: &Pattern) -> Option<Self> {
        let pattern = self.clause.pattern.meet(pattern)?;
        let clause = Clause {
            pattern,
            ..self.clause.clone()
        };
        Self {
            clause,
            ..self.clone()
        }
        .tidy()
    }

    /// Whether it is about requests that a rule cannot tell from others.
    pub(super) fn is_partial(&self) -> bool {
        !(self.clause.names.is_empty() && self.excludes.is_empty())
    }

    /// Whether it is about what is done by this operation.
    pub(super) fn has(&self, operation: Operation) -> bool {
        self.clause.operations.contains(operation.as_str())
    }

    /// Whether it is about an operation on objects of a kind, no subresource meant.
    pub(super) fn about(&self, kind: &TemplateKind, operation: Operation) -> About {
        let named = self.clause.about(kind, operation);
        if named == About::Never {
            return About::Never;
        }
        // Other versions are converted to those that are named, but an exclusion is held against what comes.
        let excluded = self.excludes.iter().map(|exclude| {
            let most = if exclude.is_of_every_version() {
                About::Always
            } else {
                About::Perhaps
            };
            exclude.about(kind, operation).min(most)
        });
        match excluded.max() {
            Some(About::Always) => About::Never,
            Some(About::Perhaps) => About::Perhaps,
            Some(About::Never) | None => named,
        }
    }

    /// What a request must be; `None` where it always is.
    pub(super) fn condition(&self) -> Option<String> {
        let mut terms: Vec<String> = self.clause.condition(false).into_iter().collect();
        if !self.excludes.is_empty() {
            // An exclusion of everything would have left no need.
            let left_out = self.excludes.iter();
            let left_out = left_out.filter_map(|exclude| exclude.condition(true));
            terms.push(not(&any(left_out.collect())));
        }
        (!terms.is_empty()).then(|| terms.join(" && "))
    }
}

/// What a policy's validations need; nothing where it has none.
pub(super) fn of_validations(policy: &Policy, crds: &[PodTemplateCrd], fails: bool) -> Vec<Need> {
    if !policy.validates() {
        return Vec::new();
    }
    let mut needs = Vec::new();
    match &policy.matching.target {
        Target::PodTemplates => {
            let writes = [Operation::Create, Operation::Update];
            let whole = template_kinds(crds)
                .into_iter()
                .map(|kind| Clause::new(kind.pattern(), kind.version, &writes));
            let known = crds.iter().filter(|crd| crd.known).map(|crd| {
                let resource = kinds::resource(&crd.group, &crd.kind);
                Clause::new(Pattern::new(&crd.group, &resource, ""), ANY, &writes)
            });
            let parts = POD_SUBRESOURCES.map(|subresource| {
                let pattern = Pattern::new("", "pods", subresource);
                Clause::new(pattern, "v1", &[Operation::Update])
            });
            needs.extend(whole.chain(parts).map(|clause| Need {
                clause,
                excludes: Vec::new(),
                by: By::Templates,
                fails,
            }));
            // Seldom there at all, so conditions need not spell out where their templates are.
            needs.extend(known.map(|clause| Need {
                clause,
                excludes: Vec::new(),
                by: By::Objects,
                fails,
            }));
        }
        Target::Resources { .. } => {
            let by = if policy.native.is_some() {
                By::Native
            } else {
                By::Objects
            };
            needs.extend(named(policy, by, fails));
        }
        Target::Repository | Target::Dockerfiles => {}
    }
    needs
}

/// What a policy's mutations need. Ours run on CREATE, and on UPDATE of controller objects that may still change; never
/// on subresources. Native ones run on whatever they name; only what is deleted nobody can change.
pub(super) fn of_mutations(policy: &Policy, crds: &[PodTemplateCrd]) -> Vec<Need> {
    if policy.mutations.is_empty() {
        return Vec::new();
    }
    let create = Clause::new(Pattern::new(ANY, ANY, ""), ANY, &[Operation::Create]);
    let changing = template_kinds(crds)
        .into_iter()
        .filter(|kind| !kind.is("", "pods") && !kind.is("batch", "jobs"))
        .map(|kind| Clause::new(kind.pattern(), kind.version, &[Operation::Update]));
    let may_change: Vec<Clause> = std::iter::once(create).chain(changing).collect();
    let narrowed = |need: Need| -> Vec<Need> {
        let clauses = may_change
            .iter()
            .filter_map(|clause| need.clause.meet(clause));
        let needs = clauses.map(|clause| Need {
            clause,
            ..need.clone()
        });
        needs.filter_map(Need::tidy).collect()
    };
    match &policy.matching.target {
        Target::PodTemplates => {
            let kinds = template_kinds(crds).into_iter().map(|kind| Need {
                clause: Clause::new(
                    kind.pattern(),
                    kind.version,
                    &[Operation::Create, Operation::Update],
                ),
                excludes: Vec::new(),
                by: By::Templates,
                fails: false,
            });
            kinds.flat_map(narrowed).collect()
        }
        Target::Resources { .. } if policy.native.is_none() => named(policy, By::Objects, false)
            .into_iter()
            .flat_map(narrowed)
            .collect(),
        Target::Resources { .. } => {
            let mut needs = named(policy, By::Native, false);
            for need in &mut needs {
                need.clause.operations.remove(Operation::Delete.as_str());
            }
            needs.into_iter().filter_map(Need::tidy).collect()
        }
        Target::Repository | Target::Dockerfiles => Vec::new(),
    }
}

/// Whether an unanswered call must refuse what a policy judges: it denies, counts errors as violations, and needs no
/// other objects, for want of which it warns at most.
pub(super) fn may_fail_closed(
    policy: &Policy,
    enforcement: Enforcement,
) -> Result<(), &'static str> {
    if !policy.validates() {
        return Err("it validates nothing");
    }
    if enforcement < Enforcement::Deny || !policy.may_deny() {
        return Err("it denies nothing here");
    }
    if policy.failure_policy != FailurePolicy::Fail {
        return Err("its failure policy is Ignore");
    }
    if !policy.resources.is_empty() {
        return Err("it needs other objects, and warns at most");
    }
    Ok(())
}

/// Whether a policy is a mutation that the API server would not let fail.
pub(super) fn mutates_or_refuses(policy: &Policy) -> bool {
    let native = policy.native.as_ref();
    native.is_some_and(|native| native.form == Form::Mutating)
        && policy.failure_policy == FailurePolicy::Fail
}

/// The rules of a policy, as far as a binding asks for them too.
fn named(policy: &Policy, by: By, fails: bool) -> Vec<Need> {
    let (include, excludes) = clauses(&policy.matching);
    let bindings: Vec<_> = match &policy.native {
        None => vec![(vec![Clause::everything()], Vec::new())],
        Some(native) => native
            .bindings
            .iter()
            .map(|binding| {
                binding
                    .matching
                    .as_ref()
                    .map_or_else(|| (vec![Clause::everything()], Vec::new()), clauses)
            })
            .collect(),
    };
    let mut needs = BTreeSet::new();
    for (bound, further) in &bindings {
        for clause in &include {
            for clause in bound.iter().filter_map(|bound| clause.meet(bound)) {
                let excludes = excludes.iter().chain(further).cloned().collect();
                let need = Need {
                    clause,
                    excludes,
                    by,
                    fails,
                };
                needs.extend(need.tidy());
            }
        }
    }
    needs.into_iter().collect()
}

/// What is included and what is excluded; no rule at all, as a binding may have it, includes everything.
fn clauses(matching: &Matching) -> (Vec<Clause>, Vec<Clause>) {
    let Target::Resources { include, exclude } = &matching.target else {
        return (vec![Clause::everything()], Vec::new());
    };
    let included: Vec<Clause> = include.iter().flat_map(Clause::of).collect();
    let included = if include.is_empty() {
        vec![Clause::everything()]
    } else {
        included
    };
    (included, exclude.iter().flat_map(Clause::of).collect())
}

/// A kind that carries pod templates.
#[derive(Clone, Debug)]
pub(super) struct TemplateKind {
    pub(super) group: Box<str>,
    pub(super) resource: Box<str>,
    /// The version that is sent; `*` where Config names none: equal ones are converted, so any will do.
    pub(super) version: &'static str,
    /// The routes to its templates, each as far as it names single fields.
    pub(super) routes: Vec<Vec<Box<str>>>,
    /// Whether the API server guarantees that what stands on the way is a map.
    pub(super) built_in: bool,
}

impl TemplateKind {
    pub(super) fn is(&self, group: &str, resource: &str) -> bool {
        (&*self.group, &*self.resource) == (group, resource)
    }

    fn pattern(&self) -> Pattern {
        Pattern::new(&self.group, &self.resource, "")
    }
}

/// Every kind that carries pod templates and may be mutated: those of Kubernetes, and those that Config names.
pub(super) fn template_kinds(crds: &[PodTemplateCrd]) -> Vec<TemplateKind> {
    let built_in = kinds::pod_kinds().map(|kind| {
        let route = kind.pod_template.unwrap_or_default().iter();
        TemplateKind {
            group: kind.group.into(),
            resource: kind.resource.into(),
            version: "v1",
            routes: vec![route.map(|&key| key.into()).collect()],
            built_in: true,
        }
    });
    let mut all: Vec<TemplateKind> = built_in.collect();
    for crd in crds.iter().filter(|crd| !crd.known) {
        let resource = kinds::resource(&crd.group, &crd.kind);
        let known = |step: &TemplateStep| match step {
            TemplateStep::Key(key) => Some(key.clone()),
            TemplateStep::Each => None,
        };
        let routes = crd.paths.iter();
        let routes = routes.map(|path| path.iter().map_while(known).collect::<Vec<_>>());
        match all.iter_mut().find(|kind| kind.is(&crd.group, &resource)) {
            // What Config says of a built-in kind is not looked at.
            Some(kind) if kind.built_in => {}
            Some(kind) => kind.routes.extend(routes),
            None => all.push(TemplateKind {
                group: crd.group.clone(),
                resource: resource.into(),
                version: ANY,
                routes: routes.collect(),
                built_in: false,
            }),
        }
    }
    all
}
