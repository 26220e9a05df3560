//! Evaluation: walks a compiled expression over the document tree in place, copying nothing.
//!
//! Semantics are cel-go's. The common path, where no error arises and no new value is built, allocates nothing.
//! Functions here are recursive, as deep as the expression is high; [`MAX_HEIGHT`] bounds that, variables included.

mod access;
mod call;
mod collect;
mod logic;
mod pay;
mod walk;

#[cfg(test)]
mod tests;

use super::activation::Activation;
use super::arithmetic;
use super::error::{EvalError, EvalErrorKind, Failure, Place};
use super::expression::{Expression, Kind};
use super::program::Program;
use super::value::{Content, Value};
use crate::manifest::{NodeRef, View};

pub(super) use walk::Walk;

/// How high an expression may be together with the variables that it reads inside each other.
const MAX_HEIGHT: u32 = 500;
/// How deep computed values may nest.
const MAX_DEPTH: u32 = 200;
/// So many bytes of a text cost one step, when it is built and when a function reads it.
const BYTES_PER_STEP: usize = 64;

/// A value, or why there is none. Boxed: errors are rare and large, and evaluation is recursive.
pub(super) type Outcome<'a> = Result<Value<'a>, Box<EvalError<'a>>>;

/// One evaluation: the activation, and the names that macros have bound so far.
pub(super) struct Evaluator<'e, 'a> {
    pub(super) activation: &'e Activation<'a>,
    /// What macro-bound names stand for, those of surrounding programs first.
    locals: Vec<Value<'a>>,
    /// What the first mention of a name costs that `optMap` binds, by its place among the locals.
    unpaid: Vec<(usize, u64)>,
    frame: Frame,
}

/// The program that is being evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Where its locals start.
    base: usize,
    /// How high it is, together with the programs around it.
    height: u32,
}

impl Drop for Evaluator<'_, '_> {
    fn drop(&mut self) {
        self.activation
            .return_locals(std::mem::take(&mut self.locals));
    }
}

impl<'e, 'a> Evaluator<'e, 'a> {
    pub(super) fn new(activation: &'e Activation<'a>) -> Self {
        Self {
            activation,
            locals: activation.take_locals(),
            unpaid: Vec::new(),
            frame: Frame::default(),
        }
    }

