//! Running mutations: those of native policies as the API server runs them, then ours.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/mutating` `dispatchInvocations`, 1.36.

use std::sync::Arc;

use crate::config::Enforcement;
use crate::engine::{self, Context, Limits, Mutated, NoOtherObjects, Request};
use crate::manifest::Document;
use crate::policy::{Match, Native, Policy, Reinvocation};
use crate::schema::openapi::Schemas;
use crate::schema::templates::PodTemplateCrd;

use super::assign::{Assignment, Params};
use super::native::{self, Invocation};
use super::params::Sources;
use super::{Decision, Drift, Mutation, who};

/// One run of all mutations on a request.
pub(super) struct Run<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) sources: Sources<'a>,
    pub(super) crds: &'a [PodTemplateCrd],
    pub(super) schemas: &'a Schemas,
    pub(super) limits: &'a Limits<'a>,
    pub(super) mutation: Mutation,
}

/// Other objects, which our own mutations do not see.
const NONE: NoOtherObjects<'static> = NoOtherObjects("mutations see no other objects");

impl Run<'_> {
    /// Runs them: native policies first, as the API server calls webhooks after its own; then ours; then those native
    /// policies again that ask for it, where anything changed.
    pub(super) fn all(&mut self, assignments: &[Assignment]) {
        let runs = |assignment: &&Assignment| {
            !assignment.policy.mutations.is_empty() && assignment.enforcement >= Enforcement::Warn
        };
        let native = |assignment: &Assignment| assignment.policy.native.is_some();
        for again in [false, true] {
            if again && self.mutation.document.is_none() {
                return;
            }
            for assignment in assignments.iter().filter(runs) {
                let Some(native) = &assignment.policy.native else {
                    continue;
                };
                if !again || native.reinvocation == Reinvocation::IfNeeded {
                    self.native(&assignment.policy, native, assignment.enforcement);
                }
            }
            let own = assignments.iter().filter(runs);
            if !again && who::may_mutate(&Context::new(*self.request, &NONE, self.crds)) {
                for assignment in own.filter(|assignment| !native(assignment)) {
                    self.own(assignment);
                }
            }
        }
    }

    fn own(&mut self, assignment: &Assignment) {
        let Params::Ready(params) = &assignment.params else {
            return;
        };
        let policy = &assignment.policy;
        let outcome = {
            let object = self.mutation.document.as_ref().map(Document::root);
            let request = Request {
                object: object.or(self.request.object),
                ..*self.request
            };
            let context = Context::new(request, &NONE, self.crds).with_schemas(self.schemas);
            if engine::applies(&policy.matching, &context) != Match::Yes {
                return;
            }
            engine::mutate(policy, &context, Some(params.root()), self.limits)
        };
        self.take(policy, outcome);
    }

    fn native(&mut self, policy: &Arc<Policy>, native: &Native, ceiling: Enforcement) {
        // Which bindings match is decided before any of them changes the object.
        let plan = {
            let object = self.mutation.document.as_ref().map(Document::root);
            let request = Request {
                object: object.or(self.request.object),
                ..*self.request
            };
            let context = Context::new(request, &NONE, self.crds).with_schemas(self.schemas);
            native::plan(policy, native, &context, self.sources)
        };
        for entry in plan.not_judged {
            if !self.mutation.not_judged.contains(&entry) {
                self.mutation.not_judged.push(entry);
            }
        }
        let decide = |violation, binding: &Arc<str>| Decision {
            policy: policy.clone(),
            violation,
            enforcement: ceiling,
            at_admission: ceiling,
            audited: false,
            binding: Some(binding.clone()),
            exception: None,
        };
        for misfit in &plan.misfits {
            match native::refused(policy, misfit) {
                Ok(violation) => self
                    .mutation
                    .decisions
                    .push(decide(violation, &misfit.binding.name)),
                Err(ignored) => self.mutation.errors.push(ignored),
            }
        }
        for Invocation { binding, params } in plan.invocations {
            let mut outcome = {
                let object = self.mutation.document.as_ref().map(Document::root);
                let request = Request {
                    object: object.or(self.request.object),
                    ..*self.request
                };
                let context = Context::new(request, &NONE, self.crds).with_schemas(self.schemas);
                engine::mutate(policy, &context, params, self.limits)
            };
            let refusals = std::mem::take(&mut outcome.refusals).into_iter();
            let refusals = refusals.map(|violation| decide(violation, &binding.name));
            self.mutation.decisions.extend(refusals);
            self.take(policy, outcome);
        }
    }

    fn take(&mut self, policy: &Arc<Policy>, outcome: Mutated) {
        let mutation = &mut self.mutation;
        mutation.not_judged.extend(outcome.not_judged);
        mutation.errors.extend(outcome.errors);
        let drifts = outcome.changes.into_iter();
        mutation.drifts.extend(drifts.map(|change| Drift {
            policy: policy.clone(),
            change,
        }));
        if let Some(document) = outcome.document {
            mutation.document = Some(document);
        }
    }
}
