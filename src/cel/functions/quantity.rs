//! Kubernetes quantities. `order` compares them.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::quantity::{Quantity as Amount, QuantityError};
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, DOUBLE, INT, QUANTITY, STRING};
use super::super::value::{Content, Quantity, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("quantity", &[Overload::new(&[STRING], QUANTITY)], quantity),
    Function::global("isQuantity", &[Overload::new(&[STRING], BOOL)], is_quantity),
    // The API server declares it as a function, not a method.
    Function::global("sign", &[Overload::new(&[QUANTITY], INT)], sign),
    Function::method("isInteger", &[Overload::new(&[QUANTITY], BOOL)], is_integer),
    Function::method("asInteger", &[Overload::new(&[QUANTITY], INT)], as_integer),
    Function::method(
        "asApproximateFloat",
        &[Overload::new(&[QUANTITY], DOUBLE)],
        as_approximate_float,
    ),
    Function::method(
        "add",
        &[
            Overload::new(&[QUANTITY, QUANTITY], QUANTITY),
            Overload::new(&[QUANTITY, INT], QUANTITY),
        ],
        add,
    ),
    Function::method(
        "sub",
        &[
            Overload::new(&[QUANTITY, QUANTITY], QUANTITY),
            Overload::new(&[QUANTITY, INT], QUANTITY),
        ],
        subtract,
    ),
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
