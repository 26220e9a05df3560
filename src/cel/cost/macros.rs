//! Estimates of macros: what they are expanded to upstream, written out.

use super::super::expression::{Expression, Quantifier, Quantity, Shape, Transform};
use super::super::types::StaticType;
use super::super::value::Type;
use super::estimate::{Estimator, Facts, Parts, either, scalar};
use super::size::Size;
use super::{LIST, MAP, calls};

const ONE: Size = Size::fixed(1);

impl Estimator {
    /// What the names of a macro stand for.
    fn bound(range: &Facts, pairs: bool) -> Vec<(Option<Size>, Option<Parts>)> {
        let key = range.entries.map(|(key, _)| key);
        let value = range.entries.map(|(_, value)| value);
        let is_list = matches!(range.of, StaticType::List(_));
        match (pairs, is_list) {
            (true, _) => vec![(key, None), (value, None)],
            (false, true) => vec![(value, None)],
            (false, false) => vec![(key, None)],
        }
    }

    pub(super) fn quantifier(&mut self, quantifier: &Quantifier, facts: &mut Facts) {
        let range = self.facts(&quantifier.domain.collection);
        let bound = Self::bound(&range, quantifier.domain.pairs);
        let predicate = self
            .within(quantifier.domain.slot, &bound, &quantifier.predicate)
            .cost;
        // Asking whether to go on, the step, and the result.
        let either = Size::range(1, predicate.max.saturating_add(1));
        let (each, result) = match quantifier.quantity {
            Quantity::All => (either.plus(Size::fixed(2)), 1),
            Quantity::Exists => (either.plus(Size::fixed(3)), 1),
            Quantity::ExistsOne => (predicate.plus(Size::range(1, 2)), 2),
        };
        facts.cost = range
            .cost
            .plus(range.size_or_unknown().times(each))
            .plus(Size::fixed(result));
        facts.size = Some(ONE);
    }

    pub(super) fn transform(&mut self, transform: &Transform, facts: &mut Facts) {
        let mut range = self.facts(&transform.domain.collection);
        let before = range.cost;
        if transform.shape == Shape::SortBy {
            // The list is a name to the macro inside.
            range.cost = ONE;
        }
        let (slot, bound) = (
            transform.domain.slot,
            Self::bound(&range, transform.domain.pairs),
        );
        let condition = transform
            .condition
            .as_ref()
            .map(|condition| self.within(slot, &bound, condition).cost);
        let made = if let Some(result) = &transform.result {
            self.within(slot, &bound, result)
        } else {
            // The element by its name.
            let mut element = facts.clone();
            let kind = match &facts.of {
                StaticType::List(element) => scalar(element),
                _ => None,
            };
            element.cost = ONE;
            element.size = kind.or_else(|| bound.first().and_then(|(size, _)| *size));
            element
        };
        let adding = match transform.shape {
            Shape::Filter | Shape::List | Shape::SortBy => 2 + u64::from(LIST),
            Shape::Map => 3,
            Shape::MapEntries => 2,
        };
        let step = Size::fixed(adding).plus(made.cost);
        // Without the element what is there so far is read only.
        let each = condition.map_or(step, |condition| condition.plus(step.or(ONE)));
        let makes_map = matches!(transform.shape, Shape::Map | Shape::MapEntries);
        let start = if makes_map { MAP } else { LIST };
        let count = range.size_or_unknown();
        let walked = range
            .cost
            .plus(Size::fixed(start.into()))
            .plus(count.times(each))
            .plus(ONE);
        facts.size = Some(count);
        if !makes_map {
            facts.entries = Some((ONE, Size::fixed(0).or(made.size_or_unknown())));
        }
        facts.cost = walked;
        if transform.shape == Shape::SortBy {
            let (sorting, size) = sorting(&made.of, count);
            // The list, an empty one around it, and its name.
            let bind = before.plus(Size::fixed(LIST.into())).plus(ONE);
            facts.cost = bind.plus(walked).plus(sorting);
            (facts.size, facts.entries) = (size, None);
        }
    }

    /// `operand.hasValue() ? optional.of(body) : optional.none()`, where the body reads `operand.value()`.
    pub(super) fn optional_map(
        &mut self,
        operand: &Expression,
        (slot, body): (usize, &Expression),
        flat: bool,
        facts: &mut Facts,
    ) {
        let operand = self.facts(operand);
        let held = match &operand.of {
            StaticType::Optional(held) => scalar(held),
            _ => None,
        };
        let mut then = self.within(slot, &[(held, None)], body);
        let bind = Size::fixed(LIST.into()).plus(operand.cost).plus(ONE);
        then.cost = bind.plus(then.cost);
        if !flat {
            then.cost = then.cost.plus(ONE);
            then.size = scalar(&facts.of);
            then.entries = None;
        }
        let mut none = facts.clone();
        none.cost = ONE;
        none.size = scalar(&facts.of);
        either(facts, operand.cost.plus(ONE), &then, &none);
    }
}

/// The price of sorting by keys of this type; where it is not known, of any.
fn sorting(key: &StaticType, count: Size) -> (Size, Option<Size>) {
    let is_text = matches!(key, StaticType::Plain(Type::String | Type::Bytes));
    let (price, size) = calls::sorted(is_text, count);
    match key {
        StaticType::Plain(_) => (price, size),
        _ => (price.or(calls::sorted(true, count).0), size),
    }
}
