//! Types that the text alone shows, and mistakes that follow from them.
//!
//! This is not the type checker: it knows the types of literals, operators and some functions, and refuses what no
//! value can make right, such as `"a" + 1` or `1 && x`. The checker with declared types will stand in its place.

use super::super::expression::{Expression, Kind, Shape};
use super::super::syntax::{Arithmetic, Relation, SyntaxError, error};
use super::super::value::Type;

/// The type of a node where the text shows it.
pub(super) fn type_of(expression: &Expression) -> Option<Type> {
    match &expression.kind {
        Kind::Constant(value) => value.type_of(),
        Kind::Has { .. }
        | Kind::Not(_)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::Relation { .. }
        | Kind::Quantifier(_) => Some(Type::Bool),
        Kind::Negate(operand) => type_of(operand),
        Kind::Conditional {
            then, otherwise, ..
        } => type_of(then).filter(|kind| type_of(otherwise) == Some(*kind)),
        Kind::Arithmetic {
            operator,
            left,
            right,
        } => match operator {
            Arithmetic::Add | Arithmetic::Subtract => arithmetic_type(left, right),
            _ => type_of(left).or_else(|| type_of(right)),
        },
        Kind::List(_) => Some(Type::List),
        Kind::Map(_) => Some(Type::Map),
        Kind::Struct { .. } => Some(Type::Struct),
        Kind::Call(call) => call.function.result,
        Kind::Transform(transform) => Some(match transform.shape {
            Shape::Filter | Shape::List | Shape::SortBy => Type::List,
            Shape::Map | Shape::MapEntries => Type::Map,
        }),
        Kind::OptionalMap { .. } | Kind::OptionalOr { unwrap: false, .. } => Some(Type::Optional),
        Kind::OptionalOr { .. }
        | Kind::Root(_)
        | Kind::Variable(_)
        | Kind::Local(_)
        | Kind::Select { .. }
        | Kind::Index { .. } => None,
    }
}

/// The type of a sum or difference: times and durations mix, everything else has one type.
fn arithmetic_type(left: &Expression, right: &Expression) -> Option<Type> {
    let is_time = |kind| matches!(kind, Type::Duration | Type::Timestamp);
    let known = type_of(left).or_else(|| type_of(right))?;
    (!is_time(known)).then_some(known)
}

/// Refuses a node that has no value whatever its parts turn out to be.
pub(super) fn check(expression: &Expression) -> Result<(), SyntaxError> {
    match &expression.kind {
        Kind::Not(operand) => boolean(operand, "`!`"),
        Kind::And(operands) => operands
            .iter()
            .try_for_each(|operand| boolean(operand, "`&&`")),
        Kind::Or(operands) => operands
            .iter()
            .try_for_each(|operand| boolean(operand, "`||`")),
        Kind::Conditional { condition, .. } => boolean(condition, "the condition of `?:`"),
        Kind::Arithmetic {
            operator,
            left,
            right,
        } => arithmetic(*operator, left, right, expression),
        Kind::Relation {
            relation,
            left,
            right,
        } => relation_types(*relation, left, right, expression),
        _ => Ok(()),
    }
}

/// Refuses a macro's condition that is no boolean.
pub(super) fn check_condition(expression: &Expression, name: &str) -> Result<(), SyntaxError> {
    boolean(expression, &format!("the condition of `{name}`"))
}

fn boolean(expression: &Expression, what: &str) -> Result<(), SyntaxError> {
    match type_of(expression) {
        None | Some(Type::Bool) => Ok(()),
        Some(other) => Err(error(
            expression.range,
            format!("{what} needs a boolean; this is `{}`", other.name()),
        )),
    }
}

fn arithmetic(
    operator: Arithmetic,
    left: &Expression,
    right: &Expression,
    expression: &Expression,
) -> Result<(), SyntaxError> {
    let (Some(left), Some(right)) = (type_of(left), type_of(right)) else {
        return Ok(());
    };
    let is_number = |kind| matches!(kind, Type::Int | Type::Uint | Type::Double);
    let is_time = |kind| matches!(kind, Type::Duration | Type::Timestamp);
    let fits = match operator {
        Arithmetic::Add => {
            (left == right
                && (is_number(left) || matches!(left, Type::String | Type::Bytes | Type::List)))
                || (is_time(left) && is_time(right))
        }
        Arithmetic::Subtract => {
            (left == right && is_number(left)) || (is_time(left) && is_time(right))
        }
        Arithmetic::Multiply | Arithmetic::Divide => left == right && is_number(left),
        Arithmetic::Modulo => left == right && matches!(left, Type::Int | Type::Uint),
    };
    if fits {
        return Ok(());
    }
    Err(mismatch(operator.symbol(), left, right, expression))
}

fn relation_types(
    relation: Relation,
    left: &Expression,
    right: &Expression,
    expression: &Expression,
) -> Result<(), SyntaxError> {
    let (left, right) = (type_of(left), type_of(right));
    if relation == Relation::In {
        return match right {
            None | Some(Type::List | Type::Map) => Ok(()),
            Some(right) => Err(error(
                expression.range,
                format!("`in` looks into lists and maps; this is `{}`", right.name()),
            )),
        };
    }
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(());
    };
    let is_number = |kind| matches!(kind, Type::Int | Type::Uint | Type::Double);
    let has_order = |kind| {
        is_number(kind)
            || matches!(
                kind,
                Type::Bool | Type::String | Type::Bytes | Type::Duration | Type::Timestamp
            )
    };
    let fits = match relation {
        Relation::Equal | Relation::NotEqual | Relation::In => true,
        _ => has_order(left) && (left == right || (is_number(left) && is_number(right))),
    };
    if fits {
        return Ok(());
    }
    Err(mismatch(relation.symbol(), left, right, expression))
}

fn mismatch(symbol: &str, left: Type, right: Type, expression: &Expression) -> SyntaxError {
    error(
        expression.range,
        format!(
            "`{symbol}` does not take `{}` with `{}`",
            left.name(),
            right.name()
        ),
    )
}
