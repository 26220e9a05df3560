//! The judge of one cluster.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Config, Date, Enforcement, PolicyException};
use crate::engine::{self, Context, Limits, NoOtherObjects, NotJudged, OtherObjects, Request};
use crate::manifest::{Document, Problem};
use crate::policy::{FailurePolicy, Match, Policy, PolicySet};
use crate::schema::catalogue;
use crate::schema::namespaces;
use crate::schema::openapi::Schemas;
use crate::schema::templates::PodTemplateCrd;

use super::assign::{Assignment, Assignments, Params};
use super::exceptions::{Exceptions, Subject};
use super::mask::Mask;
use super::mutate::Run;
use super::params::Sources;
use super::{
    AtCluster, Decision, Lineage, Mutation, Owners, Verdict, check, kinds, native, supersede, who,
};

/// Judges requests of one cluster (or of none) on one day.
///
/// Made once per load and shared between threads.
#[derive(Debug)]
pub struct Judge {
    assignments: Assignments,
    pub(super) exceptions: Exceptions,
    pub(super) crds: Vec<PodTemplateCrd>,
    mutate: bool,
    autoscalers: Vec<Box<str>>,
    /// What was found beside the policies.
    objects: Arc<[Document]>,
    /// The kinds of the cluster: Kubernetes' own, and those of custom resources that are known.
    schemas: Schemas,
    /// Policies and validations, by id, of which nobody wants to hear.
    unasked: BTreeSet<Arc<str>>,
}

