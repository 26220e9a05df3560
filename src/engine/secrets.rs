//! Which expressions can tell what a Secret holds, so that none of their texts leaves the engine.
//!
//! What a message made of a value would show cannot be told from its text: `substring` and `lowerAscii` are enough to
//! hide it from a search. So what counts is what the expression reads, not what it gives.

use crate::cel::{EvalError, EvalErrorKind, Program};
use crate::manifest::{NodeRef, secrets};
use crate::policy::{Policy, Root};

use super::Context;

/// What may be read of a Secret in a text: who it is, and nothing of what it holds. kubectl keeps a copy of a Secret's
/// data in an annotation, so annotations are not among it.
const HARMLESS: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["type"],
    &["immutable"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "generateName"],
    &["metadata", "labels"],
    &["metadata", "uid"],
];

/// What stands for a text that is withheld.
pub(super) const WITHHELD: &str = "withheld, since it reads what a Secret holds";

/// The roots that hold a Secret on one request.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    roots: Vec<usize>,
}

impl Secrets {
    pub(super) fn of(policy: &Policy, context: &Context<'_>, params: Option<NodeRef<'_>>) -> Self {
        let mut roots = Vec::new();
        let kind = context.request().kind;
        if kind.group.is_empty() && kind.kind.eq_ignore_ascii_case("Secret") {
            roots.extend([Root::Object.slot(), Root::OldObject.slot()]);
        }
        if params.is_some_and(is_secret) {
            roots.push(Root::Params.slot());
        }
        let mut resources = policy.resources.iter();
        if resources.any(|other| other.api_group.is_empty() && &*other.kind == "Secret") {
            roots.push(Root::Resources.slot());
        }
        Self { roots }
    }

    /// The error of an expression, without its text where that may tell what a Secret holds.
    pub(super) fn quieted<'a>(
        &self,
        mut error: EvalError<'a>,
        program: &Program,
        policy: &Policy,
    ) -> EvalError<'a> {
        // Why something cannot be known is not about its value.
        if error.kind != EvalErrorKind::Unknown && self.are_read_by(program, policy) {
            let what = match error.kind {
                EvalErrorKind::NoSuchKey => "no such key",
                EvalErrorKind::NoSuchOverload => "no such overload",
                EvalErrorKind::IndexOutOfBounds => "no such index",
                EvalErrorKind::Overflow => "a number does not fit",
                EvalErrorKind::DivisionByZero => "division by zero",
                _ => "an error",
            };
            error.message = format!("{what}; more is {WITHHELD}");
        }
        error
    }

    /// Whether what this expression gives, or its error, may tell what a Secret holds.
    pub(super) fn are_read_by(&self, program: &Program, policy: &Policy) -> bool {
        if self.roots.is_empty() {
            return false;
        }
        let reads = |program: &Program| {
            let mut roots = self.roots.iter();
            roots.any(|slot| program.reads_beyond(*slot, HARMLESS))
        };
        let mut wanted = program.reads_variables();
        let mut seen = vec![false; policy.variables.len()];
        if reads(program) {
            return true;
        }
        while let Some(index) = wanted.pop() {
            let Some(seen) = seen.get_mut(index).filter(|seen| !**seen) else {
                continue;
            };
            *seen = true;
            let Some(variable) = policy.variables.get(index) else {
                continue;
            };
            if reads(variable) {
                return true;
            }
            wanted.extend(variable.reads_variables());
        }
        false
    }
}

fn is_secret(object: NodeRef<'_>) -> bool {
    let version = object.get("apiVersion").and_then(NodeRef::as_str);
    version == Some("v1") && secrets::is_secret(object)
}
