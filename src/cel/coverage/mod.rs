//! Coverage: what evaluations of an expression have shown of it, and what none of them has.
//!
//! An expression has *points*: outcomes of its parts that tests should bring about, such as an operand of `&&` that is
//! false. [`points`](Program::points) says which, from the compiled expression alone. An activation with a
//! [`Recorder`] tells it, after each evaluation, which outcomes that evaluation had: as `explain` it walks the compiled
//! expression once more and evaluates again what evaluation came by. Without a recorder none of this runs, and neither
//! the value nor the cost of an expression knows of it.
//!
//! What an expression asks of its parts:
//! - each operand of `&&` and `||`, each condition of a `?:` and each predicate: true and false. Of `&&`, `||`, `!` and
//!   `?:` among them their own operands are asked instead, since these decide;
//! - what a macro walks over: no element, but where the elements are written out or are a root's. That there was one, its
//!   predicate tells, or else it is asked as well;
//! - what stands before `orValue`, `or` and `optMap`: a value and none;
//! - the expression as a whole: true and false; of a patch, whether it changed anything; of anything else, whether it
//!   was evaluated at all.
//!
//! What evaluation passed by (the right of a decided `&&`, the branch not taken) shows nothing. An operand that is an
//! error was neither true nor false.

mod gaps;
mod points;
mod recording;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::ops::Range;

use super::activation::Activation;
use super::program::Program;

pub use gaps::Gap;
pub use recording::Recording;

/// What a part of an expression may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was true.
    True,
    /// It was false.
    False,
    /// There was no element to walk over.
    Empty,
    /// There was an element to walk over.
    NotEmpty,
    /// There was a value.
    Present,
    /// There was no value.
    Absent,
    /// It changed the object.
    Changed,
    /// It left the object as it was.
    Unchanged,
    /// It was evaluated.
    Evaluated,
}

impl Outcome {
    /// What to say of a part that never came to this: "was never false".
    pub const fn never(self) -> &'static str {
        match self {
            Self::True => "was never true",
            Self::False => "was never false",
            Self::Empty => "was never empty",
            Self::NotEmpty => "was always empty",
            Self::Present => "never had a value",
            Self::Absent => "always had a value",
            Self::Changed => "never changed anything",
            Self::Unchanged => "always changed something",
            Self::Evaluated => "was never evaluated",
        }
    }
}

/// An outcome of a part of an expression that tests should bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The bytes of the part.
    pub range: Range<usize>,
    /// What it should come to.
    pub outcome: Outcome,
}

/// Is told what evaluations show.
pub trait Recorder: fmt::Debug + Sync {
    /// The part of a program in this range came to this. Programs are told apart by where they are in memory; the same
    /// outcome may be told any number of times, and some that are no points.
    fn saw(&self, program: &Program, range: Range<usize>, outcome: Outcome);
}

impl Program {
    /// The bytes of the whole expression, without the space around it.
    pub fn range(&self) -> Range<usize> {
        self.expression().range.into()
    }

    /// The outcomes that tests should bring about, in the order of the text.
    pub fn points(&self) -> Vec<Point> {
        points::points(self)
    }

    /// What a recording lacks of the points of this program, in the order of the text.
    pub fn gaps(&self, recording: &Recording<'_>) -> Vec<Gap> {
        gaps::gaps(self, recording)
    }
}

/// Tells the recorder of an activation what the evaluation that just ended showed.
pub(super) fn record<'a>(
    program: &'a Program,
    activation: &Activation<'a>,
    recorder: &dyn Recorder,
) {
    walk::record(program, activation, recorder);
}
