//! Routes of keys that an expression asks for: `c.resources.limits` is a route from `c`.
//!
//! Where `has(c.resources)` fails, the operands to the right of it in the same `&&` say what was wanted below:
//! `has(c.resources.limits) && "memory" in c.resources.limits` makes the whole route `resources.limits.memory`.

use super::super::expression::{Expression, Kind};
use super::super::syntax::Relation;
use super::Blamer;
use super::found::Found;

/// Where a route starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Root(usize),
    Variable(usize),
    Local(usize),
}

/// A start and the keys from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    start: Start,
    keys: Vec<Box<str>>,
}

impl Route {
    const fn from(start: Start) -> Self {
        Self {
            start,
            keys: Vec::new(),
        }
    }

    /// The keys that `longer` adds to this route.
    fn rest<'l>(&self, longer: &'l Self) -> Option<&'l [Box<str>]> {
        if longer.start != self.start {
            return None;
        }
        longer
            .keys
            .strip_prefix(self.keys.as_slice())
            .filter(|rest| !rest.is_empty())
    }
}

impl<'a> Blamer<'_, 'a> {
    /// The route that an expression asks for, if it is nothing else. A key may be computed: the `r` of
    /// `resources.all(r, r in c.limits)` is what it is for the element at hand.
    pub(super) fn route(&mut self, expression: &'a Expression) -> Option<Route> {
        let (operand, key) = match &expression.kind {
            Kind::Root(slot) => return Some(Route::from(Start::Root(*slot))),
            Kind::Variable(index) => return Some(Route::from(Start::Variable(*index))),
            Kind::Local(slot) => return Some(Route::from(Start::Local(*slot))),
            Kind::Select { operand, field, .. } | Kind::Has { operand, field } => {
                (operand, field.clone())
            }
            Kind::Index { operand, index, .. } => (operand, self.key(index)?),
            Kind::Relation {
                relation: Relation::In,
                left,
                right,
            } => (right, self.key(left)?),
            _ => return None,
        };
        let mut route = self.route(operand)?;
        route.keys.push(key);
        Some(route)
    }

    fn key(&mut self, expression: &'a Expression) -> Option<Box<str>> {
        let value = self.value(expression).ok()?;
        value.as_str().map(Into::into)
    }

    /// Lengthens what is missing by what operands to the right ask for below it.
    pub(super) fn lengthen(&mut self, found: &mut [Found<'a>], later: &'a [Expression]) {
        for found in found {
            let Some(route) = &mut found.route else {
                continue;
            };
            if found.place.missing.is_empty() {
                continue;
            }
            for operand in later {
                if let Some(longer) = self.asked(operand, route) {
                    let rest = route.rest(&longer).unwrap_or_default();
                    let missing = &mut found.place.missing;
                    missing.extend(rest.iter().cloned());
                    *route = longer;
                }
            }
        }
    }

    /// The first route below `route` that an operand plainly needs: not one in an alternative.
    fn asked(&mut self, expression: &'a Expression, route: &Route) -> Option<Route> {
        if let Some(own) = self.route(expression) {
            return route.rest(&own).is_some().then_some(own);
        }
        let parts: Vec<&Expression> = match &expression.kind {
            Kind::Or(_) | Kind::Conditional { .. } | Kind::Not(_) => Vec::new(),
            Kind::Quantifier(quantifier) => vec![&quantifier.domain.collection],
            Kind::Transform(transform) => vec![&transform.domain.collection],
            Kind::OptionalMap { operand, .. } | Kind::OptionalOr { operand, .. } => vec![operand],
            _ => expression.children(),
        };
        parts.into_iter().find_map(|part| self.asked(part, route))
    }
}
