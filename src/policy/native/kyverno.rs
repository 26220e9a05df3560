//! What Kyverno's `ValidatingPolicy` has beside the words of a `ValidatingAdmissionPolicy`.
//!
//! It is read only where it means the same. What decides nothing at admission is left to Kyverno; what would judge
//! something else, or something more, is refused by name.
//!
//! Upstream: kyverno `api/policies.kyverno.io/v1` and `pkg/cel/policies/vpol/autogen`, 1.16.

use crate::manifest::{Fields, NodeRef, Problem};

use super::super::{Policy, Target};

/// Reads the fields that Kyverno alone has.
pub(super) fn only_equal(spec: &mut Fields<'_, '_>, policy: Option<&Policy>) {
    let controllers = spec
        .node("autogen")
        .and_then(|autogen| autogen.at(&["podControllers", "controllers"])?.as_list());
    // An empty list turns it off; without one Kyverno adds every controller.
    let adds = controllers.map(|list| !list.is_empty());
    if adds == Some(true) {
        refuse(spec, "autogen", "autogen.podControllers.controllers");
    } else if adds.is_none()
        && let Some(policy) = policy
        && is_about_pods_alone(policy)
    {
        let span = spec.key_span("matchConstraints");
        let message =
            "Kyverno also judges the controllers of these pods; kpolicy judges the pods alone";
        let help = "with `autogen: {podControllers: {controllers: []}}` both judge the same";
        spec.report(Problem::warning(message, span).with_help(help));
    }
    if let Some(evaluation) = spec.node("evaluation") {
        let text = |route: &[&str]| evaluation.at(route).and_then(NodeRef::as_str);
        let enabled = evaluation
            .at(&["admission", "enabled"])
            .and_then(NodeRef::as_bool);
        if text(&["mode"]).is_some_and(|mode| mode != "Kubernetes") {
            refuse(spec, "evaluation", "evaluation.mode");
        }
        if enabled == Some(false) {
            refuse(spec, "evaluation", "evaluation.admission.enabled: false");
        }
    }
    // How long Kyverno may take.
    spec.node("webhookConfiguration");
}

fn refuse(spec: &mut Fields<'_, '_>, key: &str, what: &str) {
    let span = spec.key_span(key);
    let message = format!(
        "kpolicy reads a ValidatingPolicy only where it equals a ValidatingAdmissionPolicy, which has no `{what}`"
    );
    let help = "take it out, or leave this policy to Kyverno";
    spec.report(Problem::error(message, span).with_help(help));
}

/// Where Kyverno makes rules for the controllers of pods by itself: nothing but pods is named, and no labels are.
fn is_about_pods_alone(policy: &Policy) -> bool {
    let matching = &policy.matching;
    let Target::Resources { include, .. } = &matching.target else {
        return false;
    };
    let selectors = [&matching.namespace_selector, &matching.object_selector];
    let pods = |rule: &super::super::ResourceRule| {
        rule.resource_names.is_empty()
            && rule.resources.iter().all(|resource| &**resource == "pods")
    };
    !include.is_empty()
        && include.iter().all(pods)
        && selectors
            .into_iter()
            .flatten()
            .all(crate::manifest::LabelSelector::is_everything)
}
