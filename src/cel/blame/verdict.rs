//! Following a boolean: why is it what it is?

use super::super::compare;
use super::super::evaluate::Walk;
use super::super::expression::{Expression, Kind, Quantifier, Quantity};
use super::super::syntax::Relation;
use super::super::value::{Content, Value};
use super::Blamer;
use super::found::{Found, at, together, unique};

impl<'a> Blamer<'_, 'a> {
    /// What made an expression `outcome`, which is the value it has.
    pub(super) fn verdict(&mut self, expression: &'a Expression, outcome: bool) -> Vec<Found<'a>> {
        match &expression.kind {
            Kind::Not(operand) => self.verdict(operand, !outcome),
            Kind::And(operands) => self.logical(operands, outcome, false),
            Kind::Or(operands) => self.logical(operands, outcome, true),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let holds = self.is(condition, true);
                let branch = if holds { then } else { otherwise };
                let found = self.verdict(branch, outcome);
                if found.is_empty() {
                    self.verdict(condition, holds)
                } else {
                    found
                }
            }
            Kind::Has { .. } => self.has(expression, outcome),
            Kind::Relation {
                relation: Relation::In,
                left,
                right,
            } => at(
                self.membership(left, right, outcome, expression),
                expression.range,
            ),
            Kind::Relation {
                relation,
                left,
                right,
            } => at(self.compared(*relation, left, right), expression.range),
            Kind::Quantifier(quantifier) => self.quantifier(quantifier, outcome),
            Kind::Variable(index) => self.in_variable(*index, expression, |blamer, body| {
                blamer.verdict(body, outcome)
            }),
            Kind::Call(_) => at(self.source(expression), expression.range),
            _ => self.source(expression),
        }
    }

    /// `&&` and `||`. Each operand that has the `deciding` value decides alone, so all of those are named: whoever mends
    /// one would meet the next. Where an element only fails to be the one that is looked for, the first is enough.
    /// Without any, all operands decide together.
    fn logical(
        &mut self,
        operands: &'a [Expression],
        outcome: bool,
        deciding: bool,
    ) -> Vec<Found<'a>> {
        if outcome != deciding {
            let found = operands
                .iter()
                .flat_map(|operand| self.verdict(operand, outcome))
                .collect();
            return together(found);
        }
        let mut all: Vec<Found<'a>> = Vec::new();
        for (position, operand) in operands.iter().enumerate() {
            if !self.is(operand, outcome) {
                continue;
            }
            let mut found = self.verdict(operand, outcome);
            if !deciding {
                let later = operands.get(position + 1..).unwrap_or_default();
                self.lengthen(&mut found, later);
            }
            found.retain(|found| !all.iter().any(|earlier| earlier.covers(found)));
            all.extend(found);
            if self.searching {
                break;
            }
        }
        all
    }

    fn has(&mut self, expression: &'a Expression, outcome: bool) -> Vec<Found<'a>> {
        let Kind::Has { operand, field } = &expression.kind else {
            return Vec::new();
        };
        match self.value(operand) {
            Ok(Value::Node(node)) => vec![match node.get(field) {
                Some(present) if outcome => Found::node(present, expression.range).presence(),
                _ => {
                    let route = self.route(expression);
                    Found::missing(node, field, expression.range).with_route(route)
                }
            }],
            _ => at(self.source(operand), expression.range),
        }
    }

    /// `left in right`.
    fn membership(
        &mut self,
        left: &'a Expression,
        right: &'a Expression,
        outcome: bool,
        expression: &'a Expression,
    ) -> Vec<Found<'a>> {
        let mut found = self.source(left);
        let (Ok(wanted), Ok(collection)) = (self.value(left), self.value(right)) else {
            return found;
        };
        let range = expression.range;
        match (&collection, collection.content()) {
            (_, Content::Map(entries)) if outcome => {
                match entries.get(&wanted).and_then(|value| value.as_node()) {
                    Some(node) => found.push(Found::node(node, range).presence()),
                    None => found.extend(self.source(right)),
                }
            }
            (Value::Node(node), Content::Map(_)) => {
                let key = wanted.as_str().unwrap_or_default();
                let route = self.route(expression);
                found.push(Found::missing(*node, key, range).with_route(route));
            }
            (_, Content::List(items)) if outcome => {
                for (position, item) in items.iter().enumerate() {
                    if compare::equal(&item, &wanted).is_ok_and(|equal| equal) {
                        match item.as_node() {
                            Some(node) => found.push(Found::node(node, range)),
                            None => found.extend(self.computed_element(right, position)),
                        }
                    }
                }
            }
            _ => found.extend(self.source(right)),
        }
        unique(found)
    }

    fn quantifier(&mut self, quantifier: &'a Quantifier, outcome: bool) -> Vec<Found<'a>> {
        let domain = &quantifier.domain;
        let predicate = &quantifier.predicate;
        let Ok(collection) = self.value(&domain.collection) else {
            return self.failure(&domain.collection);
        };
        let Some(walk) = Walk::over(&collection) else {
            return Vec::new();
        };
        if walk.len() == 0 {
            return self.source(&domain.collection);
        }
        let decides = match quantifier.quantity {
            Quantity::All | Quantity::Exists => Some(outcome),
            // With just one, any other element might be one too.
            Quantity::ExistsOne if outcome => None,
            // Those that are too many, or all if there is none.
            Quantity::ExistsOne => {
                Some(self.any(&walk, domain, |blamer| blamer.is(predicate, true)))
            }
        };
        let searching = quantifier.quantity != Quantity::All;
        self.each(&walk, domain, predicate.range, |blamer| {
            let holds = blamer.value(predicate).ok()?.as_bool()?;
            decides
                .is_none_or(|decides| decides == holds)
                .then(|| blamer.element_verdict(predicate, holds, searching))
        })
    }

    /// Why a predicate is what it is for the element at hand. `searching` for an element that none is.
    pub(super) fn element_verdict(
        &mut self,
        predicate: &'a Expression,
        outcome: bool,
        searching: bool,
    ) -> Vec<Found<'a>> {
        let before = self.searching;
        self.searching |= searching;
        let found = self.verdict(predicate, outcome);
        self.searching = before;
        found
    }
}
