//! Timestamps and durations: making them, and asking for their parts.

use super::super::error::Failure;
use super::super::library::time::{self, Field, TimeError};
use super::super::value::{Content, Duration, Timestamp, Type, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("timestamp", (1, 1), Some(Type::Timestamp), timestamp),
    Function::global("duration", (1, 1), Some(Type::Duration), duration),
    Function::method("getFullYear", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::FullYear)
    }),
    Function::method("getMonth", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::Month)
    }),
    Function::method("getDate", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::Date)
    }),
    Function::method("getDayOfMonth", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::DayOfMonth)
    }),
    Function::method("getDayOfWeek", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::DayOfWeek)
    }),
    Function::method("getDayOfYear", (1, 2), Some(Type::Int), |arguments| {
        calendar(arguments, Field::DayOfYear)
    }),
    Function::method("getHours", (1, 2), Some(Type::Int), |arguments| {
        clock(arguments, Field::Hours, time::Duration::hours)
    }),
    Function::method("getMinutes", (1, 2), Some(Type::Int), |arguments| {
        clock(arguments, Field::Minutes, time::Duration::minutes)
    }),
    Function::method("getSeconds", (1, 2), Some(Type::Int), |arguments| {
        clock(arguments, Field::Seconds, time::Duration::seconds)
    }),
    Function::method("getMilliseconds", (1, 2), Some(Type::Int), |arguments| {
        clock(arguments, Field::Milliseconds, time::Duration::milliseconds)
    }),
];

fn timestamp<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    moment(match arguments.content(0) {
        Content::String(text) => time::Timestamp::parse(text),
        Content::Int(seconds) => time::Timestamp::from_seconds(seconds),
        Content::Timestamp(value) => Ok(value),
        _ => return Err(Failure::overload()),
    })
}

fn duration<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    span(match arguments.content(0) {
        Content::String(text) => time::Duration::parse(text),
        Content::Duration(value) => Ok(value),
        _ => return Err(Failure::overload()),
    })
}

/// A field of a timestamp, in UTC or in a zone.
fn calendar<'a>(arguments: &Arguments<'_, 'a>, field: Field) -> Computed<'a> {
    let Content::Timestamp(timestamp) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    let zone = match arguments.len() {
        1 => None,
        _ => Some(arguments.text(1)?),
    };
    timestamp
        .field(field, zone)
        .map(Value::Int)
        .map_err(Failure::argument)
}

/// A field of a timestamp, or the whole of a duration in a unit.
fn clock<'a>(
    arguments: &Arguments<'_, 'a>,
    field: Field,
    whole: impl Fn(time::Duration) -> i64,
) -> Computed<'a> {
    match arguments.content(0) {
        Content::Duration(duration) if arguments.len() == 1 => Ok(Value::Int(whole(duration))),
        _ => calendar(arguments, field),
    }
}

/// A sum or difference of times: `timestamp + duration`, `timestamp - timestamp`, and the like.
pub(in super::super) fn add<'a>(left: Content<'_, '_>, right: Content<'_, '_>) -> Computed<'a> {
    match (left, right) {
        (Content::Duration(left), Content::Duration(right)) => span(left.add(right)),
        (Content::Timestamp(start), Content::Duration(length))
        | (Content::Duration(length), Content::Timestamp(start)) => moment(start.add(length)),
        _ => Err(Failure::overload()),
    }
}

pub(in super::super) fn subtract<'a>(
    left: Content<'_, '_>,
    right: Content<'_, '_>,
) -> Computed<'a> {
    match (left, right) {
        (Content::Duration(left), Content::Duration(right)) => span(left.sub(right)),
        (Content::Timestamp(left), Content::Timestamp(right)) => span(left.since(right)),
        (Content::Timestamp(left), Content::Duration(right)) => moment(left.sub(right)),
        _ => Err(Failure::overload()),
    }
}

/// `-duration`
pub(in super::super) fn negate<'a>(duration: time::Duration) -> Computed<'a> {
    span(duration.negate())
}

fn moment<'a>(value: Result<time::Timestamp, TimeError>) -> Computed<'a> {
    value
        .map(|value| Value::Timestamp(Timestamp(value)))
        .map_err(failure)
}

fn span<'a>(value: Result<time::Duration, TimeError>) -> Computed<'a> {
    value
        .map(|value| Value::Duration(Duration(value)))
        .map_err(failure)
}

fn failure(error: TimeError) -> Failure {
    match error {
        TimeError::TimestampOverflow | TimeError::DurationOverflow => Failure::overflow(error),
        other => Failure::argument(other),
    }
}
