//! Timestamps and durations: making them, and asking for their parts.

use super::super::error::Failure;
use super::super::library::time::{self, Field, TimeError};
use super::super::types::Overload;
use super::super::types::sorts::{DURATION, INT, STRING, TIMESTAMP};
use super::super::value::{Content, Duration, Timestamp, Value};
use super::{Arguments, Computed, Function};

/// A part of a date, in UTC or in a zone.
const CALENDAR: &[Overload] = &[
    Overload::new(&[TIMESTAMP], INT),
    Overload::new(&[TIMESTAMP, STRING], INT),
];

/// A part of a time of day, or of a span of time.
const CLOCK: &[Overload] = &[
    Overload::new(&[TIMESTAMP], INT),
    Overload::new(&[TIMESTAMP, STRING], INT),
    Overload::new(&[DURATION], INT),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "timestamp",
        &[
            Overload::new(&[TIMESTAMP], TIMESTAMP),
            Overload::new(&[INT], TIMESTAMP),
            Overload::new(&[STRING], TIMESTAMP),
        ],
        timestamp,
    ),
    Function::global(
        "duration",
        &[
            Overload::new(&[DURATION], DURATION),
            Overload::new(&[STRING], DURATION),
        ],
        duration,
    ),
    Function::method("getFullYear", CALENDAR, |arguments| {
        calendar(arguments, Field::FullYear)
    }),
    Function::method("getMonth", CALENDAR, |arguments| {
        calendar(arguments, Field::Month)
    }),
    Function::method("getDate", CALENDAR, |arguments| {
        calendar(arguments, Field::Date)
    }),
    Function::method("getDayOfMonth", CALENDAR, |arguments| {
        calendar(arguments, Field::DayOfMonth)
    }),
    Function::method("getDayOfWeek", CALENDAR, |arguments| {
        calendar(arguments, Field::DayOfWeek)
    }),
    Function::method("getDayOfYear", CALENDAR, |arguments| {
        calendar(arguments, Field::DayOfYear)
    }),
    Function::method("getHours", CLOCK, |arguments| {
        clock(arguments, Field::Hours, time::Duration::hours)
    }),
    Function::method("getMinutes", CLOCK, |arguments| {
        clock(arguments, Field::Minutes, time::Duration::minutes)
    }),
    Function::method("getSeconds", CLOCK, |arguments| {
        clock(arguments, Field::Seconds, time::Duration::seconds)
    }),
    Function::method("getMilliseconds", CLOCK, |arguments| {
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
