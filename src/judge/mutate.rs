//! Running mutations: those of native policies as the API server runs them, then ours.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/mutating` `dispatchInvocations`, 1.36.

use std::sync::Arc;

use crate::config::Enforcement;
use crate::engine::{self, Context, Limits, Mutated, NoOtherObjects, Request, Violation};
use crate::manifest::Document;
use crate::policy::{Binding, Match, Operation, Policy, Reinvocation};
use crate::schema::openapi::Schemas;
use crate::schema::templates::PodTemplateCrd;

use super::assign::{Assignment, Params};
use super::mask::Mask;
use super::native::{self, Invocation, Key};
use super::params::Sources;
use super::{Decision, Drift, Mutation, who};

/// What ran: a policy by its name, with a binding and parameters.
type Invoked<'a> = (&'a str, Key<'a>);

/// One run of all mutations on a request.
pub(super) struct Run<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) sources: Sources<'a>,
    pub(super) crds: &'a [PodTemplateCrd],
    pub(super) schemas: &'a Schemas,
    pub(super) limits: &'a Limits<'a>,
    pub(super) mutation: Mutation,
    pub(super) mask: Mask,
}

/// Whether a policy changes anything here.
fn runs(assignment: &Assignment) -> bool {
    !assignment.policy.mutations.is_empty() && assignment.enforcement >= Enforcement::Warn
}

/// Other objects, which our own mutations do not see.
const NONE: NoOtherObjects<'static> = NoOtherObjects("mutations see no other objects");

impl<'a> Run<'a> {
    /// Runs them: native policies first, as the API server calls webhooks after its own; then ours; then those native
    /// policies again that ask for it, where anything changed.
    pub(super) fn all(&mut self, assignments: &[Assignment]) {
        // What is deleted cannot be changed, and the API server does not even ask which parameters there are.
        if self.request.operation == Operation::Delete {
            return;
        }
        let running: Vec<&Assignment> = assignments.iter().filter(|one| runs(one)).collect();
        let first = self.natives(&running, None);
        if who::may_mutate(&Context::new(*self.request, &NONE, self.crds)) {
            self.own_mutations(assignments);
        }
        if self.mutation.document.is_some() {
            self.natives(&running, Some(&first));
        }
    }

    /// Runs ours alone, whoever made the object.
    pub(super) fn own_mutations(&mut self, assignments: &[Assignment]) {
        let ours = |one: &&Assignment| runs(one) && one.policy.native.is_none();
        let mut waiting = assignments.iter().filter(ours);
        // What is known of the object is gathered once, and again after each change of it.
        loop {
            let outcomes = self.until_changed(&mut waiting);
            let is_changed = outcomes
                .last()
                .is_some_and(|(_, outcome)| outcome.document.is_some());
            for (policy, outcome) in outcomes {
                self.take(policy, outcome);
            }
            if !is_changed {
                return;
            }
        }
    }

