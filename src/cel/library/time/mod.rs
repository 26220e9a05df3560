//! Timestamps and durations of CEL.
//!
//! Upstream: cel-go `common/types/timestamp.go`, `duration.go` and `overflow.go` (June 2026), which stand on Go's `time`.
//! This module owns the two types, their texts and their arithmetic. It reads no clock and no time zone files: the zones
//! come with the program. It must not know CEL values.
//!
//! The types are our own because `jiff::Timestamp` ends a day before CEL does, and `9999-12-31T23:59:59Z` is what people
//! write for "never".

mod calendar;
mod parse;

use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

pub(crate) use calendar::Field;

/// Seconds of `0001-01-01T00:00:00Z` since 1970.
const MIN_SECONDS: i64 = -62_135_596_800;
/// Seconds of `9999-12-31T23:59:59Z` since 1970.
const MAX_SECONDS: i64 = 253_402_300_799;
const NANOS: i64 = 1_000_000_000;

/// Why a text is not a time, or a computation has no result.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum TimeError {
    /// The text is not a duration.
    #[error(
        "a duration is numbers with units h, m, s, ms, us, ns, such as `1h30m` or `90s`, and at most 292 years"
    )]
    Duration,
    /// The text is not a timestamp.
    #[error("a timestamp is written as in RFC 3339, such as `2026-01-02T03:04:05Z`")]
    Timestamp,
    /// The timestamp leaves the years 1 to 9999.
    #[error("timestamp overflow: it must lie in the years 1 to 9999")]
    TimestampOverflow,
    /// The duration leaves 64 bits of nanoseconds.
    #[error("duration overflow: it must be at most 292 years")]
    DurationOverflow,
    /// The zone is neither a name of the IANA database nor an offset.
    #[error(
        "unknown time zone `{0}`: write a name such as `Europe/Berlin` or an offset such as `+01:00`"
    )]
    Zone(String),
}

/// A span of time in nanoseconds, about 292 years to either side (cel-go `Duration`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Duration(i64);

impl Duration {
    #[cfg(test)]
    pub(crate) const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// What `int(duration)` gives.
    pub(crate) const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Reads Go's text of a duration: `1h30m`, `-1.5s`, `0`.
    pub(crate) fn parse(text: &str) -> Result<Self, TimeError> {
        parse::duration(text).map(Self).ok_or(TimeError::Duration)
    }

    pub(crate) fn add(self, other: Self) -> Result<Self, TimeError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(TimeError::DurationOverflow)
    }

    pub(crate) fn sub(self, other: Self) -> Result<Self, TimeError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(TimeError::DurationOverflow)
    }

    pub(crate) fn negate(self) -> Result<Self, TimeError> {
        self.0
            .checked_neg()
            .map(Self)
            .ok_or(TimeError::DurationOverflow)
    }

    /// `getHours`: all hours, without the fraction. As upstream by way of a double, which may round up at huge values.
    pub(crate) fn hours(self) -> i64 {
        self.whole(3600 * NANOS)
    }

    /// `getMinutes`: all minutes.
    pub(crate) fn minutes(self) -> i64 {
        self.whole(60 * NANOS)
    }

    /// `getSeconds`: all seconds.
    pub(crate) fn seconds(self) -> i64 {
        self.whole(NANOS)
    }

    /// `getMilliseconds`: all milliseconds, as cel-go has it. (The specification asks for those of the last second.)
    pub(crate) const fn milliseconds(self) -> i64 {
        self.0 / 1_000_000
    }

    fn whole(self, unit: i64) -> i64 {
        self.in_units(unit) as i64
    }

    fn in_units(self, unit: i64) -> f64 {
        (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64
    }
}

/// Seconds, as `string(duration)` writes them: `5400s`, `0.5s`. By way of a double, so beyond 15 digits not exact.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}s", self.in_units(NANOS))
    }
}

/// A moment in the years 1 to 9999 (cel-go `Timestamp`). It remembers the offset that it was written with for its text;
/// equality and order do not see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp {
    /// Since 1970.
    seconds: i64,
    nanos: u32,
    /// Seconds east of UTC.
    offset: i32,
}

impl Timestamp {
    fn new(seconds: i64, nanos: u32, offset: i32) -> Result<Self, TimeError> {
        if (MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
            Ok(Self {
                seconds,
                nanos,
                offset,
            })
        } else {
            Err(TimeError::TimestampOverflow)
        }
    }

    /// Whether it is Go's zero time, the start of year 1 in UTC.
    pub(crate) const fn is_zero(self) -> bool {
        self.seconds == MIN_SECONDS && self.nanos == 0
    }

    /// What `timestamp(int)` gives: seconds since 1970, in UTC.
    pub(crate) fn from_seconds(seconds: i64) -> Result<Self, TimeError> {
        Self::new(seconds, 0, 0)
    }

    /// What `int(timestamp)` gives: seconds since 1970, rounded down.
    pub(crate) const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Reads a text in RFC 3339, as leniently as Go's `time.Parse`.
    pub(crate) fn parse(text: &str) -> Result<Self, TimeError> {
        let written = parse::timestamp(text).ok_or(TimeError::Timestamp)?;
        let seconds = calendar::seconds(written.year, written.month, written.day);
        let local = seconds + i64::from(written.second_of_day);
        Self::new(
            local - i64::from(written.offset),
            written.nanos,
            written.offset,
        )
    }

    pub(crate) fn add(self, duration: Duration) -> Result<Self, TimeError> {
        self.moved(i128::from(duration.0))
    }

    pub(crate) fn sub(self, duration: Duration) -> Result<Self, TimeError> {
        self.moved(-i128::from(duration.0))
    }

    /// The time from `other` to this.
    pub(crate) fn since(self, other: Self) -> Result<Duration, TimeError> {
        let difference = self.nanoseconds() - other.nanoseconds();
        i64::try_from(difference)
            .map(Duration)
            .map_err(|_| TimeError::DurationOverflow)
    }

    /// A field of the calendar, in UTC or in a zone: a name of the IANA database or `+hh:mm`, `-hh:mm`, `hh:mm`.
    pub(crate) fn field(self, field: Field, zone: Option<&str>) -> Result<i64, TimeError> {
        let offset = match zone {
            None => 0,
            Some(zone) => calendar::offset(zone, self.seconds)
                .ok_or_else(|| TimeError::Zone(zone.chars().take(40).collect()))?,
        };
        Ok(calendar::field(field, self.seconds + offset, self.nanos))
    }

    fn moved(self, nanoseconds: i128) -> Result<Self, TimeError> {
        let moved = self.nanoseconds() + nanoseconds;
        let seconds = moved.div_euclid(i128::from(NANOS));
        let nanos = moved.rem_euclid(i128::from(NANOS)) as u32;
        let seconds = i64::try_from(seconds).map_err(|_| TimeError::TimestampOverflow)?;
        Self::new(seconds, nanos, self.offset)
    }

    fn nanoseconds(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }
}

/// RFC 3339 in the offset that it was written with, with as many digits of a second as it has.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.seconds + i64::from(self.offset);
        let get = |field| calendar::field(field, local, self.nanos);
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            get(Field::FullYear),
            get(Field::Month) + 1,
            get(Field::Date),
            get(Field::Hours),
            get(Field::Minutes),
            get(Field::Seconds)
        )?;
        if self.nanos != 0 {
            let digits = format!("{:09}", self.nanos);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

#[cfg(test)]
mod tests;
