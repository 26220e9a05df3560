//! The points of an expression, from its compiled form alone.

use super::super::expression::{Expression, Kind};
use super::super::program::Program;
use super::super::syntax::TextRange;
use super::super::types::StaticType;
use super::{Outcome, Point};

/// What a program asks for.
pub(super) fn points(program: &Program) -> Vec<Point> {
    all(program.expression()).points
}

/// The points of an expression, and its *regions*: the parts that evaluation may pass by.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) points: Vec<Point>,
    /// Outer ones before those within them.
    pub(super) regions: Vec<TextRange>,
}

/// All that the whole expression of a program asks for.
pub(super) fn all(expression: &Expression) -> Asked {
    let mut asked = Asked::default();
    if let Some(outcomes) = of_whole(expression) {
        asked.regions.push(expression.range);
        for outcome in outcomes {
            asked.add(expression, *outcome);
        }
    }
    if expression.of == StaticType::BOOL {
        asked.truth(expression);
    } else {
        asked.within(expression, false);
    }
    let order = |point: &Point| (point.range.start, point.range.end, point.outcome);
    asked.points.sort_by_key(order);
    asked.points.dedup();
    asked
}

/// What is asked of an expression as a whole; `None` of one that is always the same.
fn of_whole(expression: &Expression) -> Option<&'static [Outcome]> {
    if expression.of == StaticType::BOOL {
        let is_constant = matches!(expression.kind, Kind::Constant(_));
        return (!is_constant).then_some(&[Outcome::True, Outcome::False]);
    }
    Some(if is_patch(&expression.of) {
        &[Outcome::Changed, Outcome::Unchanged]
    } else {
        &[Outcome::Evaluated]
    })
}

/// Whether a value of this type says how to change an object.
fn is_patch(of: &StaticType) -> bool {
    let is_named =
        |of: &StaticType, wanted: &str| matches!(of, StaticType::Object(name) if **name == *wanted);
    match of {
        StaticType::List(element) => is_named(element, "JSONPatch"),
        other => is_named(other, "Object"),
    }
}

/// Whether the truth of a part is told by that of its own parts.
pub(super) const fn is_composed(expression: &Expression) -> bool {
    matches!(
        expression.kind,
        Kind::And(_) | Kind::Or(_) | Kind::Not(_) | Kind::Conditional { .. }
    )
}

/// Whether it depends on the object at hand that a macro finds no element: not where the elements are written out, nor
/// where a root itself is walked over, which whoever makes the roots fills.
fn may_be_empty(collection: &Expression) -> bool {
    match &collection.kind {
        Kind::Constant(_) | Kind::List(_) | Kind::Map(_) | Kind::Root(_) => false,
        Kind::Arithmetic { left, right, .. } => may_be_empty(left) && may_be_empty(right),
        Kind::Transform(transform) if transform.condition.is_none() => {
            may_be_empty(&transform.domain.collection)
        }
        _ => true,
    }
}

impl Asked {
    fn add(&mut self, expression: &Expression, outcome: Outcome) {
        self.points.push(Point {
            range: expression.range.into(),
            outcome,
        });
    }

    /// A part that should be true and should be false.
    fn truth(&mut self, expression: &Expression) {
        if matches!(expression.kind, Kind::Constant(_)) {
            return;
        }
        self.regions.push(expression.range);
        if !is_composed(expression) {
            self.add(expression, Outcome::True);
            self.add(expression, Outcome::False);
        }
        self.within(expression, true);
    }

    /// What stands in a part; `asked` where the part itself should be true and false.
    fn within(&mut self, expression: &Expression, asked: bool) {
        match &expression.kind {
            Kind::And(operands) | Kind::Or(operands) => {
                for operand in operands {
                    self.truth(operand);
                }
            }
            Kind::Not(operand) => self.truth(operand),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.truth(condition);
                for branch in [then, otherwise] {
                    if asked {
                        self.truth(branch);
                    } else {
                        self.regions.push(branch.range);
                        self.within(branch, false);
                    }
                }
            }
            Kind::Quantifier(quantifier) => {
                self.collection(&quantifier.domain.collection, true);
                self.truth(&quantifier.predicate);
            }
            Kind::Transform(transform) => {
                let condition = transform.condition.as_ref();
                let tells =
                    condition.is_some_and(|condition| !matches!(condition.kind, Kind::Constant(_)));
                self.collection(&transform.domain.collection, tells);
                if let Some(condition) = condition {
                    self.truth(condition);
                }
                if let Some(result) = &transform.result {
                    self.regions.push(result.range);
                    self.within(result, false);
                }
            }
            Kind::OptionalMap { operand, body, .. } => {
                self.presence(operand);
                self.within(body, false);
            }
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                // An `optMap` has a value where what it is called on has one, and that asks for itself.
                if matches!(operand.kind, Kind::OptionalMap { flat: false, .. }) {
                    self.within(operand, false);
                } else {
                    self.presence(operand);
                }
                self.within(fallback, false);
            }
            _ => {
                for child in expression.children() {
                    self.within(child, false);
                }
            }
        }
    }

    /// What a macro walks over; `tells` where a predicate tells that there was an element.
    fn collection(&mut self, collection: &Expression, tells: bool) {
        if may_be_empty(collection) {
            self.add(collection, Outcome::Empty);
            if !tells {
                self.add(collection, Outcome::NotEmpty);
            }
        }
        self.within(collection, false);
    }

    /// What may have a value or none.
    fn presence(&mut self, operand: &Expression) {
        if !matches!(operand.kind, Kind::Constant(_)) {
            self.add(operand, Outcome::Present);
            self.add(operand, Outcome::Absent);
        }
        self.within(operand, false);
    }
}
