//! `isGreaterThan`, `isLessThan` and `compareTo`: the order of quantities and of versions.

use std::cmp::Ordering;

use super::super::error::Failure;
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, INT, QUANTITY, SEMVER};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function, semver};

const TO_BOOL: &[Overload] = &[
    Overload::new(&[QUANTITY, QUANTITY], BOOL),
    Overload::new(&[SEMVER, SEMVER], BOOL).since(semver::SINCE),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method("isGreaterThan", TO_BOOL, is_greater_than),
    Function::method("isLessThan", TO_BOOL, is_less_than),
    Function::method(
        "compareTo",
        &[
            Overload::new(&[QUANTITY, QUANTITY], INT),
            Overload::new(&[SEMVER, SEMVER], INT).since(semver::SINCE),
        ],
        compare_to,
    ),
];

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
    match (arguments.content(0), arguments.content(1)) {
        (Content::Quantity(left), Content::Quantity(right)) => Ok(left.cmp(right)),
        (
            Content::Opaque(OpaqueKind::Version(left)),
            Content::Opaque(OpaqueKind::Version(right)),
        ) => Ok(left.cmp(right)),
        _ => Err(Failure::overload()),
    }
}
