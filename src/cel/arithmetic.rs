//! `+ - * / %` and negation, with the API server's overloads and errors.

use super::error::{EvalErrorKind, Failure};
use super::functions::time;
use super::syntax::Arithmetic;
use super::value::{Bytes, Content, Str, Value};

/// Longest string that an expression may compute, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;
/// Most elements of a list or map that an expression may compute.
const MAX_ELEMENTS: usize = 1_000_000;

type Computed<'a> = Result<Value<'a>, Failure>;

/// The value of `left operator right`.
pub(super) fn arithmetic<'a>(
    operator: Arithmetic,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Computed<'a> {
    match (left.content(), right.content()) {
        (Content::Int(left), Content::Int(right)) => int(operator, left, right),
        (Content::Uint(left), Content::Uint(right)) => uint(operator, left, right),
        (Content::Double(left), Content::Double(right)) => double(operator, left, right),
        _ if operator == Arithmetic::Add => add(left, right),
        _ if operator == Arithmetic::Subtract => time::subtract(left.content(), right.content()),
        _ => Err(Failure::overload()),
    }
}

/// The value of `-operand`.
pub(super) fn negate<'a>(operand: &Value<'a>) -> Computed<'a> {
    match operand.content() {
        Content::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(int_overflow),
        Content::Double(value) => Ok(Value::Double(-value)),
        Content::Duration(value) => time::negate(value),
        _ => Err(Failure::overload()),
    }
}

fn int<'a>(operator: Arithmetic, left: i64, right: i64) -> Computed<'a> {
    if right == 0 {
        by_zero(operator)?;
    }
    let value = match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Modulo => left.checked_rem(right),
    };
    value.map(Value::Int).ok_or_else(int_overflow)
}

fn uint<'a>(operator: Arithmetic, left: u64, right: u64) -> Computed<'a> {
    if right == 0 {
        by_zero(operator)?;
    }
    let value = match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Modulo => left.checked_rem(right),
    };
    value
        .map(Value::Uint)
        .ok_or_else(|| Failure::overflow("the result does not fit type `uint`"))
}

fn double<'a>(operator: Arithmetic, left: f64, right: f64) -> Computed<'a> {
    Ok(Value::Double(match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Modulo => return Err(Failure::overload()),
    }))
}

fn by_zero(operator: Arithmetic) -> Result<(), Failure> {
    let message = match operator {
        Arithmetic::Divide => "division by zero",
        Arithmetic::Modulo => "modulus by zero",
        _ => return Ok(()),
    };
    Err(Failure::new(EvalErrorKind::DivisionByZero, message))
}

fn int_overflow() -> Failure {
    Failure::overflow("the result does not fit type `int`")
}

fn add<'a>(left: &Value<'a>, right: &Value<'a>) -> Computed<'a> {
    match (left.content(), right.content()) {
        (Content::String(left), Content::String(right)) => {
            check_text(left.len() + right.len())?;
            let mut text = String::with_capacity(left.len() + right.len());
            text.push_str(left);
            text.push_str(right);
            Ok(Value::String(Str::from(text)))
        }
        (Content::Bytes(left), Content::Bytes(right)) => {
            check_text(left.len() + right.len())?;
            Ok(Value::Bytes(Bytes::from([left, right].concat())))
        }
        // As in cel-go, an empty list leaves the other as it is.
        (Content::List(first), _) if first.len() == 0 && is_list(right) => Ok(right.clone()),
        (_, Content::List(second)) if second.len() == 0 && is_list(left) => Ok(left.clone()),
        (Content::List(left), Content::List(right)) => {
            check_elements(left.len() + right.len())?;
            Ok(Value::joined(left.iter().chain(right.iter()).collect()))
        }
        (left, right) => time::add(left, right),
    }
}

fn is_list(value: &Value<'_>) -> bool {
    matches!(value.content(), Content::List(_))
}

/// Refuses a text that is too long before memory is taken for it.
fn check_text(bytes: usize) -> Result<(), Failure> {
    if bytes <= MAX_TEXT {
        return Ok(());
    }
    let message = format!("the result is longer than {MAX_TEXT} bytes");
    Err(Failure::new(EvalErrorKind::Budget, message))
}

/// Refuses a list that is too long before memory is taken for it.
pub(super) fn check_elements(count: usize) -> Result<(), Failure> {
    if count <= MAX_ELEMENTS {
        return Ok(());
    }
    let message = format!("the result has more than {MAX_ELEMENTS} elements");
    Err(Failure::new(EvalErrorKind::Budget, message))
}
