//! Which document is which.

use crate::manifest::suggest::suggestion;
use crate::manifest::{NodeRef, Problem};

/// A kind of document that a policy folder may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Policy,
    PolicyException,
    Profile,
    Config,
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

const NATIVE_KINDS: [&str; 4] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
];

/// What a document is. Errors: a document that is meant for us and that we cannot read.
pub(super) fn of(root: NodeRef<'_>) -> Result<Kind, Problem> {
    let field = |key: &str| root.get(key).and_then(NodeRef::as_str);
    let (Some(version), Some(kind)) = (field("apiVersion"), field("kind")) else {
        return Ok(Kind::Other);
    };
    let at = |key: &str| root.get(key).and_then(NodeRef::origin);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if group == NATIVE && NATIVE_KINDS.contains(&kind) {
        let message = format!("`{kind}` is not read yet");
        let help = "its rules are not judged; until it is, write them as a Policy of `kpolicy.io/v1alpha1`";
        return Err(Problem::error(message, at("kind")).with_help(help));
    }
    if group != GROUP {
        return Ok(Kind::Other);
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
