//! Constants: a node whose parts are all constant is evaluated while compiling.
//!
//! Functions are pure, so this changes nothing but the time of evaluation; and a call that can never succeed, such as
//! `quantity("1 GB")`, is found before any object is judged. Arithmetic errors stay where they are: `||` may absorb them.
//! Of the calls in native policies only conversions are refused, as in the API server (`interpreter/decorators.go` of
//! cel-go, `decOptimize`).

use std::sync::Arc;

use super::super::Environment;
use super::super::activation::Activation;
use super::super::error::{CompileError, EvalErrorKind};
use super::super::evaluate::Evaluator;
use super::super::expression::{Expression, Kind};
use super::super::functions::Group;
use super::super::value::Value;
use super::Compiled;

/// Steps that one constant may take. What needs more is evaluated when it is needed.
const STEPS: u64 = 20_000;

/// The node, or the constant that it always is.
pub(super) fn fold(expression: Expression, environment: &Environment) -> Compiled {
    let refuses = match &expression.kind {
        Kind::Call(call) if environment.offers(Group::KPolicy) => call.function.name != "value",
        Kind::Call(call) => is_conversion(call.function.name),
        _ => false,
    };
    if !is_foldable(&expression) {
        return Ok(expression);
    }
    let activation = Activation::new(Vec::new(), &[], STEPS);
    let outcome = Evaluator::new(&activation).value(&expression);
    let value = match outcome {
        Ok(value) => value.to_static(),
        Err(error) if refuses && always_fails(error.kind) => {
            return Err(Box::new(CompileError {
                message: error.message,
                range: error.range,
                help: None,
            }));
        }
        Err(_) => None,
    };
    Ok(match value {
        Some(value) => Expression {
            kind: Kind::Constant(value),
            range: expression.range,
            of: expression.of,
        },
        None => expression,
    })
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

/// Upstream: `overloads.IsTypeConversionFunction`.
fn is_conversion(name: &str) -> bool {
    matches!(
        name,
        "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint"
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
