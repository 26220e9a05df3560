//! A native policy on a request, as the API server runs it: each binding with each of its parameters.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/{generic,validating}`, 1.36.

use std::sync::Arc;

use crate::config::Enforcement;
use crate::engine::{self, Context, Evaluation, Limits, NotJudged, Violation};
use crate::manifest::NodeRef;
use crate::policy::{Binding, FailurePolicy, Form, Match, Native, ParamKind, Policy};

use super::mask::Mask;
use super::params::{Collected, Sources, place_of};
use super::{Annotation, Decision};

/// Resources that native policies never see, whatever they name: a mistake in one could not be mended, or would stop
/// everybody.
///
/// Upstream: `generic.admissionResources` and `kubeapiserver/admission/exclusion`.
const EXEMPT: [(&str, &str); 10] = [
    ("admissionregistration.k8s.io", "mutatingadmissionpolicies"),
    (
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicybindings",
    ),
    (
        "admissionregistration.k8s.io",
        "validatingadmissionpolicies",
    ),
    (
        "admissionregistration.k8s.io",
        "validatingadmissionpolicybindings",
    ),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
];

/// Why a policy without a binding does nothing.
pub(super) const UNBOUND: &str = "no binding names it";

/// One evaluation of a policy: a binding, and one of its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invocation<'a> {
    pub(super) binding: &'a Binding,
    pub(super) params: Option<NodeRef<'a>>,
}

/// What tells two evaluations of a policy apart: the name of the binding, and namespace and name of the parameters.
pub(super) type Key<'a> = (&'a str, Option<(&'a str, &'a str)>);

impl<'a> Invocation<'a> {
    pub(super) fn key(&self) -> Key<'a> {
        (&self.binding.name, self.params.map(place_of))
    }
}

/// Something that keeps a binding from its work, and is an error of the policy.
#[derive(Debug)]
pub(super) struct Misfit<'a> {
    pub(super) binding: &'a Binding,
    pub(super) message: String,
}

/// What a policy does on a request before anything is evaluated.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) invocations: Vec<Invocation<'a>>,
    pub(super) misfits: Vec<Misfit<'a>>,
    pub(super) not_judged: Vec<NotJudged>,
    /// Whether the policy and a binding match at all.
    pub(super) matched: bool,
}

impl Plan<'_> {
    /// Hides what the parameters hold, where those are Secrets.
    pub(super) fn hide(&self, native: &Native, mask: &mut Mask) {
        let is_secret = |kind: &ParamKind| kind.group.is_empty() && &*kind.kind == "Secret";
        if native.param_kind.as_ref().is_some_and(is_secret) {
            let params = self.invocations.iter();
            params
                .filter_map(|invocation| invocation.params)
                .for_each(|secret| mask.hide(secret));
        }
    }
}

/// Finds the bindings that match a request, and their parameters.
pub(super) fn plan<'a>(
    policy: &'a Policy,
    native: &'a Native,
    context: &Context<'_>,
    sources: Sources<'a>,
) -> Plan<'a> {
    let mut plan = Plan::default();
    let request = context.request();
    let unknown = |reason: String| NotJudged {
        what: policy.name.clone(),
        reason,
    };
    let resource = (request.resource.group, request.resource.resource);
    if EXEMPT.contains(&resource) {
        return plan;
    }
    match engine::applies(&policy.matching, context) {
        Match::No => return plan,
        Match::Unknown(reason) => {
            plan.not_judged.push(unknown(reason));
            return plan;
        }
        Match::Yes => {}
    }
    if native.bindings.is_empty() {
        plan.not_judged.push(unknown(UNBOUND.to_owned()));
    }
    for binding in &native.bindings {
        let matching = binding.matching.as_ref();
        match matching.map_or(Match::Yes, |matching| engine::applies(matching, context)) {
            Match::No => continue,
            Match::Unknown(reason) => {
                let reason = format!("binding `{}`: {reason}", binding.name);
                plan.not_judged.push(unknown(reason));
                continue;
            }
            Match::Yes => plan.matched = true,
        }
        let (Some(kind), Some(reference)) = (&native.param_kind, &binding.param_ref) else {
            plan.invocations.push(Invocation {
                binding,
                params: None,
            });
            continue;
        };
        match sources.choose(kind, reference, request) {
            Ok(objects) => {
                let invocations = objects.into_iter().map(|object| Invocation {
                    binding,
                    params: Some(object),
                });
                plan.invocations.extend(invocations);
            }
            Err(Collected::Wrong(message)) => plan.misfits.push(Misfit { binding, message }),
            Err(Collected::Nothing(reason)) => {
                let reason = format!(
                    "binding `{}` lets requests without parameters pass: {reason}",
                    binding.name
                );
                plan.not_judged.push(unknown(reason));
            }
            Err(Collected::Unknown(reason)) => {
                let reason = format!("binding `{}`: {reason}", binding.name);
                plan.not_judged.push(unknown(reason));
            }
        }
    }
    plan
}

