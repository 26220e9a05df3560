//! The verdict on one request: every decision with its enforcement.

use std::sync::Arc;

use crate::config::Enforcement;
use crate::engine::{Change, NotJudged, Violation};
use crate::manifest::Document;
use crate::policy::Policy;

/// A violation with what it leads to.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The policy.
    pub policy: Arc<Policy>,
    /// What is violated, and where.
    pub violation: Violation,
    /// How hard, in Git.
    pub enforcement: Enforcement,
    /// How hard, at admission: lower where the policy needs other objects, which may come later.
    pub at_admission: Enforcement,
    /// The exception that lifts it, by name; it is then listed, not counted.
    pub exception: Option<Arc<str>>,
}

/// The verdict on one request.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// All decisions, hardest first, then in order of policies, validations and places.
    pub decisions: Vec<Decision>,
    /// What could not be decided, and why.
    pub not_judged: Vec<NotJudged>,
    /// Errors that failure policies ignored, for logs and metrics.
    pub ignored_errors: Vec<String>,
    /// How many policies applied.
    pub policies: usize,
}

/// One mutation that would change the object.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The policy.
    pub policy: Arc<Policy>,
    /// What it would change.
    pub change: Change,
}

/// The mutations of all policies on one request.
#[derive(Clone, Debug, Default)]
pub struct Mutation {
    /// The object after all mutations; `None` where nothing changed.
    pub document: Option<Document>,
    /// What changed, in order.
    pub drifts: Vec<Drift>,
    /// What could not be decided, and why.
    pub not_judged: Vec<NotJudged>,
    /// Errors that failure policies ignored, or that stopped a mutation.
    pub errors: Vec<String>,
}
