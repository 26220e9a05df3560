//! Writes one argument by one clause.

use std::borrow::Cow;

use super::super::quoted::quote_into;
use super::number::{double_text, exponential, fixed, literal};
use super::{DEFAULT_PRECISION, FormatArgument, FormatError, MAX_RESULT_BYTES};

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 100;

const TAKES_STRING: &str =
    "strings, bools, bytes, ints, doubles, maps, lists, types, durations and timestamps";

/// What a clause takes, in words.
pub(crate) const fn takes(clause: char) -> Result<&'static str, FormatError> {
    Ok(match clause {
        's' => TAKES_STRING,
        'd' | 'o' => "integers",
        'f' | 'e' => "doubles",
        'b' => "integers and bools",
        'x' | 'X' => "integers, bytes and strings",
        unknown => return Err(FormatError::UnknownClause(unknown)),
    })
}

/// Writes `value` by the clause.
pub(super) fn clause(
    out: &mut String,
    clause: char,
    precision: Option<usize>,
    value: &FormatArgument<'_>,
) -> Result<(), FormatError> {
    use FormatArgument as A;
    let precision = precision.unwrap_or(DEFAULT_PRECISION);
    let takes = takes(clause)?;
    let wrong = || FormatError::WrongType {
        clause,
        takes,
        given: value.type_name().to_owned(),
    };
    let text = match (clause, value) {
        ('s', _) => return string(out, value, 0),
        ('d', A::Int(value)) => value.to_string(),
        ('d', A::Uint(value)) => value.to_string(),
        ('f', A::Double(value)) => fixed(*value, precision),
        ('e', A::Double(value)) => exponential(*value, precision),
        // Texts that stand for doubles which have no literal.
        ('f' | 'e', A::String(name @ ("NaN" | "Infinity" | "-Infinity"))) => {
            let value = name.parse().unwrap_or(f64::NAN);
            if clause == 'f' {
                fixed(value, precision)
            } else {
                exponential(value, precision)
            }
        }
        ('b', A::Bool(value)) => u8::from(*value).to_string(),
        ('b', A::Int(value)) => signed(*value, |size| format!("{size:b}")),
        ('b', A::Uint(value)) => format!("{value:b}"),
        ('o', A::Int(value)) => signed(*value, |size| format!("{size:o}")),
        ('o', A::Uint(value)) => format!("{value:o}"),
        ('x' | 'X', _) => {
            let text = match value {
                A::Int(value) => signed(*value, |size| format!("{size:x}")),
                A::Uint(value) => format!("{value:x}"),
                A::String(text) => hexadecimal(text.as_bytes()),
                A::Bytes(bytes) => hexadecimal(bytes),
                _ => return Err(wrong()),
            };
            if clause == 'X' {
                text.to_ascii_uppercase()
            } else {
                text
            }
        }
        _ => return Err(wrong()),
    };
    out.push_str(&text);
    Ok(())
}

fn signed(value: i64, show: impl Fn(u64) -> String) -> String {
    format!(
        "{}{}",
        if value < 0 { "-" } else { "" },
        show(value.unsigned_abs())
    )
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// `%s` at the top: texts as they are.
fn string(out: &mut String, value: &FormatArgument<'_>, depth: usize) -> Result<(), FormatError> {
    use FormatArgument as A;
    if depth > MAX_DEPTH || out.len() > MAX_RESULT_BYTES {
        return Err(FormatError::TooLarge);
    }
    let text: Cow<'_, str> = match value {
        A::Null => "null".into(),
        A::Bool(value) => value.to_string().into(),
        A::Int(value) => value.to_string().into(),
        A::Uint(value) => value.to_string().into(),
        A::Double(value) => double_text(*value).into(),
        A::String(text) | A::Type(text) => (*text).into(),
        A::Timestamp(text) | A::Duration(text) => text.as_str().into(),
        A::Bytes(bytes) => std::str::from_utf8(bytes)
            .map_err(|_| FormatError::InvalidBytes)?
            .into(),
        A::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                element(out, item, depth + 1)?;
            }
            out.push(']');
            return Ok(());
        }
        A::Map(entries) => return map(out, entries, depth + 1),
        A::Other(name) => {
            let given = (*name).to_owned();
            return Err(FormatError::WrongType {
                clause: 's',
                takes: TAKES_STRING,
                given,
            });
        }
    };
    out.push_str(&text);
    Ok(())
}

/// A map in the order of the texts of its keys.
fn map(
    out: &mut String,
    entries: &[(FormatArgument<'_>, FormatArgument<'_>)],
    depth: usize,
) -> Result<(), FormatError> {
    use FormatArgument as A;
    let mut shown = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if !matches!(key, A::String(_) | A::Bool(_) | A::Int(_) | A::Uint(_)) {
            return Err(FormatError::Key(key.type_name().to_owned()));
        }
        let mut text = String::new();
        element(&mut text, key, depth)?;
        shown.push((text, value));
    }
    shown.sort_by(|(left, _), (right, _)| left.cmp(right));
    out.push('{');
    for (place, (key, value)) in shown.into_iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        out.push_str(&key);
        out.push(':');
        element(out, value, depth)?;
    }
    out.push('}');
    Ok(())
}

/// A value inside a list or a map, as a CEL literal.
fn element(out: &mut String, value: &FormatArgument<'_>, depth: usize) -> Result<(), FormatError> {
    use FormatArgument as A;
    match value {
        A::String(text) => quote_into(out, text),
        A::Bytes(bytes) => {
            out.push('b');
            quote_into(
                out,
                std::str::from_utf8(bytes).map_err(|_| FormatError::InvalidBytes)?,
            );
        }
        A::Double(value) if value.is_finite() => out.push_str(&literal(*value)),
        A::Double(value) => quote_into(out, &literal(*value)),
        A::Timestamp(text) | A::Duration(text) => {
            out.push_str(if matches!(value, A::Timestamp(_)) {
                "timestamp("
            } else {
                "duration("
            });
            quote_into(out, text);
            out.push(')');
        }
        other => return string(out, other, depth),
    }
    Ok(())
}

impl FormatArgument<'_> {
    /// The name of the CEL type, for messages.
    fn type_name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Other(name) => name,
        }
    }
}
