//! Which document is which.

use crate::manifest::suggest::{suggestion, words};
use crate::manifest::{NodeRef, Problem};
use crate::policy::{BindingForm, Form};
use crate::source::Span;

/// A kind of document that a policy folder may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Policy,
    PolicyException,
    Profile,
    Config,
    /// A policy that the API server or Kyverno reads too.
    Native(Form),
    /// What binds one.
    Binding(BindingForm),
    /// An object that is none of ours: perhaps the parameters of a native policy.
    Object,
    /// None of ours.
    Other,
}

const GROUP: &str = "kpolicy.io";
const VERSION: &str = "kpolicy.io/v1alpha1";
const NATIVE: &str = "admissionregistration.k8s.io";

const KINDS: [(&str, Kind); 4] = [
    ("Policy", Kind::Policy),
    ("PolicyException", Kind::PolicyException),
    ("Config", Kind::Config),
    ("Profile", Kind::Profile),
];

const NATIVE_KINDS: [(&str, Kind); 4] = [
    ("ValidatingAdmissionPolicy", Kind::Native(Form::Validating)),
    (
        "ValidatingAdmissionPolicyBinding",
        Kind::Binding(BindingForm {
            of: Form::Validating,
            not_found_denies: false,
        }),
    ),
    ("MutatingAdmissionPolicy", Kind::Native(Form::Mutating)),
    (
        "MutatingAdmissionPolicyBinding",
        Kind::Binding(BindingForm {
            of: Form::Mutating,
            not_found_denies: false,
        }),
    ),
];

/// The versions of native policies; their specs are equal.
const NATIVE_VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];

const KYVERNO: &str = "policies.kyverno.io";
const KYVERNO_KIND: &str = "ValidatingPolicy";

/// Whether a document is of a kind of ours.
pub(super) fn is_ours(root: NodeRef<'_>) -> bool {
    let field = |key: &str| root.get(key).and_then(NodeRef::as_str);
    field("apiVersion").is_some_and(|version| version.starts_with("kpolicy.io/"))
        && field("kind").is_some_and(|kind| KINDS.iter().any(|(known, _)| *known == kind))
}

/// Whether a document is meant as an exception, right or wrong.
pub(super) fn is_exception(root: NodeRef<'_>) -> bool {
    is_ours(root) && root.get("kind").and_then(NodeRef::as_str) == Some("PolicyException")
}

/// What a document is. Errors: a document that is meant for us and that we cannot read.
pub(super) fn of(root: NodeRef<'_>) -> Result<Kind, Problem> {
    let field = |key: &str| root.get(key).and_then(NodeRef::as_str);
    let (Some(version), Some(kind)) = (field("apiVersion"), field("kind")) else {
        return Ok(Kind::Other);
    };
    let at = |key: &str| root.get(key).and_then(NodeRef::origin);
    let (group, api) = version.split_once('/').unwrap_or(("", version));
    if group == NATIVE || group == KYVERNO {
        return native(group, api, kind, &at);
    }
    if group != GROUP {
        let is_named = root.at(&["metadata", "name"]).and_then(NodeRef::as_str);
        return Ok(is_named.map_or(Kind::Other, |_| Kind::Object));
    }
    if version != VERSION {
        let message = format!("`apiVersion` is `{version}`; this kpolicy reads `{VERSION}`");
        return Err(Problem::error(message, at("apiVersion")));
    }
    let known = KINDS.iter().find(|(word, _)| *word == kind);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let message = format!("`{kind}` is no kind of `{GROUP}`");
        let mut problem = Problem::error(message, at("kind"));
        problem.help = suggestion(kind, KINDS.iter().map(|(word, _)| *word));
        problem
    })
}

/// What a document of the API server's or of Kyverno's group is. `at` knows where a field stands.
fn native(
    group: &str,
    version: &str,
    kind: &str,
    at: &dyn Fn(&str) -> Option<Span>,
) -> Result<Kind, Problem> {
    let known = if group == KYVERNO {
        (kind == KYVERNO_KIND).then_some(Kind::Native(Form::Kyverno))
    } else {
        let mut kinds = NATIVE_KINDS.iter();
        kinds.find(|(word, _)| *word == kind).map(|(_, kind)| *kind)
    };
    let Some(known) = known else {
        if group == KYVERNO {
            let message = format!("kpolicy does not read `{kind}` of Kyverno");
            let help = "what it says is not judged";
            return Err(Problem::warning(message, at("kind")).with_help(help));
        }
        // Configurations of webhooks.
        return Ok(Kind::Object);
    };
    if !NATIVE_VERSIONS.contains(&version) {
        let message = format!(
            "`apiVersion` is `{group}/{version}`; this kpolicy reads {} of `{kind}`",
            words(NATIVE_VERSIONS)
        );
        return Err(Problem::error(message, at("apiVersion")));
    }
    Ok(match known {
        Kind::Binding(form) => Kind::Binding(BindingForm {
            not_found_denies: version == "v1alpha1",
            ..form
        }),
        known => known,
    })
}
