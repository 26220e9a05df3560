//! From the bytes of a chunk to spans of its source, and from the parser's complaints to problems there.

use std::ops::Range;

use crate::source::{SourceId, Span};

use super::Problem;
use super::event::SyntaxError;
use super::mend::{self, Shift};

/// Turns the bytes of a chunk into spans of the whole source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'m> {
    pub(super) source: SourceId,
    /// Where the chunk begins in the source.
    pub(super) base: usize,
    /// What was changed in the chunk so that it could be parsed.
    pub(super) shifts: &'m [Shift],
}

impl Place<'_> {
    pub(super) fn span(self, range: &Range<usize>) -> Span {
        let at = |offset| (self.base + mend::original(self.shifts, offset)) as u32;
        Span::new(self.source, at(range.start), at(range.end))
    }

    pub(super) fn problem(self, error: SyntaxError) -> Problem {
        let problem = Problem::error(error.message, Some(self.span(&error.range)));
        match error.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}

/// Why a chunk does not load.
pub(super) enum Failure {
    /// It is no YAML.
    Syntax(SyntaxError),
    /// Its values cannot be taken.
    Value(Box<Problem>),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Value(Box::new(problem))
    }
}
