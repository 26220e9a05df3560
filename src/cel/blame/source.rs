//! Following a value to the places of a document that it was made of.

use super::super::expression::{Expression, Kind};
use super::super::syntax::TextRange;
use super::super::value::Value;
use super::Blamer;
use super::found::{Found, together, unique};

impl<'a> Blamer<'_, 'a> {
    /// Where the value of an expression came from. Empty for what no document holds.
    pub(super) fn source(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        let range = expression.range;
        let value = match self.value(expression) {
            // What a function or an optional gives says nothing of why it gives just that.
            Ok(Value::Node(node))
                if !matches!(expression.kind, Kind::Call(_) | Kind::OptionalOr { .. }) =>
            {
                return vec![Found::node(node, range)];
            }
            Ok(value) => value,
            Err(_) => return self.failure(expression),
        };
        match &expression.kind {
            Kind::Constant(_) | Kind::Root(_) => Vec::new(),
            Kind::Local(slot) => self.local(*slot, &value, range),
            Kind::Variable(index) => self.in_variable(*index, expression, Blamer::source),
            Kind::Select { operand, field, .. } => {
                self.optional_member(operand, Some(field), &value, range)
            }
            Kind::Index { operand, index, .. } => {
                let key = self.value(index).ok();
                let key = key.as_ref().and_then(Value::as_str);
                self.optional_member(operand, key, &value, range)
            }
            Kind::Has { .. }
            | Kind::Not(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Relation { .. }
            | Kind::Quantifier(_) => match value.as_bool() {
                Some(outcome) => self.verdict(expression, outcome),
                None => Vec::new(),
            },
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let holds = self.is(condition, true);
                let found = self.source(if holds { then } else { otherwise });
                if found.is_empty() {
                    self.verdict(condition, holds)
                } else {
                    found
                }
            }
            Kind::Transform(transform) => self.transformed(transform, expression),
            Kind::OptionalOr {
                operand, fallback, ..
            } => self.optional_or(operand, fallback),
            Kind::OptionalMap {
                operand,
                slot,
                body,
                ..
            } => self.optional_map(operand, *slot, body),
            Kind::Negate(_)
            | Kind::Arithmetic { .. }
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Struct { .. }
            | Kind::Call(_) => self.parts(expression),
        }
    }

    /// The places of all parts together.
    pub(super) fn parts(&mut self, expression: &'a Expression) -> Vec<Found<'a>> {
        let parts = expression.children().into_iter();
        unique(parts.flat_map(|part| self.source(part)).collect())
    }

    /// A member that is no node itself: an optional with one, an empty one, or a part of something computed.
    fn optional_member(
        &mut self,
        operand: &'a Expression,
        key: Option<&str>,
        value: &Value<'a>,
        range: TextRange,
    ) -> Vec<Found<'a>> {
        if let Value::Optional(Some(inner)) = value
            && let Value::Node(node) = **inner
        {
            return vec![Found::node(node, range)];
        }
        let whole = match self.value(operand) {
            Ok(Value::Optional(Some(inner))) => (*inner).clone(),
            Ok(whole) => whole,
            Err(_) => return self.failure(operand),
        };
        match (value, whole, key) {
            (Value::Optional(None), Value::Node(node), Some(key)) => {
                vec![Found::missing(node, key, range)]
            }
            (Value::Optional(None), Value::Optional(None), Some(key)) => {
                let mut found = self.source(operand);
                for found in found
                    .iter_mut()
                    .filter(|found| !found.place.missing.is_empty())
                {
                    found.place.missing.push(key.into());
                    found.place.range = range.into();
                }
                found
            }
            _ => self.source(operand),
        }
    }

    /// `operand.optMap(name, body)`: what the body was made of; the operand where there was nothing to map.
    fn optional_map(
        &mut self,
        operand: &'a Expression,
        slot: usize,
        body: &'a Expression,
    ) -> Vec<Found<'a>> {
        let whole = self.source(operand);
        let Ok(Value::Optional(Some(inner))) = self.value(operand) else {
            return whole;
        };
        let before = self.origins.len();
        self.origins.push((slot, whole.clone()));
        self.evaluator.bind(slot, (*inner).clone());
        let mut found = self.source(body);
        self.origins.truncate(before);
        // That there is something to map counts too.
        found.extend(whole.into_iter().map(Found::presence));
        together(found)
    }

    /// `operand.orValue(fallback)`: the value that was taken; what the operand lacks where the fallback is no
    /// document's.
    fn optional_or(&mut self, operand: &'a Expression, fallback: &'a Expression) -> Vec<Found<'a>> {
        if let Ok(Value::Optional(None)) = self.value(operand) {
            let found = self.source(fallback);
            if found.iter().any(|found| found.place.missing.is_empty()) {
                return found;
            }
        }
        self.source(operand)
    }
}
