//! Timestamps and durations: texts, fields, arithmetic and their limits.

use proptest::prelude::*;

use super::{Duration, Field, TimeError, Timestamp};

fn duration(text: &str) -> Duration {
    Duration::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn timestamp(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn durations_are_read_as_go_reads_them_and_written_in_seconds() {
    let cases: &[(&str, &str)] = &[
        ("3600s", "3600s"),
        ("1.5h", "5400s"),
        ("1h30m", "5400s"),
        ("-1h1.5s", "-3601.5s"),
        ("+5s", "5s"),
        ("0", "0s"),
        ("-0", "0s"),
        (".5s", "0.5s"),
        ("1.s", "1s"),
        ("1us1ms1s1m1h", "3661.001001s"),
        ("1\u{b5}s", "0.000001s"),
        ("1\u{3bc}s", "0.000001s"),
        ("0.830103483285477580700h", "2988.372539827s"),
        ("9223372036854775807ns", "9223372036.854776s"),
        ("-9223372036854775808ns", "-9223372036.854776s"),
        ("2562047h47m16.854775807s", "9223372036.854776s"),
    ];
    for (text, expected) in cases {
        assert_eq!(duration(text).to_string(), *expected, "{text}");
    }
    for text in [
        "",
        "-",
        "1",
        "s",
        ".s",
        "1d",
        "--5s",
        "1 s",
        "1e3s",
        "1S",
        " 1s",
        "1s ",
        "\u{661}s",
        "9223372036854775808ns",
        "320000000000s",
        "-320000000000s",
        "2562047h47m16.854775808s",
        "99999999999999999999h",
    ] {
        assert_eq!(Duration::parse(text), Err(TimeError::Duration), "{text}");
    }
}

#[test]
fn timestamps_are_read_and_written_in_their_own_offset() {
    let cases: &[(&str, &str, i64)] = &[
        (
            "2009-02-13T23:31:30Z",
            "2009-02-13T23:31:30Z",
            1_234_567_890,
        ),
        (
            "2009-02-13T23:31:30+02:00",
            "2009-02-13T23:31:30+02:00",
            1_234_560_690,
        ),
        (
            "2009-02-13T23:31:30-00:30",
            "2009-02-13T23:31:30-00:30",
            1_234_569_690,
        ),
        (
            "2009-02-13T23:31:30+00:00",
            "2009-02-13T23:31:30Z",
            1_234_567_890,
        ),
        ("2009-02-13T3:31:30Z", "2009-02-13T03:31:30Z", 1_234_495_890),
        (
            "2009-02-13T23:31:30,50Z",
            "2009-02-13T23:31:30.5Z",
            1_234_567_890,
        ),
        (
            "2009-02-13T23:31:30.1234567891234Z",
            "2009-02-13T23:31:30.123456789Z",
            1_234_567_890,
        ),
        (
            "2009-02-13T23:31:30+02:60",
            "2009-02-13T23:31:30+03:00",
            1_234_557_090,
        ),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", -1),
        (
            "2024-02-29T00:00:00Z",
            "2024-02-29T00:00:00Z",
            1_709_164_800,
        ),
        (
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            -62_135_596_800,
        ),
        (
            "9999-12-31T23:59:59.999999999Z",
            "9999-12-31T23:59:59.999999999Z",
            253_402_300_799,
        ),
    ];
    for (text, expected, seconds) in cases {
        assert_eq!(timestamp(text).to_string(), *expected, "{text}");
        assert_eq!(timestamp(text).seconds(), *seconds, "{text}");
    }
    for text in [
        "",
        "2009-02-13",
        "2009-02-13T23:31:30",
        "2009-02-13t23:31:30z",
        "2009-02-13 23:31:30Z",
        "2009-2-13T23:31:30Z",
        "2009-02-13T23:31:30.Z",
        "2009-02-30T23:31:30Z",
        "2009-02-00T23:31:30Z",
        "2009-13-01T23:31:30Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2009-02-13T24:00:00Z",
        "2009-02-13T23:60:00Z",
        "2009-02-13T23:59:60Z",
        "2009-02-13T23:31:30+25:00",
        "2009-02-13T23:31:30+02",
        "2009-02-13T23:31:30+0200",
        "2009-02-13T23:31:30Z ",
        "+009-02-13T23:31:30Z",
        "10000-01-01T00:00:00Z",
        "1234567890",
        "2009-02-13T123:31:30Z",
        "\u{661}009-02-13T23:31:30Z",
    ] {
        assert_eq!(Timestamp::parse(text), Err(TimeError::Timestamp), "{text}");
    }
    for text in [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:30:00+01:00",
        "9999-12-31T23:30:00-01:00",
    ] {
        assert_eq!(
            Timestamp::parse(text),
            Err(TimeError::TimestampOverflow),
            "{text}"
        );
    }
    assert_eq!(
        timestamp("2009-02-13T23:31:30Z"),
        timestamp("2009-02-14T01:31:30+02:00")
    );
    assert_eq!(
        Timestamp::from_seconds(1_234_567_890),
        Ok(timestamp("2009-02-13T23:31:30Z"))
    );
    assert_eq!(
        Timestamp::from_seconds(-62_135_596_801),
        Err(TimeError::TimestampOverflow)
    );
    assert_eq!(
        Timestamp::from_seconds(253_402_300_800),
        Err(TimeError::TimestampOverflow)
    );
}

#[test]
fn fields_are_those_of_the_zone_or_of_utc() {
    use Field as F;
    let cases: &[(&str, Field, Option<&str>, i64)] = &[
        ("2009-02-13T23:31:30+02:00", F::Hours, None, 21),
        ("2009-02-13T23:31:30Z", F::Date, None, 13),
        ("2009-02-13T23:31:30Z", F::DayOfMonth, None, 12),
        ("2009-02-13T23:31:30Z", F::DayOfWeek, None, 5),
        ("2009-02-13T23:31:30Z", F::DayOfYear, None, 43),
        ("2024-12-31T00:00:00Z", F::DayOfYear, None, 365),
        ("2009-02-13T23:31:30Z", F::FullYear, None, 2009),
        ("2009-02-13T23:31:30Z", F::Month, None, 1),
        ("2009-02-13T23:31:20.123456789Z", F::Milliseconds, None, 123),
        (
            "2009-02-13T23:31:30Z",
            F::Date,
            Some("Australia/Sydney"),
            14,
        ),
        (
            "2009-02-13T23:31:30Z",
            F::DayOfMonth,
            Some("US/Central"),
            12,
        ),
        ("2009-02-13T02:00:00Z", F::DayOfMonth, Some("-02:30"), 11),
        ("2009-02-13T23:31:30Z", F::Hours, Some("02:00"), 1),
        ("2009-02-13T23:31:30Z", F::Hours, Some("-00:30"), 23),
        ("2009-02-13T23:31:30Z", F::Minutes, Some("-00:30"), 1),
        (
            "2009-02-13T23:31:30Z",
            F::Minutes,
            Some("Asia/Kathmandu"),
            16,
        ),
        ("2009-02-13T23:31:30Z", F::Seconds, Some("-00:00"), 30),
        ("2009-02-13T23:31:30Z", F::Hours, Some("UTC"), 23),
        ("2009-02-13T23:31:30Z", F::Hours, Some(""), 23),
        ("2009-02-13T23:31:30Z", F::Hours, Some("EST"), 18),
        ("0001-01-01T00:00:00Z", F::FullYear, Some("-14:00"), 0),
        (
            "0001-01-01T00:00:00Z",
            F::Hours,
            Some("America/New_York"),
            19,
        ),
        (
            "9999-07-01T00:00:00Z",
            F::Hours,
            Some("America/New_York"),
            20,
        ),
        (
            "9999-12-31T23:31:30Z",
            F::FullYear,
            Some("Asia/Tokyo"),
            10_000,
        ),
    ];
    for &(text, field, zone, expected) in cases {
        assert_eq!(
            timestamp(text).field(field, zone),
            Ok(expected),
            "{text} {field:?} {zone:?}"
        );
    }
    for zone in [
        "utc",
        "europe/berlin",
        "Local",
        "Nowhere",
        "../x",
        ":30",
        "+01:60",
        "+01:-1",
        "+01:00:00",
        "+99:00",
        "+:",
    ] {
        let got = timestamp("2009-02-13T23:31:30Z").field(F::Hours, Some(zone));
        assert_eq!(got, Err(TimeError::Zone(zone.to_owned())), "{zone}");
    }
}

#[test]
fn duration_fields_are_totals() {
    let long = duration("1h1m1.5s");
    assert_eq!(
        (
            long.hours(),
            long.minutes(),
            long.seconds(),
            long.milliseconds()
        ),
        (1, 61, 3661, 3_661_500)
    );
    let back = duration("-90m");
    assert_eq!(
        (back.hours(), back.minutes(), back.nanoseconds()),
        (-1, -90, -5_400_000_000_000)
    );
    // By way of a double, as upstream.
    assert_eq!(duration("2562046h59m59.999999999s").hours(), 2_562_047);
}

#[test]
fn arithmetic_stays_in_range_or_is_an_error() {
    let first = timestamp("0001-01-01T00:00:00Z");
    let last = timestamp("9999-12-31T23:59:59.999999999Z");
    let nano = Duration::from_nanoseconds(1);
    assert_eq!(last.add(nano), Err(TimeError::TimestampOverflow));
    assert_eq!(first.sub(nano), Err(TimeError::TimestampOverflow));
    assert_eq!(
        first.add(Duration::from_nanoseconds(-1)),
        Err(TimeError::TimestampOverflow)
    );
    assert_eq!(last.since(first), Err(TimeError::DurationOverflow));
    assert_eq!(first.since(last), Err(TimeError::DurationOverflow));
    assert_eq!(
        timestamp("0001-01-01T00:00:01.000000001Z").add(duration("-999999999ns")),
        Ok(timestamp("0001-01-01T00:00:00.000000002Z"))
    );
    let here = timestamp("2009-02-13T23:31:30+02:00");
    assert_eq!(
        here.add(duration("1h"))
            .map(|moved| moved.to_string())
            .as_deref(),
        Ok("2009-02-14T00:31:30+02:00")
    );
    assert_eq!(
        here.since(timestamp("2009-02-13T21:29:30Z")),
        Ok(duration("120s"))
    );
    assert_eq!(duration("900s").sub(duration("42s")), Ok(duration("858s")));
    assert_eq!(duration("600s").add(duration("50s")), Ok(duration("650s")));
    let most = Duration::from_nanoseconds(i64::MAX);
    let lowest = Duration::from_nanoseconds(i64::MIN);
    assert_eq!(most.add(nano), Err(TimeError::DurationOverflow));
    assert_eq!(lowest.sub(nano), Err(TimeError::DurationOverflow));
    assert_eq!(lowest.negate(), Err(TimeError::DurationOverflow));
    assert_eq!(
        first.sub(lowest).map(|moved| moved.to_string()).as_deref(),
        Ok("0293-04-11T23:47:16.854775808Z")
    );
    assert!(first < last && duration("1s") < duration("1m"));
}

proptest! {
    #[test]
    fn every_moment_is_read_back_from_its_text(seconds in -62_135_596_800_i64..=253_402_300_799, nanos in 0_i64..1_000_000_000) {
        let moment = Timestamp::from_seconds(seconds).unwrap();
        let moment = moment.add(Duration::from_nanoseconds(nanos)).unwrap();
        prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[-+0-9TZ:.,hmsun\u{b5}]{0,40}", other in any::<String>()) {
        let _ = (Duration::parse(&text), Timestamp::parse(&text), Duration::parse(&other), Timestamp::parse(&other));
        let _ = timestamp("2009-02-13T23:31:30Z").field(Field::Hours, Some(&other));
    }
}
