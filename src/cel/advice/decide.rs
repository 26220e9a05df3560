//! What a condition gives by what is known, without saying anything of its parts.

use super::super::expression::{Expression, Kind, Quantity};
use super::super::syntax::Relation;
use super::super::value::Value;
use super::names::constant;
use super::walk::Walker;

impl<'c> Walker<'c> {
    /// What a condition gives, where that is known.
    pub(super) fn decide(&mut self, part: &Expression) -> Option<bool> {
        self.known(part).or_else(|| match &part.kind {
            Kind::Constant(Value::Bool(value)) => Some(*value),
            Kind::Not(inner) => self.decide(inner).map(|truth| !truth),
            Kind::And(operands) => self.decide_all(operands, true),
            Kind::Or(operands) => self.decide_all(operands, false),
            Kind::Relation {
                relation,
                left,
                right,
            } => self.compare(*relation, left, right),
            Kind::Variable(index) => self.inside(*index, Walker::decide).flatten(),
            Kind::Quantifier(quantifier) => {
                // `['Pod', 'Job'].all(kind, object.kind != kind)`
                let elements = strings(&quantifier.domain.collection)?;
                let Kind::Relation {
                    relation,
                    left,
                    right,
                } = &quantifier.predicate.kind
                else {
                    return None;
                };
                let slot = quantifier.domain.slot;
                let is_element =
                    |part: &Expression| matches!(part.kind, Kind::Local(local) if local == slot);
                let other = match (is_element(left), is_element(right)) {
                    (true, false) => right,
                    (false, true) => left,
                    _ => return None,
                };
                let has = elements.contains(&self.constant_of(other)?);
                match (quantifier.quantity, relation) {
                    (Quantity::All, Relation::NotEqual) => Some(!has),
                    (Quantity::Exists, Relation::Equal) => Some(has),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    fn decide_all(&mut self, operands: &[Expression], neutral: bool) -> Option<bool> {
        let mut all = Some(neutral);
        for operand in operands {
            match self.decide(operand) {
                Some(truth) if truth != neutral => return Some(truth),
                Some(_) => {}
                None => all = None,
            }
        }
        all
    }

    fn compare(
        &mut self,
        relation: Relation,
        left: &Expression,
        right: &Expression,
    ) -> Option<bool> {
        match relation {
            Relation::In => {
                let elements = strings(right)?;
                Some(elements.contains(&self.constant_of(left)?))
            }
            Relation::Equal | Relation::NotEqual => {
                let equal = self.constant_of(left)? == self.constant_of(right)?;
                Some(equal == (relation == Relation::Equal))
            }
            _ => None,
        }
    }

    /// The constant that a part is, or is known to be.
    fn constant_of(&mut self, part: &Expression) -> Option<String> {
        if let Kind::Constant(value) = &part.kind {
            return constant(value);
        }
        let name = self.reasoner.names.name(part)?;
        self.truths.value(&name).map(str::to_owned)
    }

    fn inside<T>(
        &mut self,
        index: usize,
        look: impl FnOnce(&mut Self, &'c Expression) -> T,
    ) -> Option<T> {
        let inner = self.reasoner.names.enter(index)?;
        let (expression, locals) = inner;
        let found = look(self, expression);
        self.reasoner.names.leave(locals);
        Some(found)
    }
}

/// The strings of a list of constants.
fn strings(list: &Expression) -> Option<Vec<String>> {
    match &list.kind {
        Kind::Constant(Value::List(list)) => list.items().iter().map(constant).collect(),
        Kind::List(items) => items
            .iter()
            .map(|item| match &item.value.kind {
                Kind::Constant(value) if !item.optional => constant(value),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
