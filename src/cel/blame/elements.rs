//! Blame inside macros: element by element, each with its names bound.

use super::super::evaluate::Walk;
use super::super::expression::{Domain, Expression, Kind, Shape, Transform};
use super::super::syntax::TextRange;
use super::super::value::Value;
use super::Blamer;
use super::found::{Found, MAX_PLACES, unique};

impl<'a> Blamer<'_, 'a> {
    /// What `look` finds for each element; the element itself where it finds nothing. `None` passes an element by.
    pub(super) fn each(
        &mut self,
        walk: &Walk<'_, 'a>,
        domain: &'a Domain,
        range: TextRange,
        mut look: impl FnMut(&mut Self) -> Option<Vec<Found<'a>>>,
    ) -> Vec<Found<'a>> {
        let mut all = Vec::new();
        for position in 0..walk.len() {
            if all.len() >= MAX_PLACES {
                break;
            }
            let Some(before) = self.bind(walk, position, domain) else {
                break;
            };
            let found = look(self);
            self.origins.truncate(before);
            match found {
                Some(found) if found.is_empty() => {
                    all.extend(self.element(walk, position, domain, range));
                }
                Some(found) => all.extend(found),
                None => {}
            }
        }
        unique(all)
    }

    /// Whether `test` holds for any element.
    pub(super) fn any(
        &mut self,
        walk: &Walk<'_, 'a>,
        domain: &'a Domain,
        mut test: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        (0..walk.len()).any(|position| {
            let Some(before) = self.bind(walk, position, domain) else {
                return false;
            };
            let holds = test(self);
            self.origins.truncate(before);
            holds
        })
    }

    /// Binds the names for one element and notes where a computed element came from.
    /// Gives the number of origins before; `None` when the budget is used up.
    fn bind(&mut self, walk: &Walk<'_, 'a>, position: usize, domain: &'a Domain) -> Option<usize> {
        let before = self.origins.len();
        if walk.node(position).is_none() {
            let origin = self.computed_element(&domain.collection, position);
            let slot = domain.slot + usize::from(domain.pairs);
            self.origins.push((slot, origin));
        }
        self.evaluator
            .step(walk, position, domain, &domain.collection)
            .is_ok()
            .then_some(before)
    }

    /// The place of an element: itself, or where it was computed from.
    fn element(
        &mut self,
        walk: &Walk<'_, 'a>,
        position: usize,
        domain: &'a Domain,
        range: TextRange,
    ) -> Vec<Found<'a>> {
        match walk.node(position) {
            Some(node) => vec![Found::node(node, range)],
            None => self.computed_element(&domain.collection, position),
        }
    }

    /// Where the element at a position of a computed collection came from: through `map` to what it was made of.
    fn computed_element(&mut self, collection: &'a Expression, position: usize) -> Vec<Found<'a>> {
        match &collection.kind {
            Kind::Variable(index) => self.in_variable(*index, collection, |blamer, body| {
                blamer.computed_element(body, position)
            }),
            Kind::Transform(transform) if transform.shape == Shape::List => {
                self.mapped(transform, position)
            }
            Kind::List(items) => match items.get(position) {
                Some(item) => self.source(&item.value),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Where the result at a position of a `map` came from.
    fn mapped(&mut self, transform: &'a Transform, wanted: usize) -> Vec<Found<'a>> {
        let Ok(collection) = self.value(&transform.domain.collection) else {
            return Vec::new();
        };
        let Some(walk) = Walk::over(&collection) else {
            return Vec::new();
        };
        let mut results = 0usize;
        let range = transform.domain.collection.range;
        self.each(&walk, &transform.domain, range, |blamer| {
            if let Some(condition) = &transform.condition
                && !blamer.is(condition, true)
            {
                return None;
            }
            results += 1;
            let result = transform
                .result
                .as_ref()
                .filter(|_| results == wanted + 1)?;
            Some(blamer.source(result))
        })
    }

    /// Where the value of `map`, `filter` and their kin came from: what was kept; if nothing was, what was not.
    pub(super) fn transformed(
        &mut self,
        transform: &'a Transform,
        expression: &'a Expression,
    ) -> Vec<Found<'a>> {
        let domain = &transform.domain;
        let Ok(collection) = self.value(&domain.collection) else {
            return self.failure(&domain.collection);
        };
        let Some(walk) = Walk::over(&collection) else {
            return Vec::new();
        };
        if walk.len() == 0 {
            return self.source(&domain.collection);
        }
        let kept = match &transform.condition {
            Some(condition) => self.any(&walk, domain, |blamer| blamer.is(condition, true)),
            None => true,
        };
        self.each(&walk, domain, expression.range, |blamer| {
            let mut found = Vec::new();
            if let Some(condition) = &transform.condition {
                if !blamer.is(condition, kept) {
                    return None;
                }
                found.extend(blamer.element_verdict(condition, kept, true));
            }
            if let Some(result) = transform.result.as_ref().filter(|_| kept) {
                found.extend(blamer.source(result));
            }
            Some(found)
        })
    }

    /// The place of a macro-bound name.
    pub(super) fn local(
        &mut self,
        slot: usize,
        value: &Value<'a>,
        range: TextRange,
    ) -> Vec<Found<'a>> {
        if let Value::Node(node) = value {
            return vec![Found::node(*node, range)];
        }
        let origin = self.origins.iter().rev().find(|(own, _)| *own == slot);
        origin.map(|(_, found)| found.clone()).unwrap_or_default()
    }
}
