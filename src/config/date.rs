//! Days: exceptions end on one.

use std::fmt;

/// A day of the proleptic Gregorian calendar, UTC. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; `None` where that is no day of the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        let date = Self {
            year: text.get(..4)?.parse().ok()?,
            month: text.get(5..7)?.parse().ok()?,
            day: text.get(8..)?.parse().ok()?,
        };
        (1..=date.days_in_month())
            .contains(&date.day)
            .then_some(date)
    }

    /// Days since 1970-01-01, negative before it: for distances between days.
    pub fn day_number(self) -> i64 {
        // Years that begin in March put the leap day last; 400 of them have 146,097 days.
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day so many days later; the last day that can be written where there is none.
    #[must_use]
    pub fn after(self, days: u32) -> Self {
        let last = Self {
            year: 9999,
            month: 12,
            day: 31,
        };
        let number = self.day_number() + i64::from(days);
        if number >= last.day_number() {
            return last;
        }
        // As in `day_number`, backwards.
        let shifted = number + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let found = i16::try_from(year).ok().zip(u8::try_from(month).ok());
        let found = found.zip(u8::try_from(day).ok());
        found.map_or(last, |((year, month), day)| Self { year, month, day })
    }

    /// 0 where there is no such month.
    fn days_in_month(self) -> u8 {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["2027-01-31", "2028-02-29", "2000-02-29", "1970-01-01"] {
            assert_eq!(
                Date::parse(text).map(|date| date.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "2027-02-29",
            "2100-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-1-3",
            "2027-01-31T",
            "31.01.2027",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_later_day_is_the_one_with_the_later_number() {
        let first = Date::parse("1999-12-30").unwrap();
        for days in (0..80_000).step_by(13).chain([1, 2, 59, 60, 61, 366]) {
            let later = first.after(days);
            assert_eq!(later.day_number(), first.day_number() + i64::from(days));
            assert_eq!(Date::parse(&later.to_string()), Some(later));
        }
        assert_eq!(first.after(u32::MAX).to_string(), "9999-12-31");
    }

    #[test]
    fn day_numbers_count_days() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-03-01", 11_017),
            ("2026-11-21", 20_778),
        ] {
            assert_eq!(
                Date::parse(text).map(Date::day_number),
                Some(number),
                "{text}"
            );
        }
    }
}
