//! What became of a policy on a request.

use std::ops::Range;
use std::sync::Arc;

use crate::manifest::patch::Operation;
use crate::source::FieldPath;

/// One violated validation at one place. A validation that fails for two containers gives two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which validation, `<policy>/<name>`.
    pub validation: Arc<str>,
    /// The whole message: who, what, and what to do.
    pub message: String,
    /// The place, from the root of the object; the missing part included.
    pub field_path: FieldPath,
    /// How many steps of `field_path` exist; the rest is what is missing.
    pub existing: usize,
    /// The container it is about.
    pub container: Option<Box<str>>,
    /// Whether the expression could not be evaluated (and the policy's failure policy is Fail).
    pub is_error: bool,
    /// The decisive part of the expression, in bytes of the expression.
    pub expression: Range<usize>,
    /// Index of the validation in its policy.
    pub index: usize,
}

impl Violation {
    /// An error that is about no place and no validation: the policy itself cannot do its work.
    pub fn of_policy(validation: Arc<str>, message: String) -> Self {
        Self {
            validation,
            message,
            field_path: FieldPath::root(),
            existing: 0,
            container: None,
            is_error: true,
            expression: 0..0,
            index: usize::MAX,
        }
    }
}

/// A validation (or a whole policy) that could not be decided with what is known here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotJudged {
    /// The policy, or `<policy>/<validation>`.
    pub what: Arc<str>,
    /// Why.
    pub reason: String,
}

/// What became of one policy on one request.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// Whether the policy applied to the request at all.
    pub matched: bool,
    /// Whether its match conditions were true, for each pod template where it judges those.
    pub judged: bool,
    /// What is violated, in order of validations and places.
    pub violations: Vec<Violation>,
    /// What could not be decided.
    pub not_judged: Vec<NotJudged>,
    /// Errors that the failure policy ignores, for logs and metrics.
    pub ignored_errors: Vec<String>,
    /// What a native policy adds to the audit event: key and value, in order.
    pub annotations: Vec<(Box<str>, String)>,
    /// Audit annotations that could not be made and that the failure policy does not ignore: they refuse the request,
    /// whatever the policy's bindings say of violations.
    pub annotation_errors: Vec<Violation>,
}

/// What one mutation would change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which mutation, `<policy>/<name>`.
    pub mutation: Arc<str>,
    /// The operations, with paths from the root of the object.
    pub operations: Vec<Operation>,
}
