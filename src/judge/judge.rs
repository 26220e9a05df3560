//! The judge of one cluster.

use std::sync::Arc;

use crate::config::{Config, Date, Enforcement, PolicyException};
use crate::engine::{self, Context, Limits, NoOtherObjects, NotJudged, OtherObjects, Request};
use crate::manifest::{Document, Problem};
use crate::policy::{FailurePolicy, Match, Policy, PolicySet};
use crate::schema::namespaces;
use crate::schema::openapi::Schemas;
use crate::schema::templates::PodTemplateCrd;

use super::assign::{Assignment, Assignments, Params};
use super::exceptions::Exceptions;
use super::mask::Mask;
use super::mutate::Run;
use super::params::Sources;
use super::{Decision, Mutation, Verdict, check, kinds, native, supersede, who};

/// Who stands behind an object: the object that a person wrote. Exceptions match it by kind and name.
#[derive(Clone, Copy, Debug)]
pub struct TopOwner<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// Judges requests of one cluster (or of none) on one day.
///
/// Made once per load and shared between threads.
#[derive(Debug)]
pub struct Judge {
    assignments: Assignments,
    exceptions: Exceptions,
    crds: Vec<PodTemplateCrd>,
    mutate: bool,
    /// What was found beside the policies.
    objects: Arc<[Document]>,
    /// The kinds of the cluster: Kubernetes' own, and those of custom resources that are known.
    schemas: Schemas,
}

impl Judge {
    /// Joins a policy set with what Config says for a cluster.
    ///
    /// `today` is the UTC date that exceptions are held against. Errors: settings for unknown policies and clusters,
    /// and parameters that break a policy's schema; all placed, all at once.
    pub fn new(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        cluster: Option<&str>,
        today: Date,
    ) -> Result<Self, Vec<Problem>> {
        let mut unknown = check::unknown_policies(policies, config, exceptions);
        unknown.extend(check::unknown_superseded(policies));
        Self::assemble(policies, config, exceptions, (cluster, today), unknown)
    }

    /// As [`Judge::new`], where policies may come and go: what Config and exceptions say of a policy that is not there
    /// is kept for the day it comes. [`unknown_policies`](super::unknown_policies) tells their names.
    pub fn with_policies_to_come(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        cluster: Option<&str>,
        today: Date,
    ) -> Result<Self, Vec<Problem>> {
        Self::assemble(policies, config, exceptions, (cluster, today), Vec::new())
    }

