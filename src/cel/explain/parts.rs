//! Which parts of an expression were evaluated, and in which order.

use super::super::expression::{Expression, Kind};
use super::super::value::{Content, Value};
use super::{Explainer, Seen, StepOutcome, Subject, holds};

impl<'a> Explainer<'_, 'a, '_> {
    /// Shows what an expression is made of.
    pub(super) fn parts(&mut self, expression: &'a Expression) -> Seen {
        match &expression.kind {
            Kind::Constant(_) => Seen::default(),
            Kind::Root(_) => self.root(expression),
            Kind::Local(slot) => Seen {
                is_sensitive: self.is_local_sensitive(*slot),
                ..Seen::default()
            },
            Kind::Variable(index) => self.variable(*index, expression),
            Kind::Select { operand, .. } | Kind::Has { operand, .. } => self.operand(operand),
            Kind::Index { operand, index, .. } => {
                let operand = self.operand(operand);
                if operand.failed {
                    self.skipped(index);
                    return operand;
                }
                operand.and(self.part(index))
            }
            Kind::Not(operand) | Kind::Negate(operand) => self.part(operand),
            Kind::And(operands) => self.logical(operands, false),
            Kind::Or(operands) => self.logical(operands, true),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then, otherwise),
            Kind::Call(call) if is_size(call.function.name) => self.size(expression),
            Kind::Arithmetic { .. }
            | Kind::Relation { .. }
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Struct { .. }
            | Kind::Call(_) => self.in_order(&expression.children()),
            Kind::Quantifier(quantifier) => self.quantifier(quantifier),
            Kind::Transform(transform) => self.transform(transform),
            Kind::OptionalMap {
                operand,
                slot,
                body,
                ..
            } => self.optional_map(operand, *slot, body),
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                let operand_seen = self.part(operand);
                if let Ok(Value::Optional(None)) = self.evaluator.value(operand) {
                    return operand_seen.and(self.part(fallback));
                }
                self.skipped(fallback);
                operand_seen
            }
        }
    }

    /// Parts that are all needed: the first error ends it.
    fn in_order(&mut self, parts: &[&'a Expression]) -> Seen {
        let mut seen = Seen::default();
        for part in parts {
            if seen.failed {
                self.skipped(part);
            } else {
                seen = seen.and(self.part(part));
            }
        }
        seen
    }

    /// What a member is taken of. A route of keys is shown as a whole; only where it fails, or where it starts at
    /// something else than a name, its parts say more.
    fn operand(&mut self, operand: &'a Expression) -> Seen {
        let value = self.evaluator.value(operand);
        if value.is_err() {
            return self.part(operand);
        }
        match &operand.kind {
            Kind::Root(_) | Kind::Local(_) => self.parts(operand),
            Kind::Select { operand: inner, .. } => self.of_route(&value, inner),
            Kind::Index {
                operand: inner,
                index,
                ..
            } => {
                let seen = self.of_route(&value, inner);
                seen.and(self.part(index))
            }
            Kind::Variable(index) if self.variables.contains_key(index) => Seen {
                is_sensitive: self.variables.get(index).copied().unwrap_or_default(),
                ..Seen::default()
            },
            _ => self.part(operand),
        }
    }

    /// A route that has a value: whether it is sensitive, the value itself tells where a document holds it.
    fn of_route(
        &mut self,
        value: &Result<Value<'a>, Box<super::EvalError<'a>>>,
        inner: &'a Expression,
    ) -> Seen {
        let seen = self.operand(inner);
        let is_sensitive = match value {
            Ok(Value::Node(node)) => self.sensitive.holds(*node),
            _ => seen.is_sensitive,
        };
        Seen {
            is_sensitive,
            ..seen
        }
    }

    fn root(&mut self, expression: &'a Expression) -> Seen {
        let value = self.evaluator.value(expression);
        Seen {
            is_sensitive: value.is_ok_and(|value| holds(&value, self.sensitive)),
            ..Seen::default()
        }
    }

    fn logical(&mut self, operands: &'a [Expression], deciding: bool) -> Seen {
        let mut is_decided = false;
        let mut is_sensitive = false;
        for operand in operands {
            if is_decided {
                self.skipped(operand);
                continue;
            }
            let seen = self.part(operand);
            is_decided = seen.truth == Some(deciding);
            is_sensitive |= seen.is_sensitive;
        }
        Seen {
            is_sensitive,
            ..Seen::default()
        }
    }

    fn conditional(
        &mut self,
        condition: &'a Expression,
        then: &'a Expression,
        otherwise: &'a Expression,
    ) -> Seen {
        let seen = self.part(condition);
        match seen.truth {
            Some(true) => {
                let chosen = self.part(then);
                self.skipped(otherwise);
                chosen
            }
            Some(false) => {
                self.skipped(then);
                self.part(otherwise)
            }
            None => {
                self.skipped(then);
                self.skipped(otherwise);
                seen
            }
        }
    }

    /// `size` of a collection tells nothing of what is in it.
    fn size(&mut self, expression: &'a Expression) -> Seen {
        let children = expression.children();
        let seen = self.in_order(&children);
        let of_collection = children.first().is_some_and(|part| {
            let value = self.evaluator.value(part);
            value.is_ok_and(|value| matches!(value.content(), Content::List(_) | Content::Map(_)))
        });
        Seen {
            is_sensitive: seen.is_sensitive && !of_collection,
            ..seen
        }
    }

    /// A variable: its expression, where it is named first.
    fn variable(&mut self, index: usize, mention: &'a Expression) -> Seen {
        if let Some(&is_sensitive) = self.variables.get(&index) {
            return Seen {
                is_sensitive,
                ..Seen::default()
            };
        }
        // Known from now on: what it is made of cannot name it again.
        self.variables.insert(index, self.sensitive.any());
        let Some(program) = self.evaluator.activation.variable(index) else {
            return Seen::default();
        };
        let Ok(caller) = self.evaluator.begin(program, mention) else {
            return Seen::default();
        };
        let source = std::mem::replace(&mut self.source, program.source());
        let locals = std::mem::take(&mut self.locals);
        let at = self.explanation.steps.len();
        let seen = self.whole(program.expression());
        if let Some(step) = self.explanation.steps.get_mut(at) {
            step.subject = Subject::Definition(program.source());
        }
        self.locals = locals;
        self.source = source;
        self.evaluator.end(caller);
        self.variables.insert(index, seen.is_sensitive);
        seen
    }

    fn optional_map(&mut self, operand: &'a Expression, slot: usize, body: &'a Expression) -> Seen {
        let seen = self.part(operand);
        let Ok(Value::Optional(Some(inner))) = self.evaluator.value(operand) else {
            self.skipped(body);
            return seen;
        };
        let before = self.locals.len();
        let is_sensitive = super::derived(&inner, seen.is_sensitive, self.sensitive);
        self.locals.push((slot, is_sensitive));
        self.evaluator.bind(slot, (*inner).clone());
        if self.has_room() {
            let subject = Subject::Element {
                names: self.name_of(slot, body),
                key: Value::Null,
            };
            let element = StepOutcome::Value((*inner).clone());
            self.push(subject, element, is_sensitive);
        }
        self.level += 1;
        let result = self.part(body);
        self.level -= 1;
        self.locals.truncate(before);
        result
    }

    fn is_local_sensitive(&self, slot: usize) -> bool {
        let known = self.locals.iter().rev().find(|(own, _)| *own == slot);
        known.is_some_and(|(_, is_sensitive)| *is_sensitive)
    }

    /// The name under which a slot is mentioned in an expression; a dash where it is not.
    pub(super) fn name_of(&self, slot: usize, body: &'a Expression) -> String {
        let mut name = None;
        body.visit(&mut |part| {
            if matches!(part.kind, Kind::Local(own) if own == slot) && name.is_none() {
                name = Some(self.text(part));
            }
        });
        name.unwrap_or("-").to_owned()
    }
}

fn is_size(name: &str) -> bool {
    name == "size"
}
