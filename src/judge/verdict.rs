//! The verdict on one request: every decision with its enforcement.

use std::sync::Arc;

use crate::config::{Enforcement, ExceptionId};
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
    /// Whether the audit event says so too, whatever else happens.
    pub audited: bool,
    /// The binding of a native policy that asks for it.
    pub binding: Option<Arc<str>>,
    /// The exception that lifts it; it is then listed, not counted.
    pub exception: Option<Arc<ExceptionId>>,
    /// An exception that lifted it up to its last day, where none does any more.
    pub ended: Option<Arc<ExceptionId>>,
}

impl Decision {
    /// The order in which decisions are told: those that count first, hardest first.
    pub(super) const fn order(&self) -> std::cmp::Reverse<(bool, Enforcement)> {
        std::cmp::Reverse((self.exception.is_none(), self.enforcement))
    }
}

/// What a native policy adds to the audit event of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The policy.
    pub policy: Arc<str>,
    /// The key.
    pub key: Box<str>,
    /// The values, different ones; several where bindings or parameters differ.
    pub values: Vec<String>,
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
    /// What native policies add to the audit event, in order.
    pub annotations: Vec<Annotation>,
    /// How many policies applied.
    pub policies: usize,
    /// Exceptions for the owner of the object that do not reach it, and why.
    pub unreached: Vec<String>,
    /// Whether the one policy that it is of judged all that there is to judge; what this means of several is nothing.
    pub(super) judged: bool,
}

impl Verdict {
    /// Adds what another policy gave.
    pub(super) fn add(&mut self, other: Self) {
        self.decisions.extend(other.decisions);
        self.not_judged.extend(other.not_judged);
        self.ignored_errors.extend(other.ignored_errors);
        self.annotations.extend(other.annotations);
        self.policies += other.policies;
        self.unreached.extend(other.unreached);
    }
}

/// One mutation that would change the object.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The policy.
    pub policy: Arc<Policy>,
    /// What it would change.
    pub change: Change,
    /// The exception by which nobody needs to be told. The change is made all the same: what must not be changed is
    /// written as it shall be.
    pub exception: Option<Arc<ExceptionId>>,
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
    /// Mutations of native policies that could not be made and may not be left out, hardest first.
    pub decisions: Vec<Decision>,
}
