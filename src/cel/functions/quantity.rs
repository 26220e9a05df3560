//! Kubernetes quantities.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::quantity::{Quantity as Amount, QuantityError};
use super::super::value::{Content, Quantity, Type, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("quantity", (1, 1), Some(Type::Quantity), quantity),
    Function::global("isQuantity", (1, 1), Some(Type::Bool), is_quantity),
    // The API server declares it as a function, not a method.
    Function::global("sign", (1, 1), Some(Type::Int), sign),
    Function::method("isInteger", (1, 1), Some(Type::Bool), is_integer),
    Function::method("asInteger", (1, 1), Some(Type::Int), as_integer),
    Function::method(
        "asApproximateFloat",
        (1, 1),
        Some(Type::Double),
        as_approximate_float,
    ),
    Function::method("add", (2, 2), Some(Type::Quantity), add),
    Function::method("sub", (2, 2), Some(Type::Quantity), subtract),
    Function::method("isGreaterThan", (2, 2), Some(Type::Bool), is_greater_than),
    Function::method("isLessThan", (2, 2), Some(Type::Bool), is_less_than),
    Function::method("compareTo", (2, 2), Some(Type::Int), compare_to),
];

fn quantity<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    made(Amount::parse(arguments.text(0)?))
}

fn is_quantity<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(Amount::parse(arguments.text(0)?).is_ok()))
}

fn sign<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Int(amount(arguments, 0)?.sign()))
}

fn is_integer<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(amount(arguments, 0)?.is_integer()))
}

fn as_integer<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    amount(arguments, 0)?
        .as_integer()
        .map(Value::Int)
        .map_err(Failure::argument)
}

fn as_approximate_float<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Double(amount(arguments, 0)?.as_approximate_float()))
}

fn add<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    combine(arguments, Amount::add)
}

fn subtract<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    combine(arguments, Amount::sub)
}

/// With another quantity, or with an int.
fn combine<'a>(
    arguments: &Arguments<'_, 'a>,
    operation: impl Fn(&Amount, &Amount) -> Result<Amount, QuantityError>,
) -> Computed<'a> {
    let left = amount(arguments, 0)?;
    match arguments.content(1) {
        Content::Int(value) => made(operation(left, &Amount::from_integer(value))),
        _ => made(operation(left, amount(arguments, 1)?)),
    }
}

fn is_greater_than<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    order(arguments).map(|order| Value::Bool(order.is_gt()))
}

fn is_less_than<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    order(arguments).map(|order| Value::Bool(order.is_lt()))
}

fn compare_to<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    order(arguments).map(|order| Value::Int(order as i64))
}

fn order(arguments: &Arguments<'_, '_>) -> Result<Ordering, Failure> {
    Ok(amount(arguments, 0)?.cmp(amount(arguments, 1)?))
}

fn made<'a>(amount: Result<Amount, QuantityError>) -> Computed<'a> {
    amount
        .map(|amount| Value::Quantity(Arc::new(Quantity(amount))))
        .map_err(Failure::argument)
}

fn amount<'c>(arguments: &Arguments<'c, '_>, position: usize) -> Result<&'c Amount, Failure> {
    match arguments.content(position) {
        Content::Quantity(amount) => Ok(amount),
        _ => Err(Failure::overload()),
    }
}
