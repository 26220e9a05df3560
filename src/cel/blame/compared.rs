//! Blame for comparisons: what each side is made of, and, where a side counts or chooses elements, which of them.

use std::cmp::Ordering;

use super::super::compare;
use super::super::evaluate::Walk;
use super::super::expression::{Call, Expression, Kind, Transform};
use super::super::syntax::{Arithmetic, Relation};
use super::super::value::Value;
use super::Blamer;
use super::found::{Found, unique, without_wholes};

/// Which way a side of a comparison would have to go for another outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
    Either,
}

impl Way {
    const fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            Self::Either => Self::Either,
        }
    }
}

impl<'a> Blamer<'_, 'a> {
    /// Both sides of a comparison: what has to change for it to come out otherwise.
    pub(super) fn compared(
        &mut self,
        relation: Relation,
        left: &'a Expression,
        right: &'a Expression,
    ) -> Vec<Found<'a>> {
        let way = self.way(relation, left, right);
        let mut found = self.side(left, way);
        let mut others = self.side(right, way.opposite());
        // `xs.filter(...).size() == xs.size()` is about elements of `xs`, not about `xs`.
        if counted(left).is_some() && counted(right).is_some() {
            found = without_wholes(found, &others);
            others = without_wholes(others, &found);
        }
        found.extend(others);
        unique(found)
    }

    /// Which way the left side would have to go.
    fn way(&mut self, relation: Relation, left: &'a Expression, right: &'a Expression) -> Way {
        let (Ok(left), Ok(right)) = (self.value(left), self.value(right)) else {
            return Way::Either;
        };
        match (compare::order(&left, &right), relation) {
            (Ok(Ordering::Less), _)
            | (Ok(Ordering::Equal), Relation::Greater | Relation::LessOrEqual) => Way::Up,
            (Ok(Ordering::Greater), _)
            | (Ok(Ordering::Equal), Relation::Less | Relation::GreaterOrEqual) => Way::Down,
            _ => Way::Either,
        }
    }

    fn side(&mut self, expression: &'a Expression, way: Way) -> Vec<Found<'a>> {
        if let Some(collection) = counted(expression) {
            return self.count(collection, way);
        }
        if let Kind::Call(Call { function, .. }) = &expression.kind
            && matches!((function.name, way), ("max", Way::Down) | ("min", Way::Up))
            && let Ok(Value::Node(node)) = self.value(expression)
        {
            return vec![Found::node(node, expression.range)];
        }
        self.source(expression)
    }

    /// Why a collection has so many elements: those that a condition keeps if there are too many, those that it does
    /// not keep if there are too few.
    fn count(&mut self, collection: &'a Expression, way: Way) -> Vec<Found<'a>> {
        match &collection.kind {
            Kind::Variable(index) => {
                self.in_variable(*index, collection, |blamer, body| blamer.count(body, way))
            }
            Kind::Transform(transform) => match &transform.condition {
                Some(condition) => self.chosen(transform, condition, way),
                None => self.count(&transform.domain.collection, way),
            },
            Kind::Arithmetic {
                operator: Arithmetic::Add,
                left,
                right,
            } => {
                let mut found = self.count(left, way);
                found.extend(self.count(right, way));
                unique(found)
            }
            _ => self.source(collection),
        }
    }

    fn chosen(
        &mut self,
        transform: &'a Transform,
        condition: &'a Expression,
        way: Way,
    ) -> Vec<Found<'a>> {
        let domain = &transform.domain;
        let Ok(collection) = self.value(&domain.collection) else {
            return self.failure(&domain.collection);
        };
        let Some(walk) = Walk::over(&collection) else {
            return Vec::new();
        };
        let found = self.each(&walk, domain, condition.range, |blamer| {
            let kept = blamer.is(condition, true);
            let blamed = match way {
                Way::Up => !kept,
                Way::Down => kept,
                Way::Either => true,
            };
            blamed.then(|| blamer.element_verdict(condition, kept, true))
        });
        if found.is_empty() {
            return self.count(&domain.collection, way);
        }
        found
    }
}

/// The collection whose elements an expression counts.
fn counted(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        Kind::Call(Call {
            function,
            arguments,
            ..
        }) if function.name == "size" => arguments.first(),
        _ => None,
    }
}
