//! Spending: what evaluation costs in the API server, and the steps that only kpolicy counts.

use super::super::cost::{Charge, Formula};
use super::super::error::{EvalError, EvalErrorKind};
use super::super::expression::Expression;
use super::super::value::Value;
use super::{Evaluator, Outcome, fail};

impl<'a> Evaluator<'_, 'a> {
    /// Spends what depends on the operands and the result of a node. An operand that is an error counts as null does.
    pub(super) fn pay(
        &self,
        expression: &Expression,
        operands: &[Value<'a>],
        result: Option<&Value<'a>>,
    ) -> Result<(), Box<EvalError<'a>>> {
        match expression.charge.formula {
            Formula::Nothing => Ok(()),
            formula => self.charge(formula.price(operands, result), expression),
        }
    }

    /// Spends what a call costs, whatever came of it.
    pub(super) fn pay_call(
        &self,
        expression: &Expression,
        operands: &[Value<'a>],
        result: Option<&Value<'a>>,
    ) -> Result<(), Box<EvalError<'a>>> {
        let Charge { each, formula, .. } = expression.charge;
        let price = formula.price(operands, result);
        self.charge(price.saturating_add(each.into()), expression)
    }

    /// Evaluates the body of an `optMap`, in which the first mention of the name costs so much.
    pub(super) fn held(&mut self, slot: usize, cost: u64, body: &'a Expression) -> Outcome<'a> {
        let others = self.unpaid.len();
        self.unpaid.push((self.frame.base + slot, cost));
        let outcome = self.value(body);
        self.unpaid.truncate(others);
        outcome
    }

    /// Spends what the first mention of a name costs that `optMap` binds.
    pub(super) fn pay_held(
        &mut self,
        slot: usize,
        expression: &Expression,
    ) -> Result<(), Box<EvalError<'a>>> {
        let place = self.frame.base + slot;
        let unpaid = self.unpaid.iter_mut().rev().find(|(of, _)| *of == place);
        let cost = unpaid.map_or(0, |(_, cost)| std::mem::take(cost));
        self.charge(cost, expression)
    }

    /// Spends cost, which the API server counts as well.
    pub(super) fn charge(
        &self,
        cost: u64,
        expression: &Expression,
    ) -> Result<(), Box<EvalError<'a>>> {
        self.activation
            .charge(cost)
            .map_err(|kind| self.exhausted(kind, expression))
    }

    /// Takes back one that was spent.
    pub(super) fn refund(&self, expression: &Expression) -> Result<(), Box<EvalError<'a>>> {
        self.activation
            .refund()
            .map_err(|kind| self.exhausted(kind, expression))
    }

    /// Takes steps from the budget that only kpolicy has.
    pub(super) fn spend(
        &self,
        steps: u64,
        expression: &Expression,
    ) -> Result<(), Box<EvalError<'a>>> {
        self.activation
            .work(steps)
            .map_err(|kind| self.exhausted(kind, expression))
    }

    #[cold]
    fn exhausted(&self, kind: EvalErrorKind, expression: &Expression) -> Box<EvalError<'a>> {
        let message = match kind {
            EvalErrorKind::Cancelled => "the evaluation took too long and was cancelled".to_owned(),
            _ if self.activation.is_overspent() => format!(
                "the expression costs more than the {} that the API server allows",
                self.activation.limit()
            ),
            _ => "the expression takes more evaluation steps than its budget allows".to_owned(),
        };
        fail(kind, message, expression, None)
    }
}
