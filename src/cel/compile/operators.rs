//! The types that CEL's operators take and give.
//!
//! Upstream: `common/stdlib/standard.go` and `cel/library.go` (optionals) of cel-go, with the comparisons of numbers
//! of different types that the API server turns on.

use super::super::syntax::{Arithmetic, Relation};
use super::super::types::sorts::{
    A, B, BOOL, BYTES, DOUBLE, DURATION, INT, LIST_OF_A, MAP_OF_A_B, OPTIONAL_A, OPTIONAL_B,
    OPTIONAL_LIST, OPTIONAL_MAP, STRING, TIMESTAMP, UINT,
};
use super::super::types::{Overload, Sort};

const fn same(sort: &'static [Sort; 2], result: Sort) -> Overload {
    Overload::new(sort, result)
}

const ADD: &[Overload] = &[
    same(&[BYTES, BYTES], BYTES),
    same(&[DOUBLE, DOUBLE], DOUBLE),
    same(&[DURATION, DURATION], DURATION),
    same(&[DURATION, TIMESTAMP], TIMESTAMP),
    same(&[TIMESTAMP, DURATION], TIMESTAMP),
    same(&[INT, INT], INT),
    same(&[LIST_OF_A, LIST_OF_A], LIST_OF_A),
    same(&[STRING, STRING], STRING),
    same(&[UINT, UINT], UINT),
];

const SUBTRACT: &[Overload] = &[
    same(&[DOUBLE, DOUBLE], DOUBLE),
    same(&[DURATION, DURATION], DURATION),
    same(&[INT, INT], INT),
    same(&[TIMESTAMP, DURATION], TIMESTAMP),
    same(&[TIMESTAMP, TIMESTAMP], DURATION),
    same(&[UINT, UINT], UINT),
];

const MULTIPLY: &[Overload] = &[
    same(&[DOUBLE, DOUBLE], DOUBLE),
    same(&[INT, INT], INT),
    same(&[UINT, UINT], UINT),
];

const MODULO: &[Overload] = &[same(&[INT, INT], INT), same(&[UINT, UINT], UINT)];

pub(super) const NEGATE: &[Overload] =
    &[Overload::new(&[DOUBLE], DOUBLE), Overload::new(&[INT], INT)];

const EQUAL: &[Overload] = &[same(&[A, A], BOOL)];

const ORDER: &[Overload] = &[
    same(&[BOOL, BOOL], BOOL),
    same(&[INT, INT], BOOL),
    same(&[INT, DOUBLE], BOOL),
    same(&[INT, UINT], BOOL),
    same(&[UINT, UINT], BOOL),
    same(&[UINT, DOUBLE], BOOL),
    same(&[UINT, INT], BOOL),
    same(&[DOUBLE, DOUBLE], BOOL),
    same(&[DOUBLE, INT], BOOL),
    same(&[DOUBLE, UINT], BOOL),
    same(&[STRING, STRING], BOOL),
    same(&[BYTES, BYTES], BOOL),
    same(&[TIMESTAMP, TIMESTAMP], BOOL),
    same(&[DURATION, DURATION], BOOL),
];

const IN: &[Overload] = &[same(&[A, LIST_OF_A], BOOL), same(&[A, MAP_OF_A_B], BOOL)];

pub(super) const INDEX: &[Overload] = &[
    same(&[LIST_OF_A, INT], A),
    same(&[MAP_OF_A_B, A], B),
    same(&[OPTIONAL_LIST, INT], OPTIONAL_A),
    same(&[OPTIONAL_MAP, A], OPTIONAL_B),
];

pub(super) const OPTIONAL_INDEX: &[Overload] = &[
    same(&[LIST_OF_A, INT], OPTIONAL_A),
    same(&[OPTIONAL_LIST, INT], OPTIONAL_A),
    same(&[MAP_OF_A_B, A], OPTIONAL_B),
    same(&[OPTIONAL_MAP, A], OPTIONAL_B),
];

pub(super) const CONDITIONAL: &[Overload] = &[Overload::new(&[BOOL, A, A], A)];

/// `optional.or(optional)`
pub(super) const OR: &[Overload] = &[same(&[OPTIONAL_A, OPTIONAL_A], OPTIONAL_A)];

/// `optional.orValue(value)`
pub(super) const OR_VALUE: &[Overload] = &[same(&[OPTIONAL_A, A], A)];

/// What elements can be ordered by.
pub(super) const KEY: &[Overload] = &[
    Overload::new(&[INT], INT),
    Overload::new(&[UINT], UINT),
    Overload::new(&[DOUBLE], DOUBLE),
    Overload::new(&[BOOL], BOOL),
    Overload::new(&[DURATION], DURATION),
    Overload::new(&[TIMESTAMP], TIMESTAMP),
    Overload::new(&[STRING], STRING),
    Overload::new(&[BYTES], BYTES),
];

pub(super) const fn arithmetic(operator: Arithmetic) -> &'static [Overload] {
    match operator {
        Arithmetic::Add => ADD,
        Arithmetic::Subtract => SUBTRACT,
        Arithmetic::Multiply | Arithmetic::Divide => MULTIPLY,
        Arithmetic::Modulo => MODULO,
    }
}

pub(super) const fn relation(relation: Relation) -> &'static [Overload] {
    match relation {
        Relation::Equal | Relation::NotEqual => EQUAL,
        Relation::In => IN,
        Relation::Less | Relation::LessOrEqual | Relation::Greater | Relation::GreaterOrEqual => {
            ORDER
        }
    }
}