    fn assemble(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        (cluster, today): (Option<&str>, Date),
        mut problems: Vec<Problem>,
    ) -> Result<Self, Vec<Problem>> {
        problems.extend(check::clusters(config, exceptions));
        let known = check::cluster(config, cluster, &mut problems);
        let assignments = Assignments::new(policies, config, known, &mut problems);
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.span);
            problems.dedup();
            return Err(problems);
        }
        Ok(Self {
            assignments,
            exceptions: Exceptions::new(exceptions, cluster, today),
            crds: config.pod_template_crds.clone(),
            mutate: config.mutate,
            objects: policies.objects().clone(),
            schemas: kinds::schemas(known, policies.objects()),
        })
    }

    /// Tells the judge of a CustomResourceDefinition: without it, how objects of its kinds are merged is not known.
    /// Anything else is passed over.
    pub fn learn_kind(&mut self, document: &Document) {
        kinds::learn(&mut self.schemas, document);
    }

    /// The policies that run here, with the enforcement they have where no namespace says otherwise: what Config says,
    /// and for a native policy no more than its bindings ask for.
    pub fn policies(&self) -> impl Iterator<Item = (&Arc<Policy>, Enforcement)> {
        let general = self.assignments.general().iter();
        general.map(|assignment| {
            let asked = native::asked(&assignment.policy).unwrap_or(Enforcement::Deny);
            (&assignment.policy, assignment.enforcement.min(asked))
        })
    }

    /// The policies that are turned on and judge nothing where no namespace says otherwise, each with the reason:
    /// required parameters that nobody has set, no binding, or another policy that makes their checks.
    pub fn idle(&self) -> impl Iterator<Item = (&Arc<Policy>, &str)> {
        let on = |assignment: &&Assignment| {
            assignment.enforcement > Enforcement::Disabled || assignment.replaced.is_some()
        };
        let general = self.assignments.general().iter().filter(on);
        general.filter_map(|assignment| match &assignment.params {
            _ if assignment.replaced.is_some() => {
                Some((&assignment.policy, assignment.replaced.as_deref()?))
            }
            Params::Ready(_) if assignment.policy.is_unbound() => {
                Some((&assignment.policy, native::UNBOUND))
            }
            Params::Ready(_) => None,
            Params::Unset(reason) => Some((&assignment.policy, &**reason)),
        })
    }

    /// The policies with the hardest enforcement that each has in any namespace: what an API server must send.
    pub fn hardest(&self) -> Vec<(Arc<Policy>, Enforcement)> {
        self.assignments.hardest()
    }

    /// Whether nothing runs in a namespace at all.
    pub fn is_excluded(&self, namespace: Option<&str>) -> bool {
        if namespace.is_some_and(namespaces::is_system) {
            return true;
        }
        let within = self.assignments.within(namespace);
        within
            .iter()
            .all(|assignment| assignment.enforcement == Enforcement::Disabled)
    }

    /// The first policy that refuses a request which could not be judged at all: it denies there, counts errors as
    /// violations, and may apply as far as the request's attributes tell.
    pub fn refusing_unjudged(&self, request: &Request<'_>) -> Option<Arc<Policy>> {
        let others = NoOtherObjects("the request could not be read");
        let context = Context::new(*request, &others, &self.crds);
        let within = self.assignments.within(request.namespace);
        let refusing = within.iter().find(|assignment| {
            assignment.enforcement == Enforcement::Deny
                && assignment.policy.failure_policy == FailurePolicy::Fail
                && assignment.policy.resources.is_empty()
                && matches!(assignment.params, Params::Ready(_))
                && assignment.policy.may_deny()
                && engine::applies(&assignment.policy.matching, &context) != Match::No
        });
        refusing.map(|assignment| assignment.policy.clone())
    }

    /// Runs the mutations on a request: those of native policies, then ours. Policies that only audit leave the object
    /// as it is. `others` is what the parameters of native policies are looked for in.
    pub fn mutate(
        &self,
        request: &Request<'_>,
        others: &dyn OtherObjects,
        limits: &Limits<'_>,
    ) -> Mutation {
        if !self.mutate {
            return Mutation::default();
        }
        let mut run = Run {
            request,
            sources: self.sources(others),
            crds: &self.crds,
            schemas: &self.schemas,
            limits,
            mutation: Mutation::default(),
            mask: Mask::of(request),
        };
        run.all(&self.assignments.within(request.namespace));
        let (mut mutation, mask) = (run.mutation, run.mask);
        for decision in &mut mutation.decisions {
            self.lift(decision, request, None);
        }
        mutation.decisions.sort_by_key(Decision::order);
        mask.apply_to_mutation(&mut mutation);
        mutation
    }

    fn sources<'a>(&'a self, cluster: &'a dyn OtherObjects) -> Sources<'a> {
        Sources {
            cluster,
            beside: &self.objects,
        }
    }

    fn lift(&self, decision: &mut Decision, request: &Request<'_>, owner: Option<TopOwner<'_>>) {
        let policy = &decision.policy.name;
        let violation = &decision.violation;
        decision.exception = self.exceptions.lifting(policy, violation, request, owner);
    }

    /// Runs the validations on a request whose object is final.
    ///
    /// `owner` is the object behind it where that is known and proven; without it the object stands for itself.
    pub fn validate(
        &self,
        request: &Request<'_>,
        owner: Option<TopOwner<'_>>,
        others: &dyn OtherObjects,
        limits: &Limits<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        let mut mask = Mask::of(request);
        let context = Context::new(*request, others, &self.crds);
        for assignment in self.assignments.within(request.namespace).iter() {
            if assignment.enforcement > Enforcement::Disabled && assignment.policy.validates() {
                let seen = (&context, others);
                self.run(assignment, seen, owner, limits, (&mut verdict, &mut mask));
            }
        }
        supersede::tell_once(&mut verdict.decisions);
        verdict.decisions.sort_by_key(Decision::order);
        mask.apply_to(&mut verdict);
        verdict
    }

    fn run(
        &self,
        assignment: &Assignment,
        (context, others): (&Context<'_>, &dyn OtherObjects),
        owner: Option<TopOwner<'_>>,
        limits: &Limits<'_>,
        (verdict, mask): (&mut Verdict, &mut Mask),
    ) {
        let policy = &assignment.policy;
        if let Some(native) = &policy.native {
            let sources = self.sources(others);
            let limits = (assignment.enforcement, limits);
            let mut judged = native::judge(policy, native, context, sources, limits, mask);
            for decision in &mut judged.decisions {
                self.lift(decision, context.request(), owner);
            }
            verdict.decisions.extend(judged.decisions);
            verdict.not_judged.extend(judged.not_judged);
            verdict.ignored_errors.extend(judged.ignored_errors);
            verdict.annotations.extend(judged.annotations);
            verdict.policies += usize::from(judged.matched);
            return;
        }
        match engine::applies(&policy.matching, context) {
            Match::No => return,
            Match::Unknown(reason) => {
                return verdict.not_judged.push(NotJudged {
                    what: policy.name.clone(),
                    reason,
                });
            }
            Match::Yes => {}
        }
        if who::is_judged_by_its_pods(policy, context) || who::is_unchanged(policy, context) {
            return;
        }
        let params = match &assignment.params {
            Params::Ready(params) => params,
            Params::Unset(reason) => {
                let reason = reason.to_string();
                return verdict.not_judged.push(NotJudged {
                    what: policy.name.clone(),
                    reason,
                });
            }
        };
        verdict.policies += 1;
        let evaluation = engine::evaluate(policy, context, Some(params.root()), limits);
        verdict.not_judged.extend(evaluation.not_judged);
        verdict.ignored_errors.extend(evaluation.ignored_errors);
        let enforcement = assignment.enforcement;
        // What another object must exist for may come a moment later: Flux applies in its own order.
        let at_admission = if policy.resources.is_empty() {
            enforcement
        } else {
            enforcement.min(Enforcement::Warn)
        };
        verdict
            .decisions
            .extend(evaluation.violations.into_iter().map(|violation| {
                let exception =
                    self.exceptions
                        .lifting(&policy.name, &violation, context.request(), owner);
                Decision {
                    policy: policy.clone(),
                    violation,
                    enforcement,
                    at_admission,
                    audited: false,
                    binding: None,
                    exception,
                }
            }));
    }
}