impl Judge {
    /// Joins a policy set with what Config says for a cluster.
    ///
    /// `today` is the UTC date that exceptions are held against. Errors: settings for unknown policies and clusters,
    /// and parameters that break a policy's schema; all placed, all at once.
    pub fn new<'c>(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        cluster: impl Into<AtCluster<'c>>,
        today: Date,
    ) -> Result<Self, Vec<Problem>> {
        let mut unknown = check::unknown_policies(policies, config, exceptions);
        unknown.extend(check::unknown_superseded(policies));
        Self::assemble(
            policies,
            config,
            exceptions,
            (cluster.into(), today),
            unknown,
        )
    }

    /// As [`Judge::new`], where policies may come and go: what Config and exceptions say of a policy that is not there
    /// is kept for the day it comes. [`unknown_policies`](super::unknown_policies) tells their names.
    pub fn with_policies_to_come<'c>(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        cluster: impl Into<AtCluster<'c>>,
        today: Date,
    ) -> Result<Self, Vec<Problem>> {
        Self::assemble(
            policies,
            config,
            exceptions,
            (cluster.into(), today),
            Vec::new(),
        )
    }

    fn assemble(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        (cluster, today): (AtCluster<'_>, Date),
        mut problems: Vec<Problem>,
    ) -> Result<Self, Vec<Problem>> {
        problems.extend(check::clusters(config, exceptions));
        let known = check::cluster(config, cluster.name, &mut problems);
        let minor = cluster.minor(known);
        let exceptions = Exceptions::new(exceptions, config, cluster.name, today);
        let excepted = exceptions.policies();
        let assignments =
            Assignments::new(policies, config, (known, minor), excepted, &mut problems);
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.span);
            problems.dedup();
            return Err(problems);
        }
        Ok(Self {
            assignments,
            exceptions,
            crds: catalogue::with_known(&config.pod_template_crds),
            mutate: config.mutate,
            autoscalers: who::autoscalers(config),
            objects: policies.objects().clone(),
            schemas: kinds::schemas(minor, policies.objects()),
            unasked: BTreeSet::new(),
        })
    }

    /// Leaves out what is found by these policies and validations, named by their ids. What another policy finds too is
    /// then told by that one.
    pub fn leave_out(&mut self, ids: impl IntoIterator<Item = Arc<str>>) {
        self.unasked.extend(ids);
    }

    /// Tells the judge of a CustomResourceDefinition: without it, how objects of its kinds are merged is not known.
    /// Anything else is passed over.
    pub fn learn_kind(&mut self, document: &Document) {
        kinds::learn(&mut self.schemas, document);
    }

    /// The kinds of the cluster, as far as they are known.
    pub const fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Puts another version of a policy in the place of one that it has, with the parameters of that: what a changed
    /// policy makes of the same requests costs no new judge.
    pub fn replace(&mut self, known: &Arc<Policy>, by: &Arc<Policy>) {
        self.assignments.replace(known, by);
    }

    /// The custom kinds that carry pod templates.
    pub fn pod_template_crds(&self) -> &[PodTemplateCrd] {
        &self.crds
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

    /// Whether objects are mutated at all.
    pub const fn mutates(&self) -> bool {
        self.mutate
    }

    /// The users whose changes of scale are not judged, in order.
    pub fn autoscalers(&self) -> impl Iterator<Item = &str> {
        self.autoscalers.iter().map(|user| &**user)
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

    /// Who stands behind the object of a request, as far as `owners` are known. Where no exception holds nobody needs to
    /// know more than who made it, and nothing is missing.
    pub fn lineage(&self, request: &Request<'_>, owners: &dyn Owners) -> Lineage {
        let lineage = Lineage::of(request, owners, &self.crds);
        if self.exceptions.is_empty() {
            lineage.without_questions()
        } else {
            lineage
        }
    }

    /// Runs the mutations on a request: those of native policies, then ours. Policies that only audit leave the object
    /// as it is. `others` is what the parameters of native policies are looked for in.
    pub fn mutate(
        &self,
        request: &Request<'_>,
        lineage: &Lineage,
        others: &dyn OtherObjects,
        limits: &Limits<'_>,
    ) -> Mutation {
        if !self.mutate || who::is_autoscaling(request, &self.autoscalers) {
            return Mutation::default();
        }
        let mut run = self.mutations(request, others, limits);
        run.all(&self.assignments.within(request.namespace));
        let (mut mutation, mask) = (run.mutation, run.mask);
        if mutation.decisions.is_empty() && mutation.drifts.is_empty() {
            mask.apply_to_mutation(&mut mutation);
            return mutation;
        }
        // Of what stands in between nobody knows that it was mutated.
        let proven = lineage.is_made() && lineage.between().is_empty();
        let owner = lineage.top().filter(|_| proven);
        let context = Context::new(*request, others, &self.crds);
        let templates = context.templates();
        for decision in &mut mutation.decisions {
            let subject = Subject::of(&decision.policy, &decision.violation, request, templates);
            decision.exception = self.exceptions.lifting(subject, owner);
        }
        for drift in &mut mutation.drifts {
            let subject = Subject {
                policy: &drift.policy,
                id: &drift.change.mutation,
                container: None,
                is_error: false,
                request,
                templates,
            };
            drift.exception = self.exceptions.lifting(subject, owner);
        }
        mutation.decisions.sort_by_key(Decision::order);
        mask.apply_to_mutation(&mut mutation);
        mutation
    }

    fn mutations<'a>(
        &'a self,
        request: &'a Request<'a>,
        others: &'a dyn OtherObjects,
        limits: &'a Limits<'a>,
    ) -> Run<'a> {
        Run {
            request,
            sources: self.sources(others),
            crds: &self.crds,
            schemas: &self.schemas,
            limits,
            mutation: Mutation::default(),
            mask: Mask::of(request),
        }
    }

    fn sources<'a>(&'a self, cluster: &'a dyn OtherObjects) -> Sources<'a> {
        Sources {
            cluster,
            beside: &self.objects,
        }
    }

    /// Runs the validations on a request whose object is final.
    ///
    /// `lineage` is who stands behind the object, as [`lineage`](Self::lineage) gives it; by default the object stands
    /// for itself.
    pub fn validate(
        &self,
        request: &Request<'_>,
        lineage: &Lineage,
        others: &dyn OtherObjects,
        limits: &Limits<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if who::is_autoscaling(request, &self.autoscalers) {
            return verdict;
        }
        let mut mask = Mask::of(request);
        let context = Context::new(*request, others, &self.crds);
        let assignments = self.assignments.within(request.namespace);
        let as_its_pods = who::is_mutated_by_its_pods(&context, lineage)
            .then(|| {
                let mut run = self.mutations(request, others, limits);
                run.own_mutations(&assignments);
                run.mutation.document.filter(|_| self.mutate)
            })
            .flatten();
        let as_its_pods = as_its_pods.as_ref().map(|document| {
            let object = Some(document.root());
            Context::new(Request { object, ..*request }, others, &self.crds)
        });
        let mut judged_by = BTreeSet::new();
        for assignment in supersede::in_turn(&assignments) {
            let policy = &assignment.policy;
            if assignment.enforcement == Enforcement::Disabled || !policy.validates() {
                continue;
            }
            if assignment.is_covered_by(&judged_by) {
                continue;
            }
            if policy.native.is_none() {
                match engine::applies(&policy.matching, &context) {
                    Match::Yes if who::is_left_alone(policy, &context, lineage) => continue,
                    Match::Yes => {}
                    Match::No => continue,
                    Match::Unknown(reason) => {
                        let what = policy.name.clone();
                        verdict.not_judged.push(NotJudged { what, reason });
                        continue;
                    }
                }
            }
            let of_pods = policy.native.is_none() && policy.matching.is_pod_templates();
            let seen = Seen {
                context: as_its_pods.as_ref().filter(|_| of_pods).unwrap_or(&context),
                others,
                limits,
            };
            let mut judged = self.run(assignment, seen, &mut mask);
            if judged.judged {
                judged_by.insert(&*policy.name);
            }
            self.lift(assignment, seen, lineage, &mut judged);
            verdict.add(judged);
        }
        self.keep_asked(&mut verdict.decisions);
        supersede::tell_once(&mut verdict.decisions);
        verdict.decisions.sort_by_key(Decision::order);
        mask.apply_to(&mut verdict);
        verdict
    }

    /// Drops what nobody wants to hear.
    pub(super) fn keep_asked(&self, decisions: &mut Vec<Decision>) {
        decisions.retain(|one| !self.unasked.contains(&one.violation.validation));
    }

    /// What runs where no namespace says otherwise.
    pub(super) fn general(&self) -> &[Assignment] {
        self.assignments.general()
    }

    /// Runs one policy that applies; nothing is lifted yet.
    pub(super) fn run(&self, assignment: &Assignment, seen: Seen<'_>, mask: &mut Mask) -> Verdict {
        let Seen {
            context,
            others,
            limits,
        } = seen;
        let mut verdict = Verdict::default();
        let policy = &assignment.policy;
        if let Some(native) = &policy.native {
            let sources = self.sources(others);
            let limits = (assignment.enforcement, limits);
            let judged = native::judge(policy, native, context, sources, limits, mask);
            return Verdict {
                decisions: judged.decisions,
                not_judged: judged.not_judged,
                ignored_errors: judged.ignored_errors,
                annotations: judged.annotations,
                policies: usize::from(judged.matched),
                ..Verdict::default()
            };
        }
        let params = match &assignment.params {
            Params::Ready(params) => params,
            Params::Unset(reason) => {
                verdict.not_judged.push(NotJudged {
                    what: policy.name.clone(),
                    reason: reason.to_string(),
                });
                return verdict;
            }
        };
        verdict.policies = 1;
        let evaluation = engine::evaluate(policy, context, Some(params.root()), limits);
        verdict.judged = evaluation.judged;
        verdict.not_judged.extend(evaluation.not_judged);
        verdict.ignored_errors.extend(evaluation.ignored_errors);
        let enforcement = assignment.enforcement;
        // What another object must exist for may come a moment later: Flux applies in its own order.
        let at_admission = if policy.resources.is_empty() {
            enforcement
        } else {
            enforcement.min(Enforcement::Warn)
        };
        let decide = |violation| Decision {
            policy: policy.clone(),
            violation,
            enforcement,
            at_admission,
            audited: false,
            binding: None,
            exception: None,
            ended: None,
        };
        let violations = evaluation.violations.into_iter();
        verdict.decisions.extend(violations.map(decide));
        verdict
    }
}

/// What one policy is run on.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) others: &'a dyn OtherObjects,
    pub(super) limits: &'a Limits<'a>,
}
