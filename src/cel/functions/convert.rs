//! Conversions between types, under the names of the types.

use super::super::error::Failure;
use super::super::library::format::double_text;
use super::super::types::Overload;
use super::super::types::sorts::{
    A, BOOL, BYTES, CIDR, DOUBLE, DURATION, DYN, INT, IP, STRING, TIMESTAMP, TYPE_OF_A, UINT,
};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "int",
        &[
            Overload::new(&[INT], INT),
            Overload::new(&[UINT], INT),
            Overload::new(&[DOUBLE], INT),
            Overload::new(&[STRING], INT),
            Overload::new(&[TIMESTAMP], INT),
            Overload::new(&[DURATION], INT),
        ],
        int,
    ),
    Function::global(
        "uint",
        &[
            Overload::new(&[UINT], UINT),
            Overload::new(&[DOUBLE], UINT),
            Overload::new(&[INT], UINT),
            Overload::new(&[STRING], UINT),
        ],
        uint,
    ),
    Function::global(
        "double",
        &[
            Overload::new(&[DOUBLE], DOUBLE),
            Overload::new(&[INT], DOUBLE),
            Overload::new(&[UINT], DOUBLE),
            Overload::new(&[STRING], DOUBLE),
        ],
        double,
    ),
    Function::global(
        "string",
        &[
            Overload::new(&[STRING], STRING),
            Overload::new(&[BOOL], STRING),
            Overload::new(&[BYTES], STRING),
            Overload::new(&[DOUBLE], STRING),
            Overload::new(&[DURATION], STRING),
            Overload::new(&[INT], STRING),
            Overload::new(&[TIMESTAMP], STRING),
            Overload::new(&[UINT], STRING),
            Overload::new(&[IP], STRING).since(30),
            Overload::new(&[CIDR], STRING).since(30),
        ],
        string,
    ),
    Function::global(
        "bytes",
        &[
            Overload::new(&[BYTES], BYTES),
            Overload::new(&[STRING], BYTES),
        ],
        bytes,
    ),
    Function::global(
        "bool",
        &[Overload::new(&[BOOL], BOOL), Overload::new(&[STRING], BOOL)],
        boolean,
    ),
    Function::global("type", &[Overload::new(&[A], TYPE_OF_A)], type_of),
    Function::global("dyn", &[Overload::new(&[A], DYN)], dynamic),
];

fn int<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let value = match arguments.content(0) {
        Content::Int(value) => value,
        Content::Uint(value) => i64::try_from(value).map_err(|_| too_large("int"))?,
        // As cel-go: the largest and the smallest int are refused too, as doubles cannot tell them from larger ones.
        Content::Double(value) if value > i64::MIN as f64 && value < i64::MAX as f64 => {
            value as i64
        }
        Content::Double(_) => return Err(too_large("int")),
        Content::String(text) => text.parse().map_err(|_| unreadable(text, "int"))?,
        Content::Timestamp(value) => value.seconds(),
        Content::Duration(value) => value.nanoseconds(),
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Int(value))
}

fn uint<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let value = match arguments.content(0) {
        Content::Uint(value) => value,
        Content::Int(value) => u64::try_from(value).map_err(|_| too_large("uint"))?,
        Content::Double(value) if value >= 0.0 && value < u64::MAX as f64 => value as u64,
        Content::Double(_) => return Err(too_large("uint")),
        Content::String(text) if text.starts_with('+') => return Err(unreadable(text, "uint")),
        Content::String(text) => text.parse().map_err(|_| unreadable(text, "uint"))?,
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Uint(value))
}

fn double<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let value = match arguments.content(0) {
        Content::Double(value) => value,
        Content::Int(value) => value as f64,
        Content::Uint(value) => value as f64,
        Content::String(text) => {
            let value = read_double(text).ok_or_else(|| unreadable(text, "double"))?;
            if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
                return Err(too_large("double"));
            }
            value
        }
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Double(value))
}

/// Reads a double as Go `strconv.ParseFloat` does: underscores may stand between digits, and NaN has no sign. One
/// difference: hexadecimal numbers are refused.
fn read_double(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    let well_separated = bytes.iter().enumerate().all(|(place, byte)| {
        *byte != b'_' || (place.checked_sub(1).is_some_and(is_digit) && is_digit(place + 1))
    });
    if !well_separated {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    let has_sign = text.starts_with(['+', '-']);
    (!value.is_nan() || !has_sign).then_some(value)
}

fn string<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(match arguments.content(0) {
        Content::String(_) => return Ok(arguments.value(0)),
        Content::Int(value) => value.to_string(),
        Content::Uint(value) => value.to_string(),
        Content::Double(value) => double_text(value),
        Content::Bool(value) => value.to_string(),
        Content::Timestamp(value) => value.to_string(),
        Content::Duration(value) => value.to_string(),
        Content::Opaque(OpaqueKind::Ip(address)) => address.to_string(),
        Content::Opaque(OpaqueKind::Cidr(cidr)) => cidr.to_string(),
        Content::Bytes(bytes) => std::str::from_utf8(bytes)
            .map_err(|_| Failure::argument("these bytes are not UTF-8 text"))?
            .to_owned(),
        _ => return Err(Failure::overload()),
    }))
}

fn bytes<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::String(text) => Ok(Value::Bytes(text.as_bytes().to_vec().into())),
        Content::Bytes(_) => Ok(arguments.value(0)),
        _ => Err(Failure::overload()),
    }
}

fn boolean<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::Bool(value) => Ok(Value::Bool(value)),
        Content::String("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(Value::Bool(true)),
        Content::String("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(Value::Bool(false)),
        Content::String(text) => Err(unreadable(text, "bool")),
        _ => Err(Failure::overload()),
    }
}

fn type_of<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    arguments
        .value(0)
        .type_of()
        .map(Value::Type)
        .ok_or_else(Failure::overload)
}

fn dynamic<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(arguments.value(0))
}

fn too_large(kind: &str) -> Failure {
    Failure::overflow(format!("this number does not fit type `{kind}`"))
}

fn unreadable(text: &str, kind: &str) -> Failure {
    let shown: String = text.chars().take(40).collect();
    Failure::argument(format!("`{shown}` cannot be read as `{kind}`"))
}