    /// Runs ours on the object as it is by now, up to the first that changes it.
    fn until_changed<'k>(
        &self,
        waiting: &mut impl Iterator<Item = &'k Assignment>,
    ) -> Vec<(&'k Arc<Policy>, Mutated)> {
        let context = Context::new(self.changed(), &NONE, self.crds).with_schemas(self.schemas);
        let mut outcomes = Vec::new();
        for assignment in waiting {
            let policy = &assignment.policy;
            let Params::Ready(params) = &assignment.params else {
                continue;
            };
            if engine::applies(&policy.matching, &context) != Match::Yes {
                continue;
            }
            let outcome = engine::mutate(policy, &context, Some(params.root()), self.limits);
            let is_changed = outcome.document.is_some();
            outcomes.push((policy, outcome));
            if is_changed {
                break;
            }
        }
        outcomes
    }

    /// Runs the native policies, and gives what may run once more. `only` is what may run: what a change made match
    /// since then is left alone.
    fn natives<'k>(
        &mut self,
        running: &[&'k Assignment],
        only: Option<&[Invoked<'k>]>,
    ) -> Vec<Invoked<'k>>
    where
        'a: 'k,
    {
        if running.iter().all(|one| one.policy.native.is_none()) {
            return Vec::new();
        }
        // What matches is decided for all of them before any changes the object.
        let plans: Vec<_> = {
            let request = self.changed();
            let context = Context::new(request, &NONE, self.crds).with_schemas(self.schemas);
            let plan = |assignment: &&'k Assignment| {
                let policy: &'k Arc<Policy> = &assignment.policy;
                let native = policy.native.as_deref()?;
                let plan = native::plan(policy, native, &context, self.sources);
                Some((policy, native, assignment.enforcement, plan))
            };
            running.iter().filter_map(plan).collect()
        };
        let mut again = Vec::new();
        for (policy, native, ceiling, plan) in plans {
            plan.hide(native, &mut self.mask);
            for entry in plan.not_judged {
                if !self.mutation.not_judged.contains(&entry) {
                    self.mutation.not_judged.push(entry);
                }
            }
            for misfit in &plan.misfits {
                match native::refused(policy, misfit) {
                    Ok(violation) => self.refuse(policy, ceiling, misfit.binding, violation),
                    Err(ignored) if self.mutation.errors.contains(&ignored) => {}
                    Err(ignored) => self.mutation.errors.push(ignored),
                }
            }
            for invocation in plan.invocations {
                let key = (&*policy.name, invocation.key());
                let may_run = only.is_none_or(|only| only.contains(&key));
                let matched = self.native(policy, ceiling, invocation, may_run);
                if matched && native.reinvocation == Reinvocation::IfNeeded {
                    again.push(key);
                }
            }
        }
        again
    }

    /// The request with the object as it is by now.
    fn changed(&self) -> Request<'_> {
        let object = self.mutation.document.as_ref().map(Document::root);
        Request {
            object: object.or(self.request.object),
            ..*self.request
        }
    }

    /// Runs one; says whether its match conditions held. As upstream they are asked, and may fail, even where the policy
    /// may not run.
    fn native(
        &mut self,
        policy: &Arc<Policy>,
        ceiling: Enforcement,
        Invocation { binding, params }: Invocation<'_>,
        may_run: bool,
    ) -> bool {
        let mut outcome = {
            let request = self.changed();
            let context = Context::new(request, &NONE, self.crds).with_schemas(self.schemas);
            engine::mutate(policy, &context, params, self.limits)
        };
        let matched = outcome.matched;
        if matched && !may_run {
            return false;
        }
        for violation in std::mem::take(&mut outcome.refusals) {
            self.refuse(policy, ceiling, binding, violation);
        }
        self.take(policy, outcome);
        matched
    }

    /// Refuses the request, once for each reason.
    fn refuse(
        &mut self,
        policy: &Arc<Policy>,
        ceiling: Enforcement,
        binding: &Binding,
        violation: Violation,
    ) {
        let same = |known: &Decision| {
            let (a, b) = (&known.violation, &violation);
            (&a.validation, &a.message) == (&b.validation, &b.message)
        };
        if !self.mutation.decisions.iter().any(same) {
            self.mutation.decisions.push(Decision {
                policy: policy.clone(),
                violation,
                enforcement: ceiling,
                at_admission: ceiling,
                audited: false,
                binding: Some(binding.name.clone()),
                exception: None,
                ended: None,
            });
        }
    }

    fn take(&mut self, policy: &Arc<Policy>, outcome: Mutated) {
        let mutation = &mut self.mutation;
        for entry in outcome.not_judged {
            if !mutation.not_judged.contains(&entry) {
                mutation.not_judged.push(entry);
            }
        }
        for error in outcome.errors {
            if !mutation.errors.contains(&error) {
                mutation.errors.push(error);
            }
        }
        let drifts = outcome.changes.into_iter();
        mutation.drifts.extend(drifts.map(|change| Drift {
            policy: policy.clone(),
            change,
            exception: None,
        }));
        if let Some(document) = outcome.document {
            mutation.document = Some(document);
        }
    }
}
