//! What one evaluation showed: the way it took through the expression, walked again.

use std::collections::BTreeSet;

use super::super::activation::Activation;
use super::super::evaluate::{Evaluator, Walk};
use super::super::expression::{Domain, Expression, Kind, Quantifier, Quantity, Transform};
use super::super::program::Program;
use super::super::types::StaticType;
use super::super::value::Value;
use super::points::is_composed;
use super::{Outcome, Recorder};

/// What nests deeper than this, variables included, is not recorded.
const DEEPEST: usize = 120;

pub(super) fn record<'a>(
    program: &'a Program,
    activation: &Activation<'a>,
    recorder: &dyn Recorder,
) {
    let before = activation.begin_blame();
    let mut walker = Walker {
        evaluator: Evaluator::new(activation),
        recorder,
        program,
        variables: BTreeSet::new(),
        depth: 0,
    };
    walker.whole(program, program.expression());
    drop(walker);
    activation.end_blame(before);
}

struct Walker<'e, 'a, 'r> {
    evaluator: Evaluator<'e, 'a>,
    recorder: &'r dyn Recorder,
    /// The program at hand.
    program: &'a Program,
    /// The variables that were walked through.
    variables: BTreeSet<usize>,
    depth: usize,
}

impl<'a> Walker<'_, 'a, '_> {
    /// Walks through a program that `mention` reads.
    fn whole(&mut self, program: &'a Program, mention: &Expression) {
        let Ok(caller) = self.evaluator.begin(program, mention) else {
            return;
        };
        let around = std::mem::replace(&mut self.program, program);
        let expression = program.expression();
        if expression.of == StaticType::BOOL {
            let truth = self.truth(expression);
            // Composed ones do not tell of themselves, but a whole program is asked.
            self.saw_truth(expression, truth);
        } else {
            self.within(expression, false);
        }
        self.saw(expression, Outcome::Evaluated);
        self.program = around;
        self.evaluator.end(caller);
    }

    fn saw(&self, expression: &Expression, outcome: Outcome) {
        self.recorder
            .saw(self.program, expression.range.into(), outcome);
    }

    fn saw_truth(&self, expression: &Expression, truth: Option<bool>) {
        match truth {
            Some(true) => self.saw(expression, Outcome::True),
            Some(false) => self.saw(expression, Outcome::False),
            None => {}
        }
    }

    /// A part that is asked for its truth, and what is in it.
    fn truth(&mut self, expression: &'a Expression) -> Option<bool> {
        let value = self.evaluator.value(expression);
        let truth = value.as_ref().ok().and_then(Value::as_bool);
        if !is_composed(expression) {
            self.saw_truth(expression, truth);
        }
        self.within(expression, true);
        truth
    }

    /// What evaluation came by in a part.
    fn within(&mut self, expression: &'a Expression, asked: bool) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        self.parts(expression, asked);
        self.depth -= 1;
    }

    fn parts(&mut self, expression: &'a Expression, asked: bool) {
        match &expression.kind {
            Kind::Constant(_) | Kind::Root(_) | Kind::Local(_) => {}
            Kind::Variable(index) => self.variable(*index, expression),
            Kind::And(operands) => self.until(operands, false),
            Kind::Or(operands) => self.until(operands, true),
            Kind::Not(operand) => {
                self.truth(operand);
            }
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let branch = match self.truth(condition) {
                    Some(true) => then,
                    Some(false) => otherwise,
                    None => return,
                };
                if asked {
                    self.truth(branch);
                } else {
                    self.within(branch, false);
                }
            }
            Kind::Quantifier(quantifier) => self.quantifier(quantifier),
            Kind::Transform(transform) => self.transform(transform),
            Kind::OptionalMap {
                operand,
                slot,
                body,
                ..
            } => self.presence(operand, |walker, held| {
                if let Some(inner) = held {
                    walker.evaluator.bind(*slot, inner);
                    walker.within(body, false);
                }
            }),
            Kind::OptionalOr {
                operand, fallback, ..
            } => self.presence(operand, |walker, held| {
                if held.is_none() {
                    walker.within(fallback, false);
                }
            }),
            _ => self.in_order(expression),
        }
    }

    /// Operands, until one decides.
    fn until(&mut self, operands: &'a [Expression], deciding: bool) {
        for operand in operands {
            if self.truth(operand) == Some(deciding) {
                return;
            }
        }
    }

    /// Parts that are all needed: the first error ends it.
    fn in_order(&mut self, expression: &'a Expression) {
        let children = expression.children();
        let mut left = children.len();
        for child in children {
            left -= 1;
            self.within(child, false);
            if left > 0 && self.evaluator.value(child).is_err() {
                return;
            }
        }
    }

    fn variable(&mut self, index: usize, mention: &Expression) {
        if let Some(program) = self.evaluator.activation.variable(index)
            && self.variables.insert(index)
        {
            self.whole(program, mention);
        }
    }

    /// An operand that may have a value: goes on with what it holds, but where it is an error.
    fn presence(
        &mut self,
        operand: &'a Expression,
        go_on: impl FnOnce(&mut Self, Option<Value<'a>>),
    ) {
        self.within(operand, false);
        let held = match self.evaluator.value(operand) {
            Ok(Value::Optional(None)) => None,
            Ok(Value::Optional(Some(inner))) => Some((*inner).clone()),
            Ok(value) => Some(value),
            Err(_) => return,
        };
        let outcome = if held.is_some() {
            Outcome::Present
        } else {
            Outcome::Absent
        };
        self.saw(operand, outcome);
        go_on(self, held);
    }

    fn quantifier(&mut self, quantifier: &'a Quantifier) {
        let deciding = match quantifier.quantity {
            Quantity::All => Some(false),
            Quantity::Exists => Some(true),
            Quantity::ExistsOne => None,
        };
        self.walk(&quantifier.domain, |walker| {
            let truth = walker.truth(&quantifier.predicate);
            truth.is_none() || truth != deciding
        });
    }

    fn transform(&mut self, transform: &'a Transform) {
        self.walk(&transform.domain, |walker| {
            let condition = transform.condition.as_ref();
            let is_taken = condition.is_none_or(|condition| walker.truth(condition) == Some(true));
            if let Some(result) = transform.result.as_ref().filter(|_| is_taken) {
                walker.within(result, false);
            }
            true
        });
    }

    /// Walks over the elements as long as `look` wants more of them.
    fn walk(&mut self, domain: &'a Domain, mut look: impl FnMut(&mut Self) -> bool) {
        self.within(&domain.collection, false);
        let Ok(collection) = self.evaluator.value(&domain.collection) else {
            return;
        };
        let Some(walk) = Walk::over(&collection) else {
            return;
        };
        let outcome = if walk.len() == 0 {
            Outcome::Empty
        } else {
            Outcome::NotEmpty
        };
        self.saw(&domain.collection, outcome);
        for position in 0..walk.len() {
            let bound = self
                .evaluator
                .step(&walk, position, domain, &domain.collection);
            if bound.is_err() || !look(self) {
                return;
            }
        }
    }
}
