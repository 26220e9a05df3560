//! What can go wrong with an expression, and places in documents.

use std::fmt;
use std::ops::Range;

use crate::manifest::NodeRef;

use super::syntax::TextRange;

/// Why a text is no expression that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the expression that are meant.
    pub range: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CompileError {}

/// The kind of an evaluation error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvalErrorKind {
    /// No operator or function takes values of these types.
    NoSuchOverload,
    /// A map has no such key.
    NoSuchKey,
    /// A list has no such index.
    IndexOutOfBounds,
    /// A number does not fit its type.
    Overflow,
    /// Division or modulus by zero.
    DivisionByZero,
    /// A value that a function does not take: a malformed quantity, an empty optional.
    InvalidArgument,
    /// What was read cannot be known here: the validation is *not judged*, and the message is the reason.
    Unknown,
    /// The expression costs more than it may, or values nest too deeply.
    Budget,
    /// A variable costs more than an expression may. As in the API server this is an error of the variable alone, which
    /// `||` may absorb.
    VariableBudget,
    /// The API server's evaluator fails outright here: the price of sorting cannot be told of what is an error.
    Internal,
    /// Whoever asked for the evaluation does not want it any more (a deadline passed).
    Cancelled,
}

impl EvalErrorKind {
    /// Whether evaluation ends here whatever the rest of the expression says: `||` does not absorb it.
    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Budget | Self::Internal | Self::Cancelled)
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub struct EvalError<'a> {
    /// The kind of error.
    pub kind: EvalErrorKind,
    /// What went wrong; for [`EvalErrorKind::Unknown`] the reason why it cannot be known.
    pub message: String,
    /// The bytes of the expression that were being evaluated. For an error inside a variable: its mention.
    pub range: Range<usize>,
    /// Where in a document, when a document is to blame.
    pub place: Option<Place<'a>>,
    /// The part of the expression whose whole route of keys `place.missing` is, so that a select around it can
    /// lengthen the route.
    pub(super) route: Option<TextRange>,
}

impl EvalError<'_> {
    /// An error without a place in a document.
    pub fn new(kind: EvalErrorKind, message: impl Into<String>, range: Range<usize>) -> Self {
        Self {
            kind,
            message: message.into(),
            range,
            place: None,
            route: None,
        }
    }

    /// Whether this error takes the place of an earlier one in `&&`, `||` and macros: unknown beats error, and of
    /// two equal ones the left stays.
    pub(super) fn beats(&self, earlier: &Self) -> bool {
        self.kind == EvalErrorKind::Unknown && earlier.kind != EvalErrorKind::Unknown
    }
}

impl fmt::Display for EvalError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError<'_> {}

/// A value in a document that decided an outcome, or one that is missing there.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The value, or the map that lacks [`missing`](Self::missing).
    pub node: NodeRef<'a>,
    /// Keys below `node` that are not there, outermost first; empty where the value itself is meant.
    pub missing: Vec<Box<str>>,
    /// The bytes of the decisive sub-expression.
    pub range: Range<usize>,
}

/// Why an operation on values has no result. The evaluator adds where.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: EvalErrorKind,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(kind: EvalErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A value that a function does not take.
    pub(super) fn argument(problem: impl fmt::Display) -> Self {
        Self::new(EvalErrorKind::InvalidArgument, problem.to_string())
    }

    /// A result that does not fit its type.
    pub(super) fn overflow(what: impl fmt::Display) -> Self {
        Self::new(EvalErrorKind::Overflow, what.to_string())
    }

    /// The types fit no overload. An empty message: the evaluator, which knows the name, writes it.
    pub(super) fn overload() -> Self {
        Self::new(EvalErrorKind::NoSuchOverload, String::new())
    }

    /// A value that cannot be known here.
    pub(super) fn unknown(reason: &str) -> Self {
        Self::new(EvalErrorKind::Unknown, reason)
    }
}