    /// Evaluates a whole program, with no locals of its caller in sight.
    pub(super) fn program(&mut self, program: &'a Program) -> Outcome<'a> {
        let expression = program.expression();
        self.enter(program, expression)
    }

    /// Evaluates inside a program, as [`begin`](Self::begin) says.
    fn enter(&mut self, program: &'a Program, mention: &Expression) -> Outcome<'a> {
        let caller = self.begin(program, mention)?;
        let outcome = self.value(program.expression());
        self.end(caller);
        outcome
    }

    /// Steps into a program: its locals are fresh. Refused where programs nest too high for the stack.
    pub(super) fn begin(
        &mut self,
        program: &'a Program,
        mention: &Expression,
    ) -> Result<Frame, Box<EvalError<'a>>> {
        let height = self.frame.height + u32::from(program.height());
        if height > MAX_HEIGHT {
            let message = "the variables of this expression nest too deeply";
            return Err(fail(EvalErrorKind::Budget, message, mention, None));
        }
        let inner = Frame {
            base: self.locals.len(),
            height,
        };
        Ok(std::mem::replace(&mut self.frame, inner))
    }

    /// Steps out of a program again.
    pub(super) fn end(&mut self, caller: Frame) {
        self.locals.truncate(self.frame.base);
        self.frame = caller;
    }

    /// Evaluates one node.
    pub(super) fn value(&mut self, expression: &'a Expression) -> Outcome<'a> {
        if let Kind::Select { .. } = &expression.kind
            && let Some((node, price)) = self.route(expression)
        {
            self.charge(price, expression)?;
            return Ok(Value::Node(node));
        }
        self.charge(expression.charge.entry.into(), expression)?;
        match &expression.kind {
            Kind::Constant(value) => Ok(value.borrowed()),
            Kind::Root(slot) => self.root(*slot, expression),
            Kind::Variable(index) => self.variable(*index, expression),
            Kind::Local(slot) => {
                if expression.charge.held {
                    self.pay_held(*slot, expression)?;
                }
                known(self.local(*slot), expression)
            }
            Kind::Select {
                operand,
                field,
                optional,
            } => self.select(operand, field, *optional, expression),
            Kind::Has { operand, field } => self.has(operand, field, expression),
            Kind::Index {
                operand,
                index,
                optional,
            } => self.index(operand, index, *optional, expression),
            Kind::Not(operand) => self.not(operand, expression),
            Kind::Negate(operand) => self.negate(operand, expression),
            Kind::And(operands) => self.logical(operands, false, expression),
            Kind::Or(operands) => self.logical(operands, true, expression),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                if self.condition(condition)? {
                    self.value(then)
                } else {
                    self.value(otherwise)
                }
            }
            Kind::Arithmetic {
                operator,
                left,
                right,
            } => self.arithmetic(*operator, left, right, expression),
            Kind::Relation {
                relation,
                left,
                right,
            } => self.relation(*relation, left, right, expression),
            Kind::List(items) => self.list(items, expression),
            Kind::Map(entries) => self.map(entries, expression),
            Kind::Struct { name, fields } => self.structure(name, fields, expression),
            Kind::Call(call) => self.call(call, expression),
            Kind::Quantifier(quantifier) => self.quantifier(quantifier, expression),
            Kind::Transform(transform) => self.transform(transform, expression),
            Kind::OptionalMap {
                operand,
                slot,
                body,
                flat,
            } => self.optional_map(operand, *slot, body, *flat),
            Kind::OptionalOr {
                operand,
                fallback,
                unwrap,
            } => self.optional_or(operand, fallback, *unwrap),
        }
    }

    fn root(&mut self, slot: usize, expression: &Expression) -> Outcome<'a> {
        match self.activation.root(slot) {
            Some(value) => known(value.clone(), expression),
            None => Err(fail(
                EvalErrorKind::InvalidArgument,
                "this name has no value here",
                expression,
                None,
            )),
        }
    }

    /// The value of a variable: evaluated when first read.
    pub(super) fn variable(&mut self, index: usize, expression: &Expression) -> Outcome<'a> {
        let outcome = match self.activation.cached(index) {
            Some(outcome) => outcome,
            None => self.read_variable(index, expression)?,
        };
        outcome.map_err(|error| mentioned(error, expression))
    }

    /// Evaluates a variable and keeps the outcome. The outer error is one that is not the variable's own.
    fn read_variable(
        &mut self,
        index: usize,
        expression: &Expression,
    ) -> Result<Outcome<'a>, Box<EvalError<'a>>> {
        let Some(program) = self.activation.variable(index) else {
            let message = "this variable has no value here";
            return Err(fail(
                EvalErrorKind::InvalidArgument,
                message,
                expression,
                None,
            ));
        };
        let around = self.activation.exchange(0);
        let mut outcome = self.enter(program, expression);
        if self.activation.is_overspent()
            && let Err(error) = &mut outcome
        {
            error.kind = EvalErrorKind::VariableBudget;
            error.message = format!(
                "a variable costs more than the {} that the API server allows",
                self.activation.limit()
            );
        }
        let cost = self.activation.exchange(around);
        if let Err(error) = &mut outcome
            && error.kind == EvalErrorKind::Internal
        {
            // Only the variable's own evaluation ends.
            error.kind = EvalErrorKind::InvalidArgument;
        }
        match outcome {
            Err(error) if error.kind.is_final() => Err(mentioned(error, expression)),
            outcome => {
                self.activation.cache(index, outcome.clone(), cost);
                Ok(outcome)
            }
        }
    }

    fn negate(&mut self, operand: &'a Expression, expression: &Expression) -> Outcome<'a> {
        let value = self.value(operand)?;
        arithmetic::negate(&value).map_err(|failure| failed(failure, expression, "-", &[value]))
    }

    /// A value that was built here: it costs steps by its size, and it may not nest too deeply.
    pub(super) fn computed(&self, value: Value<'a>, expression: &Expression) -> Outcome<'a> {
        if matches!(value, Value::Bool(_) | Value::Int(_) | Value::Node(_)) {
            return Ok(value);
        }
        self.spend(size(&value), expression)?;
        if value.depth() > MAX_DEPTH {
            let message = "the lists and maps of this value nest too deeply";
            return Err(fail(EvalErrorKind::Budget, message, expression, None));
        }
        Ok(value)
    }

    /// The value of a macro-bound name.
    pub(super) fn local(&self, slot: usize) -> Value<'a> {
        self.bound(slot).cloned().unwrap_or(Value::Null)
    }

    /// The value of a macro-bound name, where it is.
    pub(super) fn bound(&self, slot: usize) -> Option<&Value<'a>> {
        self.locals.get(self.frame.base + slot)
    }

    /// Binds a name; names in later slots go out of sight.
    pub(super) fn bind(&mut self, slot: usize, value: Value<'a>) {
        self.locals.truncate(self.frame.base + slot);
        self.locals.push(value);
    }
}

