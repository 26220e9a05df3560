//! Which places of a document made an expression false or an error.

use super::activation::Activation;
use super::error::Place;
use super::evaluate::Evaluator;
use super::program::Program;

/// The places that made a program false or an error.
pub(super) fn blame<'a>(program: &'a Program, activation: &Activation<'a>) -> Vec<Place<'a>> {
    match Evaluator::new(activation).program(program) {
        Err(error) => error.place.into_iter().collect(),
        Ok(_) => Vec::new(),
    }
}
