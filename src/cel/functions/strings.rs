//! The strings library: parts of texts, cases, splitting, joining, formatting.

use super::super::error::Failure;
use super::super::library::format::{self, FormatArgument, FormatError};
use super::super::library::strings::{self, StringError};
use super::super::types::Overload;
use super::super::types::sorts::{A, INT, LIST_OF_A, LIST_OF_DYN, LIST_OF_STRINGS, STRING};
use super::super::value::{Content, Str, Value};
use super::{Arguments, Computed, Function, Group, lists};
use crate::manifest::{NodeRef, View};

/// How deep a formatted value may nest.
const MAX_FORMAT_DEPTH: u32 = 64;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method("charAt", &[Overload::new(&[STRING, INT], STRING)], char_at),
    Function::method(
        "indexOf",
        &[
            Overload::new(&[STRING, STRING], INT),
            Overload::new(&[STRING, STRING, INT], INT),
            Overload::new(&[LIST_OF_A, A], INT),
        ],
        index_of,
    ),
    Function::method(
        "lastIndexOf",
        &[
            Overload::new(&[STRING, STRING], INT),
            Overload::new(&[STRING, STRING, INT], INT),
            Overload::new(&[LIST_OF_A, A], INT),
        ],
        last_index_of,
    ),
    Function::method(
        "join",
        &[
            Overload::new(&[LIST_OF_STRINGS], STRING),
            Overload::new(&[LIST_OF_STRINGS, STRING], STRING),
        ],
        join,
    ),
    Function::method(
        "lowerAscii",
        &[Overload::new(&[STRING], STRING)],
        lower_ascii,
    ),
    Function::method(
        "upperAscii",
        &[Overload::new(&[STRING], STRING)],
        upper_ascii,
    ),
    Function::method(
        "replace",
        &[
            Overload::new(&[STRING, STRING, STRING], STRING),
            Overload::new(&[STRING, STRING, STRING, INT], STRING),
        ],
        replace,
    ),
    Function::method(
        "split",
        &[
            Overload::new(&[STRING, STRING], LIST_OF_STRINGS),
            Overload::new(&[STRING, STRING, INT], LIST_OF_STRINGS),
        ],
        split,
    ),
    Function::method(
        "substring",
        &[
            Overload::new(&[STRING, INT], STRING),
            Overload::new(&[STRING, INT, INT], STRING),
        ],
        substring,
    ),
    Function::method("trim", &[Overload::new(&[STRING], STRING)], trim),
    Function::method(
        "format",
        &[Overload::new(&[STRING, LIST_OF_DYN], STRING).since(29)],
        format,
    ),
    Function::global(
        "strings.quote",
        &[Overload::new(&[STRING], STRING).since(29)],
        quote,
    ),
    Function::global(
        "jsonpatch.escapeKey",
        &[Overload::new(&[STRING], STRING)],
        escape_key,
    )
    .of(Group::Mutation),
];

fn char_at<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    owned(strings::char_at(arguments.text(0)?, arguments.int(1)?))
}

/// Of a part in a string, or of an element in a list.
fn index_of<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    if let Content::List(items) = arguments.content(0) {
        return lists::index_of(items, arguments);
    }
    let from = if arguments.len() > 2 {
        arguments.int(2)?
    } else {
        0
    };
    strings::index_of(arguments.text(0)?, arguments.text(1)?, from)
        .map(Value::Int)
        .map_err(Failure::argument)
}

/// Of a part in a string, or of an element in a list.
fn last_index_of<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    if let Content::List(items) = arguments.content(0) {
        return lists::last_index_of(items, arguments);
    }
    let (text, part) = (arguments.text(0)?, arguments.text(1)?);
    if arguments.len() == 2 {
        return Ok(Value::Int(strings::last_index_of(text, part)));
    }
    strings::last_index_of_before(text, part, arguments.int(2)?)
        .map(Value::Int)
        .map_err(Failure::argument)
}

fn join<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let separator = if arguments.len() > 1 {
        arguments.text(1)?
    } else {
        ""
    };
    let Content::List(items) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    let items: Vec<Value<'_>> = items.iter().collect();
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let texts = texts.ok_or_else(Failure::overload)?;
    strings::join(texts.into_iter(), separator)
        .map(Value::string)
        .map_err(Failure::argument)
}

fn lower_ascii<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(strings::lower_ascii(arguments.text(0)?)))
}

