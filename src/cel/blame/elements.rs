//! Blame inside macros: element by element, each with its names bound.

use super::super::evaluate::Walk;
use super::super::expression::{Domain, Expression, Kind, Shape, Transform};
use super::super::syntax::{Arithmetic, TextRange};
use super::super::value::Value;
use super::Blamer;
use super::found::{Found, MAX_PLACES, at, together, unique};

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

    /// Binds the names for one element and notes where they came from, if they are no nodes of a document themselves:
    /// a computed element, and a key, which is where its value is.
    /// Gives the number of origins before; `None` when the budget is used up.
    fn bind(&mut self, walk: &Walk<'_, 'a>, position: usize, domain: &'a Domain) -> Option<usize> {
        let before = self.origins.len();
        let node = walk.node(position);
        let computed = match node {
            Some(_) => Vec::new(),
            None => self.computed_element(&domain.collection, position),
        };
        if matches!(walk, Walk::Map(_)) {
            let place = |node| vec![Found::node(node, domain.collection.range).presence()];
            let origin = node.map_or_else(|| computed.clone(), place);
            self.origins.push((domain.slot, origin));
        }
        if node.is_none() && (domain.pairs || matches!(walk, Walk::List(_))) {
            let slot = domain.slot + usize::from(domain.pairs);
            self.origins.push((slot, computed));
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

    /// Where the element at a position of a computed collection came from; where that cannot be followed, all that
    /// the collection was made of.
    pub(super) fn computed_element(
        &mut self,
        collection: &'a Expression,
        position: usize,
    ) -> Vec<Found<'a>> {
        match &collection.kind {
            Kind::Variable(index) => self.in_variable(*index, collection, |blamer, body| {
                blamer.computed_element(body, position)
            }),
            Kind::Transform(transform) => match transform.shape {
                Shape::Filter | Shape::List | Shape::Map => self.mapped(transform, position),
                Shape::MapEntries | Shape::SortBy => self.source(collection),
            },
            Kind::List(items) if items.iter().all(|item| !item.optional) => items
                .get(position)
                .map_or_else(Vec::new, |item| self.source(&item.value)),
            Kind::Map(entries) if entries.iter().all(|entry| !entry.optional) => {
                let value = entries.get(position).map(|entry| &entry.value);
                value.map_or_else(Vec::new, |value| self.source(value))
            }
            Kind::Arithmetic {
                operator: Arithmetic::Add,
                left,
                right,
            } => {
                let first = self.value(left).ok();
                let length = first.as_ref().and_then(Walk::over).map_or(0, |w| w.len());
                match position.checked_sub(length) {
                    Some(rest) => self.element_of(right, rest),
                    None => self.element_of(left, position),
                }
            }
            _ => self.source(collection),
        }
    }

    /// Where the element at a position of any collection came from.
    fn element_of(&mut self, collection: &'a Expression, position: usize) -> Vec<Found<'a>> {
        let Ok(value) = self.value(collection) else {
            return Vec::new();
        };
        match Walk::over(&value).and_then(|walk| walk.node(position)) {
            Some(node) => vec![Found::node(node, collection.range)],
            None => self.computed_element(collection, position),
        }
    }

    /// Where the result at a position of `map`, `filter` or `transformMap` came from.
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
            if results != wanted + 1 {
                return None;
            }
            let result = transform.result.as_ref();
            Some(result.map_or_else(Vec::new, |result| blamer.source(result)))
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
        let found = self.each(&walk, domain, expression.range, |blamer| {
            let mut found = Vec::new();
            if let Some(condition) = &transform.condition {
                if !blamer.is(condition, kept) {
                    return None;
                }
                found.extend(blamer.element_verdict(condition, kept, true));
            }
            match &transform.result {
                Some(result) if kept => found.extend(blamer.source(result)),
                // What a filter keeps is what the element is; what the condition asks of it says more.
                None if kept => {
                    let slot = domain.slot + usize::from(domain.pairs);
                    let value = blamer.evaluator.local(slot);
                    let element = blamer.local(slot, &value, expression.range);
                    found.extend(element.into_iter().map(Found::presence));
                }
                _ => {}
            }
            Some(found)
        });
        together(found)
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
        origin.map_or_else(Vec::new, |(_, found)| at(found.clone(), range))
    }
}
