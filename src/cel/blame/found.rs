//! What blame finds, and how findings of several operands are put together.

use super::super::error::Place;
use super::super::syntax::TextRange;
use super::route::Route;
use crate::manifest::{NodeRef, View};

/// A place on the way to the outcome.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub(super) place: Place<'a>,
    /// How the expression got to what is missing, so that more of the route can be added.
    pub(super) route: Option<Route<'a>>,
    /// Only that something is there was asked, by `has` or `in`. What lies below it says more.
    pub(super) presence: bool,
}

impl<'a> Found<'a> {
    /// A value.
    pub(super) fn node(node: NodeRef<'a>, range: TextRange) -> Self {
        let place = Place {
            node,
            missing: Vec::new(),
            range: range.into(),
        };
        Self::place(place)
    }

    /// A key that a map lacks.
    pub(super) fn missing(node: NodeRef<'a>, key: &str, range: TextRange) -> Self {
        let place = Place {
            node,
            missing: vec![key.into()],
            range: range.into(),
        };
        Self::place(place)
    }

    pub(super) fn place(place: Place<'a>) -> Self {
        Self {
            place,
            route: None,
            presence: false,
        }
    }

    pub(super) fn with_route(mut self, route: Option<Route<'a>>) -> Self {
        self.route = route;
        self
    }

    pub(super) fn presence(mut self) -> Self {
        self.presence = true;
        self
    }
}

/// The findings with `range` as the decisive part of the expression.
pub(super) fn at(mut found: Vec<Found<'_>>, range: TextRange) -> Vec<Found<'_>> {
    for found in &mut found {
        found.place.range = range.into();
    }
    found
}

/// The findings of operands that are all to blame. That something is there is no finding of its own where another
/// operand blames what is below it: `!has(x.y) || x.y == 1` is about `x.y` or what is in it, not about both.
pub(super) fn together(found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    let is_guard = |guard: &Found<'_>| {
        guard.presence
            && found.iter().any(|other| {
                let same = other.place.node.is(guard.place.node);
                if same {
                    !other.presence
                } else {
                    holds(guard.place.node, other.place.node)
                }
            })
    };
    let guards: Vec<bool> = found.iter().map(is_guard).collect();
    let kept = found.into_iter().zip(guards).filter(|(_, guard)| !guard);
    unique(kept.map(|(found, _)| found).collect())
}

/// The findings without repetitions, the first of each kept.
pub(super) fn unique(found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    let mut kept: Vec<Found<'_>> = Vec::with_capacity(found.len());
    for found in found {
        let known = kept.iter().any(|other| {
            other.place.node.is(found.place.node) && other.place.missing == found.place.missing
        });
        if !known {
            kept.push(found);
        }
    }
    kept
}

/// Whether `inner` lies below `outer`.
fn holds(outer: NodeRef<'_>, inner: NodeRef<'_>) -> bool {
    if !std::ptr::eq(outer.document(), inner.document()) {
        return false;
    }
    let mut pending = vec![outer];
    while let Some(node) = pending.pop() {
        match node.view() {
            View::List(list) => pending.extend(list.iter()),
            View::Map(map) => pending.extend(map.iter().map(|entry| entry.value)),
            _ => {}
        }
        if pending.iter().any(|node| node.is(inner)) {
            return true;
        }
    }
    false
}
