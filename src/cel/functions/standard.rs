//! Sizes, parts of strings, and optionals.

use super::super::error::Failure;
use super::super::value::{Content, Type, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("size", (1, 1), Some(Type::Int), size),
    Function::method("size", (1, 1), Some(Type::Int), size),
    Function::method("contains", (2, 2), Some(Type::Bool), contains),
    Function::method("startsWith", (2, 2), Some(Type::Bool), starts_with),
    Function::method("endsWith", (2, 2), Some(Type::Bool), ends_with),
    Function::global("optional.of", (1, 1), Some(Type::Optional), optional_of),
    Function::global(
        "optional.ofNonZeroValue",
        (1, 1),
        Some(Type::Optional),
        optional_of_non_zero,
    ),
    Function::global("optional.none", (0, 0), Some(Type::Optional), optional_none),
    Function::global("optional.unwrap", (1, 1), Some(Type::List), unwrap_all),
    Function::method("unwrapOpt", (1, 1), Some(Type::List), unwrap_all),
    Function::method("hasValue", (1, 1), Some(Type::Bool), has_value),
    Function::method("value", (1, 1), None, value),
    Function::method("first", (1, 1), Some(Type::Optional), first),
    Function::method("last", (1, 1), Some(Type::Optional), last),
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
        Content::Struct(value) => value.fields().len() == 0,
        Content::Duration(value) => value.nanoseconds() == 0,
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