fn upper_ascii<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(strings::upper_ascii(arguments.text(0)?)))
}

fn replace<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let limit = if arguments.len() > 3 {
        arguments.int(3)?
    } else {
        -1
    };
    let (text, old, new) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    strings::replace(text, old, new, limit)
        .map(Value::string)
        .map_err(Failure::argument)
}

fn split<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let limit = if arguments.len() > 2 {
        arguments.int(2)?
    } else {
        -1
    };
    let parts = strings::split(arguments.text(0)?, arguments.text(1)?, limit).into_iter();
    Ok(Value::strings(parts.map(str::to_owned).collect()))
}

fn substring<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let (text, start) = (arguments.text(0)?, arguments.int(1)?);
    if arguments.len() == 2 {
        return owned(strings::substring(text, start));
    }
    owned(strings::substring_range(text, start, arguments.int(2)?))
}

fn trim<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(strings::trim(arguments.text(0)?).to_owned()))
}

fn quote<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(strings::quote(arguments.text(0)?)))
}

/// A key as a JSON Pointer writes it.
fn escape_key<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let key = arguments.text(0)?;
    Ok(Value::string(key.replace('~', "~0").replace('/', "~1")))
}

fn owned<'a>(part: Result<&str, StringError>) -> Computed<'a> {
    part.map(|part| Value::string(part.to_owned()))
        .map_err(Failure::argument)
}

fn format<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let Content::List(items) = arguments.content(1) else {
        return Err(Failure::overload());
    };
    let values: Vec<Value<'_>> = items.iter().collect();
    let text = format::format(arguments.text(0)?, |index| {
        values
            .get(index)
            .map(|value| format_argument(value, 0))
            .transpose()
    })?;
    Ok(Value::String(Str::from(text)))
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        Self::argument(error)
    }
}

/// A value as the formatter knows it.
fn format_argument<'v>(value: &'v Value<'_>, depth: u32) -> Result<FormatArgument<'v>, Failure> {
    if depth > MAX_FORMAT_DEPTH {
        return Err(FormatError::TooLarge.into());
    }
    Ok(match value {
        Value::List(list) => {
            let items = list
                .items()
                .iter()
                .map(|item| format_argument(item, depth + 1));
            FormatArgument::List(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let entries = map.entries().iter().map(|(key, value)| {
                Ok((
                    format_argument(key, depth + 1)?,
                    format_argument(value, depth + 1)?,
                ))
            });
            FormatArgument::Map(entries.collect::<Result<_, Failure>>()?)
        }
        Value::Node(node) => node_argument(*node, depth)?,
        other => match other.content() {
            Content::Null => FormatArgument::Null,
            Content::Bool(value) => FormatArgument::Bool(value),
            Content::Int(value) => FormatArgument::Int(value),
            Content::Uint(value) => FormatArgument::Uint(value),
            Content::Double(value) => FormatArgument::Double(value),
            Content::String(text) => FormatArgument::String(text),
            Content::Bytes(bytes) => FormatArgument::Bytes(bytes),
            Content::Timestamp(value) => FormatArgument::Timestamp(value.to_string()),
            Content::Duration(value) => FormatArgument::Duration(value.to_string()),
            Content::Type(kind) => FormatArgument::Type(kind.name()),
            _ => FormatArgument::Other(other.type_name()),
        },
    })
}

fn node_argument(node: NodeRef<'_>, depth: u32) -> Result<FormatArgument<'_>, Failure> {
    if depth > MAX_FORMAT_DEPTH {
        return Err(FormatError::TooLarge.into());
    }
    Ok(match node.view() {
        View::Null => FormatArgument::Null,
        View::Bool(value) => FormatArgument::Bool(value),
        View::Int(value) => FormatArgument::Int(value),
        View::Float(value) => FormatArgument::Double(value),
        View::String(text) => FormatArgument::String(text),
        View::List(list) => {
            let items = list.iter().map(|item| node_argument(item, depth + 1));
            FormatArgument::List(items.collect::<Result<_, _>>()?)
        }
        View::Map(map) => {
            let entries = map.iter().map(|entry| {
                Ok((
                    FormatArgument::String(entry.key),
                    node_argument(entry.value, depth + 1)?,
                ))
            });
            FormatArgument::Map(entries.collect::<Result<_, Failure>>()?)
        }
        View::Unknown(reason) => return Err(Failure::unknown(reason)),
    })
}
