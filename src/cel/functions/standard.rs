//! Sizes, parts of strings, and optionals.

use super::super::error::Failure;
use super::super::types::sorts::{
    A, BOOL, BYTES, INT, LIST_OF_A, LIST_OF_OPTIONALS, MAP_OF_A_B, OPTIONAL_A, STRING,
};
use super::super::types::{Overload, patches};
use super::super::value::{Content, Value};
use super::{Arguments, Computed, Function};

/// Of what has a size.
const SIZE: &[Overload] = &[
    Overload::new(&[STRING], INT),
    Overload::new(&[BYTES], INT),
    Overload::new(&[LIST_OF_A], INT),
    Overload::new(&[MAP_OF_A_B], INT),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("size", SIZE, size),
    Function::method("size", SIZE, size),
    Function::method(
        "contains",
        &[Overload::new(&[STRING, STRING], BOOL)],
        contains,
    ),
    Function::method(
        "startsWith",
        &[Overload::new(&[STRING, STRING], BOOL)],
        starts_with,
    ),
    Function::method(
        "endsWith",
        &[Overload::new(&[STRING, STRING], BOOL)],
        ends_with,
    ),
    Function::global(
        "optional.of",
        &[Overload::new(&[A], OPTIONAL_A)],
        optional_of,
    ),
    Function::global(
        "optional.ofNonZeroValue",
        &[Overload::new(&[A], OPTIONAL_A)],
        optional_of_non_zero,
    ),
    Function::global(
        "optional.none",
        &[Overload::new(&[], OPTIONAL_A)],
        optional_none,
    ),
    Function::global(
        "optional.unwrap",
        &[Overload::new(&[LIST_OF_OPTIONALS], LIST_OF_A)],
        unwrap_all,
    ),
    Function::method(
        "unwrapOpt",
        &[Overload::new(&[LIST_OF_OPTIONALS], LIST_OF_A)],
        unwrap_all,
    ),
    Function::method("hasValue", &[Overload::new(&[OPTIONAL_A], BOOL)], has_value),
    Function::method("value", &[Overload::new(&[OPTIONAL_A], A)], value),
    Function::method("first", &[Overload::new(&[LIST_OF_A], OPTIONAL_A)], first),
    Function::method("last", &[Overload::new(&[LIST_OF_A], OPTIONAL_A)], last),
];

fn size<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let size = match arguments.content(0) {
        Content::String(text) => text.chars().count(),
        Content::Bytes(bytes) => bytes.len(),
        Content::List(items) => items.len(),
        Content::Map(entries) => match entries.open() {
            Some(reason) => return Err(Failure::unknown(reason)),
            None => entries.len(),
        },
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn contains<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    texts(arguments, |text, part| text.contains(part))
}

fn starts_with<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    texts(arguments, |text, part| text.starts_with(part))
}

fn ends_with<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    texts(arguments, |text, part| text.ends_with(part))
}

fn texts<'a>(arguments: &Arguments<'_, 'a>, test: impl Fn(&str, &str) -> bool) -> Computed<'a> {
    match (arguments.content(0), arguments.content(1)) {
        (Content::String(whole), Content::String(part)) => Ok(Value::Bool(test(whole, part))),
        _ => Err(Failure::overload()),
    }
}

fn optional_of<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::some(arguments.value(0)))
}

fn optional_of_non_zero<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let is_zero = match arguments.content(0) {
        Content::Null | Content::Optional(None) => true,
        Content::Bool(value) => !value,
        Content::Int(value) => value == 0,
        Content::Uint(value) => value == 0,
        Content::Double(value) => value == 0.0,
        Content::String(text) => text.is_empty(),
        Content::Bytes(bytes) => bytes.is_empty(),
        Content::List(items) => items.len() == 0,
        Content::Map(entries) => match entries.open() {
            Some(reason) => return Err(Failure::unknown(reason)),
            None => entries.len() == 0,
        },
        Content::Struct(value) => value.fields().len() == 0 && patches::is_object(value.name()),
        Content::Duration(value) => value.nanoseconds() == 0,
        Content::Timestamp(value) => value.is_zero(),
        _ => false,
    };
    Ok(if is_zero {
        Value::none()
    } else {
        Value::some(arguments.value(0))
    })
}

fn optional_none<'a>(_: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::none())
}

fn has_value<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::Optional(value) => Ok(Value::Bool(value.is_some())),
        _ => Err(Failure::overload()),
    }
}

fn value<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::Optional(Some(value)) => Ok(value.clone()),
        Content::Optional(None) => Err(Failure::argument("the optional has no value")),
        _ => Err(Failure::overload()),
    }
}

/// The values of those optionals of a list that have one.
fn unwrap_all<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let Content::List(items) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    let mut values = Vec::new();
    for item in items.iter() {
        match item.content() {
            Content::Optional(Some(value)) => values.push(value.clone()),
            Content::Optional(None) => {}
            _ => return Err(Failure::overload()),
        }
    }
    Ok(Value::list(values))
}

fn first<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::List(items) => Ok(items.get(0).map_or_else(Value::none, Value::some)),
        _ => Err(Failure::overload()),
    }
}

fn last<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::List(items) => {
            let last = items
                .len()
                .checked_sub(1)
                .and_then(|index| items.get(index));
            Ok(last.map_or_else(Value::none, Value::some))
        }
        _ => Err(Failure::overload()),
    }
}
