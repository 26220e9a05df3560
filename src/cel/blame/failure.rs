//! Following an error to where it arose.

use super::super::evaluate::Walk;
use super::super::expression::{Domain, Expression, Kind};
use super::Blamer;
use super::found::Found;

impl<'a> Blamer<'_, 'a> {
    /// The places of the error that an expression ends in.
    pub(super) fn failure(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        match &expression.kind {
            Kind::And(operands) => self.failed_operand(operands, true),
            Kind::Or(operands) => self.failed_operand(operands, false),
            Kind::Variable(index) => self.in_variable(*index, expression, Blamer::failure),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => match self.value(condition) {
                Err(_) => self.failure(condition),
                Ok(value) if value.as_bool() == Some(true) => self.failure(then),
                Ok(_) => self.failure(otherwise),
            },
            Kind::Quantifier(quantifier) => {
                let parts = [Some(&quantifier.predicate), None];
                self.failed_elements(&quantifier.domain, parts, expression)
            }
            Kind::Transform(transform) => {
                let parts = [transform.condition.as_ref(), transform.result.as_ref()];
                self.failed_elements(&transform.domain, parts, expression)
            }
            Kind::OptionalMap { .. } => self.own_failure(expression),
            _ => self.failed_part(expression),
        }
    }

    /// The operand whose error `&&` or `||` reports. What is right of it in `&&` may ask for more of the same route.
    fn failed_operand(&mut self, operands: &'a [Expression], is_and: bool) -> Vec<Found<'a>> {
        let mut failed: Option<(usize, Box<super::EvalError<'a>>)> = None;
        for (position, operand) in operands.iter().enumerate() {
            if let Err(error) = self.value(operand)
                && failed
                    .as_ref()
                    .is_none_or(|(_, earlier)| error.beats(earlier))
            {
                failed = Some((position, error));
            }
        }
        let Some((operand, later)) = failed
            .and_then(|(position, _)| operands.get(position..))
            .and_then(<[Expression]>::split_first)
        else {
            return Vec::new();
        };
        let mut found = self.failure(operand);
        if is_and {
            self.lengthen(&mut found, later);
        }
        found
    }

    /// The elements for which a macro's parts fail, or what it walks over.
    fn failed_elements(
        &mut self,
        domain: &'a Domain,
        parts: [Option<&'a Expression>; 2],
        expression: &'a Expression,
    ) -> Vec<Found<'a>> {
        let Ok(collection) = self.value(&domain.collection) else {
            return self.failure(&domain.collection);
        };
        let Some(walk) = Walk::over(&collection) else {
            return self.source(&domain.collection);
        };
        let found = self.each(&walk, domain, expression.range, |blamer| {
            let failed = parts
                .into_iter()
                .flatten()
                .find(|part| blamer.value(part).is_err())?;
            Some(blamer.failure(failed))
        });
        if found.is_empty() {
            return self.own_failure(expression);
        }
        found
    }

    /// The first part that fails itself, or the node if all its parts have values.
    fn failed_part(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        let own = self.own_failure(expression);
        if own.iter().any(|found| found.route.is_some()) {
            return own;
        }
        let parts = expression.children();
        match parts.into_iter().find(|part| self.value(part).is_err()) {
            Some(part) => self.failure(part),
            None if own.is_empty() => self.parts(expression),
            None => own,
        }
    }

    /// The place that evaluation itself gave the error.
    fn own_failure(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        let Err(error) = self.value(expression) else {
            return Vec::new();
        };
        let whole_route = error.route == Some(expression.range);
        error
            .place
            .map(|place| {
                let route = whole_route.then(|| self.route(expression)).flatten();
                Found::place(place).with_route(route)
            })
            .into_iter()
            .collect()
    }
}
