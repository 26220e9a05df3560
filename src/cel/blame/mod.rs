//! Blame: which places of a document made an expression false, or an error.
//!
//! Runs only after evaluation, with the same activation, and evaluates again what it needs to know. It walks the
//! compiled expression from the outcome down: `verdict` follows booleans through logic, macros and comparisons,
//! `source` follows values to the document they came from, `failure` follows errors, `compared` knows which way a
//! count would have to go. The author of a policy writes no path; this is where it comes from.
//!
//! What blame promises of a false expression: while the places it names stay as they are, replacing any other value,
//! or taking it away, never makes the expression true (it may make it fail). `tests/it/cel_blame_property.rs` holds it
//! to that. Not named, because nobody would mend them, is what only chose where to look:
//! - the condition of a `?:` whose branch has places of its own, and that of a `filter` whose elements are judged;
//! - the rest of an element that a `filter` kept, where its condition asks for a part of it;
//! - the key or index under which a value was looked up, and what put it there (`sort`, `slice`);
//! - how many elements there are, where elements are named (an empty list satisfies every `all`);
//! - what an optional lacks, where its fallback is a document's and was taken instead.
//!
//! With [`MAX_PLACES`](found::MAX_PLACES) places, or when its budget is used up, there may be more than it names. No
//! place at all means that no document decided. Of an error it names where it arose.

mod compared;
mod elements;
mod failure;
mod found;
mod route;
mod source;
#[cfg(test)]
mod tests;
mod verdict;

use super::activation::Activation;
use super::error::{EvalError, Place};
use super::evaluate::Evaluator;
use super::expression::Expression;
use super::program::Program;
use super::value::Value;
use found::{Found, unique};

/// The places that made a program false or an error, in the order of the expression and of the document.
pub(super) fn blame<'a>(program: &'a Program, activation: &Activation<'a>) -> Vec<Place<'a>> {
    let before = activation.begin_blame();
    let mut blamer = Blamer {
        evaluator: Evaluator::new(activation),
        origins: Vec::new(),
        searching: false,
    };
    let found = blamer.inside(program, program.expression(), |blamer, expression| {
        blamer.outcome(expression)
    });
    drop(blamer);
    activation.end_blame(before);
    unique(found).into_iter().map(|found| found.place).collect()
}

struct Blamer<'e, 'a> {
    evaluator: Evaluator<'e, 'a>,
    /// Where macro-bound values came from that are no nodes of a document themselves: name's slot, places.
    origins: Vec<(usize, Vec<Found<'a>>)>,
    /// Inside `exists` and `filter`: an element is only asked why it is not the one that is looked for.
    searching: bool,
}

impl<'a> Blamer<'_, 'a> {
    /// What made an expression what it is.
    fn outcome(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        match self.value(expression) {
            Ok(value) => match value.as_bool() {
                Some(outcome) => self.verdict(expression, outcome),
                None => self.source(expression),
            },
            Err(_) => self.failure(expression),
        }
    }

    fn value(&mut self, expression: &'a Expression) -> Result<Value<'a>, Box<EvalError<'a>>> {
        self.evaluator.value(expression)
    }

    /// Whether an expression is this boolean; an error is neither.
    fn is(&mut self, expression: &'a Expression, outcome: bool) -> bool {
        self.value(expression)
            .is_ok_and(|value| value.as_bool() == Some(outcome))
    }

    /// Does something with the expression of a program, with the program's own locals in sight.
    fn inside(
        &mut self,
        program: &'a Program,
        mention: &Expression,
        look: impl FnOnce(&mut Self, &'a Expression) -> Vec<Found<'a>>,
    ) -> Vec<Found<'a>> {
        let Ok(caller) = self.evaluator.begin(program, mention) else {
            return Vec::new();
        };
        let origins = std::mem::take(&mut self.origins);
        let found = look(self, program.expression());
        self.origins = origins;
        self.evaluator.end(caller);
        found
    }

    /// Does something with the expression of a variable; what it finds is where the variable is mentioned.
    fn in_variable(
        &mut self,
        index: usize,
        mention: &Expression,
        look: impl FnOnce(&mut Self, &'a Expression) -> Vec<Found<'a>>,
    ) -> Vec<Found<'a>> {
        let Some(program) = self.evaluator.activation.variable(index) else {
            return Vec::new();
        };
        let mut found = self.inside(program, mention, look);
        for found in &mut found {
            found.place.range = mention.range.into();
            found.route = None;
        }
        found
    }
}
