//! `matches`, `find` and `findAll`.

use super::super::error::Failure;
use super::super::library::regex::Pattern;
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, INT, LIST_OF_STRINGS, STRING};
use super::super::value::{Content, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method(
        "matches",
        &[Overload::new(&[STRING, STRING], BOOL)],
        matches,
    )
    .with_pattern(1),
    Function::global(
        "matches",
        &[Overload::new(&[STRING, STRING], BOOL)],
        matches,
    )
    .with_pattern(1),
    Function::method("find", &[Overload::new(&[STRING, STRING], STRING)], find).with_pattern(1),
    Function::method(
        "findAll",
        &[
            Overload::new(&[STRING, STRING], LIST_OF_STRINGS),
            Overload::new(&[STRING, STRING, INT], LIST_OF_STRINGS),
        ],
        find_all,
    )
    .with_pattern(1),
];

fn matches<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    with_pattern(arguments, |pattern, text| {
        Value::Bool(pattern.matches(text))
    })
}

fn find<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    with_pattern(arguments, |pattern, text| {
        Value::string(pattern.find(text).to_owned())
    })
}

fn find_all<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let limit = match arguments.content(2) {
        Content::Int(limit) => limit,
        _ if arguments.len() < 3 => -1,
        _ => return Err(Failure::overload()),
    };
    with_pattern(arguments, |pattern, text| {
        let found = pattern.find_all(text, limit).into_iter();
        Value::strings(found.map(str::to_owned).collect())
    })
}

fn with_pattern<'a>(
    arguments: &Arguments<'_, 'a>,
    apply: impl Fn(&Pattern, &str) -> Value<'a>,
) -> Computed<'a> {
    let Content::String(text) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    arguments
        .pattern
        .map(|pattern| apply(pattern, text))
        .ok_or_else(Failure::overload)
}
