//! Operators with two operands, and calls of functions.
//!
//! An operand that is an error does not keep the others from being evaluated, as in cel-go: they cost all the same.

use std::sync::Arc;

use super::super::arithmetic;
use super::super::compare;
use super::super::cost::Formula;
use super::super::error::{EvalError, EvalErrorKind, Failure};
use super::super::expression::{Call, Expression};
use super::super::functions::{Arguments, MAX_ARGUMENTS};
use super::super::library::regex::Pattern;
use super::super::syntax::{Arithmetic, Relation};
use super::super::value::Value;
use super::{Evaluator, Outcome, failed, size};

/// What compiling a regular expression costs that is no literal, in steps.
const PATTERN_STEPS: u64 = 500;

impl<'a> Evaluator<'_, 'a> {
    /// The operands of an operator. Both are evaluated even where the left is an error, since both cost.
    fn operands(
        &mut self,
        left: &'a Expression,
        right: &'a Expression,
        expression: &Expression,
    ) -> Result<[Value<'a>; 2], Box<EvalError<'a>>> {
        let left = match self.value(left) {
            Ok(left) => left,
            Err(error) if error.kind.is_final() => return Err(error),
            Err(error) => {
                let right = match self.value(right) {
                    Err(later) if later.kind.is_final() => return Err(later),
                    right => right.unwrap_or(Value::Null),
                };
                self.pay(expression, &[Value::Null, right], None)?;
                return Err(error);
            }
        };
        match self.value(right) {
            Ok(right) => Ok([left, right]),
            Err(error) if error.kind.is_final() => Err(error),
            Err(error) => {
                self.pay(expression, &[left, Value::Null], None)?;
                Err(error)
            }
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: &'a Expression,
        right: &'a Expression,
        expression: &Expression,
    ) -> Outcome<'a> {
        let operands = self.operands(left, right, expression)?;
        self.pay(expression, &operands, None)?;
        match arithmetic::arithmetic(operator, &operands[0], &operands[1]) {
            Ok(value) => self.computed(value, expression),
            Err(failure) => Err(failed(failure, expression, operator.symbol(), &operands)),
        }
    }

    pub(super) fn relation(
        &mut self,
        relation: Relation,
        left: &'a Expression,
        right: &'a Expression,
        expression: &Expression,
    ) -> Outcome<'a> {
        let operands = self.operands(left, right, expression)?;
        self.pay(expression, &operands, None)?;
        let mut compared = 0;
        let outcome = compare::relation(relation, &operands[0], &operands[1], &mut compared);
        self.spend(compared, expression)?;
        match outcome {
            Ok(holds) => Ok(Value::Bool(holds)),
            Err(failure) => Err(failed(failure, expression, relation.symbol(), &operands)),
        }
    }

    pub(super) fn call(&mut self, call: &'a Call, expression: &Expression) -> Outcome<'a> {
        let mut values = [Value::Null, Value::Null, Value::Null, Value::Null];
        let count = call.arguments.len().min(MAX_ARGUMENTS);
        let mut failure: Option<Box<EvalError<'a>>> = None;
        for (position, (slot, argument)) in values.iter_mut().zip(&call.arguments).enumerate() {
            match self.value(argument) {
                Ok(value) => *slot = value,
                Err(error) if error.kind.is_final() => return Err(error),
                Err(error) if expression.charge.stops && position + 1 < count => return Err(error),
                // What is an error counts as one; what is behind it costs all the same.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let values = values.get(..count).unwrap_or_default();
        if let Some(mut error) = failure {
            if expression.charge.formula == Formula::SelfCompare
                && error.kind != EvalErrorKind::Unknown
            {
                error.kind = EvalErrorKind::Internal;
                return Err(error);
            }
            self.pay_call(expression, values, None)?;
            return Err(error);
        }
        self.spend(values.iter().map(size).sum(), expression)?;
        let outcome = self
            .computed_pattern(call, values, expression)?
            .and_then(|computed| {
                (call.function.implementation)(&Arguments {
                    values,
                    pattern: call.pattern.as_deref().or(computed.as_deref()),
                    result: &expression.of,
                })
            });
        match outcome {
            Ok(value) => {
                self.pay_call(expression, values, Some(&value))?;
                self.computed(value, expression)
            }
            Err(failure) => {
                self.pay_call(expression, values, None)?;
                Err(failed(failure, expression, call.function.name, values))
            }
        }
    }

    /// The regular expression of a call that has one, where it is no literal.
    fn computed_pattern(
        &self,
        call: &Call,
        values: &[Value<'a>],
        expression: &Expression,
    ) -> Result<Result<Option<Arc<Pattern>>, Failure>, Box<EvalError<'a>>> {
        let position = call.function.pattern.filter(|_| call.compiles_pattern());
        let Some(text) = position.and_then(|position| values.get(position)?.as_str()) else {
            return Ok(Ok(None));
        };
        let patterns = self.activation.patterns();
        if let Some(known) = patterns.find(text) {
            return Ok(Ok(Some(known)));
        }
        self.spend(PATTERN_STEPS, expression)?;
        Ok(patterns.compile(text).map(Some))
    }
}
