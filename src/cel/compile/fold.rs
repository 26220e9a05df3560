//! Constants: a node whose parts are all constant is evaluated while compiling.
//!
//! Functions are pure, so this changes nothing but the time of evaluation; and a call that can never succeed, such as
//! `quantity("1 GB")`, is found before any object is judged. Arithmetic errors stay where they are: `||` may absorb them.
//! Of the calls in native policies only conversions are refused, as in the API server (`interpreter/decorators.go` of
//! cel-go, `decOptimize`).

use std::sync::Arc;

use super::super::Environment;
use super::super::activation::{Activation, Budget};
use super::super::cost::{self, Charge};
use super::super::error::{CompileError, EvalErrorKind};
use super::super::evaluate::Evaluator;
use super::super::expression::{Expression, Kind};
use super::super::functions::Group;
use super::super::syntax::Relation;
use super::super::value::Value;
use super::Compiled;

/// Steps that one constant may take. What needs more is evaluated when it is needed.
const STEPS: u64 = 20_000;

/// The node, or the constant that it always is.
pub(super) fn fold(mut expression: Expression, environment: &Environment) -> Compiled {
    if looks_into_nothing(&expression) {
        return Ok(constant(Value::Bool(false), Charge::CONSTANT, expression));
    }
    if !is_foldable(&expression) {
        return Ok(expression);
    }
    cost::plan_node(&mut expression);
    let budget = Budget::new(u64::MAX).with_steps(STEPS);
    let activation = Activation::new(Vec::new(), &[], budget);
    let outcome = Evaluator::new(&activation).value(&expression);
    let value = match outcome {
        Ok(value) => value.to_static(),
        Err(error) if refuses(&expression, environment) && always_fails(error.kind) => {
            return Err(Box::new(CompileError {
                message: error.message,
                range: error.range,
                help: None,
            }));
        }
        Err(_) => None,
    };
    let Some(value) = value else {
        return Ok(expression);
    };
    let charge = if expression.charge.constant {
        Charge::CONSTANT
    } else {
        Charge::folded(activation.spent())
    };
    Ok(constant(value, charge, expression))
}

fn constant(value: Value<'static>, charge: Charge, folded: Expression) -> Expression {
    let mut constant = Expression::new(Kind::Constant(value), folded.range, folded.of.clone());
    constant.charge = charge;
    constant.folded = Some(Box::new(folded));
    constant
}

/// Whether a call is refused that can never succeed.
fn refuses(expression: &Expression, environment: &Environment) -> bool {
    match &expression.kind {
        Kind::Call(call) if environment.offers(Group::KPolicy) => call.function.name != "value",
        // A conversion of what cel-go takes for a constant, too.
        Kind::Call(_) => expression.charge.constant,
        _ => false,
    }
}

/// `x in []`: cel-go does not evaluate `x` at all, so that it is false even where `x` is an error.
fn looks_into_nothing(expression: &Expression) -> bool {
    match &expression.kind {
        Kind::Relation {
            relation: Relation::In,
            right,
            ..
        } => cost::is_empty_constant(right),
        _ => false,
    }
}

fn is_foldable(expression: &Expression) -> bool {
    let pure = matches!(
        &expression.kind,
        Kind::Not(_)
            | Kind::Negate(_)
            | Kind::Arithmetic { .. }
            | Kind::Relation { .. }
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Call(_)
    );
    pure && expression
        .children()
        .iter()
        .all(|child| matches!(child.kind, Kind::Constant(_)))
}

const fn always_fails(kind: EvalErrorKind) -> bool {
    matches!(
        kind,
        EvalErrorKind::NoSuchOverload | EvalErrorKind::InvalidArgument | EvalErrorKind::Overflow
    )
}

impl Value<'_> {
    /// This value without anything borrowed; `None` where a document holds a part of it.
    fn to_static(&self) -> Option<Value<'static>> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Double(value) => Value::Double(*value),
            Self::String(text) => Value::string(text.as_str().to_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Self::Type(kind) => Value::Type(*kind),
            Self::Duration(value) => Value::Duration(*value),
            Self::Timestamp(value) => Value::Timestamp(*value),
            Self::Quantity(quantity) => Value::Quantity(Arc::clone(quantity)),
            Self::Image(image) => Value::Image(Arc::clone(image)),
            Self::Opaque(value) => Value::Opaque(value.clone()),
            Self::Optional(None) => Value::none(),
            Self::Optional(Some(value)) => Value::some(value.to_static()?),
            Self::List(list) => {
                let items = list.items().iter().map(Value::to_static);
                list.remade(items.collect::<Option<_>>()?)
            }
            Self::Map(map) => {
                let entries = map
                    .entries()
                    .iter()
                    .map(|(key, value)| Some((key.to_static()?, value.to_static()?)));
                Value::map(entries.collect::<Option<_>>()?)
            }
            Self::Node(_) | Self::Struct(_) => return None,
        })
    }
}
