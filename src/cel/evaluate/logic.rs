//! `!`, `&&`, `||`, `?:` and the quantifiers.
//!
//! `&&` and `||` take errors of one operand if the other decides; when none decides, unknown beats error and the left
//! error beats the right one. `all` and `exists` are the same over elements.

use super::super::error::{EvalError, EvalErrorKind};
use super::super::expression::{Expression, Kind, Quantifier, Quantity};
use super::super::value::{Items, Value};
use super::walk::{closed, walk};
use super::{Evaluator, Outcome, Walk, fail};

/// The error to report when nothing decided.
#[derive(Default)]
struct Pending<'a>(Option<Box<EvalError<'a>>>);

impl<'a> Pending<'a> {
    fn add(&mut self, error: Box<EvalError<'a>>) {
        match &self.0 {
            Some(earlier) if !error.beats(earlier) => {}
            _ => self.0 = Some(error),
        }
    }

    fn or(self, value: bool) -> Outcome<'a> {
        self.0.map_or(Ok(Value::Bool(value)), Err)
    }
}

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn not(&mut self, operand: &'a Expression, expression: &Expression) -> Outcome<'a> {
        let value = self.value(operand)?;
        match value.as_bool() {
            Some(value) => Ok(Value::Bool(!value)),
            None => Err(not_boolean("!", &value, expression)),
        }
    }

    /// The value of a node that must be a boolean.
    pub(super) fn condition(
        &mut self,
        expression: &'a Expression,
    ) -> Result<bool, Box<EvalError<'a>>> {
        let value = self.value(expression)?;
        value
            .as_bool()
            .ok_or_else(|| not_boolean("a condition", &value, expression))
    }

    /// `&&` where `deciding` is false, `||` where it is true.
    pub(super) fn logical(
        &mut self,
        operands: &'a [Expression],
        deciding: bool,
        expression: &Expression,
    ) -> Outcome<'a> {
        let mut pending = Pending::default();
        for operand in operands {
            match self.value(operand) {
                Ok(value) => match value.as_bool() {
                    Some(value) if value == deciding => return Ok(Value::Bool(deciding)),
                    Some(_) => {}
                    None => {
                        let name = if deciding { "||" } else { "&&" };
                        pending.add(not_boolean(name, &value, expression));
                    }
                },
                Err(error) if error.kind.is_final() => return Err(error),
                Err(error) => pending.add(error),
            }
        }
        pending.or(!deciding)
    }

    pub(super) fn quantifier(
        &mut self,
        quantifier: &'a Quantifier,
        expression: &Expression,
    ) -> Outcome<'a> {
        let domain = &quantifier.domain;
        let collection;
        let walk = if let Kind::Constant(Value::List(list)) = &domain.collection.kind {
            self.charge(domain.collection.charge.entry.into(), expression)?;
            Walk::List(Items::Constants(list.items()))
        } else {
            collection = self.value(&domain.collection)?;
            walk(&collection, domain, expression)?
        };
        match quantifier.quantity {
            Quantity::All => self.search(&walk, quantifier, false, expression),
            Quantity::Exists => self.search(&walk, quantifier, true, expression),
            Quantity::ExistsOne => self.count(&walk, quantifier, expression),
        }
    }

    /// `exists_one`. An error does not end the walk, as what follows costs, too; the last one is reported.
    fn count(
        &mut self,
        walk: &Walk<'_, 'a>,
        quantifier: &'a Quantifier,
        expression: &Expression,
    ) -> Outcome<'a> {
        let mut found = 0u32;
        let mut failure: Option<Box<EvalError<'a>>> = None;
        for position in 0..walk.len() {
            self.step(walk, position, &quantifier.domain, expression)?;
            match self.condition(&quantifier.predicate) {
                Ok(holds) => {
                    if holds {
                        self.charge(expression.charge.each.into(), expression)?;
                    }
                    found += u32::from(holds);
                }
                Err(error) => later(&mut failure, error)?,
            }
        }
        // Reading the number and comparing it with one.
        self.charge(2, expression)?;
        if let Some(error) = failure {
            return Err(error);
        }
        closed(walk, expression)?;
        Ok(Value::Bool(found == 1))
    }

    /// Looks for an element for which the predicate is `deciding`.
    fn search(
        &mut self,
        walk: &Walk<'_, 'a>,
        quantifier: &'a Quantifier,
        deciding: bool,
        expression: &Expression,
    ) -> Outcome<'a> {
        let each = u64::from(expression.charge.each);
        let mut pending = Pending::default();
        for position in 0..walk.len() {
            self.charge(each, expression)?;
            self.step(walk, position, &quantifier.domain, expression)?;
            match self.condition(&quantifier.predicate) {
                Ok(value) if value == deciding => {
                    // cel-go asks before the next element whether to go on; then it reads the result.
                    let asked = if position + 1 < walk.len() {
                        each - 1
                    } else {
                        0
                    };
                    self.charge(asked + 1, expression)?;
                    return Ok(Value::Bool(deciding));
                }
                Ok(_) => {}
                Err(error) if error.kind.is_final() => return Err(error),
                Err(error) => pending.add(error),
            }
        }
        self.charge(1, expression)?;
        if let Err(error) = closed(walk, expression) {
            pending.add(error);
        }
        pending.or(!deciding)
    }
}

/// Keeps an error of a macro that goes on: a later one takes the place of an earlier one, but what cannot be known
/// stays, and what is final ends it.
pub(super) fn later<'a>(
    failure: &mut Option<Box<EvalError<'a>>>,
    error: Box<EvalError<'a>>,
) -> Result<(), Box<EvalError<'a>>> {
    if error.kind.is_final() {
        return Err(error);
    }
    match failure {
        Some(earlier) if earlier.beats(&error) => {}
        _ => *failure = Some(error),
    }
    Ok(())
}

fn not_boolean<'a>(name: &str, value: &Value<'a>, expression: &Expression) -> Box<EvalError<'a>> {
    let name = if name.len() > 2 {
        name.to_owned()
    } else {
        format!("`{name}`")
    };
    let message = format!("{name} needs booleans, not `{}`", value.type_name());
    fail(
        EvalErrorKind::NoSuchOverload,
        message,
        expression,
        value.as_node(),
    )
}
