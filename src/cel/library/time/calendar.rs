//! Days and seconds to dates and back, and the offsets of time zones.
//!
//! The calendar is the Gregorian one at all times, as in Go. Days are counted in eras of 400 years that start in March,
//! so that the leap day is the last of its year.

use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;

const DAY: i64 = 86_400;
/// Days of 400 years.
const ERA: i64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const TO_1970: i64 = 719_468;

/// The zones that come with the program; no file of the machine is read.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What the getters of a timestamp ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `getFullYear`.
    FullYear,
    /// `getMonth`, from 0.
    Month,
    /// `getDate`: day of the month, from 1.
    Date,
    /// `getDayOfMonth`, from 0.
    DayOfMonth,
    /// `getDayOfWeek`, from 0 = Sunday.
    DayOfWeek,
    /// `getDayOfYear`, from 0.
    DayOfYear,
    /// `getHours`.
    Hours,
    /// `getMinutes`.
    Minutes,
    /// `getSeconds`.
    Seconds,
    /// `getMilliseconds` of the second.
    Milliseconds,
}

/// The field of a local time, given as seconds since 1970 as if it were UTC.
pub(super) fn field(field: Field, local: i64, nanos: u32) -> i64 {
    let days = local.div_euclid(DAY);
    let second = local.rem_euclid(DAY);
    let (year, month, day) = date(days);
    match field {
        Field::FullYear => year,
        Field::Month => month - 1,
        Field::Date => day,
        Field::DayOfMonth => day - 1,
        // 1 January 1970 was a Thursday.
        Field::DayOfWeek => (days + 4).rem_euclid(7),
        Field::DayOfYear => days - seconds(year, 1, 1) / DAY,
        Field::Hours => second / 3600,
        Field::Minutes => second / 60 % 60,
        Field::Seconds => second % 60,
        Field::Milliseconds => i64::from(nanos / 1_000_000),
    }
}

/// Seconds since 1970 at the start of a day; months and days count from 1.
pub(super) fn seconds(year: i64, month: i64, day: i64) -> i64 {
    // Years and months that start in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (year.div_euclid(400) * ERA + day_of_era - TO_1970) * DAY
}

/// Year, month and day, the last two from 1.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + TO_1970;
    let day_of_era = days.rem_euclid(ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = days.div_euclid(ERA) * 400 + year_of_era;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// Seconds east of UTC in a zone at a moment.
///
/// Upstream: cel-go `timeZone`. A text with a colon is hours and minutes, other texts are names, by exact case as on the
/// file systems that Go reads them from; the empty name is UTC. `Local` is unknown here: a verdict must not depend on
/// the machine.
pub(super) fn offset(zone: &str, seconds: i64) -> Option<i64> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
        if !(-24..=24).contains(&hours) || !(0..60).contains(&minutes) {
            return None;
        }
        let minutes = if zone.starts_with('-') {
            -minutes
        } else {
            minutes
        };
        return Some((hours * 60 + minutes) * 60);
    }
    if zone.is_empty() {
        return Some(0);
    }
    let found = ZONES.get(zone).ok()?;
    if found.iana_name() != Some(zone) {
        return None;
    }
    // The last day of CEL lies behind the last of jiff, where every zone has the offset of the day before.
    let last = jiff::Timestamp::MAX;
    let moment = jiff::Timestamp::from_second(seconds.min(last.as_second())).unwrap_or(last);
    Some(found.to_offset(moment).seconds().into())
}
