//! Until when an answer is wanted: the API server's own timeout, less the time the answer needs to travel.

use std::time::{Duration, Instant};

/// The longest timeout a webhook may have.
const LONGEST: Duration = Duration::from_secs(30);

/// How long judging may take: what `?timeout=` of the request says, or `default` where it says nothing usable,
/// less a tenth (at least 20 ms, at most 500 ms).
pub(super) fn budget(query: Option<&str>, default: Duration) -> Duration {
    let asked = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("timeout="))
        .and_then(parse_duration)
        .filter(|timeout| !timeout.is_zero())
        .map_or(default, |timeout| timeout.min(LONGEST));
    let margin = (asked / 10).clamp(Duration::from_millis(20), Duration::from_millis(500));
    asked.saturating_sub(margin).max(asked / 2)
}

/// A moment, and whether somebody noticed that it passed.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    noticed: std::sync::atomic::AtomicBool,
}

impl Deadline {
    pub(super) fn new(at: Instant) -> Self {
        Self {
            at,
            noticed: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// The moment at which half of the time that is left will have passed.
    pub(super) fn halfway(&self) -> tokio::time::Instant {
        let now = Instant::now();
        (now + self.at.saturating_duration_since(now) / 2).into()
    }

    /// Whether the moment has passed; work that learns so stops, and its result is no verdict.
    pub(super) fn passed(&self) -> bool {
        let passed = Instant::now() >= self.at;
        if passed {
            self.noticed
                .store(true, std::sync::atomic::Ordering::Relaxed);
        }
        passed
    }

    /// Whether any work was told to stop.
    pub(super) fn stopped_work(&self) -> bool {
        self.noticed.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Reads a duration as Go writes it: `3s`, `1m30s`, `2.5s`, `500ms`. `None` for anything else.
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = 0.0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let (unit, seconds) = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("\u{b5}s", 1e-6),
            ("\u{3bc}s", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ]
        .into_iter()
        .find(|(unit, _)| rest.starts_with(unit))?;
        rest = rest.get(unit.len()..)?;
        total += number * seconds;
    }
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_writes_them() {
        for (text, milliseconds) in [
            ("3s", 3000),
            ("1m30s", 90_000),
            ("2.5s", 2500),
            ("500ms", 500),
            ("1h", 3_600_000),
            ("0", 0),
            ("2.983742s", 2983),
        ] {
            assert_eq!(
                parse_duration(text).map(|duration| duration.as_millis()),
                Some(milliseconds),
                "{text}"
            );
        }
        for text in ["", "3", "s", "-3s", "3 s", "3s!", "1..2s", "3x", "9e9s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn the_budget_leaves_time_for_the_answer() {
        let budget = |query| budget(query, Duration::from_secs(3)).as_millis();
        assert_eq!(budget(None), 2700);
        assert_eq!(budget(Some("timeout=10s")), 9500);
        assert_eq!(budget(Some("a=b&timeout=1s")), 900);
        assert_eq!(budget(Some("timeout=10ms")), 5);
        assert_eq!(budget(Some("timeout=9000h")), 29_500);
        assert_eq!(budget(Some("timeout=nonsense")), 2700);
        assert_eq!(budget(Some("timeout=0s")), 2700);
    }
}