/// What a native policy's validations give on a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Without exceptions: those are for whoever asks.
    pub(super) decisions: Vec<Decision>,
    pub(super) not_judged: Vec<NotJudged>,
    pub(super) ignored_errors: Vec<String>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) matched: bool,
}

/// Judges. `ceiling` is what Config allows at most; `mask` learns what the parameters hold that must not be repeated.
pub(super) fn judge(
    policy: &Arc<Policy>,
    native: &Native,
    context: &Context<'_>,
    sources: Sources<'_>,
    (ceiling, limits): (Enforcement, &Limits<'_>),
    mask: &mut Mask,
) -> Outcome {
    let plan = plan(policy, native, context, sources);
    plan.hide(native, mask);
    let mut judged = Outcome {
        not_judged: plan.not_judged,
        matched: plan.matched,
        ..Outcome::default()
    };
    let decide = |violation: Violation, binding: &Binding, enforcement: Enforcement| Decision {
        policy: policy.clone(),
        violation,
        enforcement: enforcement.min(ceiling),
        at_admission: enforcement.min(ceiling),
        audited: false,
        binding: Some(binding.name.clone()),
        exception: None,
        ended: None,
    };
    // Actions are asked about validations alone: what else is wrong is a refusal, and no more.
    for misfit in &plan.misfits {
        match refused(policy, misfit) {
            Ok(violation) => {
                let decision = decide(violation, misfit.binding, Enforcement::Deny);
                add(&mut judged.decisions, decision);
            }
            Err(ignored) => judged.ignored_errors.push(ignored),
        }
    }
    for Invocation { binding, params } in plan.invocations {
        let Evaluation {
            violations,
            not_judged,
            ignored_errors,
            annotations,
            annotation_errors,
            matched: _,
            judged: _,
        } = engine::evaluate(policy, context, params, limits);
        for violation in violations {
            let decision = Decision {
                audited: binding.actions.audit,
                ..decide(violation, binding, strength(binding))
            };
            add(&mut judged.decisions, decision);
        }
        for violation in annotation_errors {
            add(
                &mut judged.decisions,
                decide(violation, binding, Enforcement::Deny),
            );
        }
        for entry in not_judged {
            if !judged.not_judged.contains(&entry) {
                judged.not_judged.push(entry);
            }
        }
        judged.ignored_errors.extend(ignored_errors);
        for (key, value) in annotations {
            annotate(&mut judged.annotations, policy, &key, value);
        }
    }
    judged
}

/// The hardest that the bindings of a native policy ask for; nothing without one. `None` for a policy of ours.
pub(super) fn asked(policy: &Policy) -> Option<Enforcement> {
    let native = policy.native.as_ref()?;
    let hardest = native.bindings.iter().map(|binding| match native.form {
        // A mutation is made, or it fails.
        Form::Mutating => Enforcement::Deny,
        Form::Validating | Form::Kyverno => strength(binding),
    });
    Some(hardest.max().unwrap_or(Enforcement::Disabled))
}

/// What the hardest action of a binding leads to.
fn strength(binding: &Binding) -> Enforcement {
    let actions = binding.actions;
    if actions.deny {
        Enforcement::Deny
    } else if actions.warn {
        Enforcement::Warn
    } else {
        Enforcement::Audit
    }
}

/// What a misfit leads to: a violation of the policy, or an error that its failure policy ignores.
pub(super) fn refused(policy: &Policy, misfit: &Misfit<'_>) -> Result<Violation, String> {
    let Misfit { binding, message } = misfit;
    let text = format!("binding `{}` cannot be used: {message}", binding.name);
    if policy.failure_policy == FailurePolicy::Ignore {
        return Err(format!("{}: {text}", policy.name));
    }
    let id = format!("{}/params", policy.name).into();
    Ok(Violation::of_policy(id, text))
}

/// Bindings and parameters that find the same at the same place say it once, as hard as the hardest of them.
fn add(decisions: &mut Vec<Decision>, decision: Decision) {
    let same = |known: &&mut Decision| {
        let (a, b) = (&known.violation, &decision.violation);
        (&a.validation, &a.field_path, &a.message) == (&b.validation, &b.field_path, &b.message)
    };
    let Some(known) = decisions.iter_mut().find(same) else {
        return decisions.push(decision);
    };
    known.audited |=
        decision.audited || known.enforcement.min(decision.enforcement) == Enforcement::Audit;
    if decision.enforcement > known.enforcement {
        known.enforcement = decision.enforcement;
        known.at_admission = decision.at_admission;
        known.binding = decision.binding;
    }
}

/// Different values of one key stand side by side, as upstream writes them.
fn annotate(annotations: &mut Vec<Annotation>, policy: &Policy, key: &str, value: String) {
    match annotations.iter_mut().find(|known| *known.key == *key) {
        Some(known) if known.values.contains(&value) => {}
        Some(known) => known.values.push(value),
        None => annotations.push(Annotation {
            policy: policy.name.clone(),
            key: key.into(),
            values: vec![value],
        }),
    }
}