/// An error at a node of the expression.
pub(super) fn fail<'a>(
    kind: EvalErrorKind,
    message: impl Into<String>,
    expression: &Expression,
    node: Option<NodeRef<'a>>,
) -> Box<EvalError<'a>> {
    let range = expression.range.into();
    let place = node.map(|node| Place {
        node,
        missing: Vec::new(),
        range: expression.range.into(),
    });
    Box::new(EvalError {
        kind,
        message: message.into(),
        range,
        place,
        route: None,
    })
}

/// The steps that reading or building a value once costs.
fn size(value: &Value<'_>) -> u64 {
    let steps = match value.content() {
        Content::String(text) => text.len() / BYTES_PER_STEP,
        Content::Bytes(bytes) => bytes.len() / BYTES_PER_STEP,
        Content::List(items) => items.len(),
        Content::Map(entries) => entries.len(),
        _ => 0,
    };
    steps as u64
}

/// An error of a variable as the expression that mentions it sees it.
fn mentioned<'a>(mut error: Box<EvalError<'a>>, mention: &Expression) -> Box<EvalError<'a>> {
    error.range = mention.range.into();
    if let Some(place) = &mut error.place {
        place.range = mention.range.into();
    }
    error.route = error.route.map(|_| mention.range);
    error
}

/// An element of a document's list that cannot be known, which a function could not make sense of.
fn unknown_part<'a>(value: &Value<'a>) -> Option<(&'a str, NodeRef<'a>)> {
    let Content::List(items) = value.content() else {
        return None;
    };
    items.iter().find_map(|item| match item {
        Value::Node(node) => match node.view() {
            View::Unknown(reason) => Some((reason, node)),
            _ => None,
        },
        _ => None,
    })
}

fn no_overload(name: &str, values: &[Value<'_>]) -> String {
    let types: Vec<String> = values
        .iter()
        .map(|value| format!("`{}`", value.type_name()))
        .collect();
    match types.as_slice() {
        [] => format!("`{name}` needs arguments"),
        [one] => format!("`{name}` does not take {one}"),
        [first, rest @ ..] => format!("`{name}` does not take {first} with {}", rest.join(", ")),
    }
}

/// A value that may be a document's: one that cannot be known is an error.
pub(super) fn known<'a>(value: Value<'a>, expression: &Expression) -> Outcome<'a> {
    if let Value::Node(node) = value
        && let View::Unknown(reason) = node.view()
    {
        return Err(fail(EvalErrorKind::Unknown, reason, expression, Some(node)));
    }
    Ok(value)
}

/// An error from an operation on values: the first of them that is a document's is the place.
pub(super) fn failed<'a>(
    failure: Failure,
    expression: &Expression,
    name: &str,
    values: &[Value<'a>],
) -> Box<EvalError<'a>> {
    let node = values.iter().find_map(Value::as_node);
    if failure.kind != EvalErrorKind::NoSuchOverload {
        return fail(failure.kind, failure.message, expression, node);
    }
    if let Some((reason, node)) = values.iter().find_map(unknown_part) {
        return fail(EvalErrorKind::Unknown, reason, expression, Some(node));
    }
    let message = no_overload(name, values);
    fail(EvalErrorKind::NoSuchOverload, message, expression, node)
}
