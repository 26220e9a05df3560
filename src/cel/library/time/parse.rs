//! Reads durations and timestamps as Go's `time` package does.

/// A date and time as written.
pub(super) struct Written {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    pub(super) second_of_day: u32,
    pub(super) nanos: u32,
    /// Seconds east of UTC.
    pub(super) offset: i32,
}

/// The units of a duration in nanoseconds; longer names first where one begins another.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The size of the smallest `i64`.
const LIMIT: u64 = 1 << 63;

/// Nanoseconds of a text such as `-1h1.5s`.
///
/// Upstream: Go `time.ParseDuration`. A fraction is multiplied as a double, so its last nanosecond may be off as it is
/// there.
pub(super) fn duration(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        // The unit ends where the next number begins.
        let end = after
            .find(|next: char| next == '.' || next.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let unit = UNITS.iter().find(|(known, _)| *known == name)?.1;
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let mut part = whole.checked_mul(unit).filter(|part| *part <= LIMIT)?;
        let (value, scale) = leading_fraction(fraction);
        if value > 0 {
            part += (value as f64 * (unit as f64 / scale)) as u64;
        }
        total = total.checked_add(part).filter(|total| *total <= LIMIT)?;
        rest = after;
    }
    if negative {
        0_i64.checked_sub_unsigned(total)
    } else {
        i64::try_from(total).ok()
    }
}

/// The digits behind a point as a number and the power of ten it is to be divided by; digits that no longer fit are
/// dropped.
fn leading_fraction(fraction: &str) -> (u64, f64) {
    let mut value: u64 = 0;
    let mut scale = 1.0;
    for digit in fraction.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale)
}

/// A date and time in RFC 3339.
///
/// Upstream: Go `time.Parse` with the layout `time.RFC3339`: the hour may have one digit, the fraction may stand behind a
/// comma and is cut to nanoseconds, an offset may be up to 24 hours and 60 minutes; there are no leap seconds.
pub(super) fn timestamp(text: &str) -> Option<Written> {
    let (year, rest) = fixed(text, 4)?;
    let (month, rest) = fixed(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = fixed(rest.strip_prefix('-')?, 2)?;
    let rest = rest.strip_prefix('T')?;
    let (hour, rest) = match rest.find(':')? {
        1 => fixed(rest, 1)?,
        _ => fixed(rest, 2)?,
    };
    let (minute, rest) = fixed(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = fixed(rest.strip_prefix(':')?, 2)?;
    let (nanos, rest) = match rest.strip_prefix(['.', ',']).map(digits) {
        Some(("", _)) => return None,
        Some((fraction, rest)) => (nanoseconds(fraction)?, rest),
        None => (0, rest),
    };
    let offset = if rest == "Z" { 0 } else { offset(rest)? };
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    in_range.then(|| Written {
        year: year.into(),
        month: month.into(),
        day: day.into(),
        second_of_day: (hour * 60 + minute) * 60 + second,
        nanos,
        offset,
    })
}

/// `+hh:mm` or `-hh:mm` in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = fixed(text.get(1..)?, 2)?;
    let (minutes, rest) = fixed(rest.strip_prefix(':')?, 2)?;
    let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
    (rest.is_empty() && hours <= 24 && minutes <= 60).then_some(sign * seconds)
}

/// A number of exactly so many digits, and what follows.
fn fixed(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| number.parse().ok())
        .flatten()
        .map(|number| (number, rest))
}

/// The first nine digits of a fraction as nanoseconds.
fn nanoseconds(fraction: &str) -> Option<u32> {
    let digits = fraction.get(..9).unwrap_or(fraction);
    format!("{digits:0<9}").parse().ok()
}

fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|next: char| !next.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}
