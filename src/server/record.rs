//! What is written down of each answer: metrics, and one log line for each refusal and each exception
//! from one. Never what an object holds.

use std::collections::BTreeMap;

use crate::config::{Enforcement, ExceptionId};
use crate::judge::{Decision, Lineage, Mutation, Verdict};

use super::Metrics;
use super::review::Review;
use super::scan::Scanned;
use super::undecided::Undecided;

/// A log line about a request: who asked for what, then what the line adds.
macro_rules! log {
    ($review:expr, $lineage:expr, $($more:tt)+) => {{
        let request = &$review.request;
        let owner = $lineage.top().filter(|_| $lineage.is_made());
        let owner = owner.map(|owner| format!("{}/{}", owner.kind, owner.name));
        tracing::info!(
            uid = $review.uid,
            group = request.kind.group,
            kind = request.kind.kind,
            subresource = request.subresource,
            namespace = request.namespace,
            name = request.name,
            operation = request.operation.as_str(),
            user = $review.user,
            dry_run = request.dry_run,
            owner = owner.as_deref(),
            $($more)+
        );
    }};
}

/// Writes down a verdict.
pub(super) fn verdict(
    metrics: &Metrics,
    review: &Review<'_>,
    lineage: &Lineage,
    verdict: &Verdict,
) {
    for decision in &verdict.decisions {
        decided(metrics, decision);
    }
    for what in &verdict.not_judged {
        metrics.not_judged(policy_of(&what.what));
    }
    errors(metrics, review, &verdict.ignored_errors);
    let unreached = verdict.unreached.first().map(String::as_str);
    denied(review, lineage, unreached, &verdict.decisions);
    excepted(review, lineage, &verdict.decisions);
}

fn decided(metrics: &Metrics, decision: &Decision) {
    if let Some(exception) = &decision.exception {
        metrics.excepted(&decision.policy.name, &exception.name);
    } else {
        metrics.decided(&decision.policy.name, decision.at_admission.as_str());
    }
}

/// One line for a refusal.
fn denied(review: &Review<'_>, lineage: &Lineage, unreached: Option<&str>, decisions: &[Decision]) {
    let refuses = |decision: &&Decision| {
        decision.exception.is_none() && decision.at_admission == Enforcement::Deny
    };
    let mut denied: Vec<&str> = decisions
        .iter()
        .filter(refuses)
        .map(|decision| &*decision.violation.validation)
        .collect();
    denied.dedup();
    if denied.is_empty() {
        return;
    }
    log!(
        review,
        lineage,
        owner_not_believed = lineage.doubt().or(unreached),
        validations = denied.join(","),
        "denied"
    );
}

/// One line for each exception that lets pass what would have been refused.
fn excepted(review: &Review<'_>, lineage: &Lineage, decisions: &[Decision]) {
    let mut by_exception: BTreeMap<&ExceptionId, Vec<&str>> = BTreeMap::new();
    let refuses = |decision: &&Decision| decision.at_admission == Enforcement::Deny;
    for decision in decisions.iter().filter(refuses) {
        if let Some(exception) = decision.exception.as_deref() {
            let validations = by_exception.entry(exception).or_default();
            if !validations.contains(&&*decision.violation.validation) {
                validations.push(&decision.violation.validation);
            }
        }
    }
    for (exception, validations) in by_exception {
        log!(
            review,
            lineage,
            exception = &*exception.name,
            until = %exception.expires,
            validations = validations.join(","),
            "excepted"
        );
    }
}

/// Writes down what the mutations did.
pub(super) fn mutation(
    metrics: &Metrics,
    review: &Review<'_>,
    lineage: &Lineage,
    mutation: &Mutation,
) {
    for what in &mutation.not_judged {
        metrics.not_judged(policy_of(&what.what));
    }
    for decision in &mutation.decisions {
        decided(metrics, decision);
    }
    errors(metrics, review, &mutation.errors);
    denied(review, lineage, None, &mutation.decisions);
}

/// Writes down a review that could not be judged.
pub(super) fn undecided(uid: &str, about: &Scanned, why: &Undecided, denied: bool) {
    tracing::warn!(
        uid,
        group = about.group,
        kind = about.kind,
        namespace = about.namespace,
        name = about.name,
        operation = about.operation,
        why = why.as_str(),
        denied,
        "not judged"
    );
}

fn errors(metrics: &Metrics, review: &Review<'_>, errors: &[String]) {
    metrics.policy_errors(errors.len());
    for error in errors {
        tracing::debug!(
            uid = review.uid,
            kind = review.request.kind.kind,
            error,
            "an expression failed"
        );
    }
}

/// The policy of a validation's id.
fn policy_of(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}
