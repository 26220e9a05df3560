//! What blame finds, and how findings of several operands are put together.

use std::collections::HashSet;

use super::super::error::Place;
use super::super::syntax::TextRange;
use super::route::Route;
use crate::manifest::{NodeId, NodeRef, View};

/// More places than this are not told apart.
pub(super) const MAX_PLACES: usize = 1_000;

/// A place on the way to the outcome.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub(super) place: Place<'a>,
    /// How the expression got to what is missing, so that more of the route can be added.
    pub(super) route: Option<Route>,
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

    pub(super) fn with_route(mut self, route: Option<Route>) -> Self {
        self.route = route;
        self
    }

    /// Whether this says what `other` says: the same value, or more or less of the same missing route.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let (own, others) = (&self.place.missing, &other.place.missing);
        let same_route = own.starts_with(others) || others.starts_with(own);
        self.place.node.is(other.place.node) && own.is_empty() == others.is_empty() && same_route
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
    let guards: Vec<bool> = found.iter().map(|guard| is_guard(guard, &found)).collect();
    let kept = found.into_iter().zip(guards).filter(|(_, guard)| !guard);
    unique(kept.map(|(found, _)| found).collect())
}

/// Whether a finding says no more than that something is there, while others speak of it or of what is below it.
fn is_guard(guard: &Found<'_>, all: &[Found<'_>]) -> bool {
    let place = guard.place.node;
    if !guard.presence {
        return false;
    }
    if all
        .iter()
        .any(|other| !other.presence && other.place.node.is(place))
    {
        return true;
    }
    is_around(place, all)
}

/// The findings without those that are values around any of `parts`.
pub(super) fn without_wholes<'a>(mut found: Vec<Found<'a>>, parts: &[Found<'a>]) -> Vec<Found<'a>> {
    found.retain(|one| !(one.place.missing.is_empty() && is_around(one.place.node, parts)));
    found
}

/// Whether any finding lies inside a value.
fn is_around(place: NodeRef<'_>, all: &[Found<'_>]) -> bool {
    let others: HashSet<NodeId> = all
        .iter()
        .map(|other| other.place.node)
        .filter(|node| std::ptr::eq(node.document(), place.document()) && !node.is(place))
        .map(NodeRef::id)
        .collect();
    !others.is_empty() && holds_any(place, &others)
}

/// Whether any of these nodes lies below `outer`.
fn holds_any(outer: NodeRef<'_>, nodes: &HashSet<NodeId>) -> bool {
    let mut pending = vec![outer];
    while let Some(node) = pending.pop() {
        if nodes.contains(&node.id()) {
            return true;
        }
        match node.view() {
            View::List(list) => pending.extend(list.iter()),
            View::Map(map) => pending.extend(map.iter().map(|entry| entry.value)),
            _ => {}
        }
    }
    false
}

/// The findings without repetitions, the first of each kept, and no more than anybody reads.
pub(super) fn unique(found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    let mut known = HashSet::new();
    found
        .into_iter()
        .filter(|found| {
            let node = found.place.node;
            let document = std::ptr::from_ref(node.document()) as usize;
            known.insert((document, node.id(), found.place.missing.clone()))
        })
        .take(MAX_PLACES)
        .collect()
}
