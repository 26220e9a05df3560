//! What cases show of expressions, and which changes of them they notice: the same words for all formats.

use std::io;

use serde_json::{Map, Value, json};

use crate::fixture::{Coverage, Mutants};
use crate::report::safe_line;
use crate::source::{SourceMap, Span};

/// How well the cases exercise the policies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exercise<'a> {
    /// What they show, by policy.
    pub coverage: &'a [Coverage],
    /// Whether what they do not show is listed.
    pub lists_gaps: bool,
    /// The least share that they must show.
    pub least_coverage: Option<Percent>,
    /// Which changes they notice, by policy; `None` where nobody asked.
    pub mutants: Option<&'a [Mutants]>,
    /// The least share that they must notice.
    pub least_mutants: Option<Percent>,
}

/// A share in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// Everything.
    pub const ALL: Self = Self(10_000);

    /// So many of so many, rounded down: all only where it is all. Of nothing it is all.
    pub fn of(part: usize, whole: usize) -> Self {
        let (part, whole) = (part as u64, whole as u64);
        let share = (part * u64::from(Self::ALL.0)).checked_div(whole);
        Self(share.map_or(Self::ALL.0, |share| {
            u32::try_from(share).unwrap_or(u32::MAX)
        }))
    }

    /// Reads `97` or `97.5`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no share from 0 to 100 with up to two decimals");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=2).contains(&decimals.len()) || !is_number(decimals) || !is_number(whole) {
            return Err(wrong());
        }
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let decimals: u32 = format!("{decimals:0<2}").parse().map_err(|_| wrong())?;
        let share = whole
            .checked_mul(100)
            .and_then(|whole| whole.checked_add(decimals));
        share
            .map(Self)
            .filter(|share| *share <= Self::ALL)
            .ok_or_else(wrong)
    }
}

/// As people write it: `97 %`, `97.5 %`.
impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, decimals) = (self.0 / 100, self.0 % 100);
        match decimals {
            0 => write!(f, "{whole} %"),
            tenths if tenths % 10 == 0 => write!(f, "{whole}.{} %", tenths / 10),
            hundredths => write!(f, "{whole}.{hundredths:02} %"),
        }
    }
}

/// One thing that was asked of the cases.
pub(super) struct Asked {
    pub(super) name: &'static str,
    /// The share that was reached.
    pub(super) share: String,
    /// What is missing.
    pub(super) lines: Vec<Line>,
    /// That it is not enough.
    pub(super) shortfall: Option<String>,
}

/// A place as one line says it, and what is said there.
pub(super) type Line = (Option<Span>, String);

impl Exercise<'_> {
    /// How many outcomes were shown, and how many there are.
    fn shown(&self) -> (usize, usize) {
        let all = self.coverage.iter();
        all.fold((0, 0), |(shown, points), one| {
            (shown + one.shown, points + one.points)
        })
    }

    /// How many changes were noticed, how many were made, and how many could not be.
    fn noticed(&self) -> Option<(usize, usize, usize)> {
        let all = self.mutants?.iter();
        Some(all.fold((0, 0, 0), |(caught, made, discarded), one| {
            (
                caught + one.caught,
                made + one.made(),
                discarded + one.discarded,
            )
        }))
    }

    /// Which least shares are not reached.
    pub fn shortfalls(&self) -> Vec<String> {
        [self.coverage_shortfall(), self.mutants_shortfall()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn coverage_shortfall(&self) -> Option<String> {
        let (shown, points) = self.shown();
        shortfall(
            "the coverage",
            Percent::of(shown, points),
            self.least_coverage,
        )
    }

    fn mutants_shortfall(&self) -> Option<String> {
        let (caught, made, _) = self.noticed()?;
        let what = "the share of mutants that a case notices";
        shortfall(what, Percent::of(caught, made), self.least_mutants)
    }

    /// What was asked for, for formats that have no lines beside the cases.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let coverage = (self.lists_gaps || self.least_coverage.is_some()).then(|| Asked {
            name: "coverage",
            share: self.coverage_line().unwrap_or_default(),
            lines: self.gaps(),
            shortfall: self.coverage_shortfall(),
        });
        let mutants = self.mutants_line().map(|share| Asked {
            name: "mutants",
            share,
            lines: self.survivors(),
            shortfall: self.mutants_shortfall(),
        });
        coverage.into_iter().chain(mutants).collect()
    }

    /// What is not shown, where it is listed.
    pub(super) fn gaps(&self) -> Vec<Line> {
        let all = self.coverage.iter().filter(|_| self.lists_gaps);
        let gaps = all.flat_map(|coverage| &coverage.gaps);
        gaps.map(|gap| (gap.span, gap.what.clone())).collect()
    }

    /// The changes that nobody noticed.
    pub(super) fn survivors(&self) -> Vec<Line> {
        let all = self.mutants.unwrap_or_default().iter();
        let survivors = all.flat_map(|mutants| &mutants.survivors);
        let told = |one: &crate::fixture::Survivor| {
            format!("no case notices that in {} {}", one.part, one.change)
        };
        survivors.map(|one| (one.span, told(one))).collect()
    }

    /// The line with the share of what is shown; `None` where there is nothing to show.
    pub(super) fn coverage_line(&self) -> Option<String> {
        let (shown, points) = self.shown();
        (points > 0).then(|| {
            format!(
                "coverage: {} ({shown} of {points})",
                Percent::of(shown, points)
            )
        })
    }

    /// The line with the share of what is noticed.
    pub(super) fn mutants_line(&self) -> Option<String> {
        let (caught, made, discarded) = self.noticed()?;
        let share = Percent::of(caught, made);
        let left_out = match discarded {
            0 => String::new(),
            _ => format!("; {discarded} more do not compile"),
        };
        Some(format!(
            "mutants: {share} noticed ({caught} of {made}{left_out})"
        ))
    }

    /// The shares of each policy, where several are listed.
    pub(super) fn by_policy(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.lists_gaps && self.coverage.len() > 1 {
            lines.extend(self.coverage.iter().map(|one| {
                let share = Percent::of(one.shown, one.points);
                let (shown, points) = (one.shown, one.points);
                format!("coverage of {}: {share} ({shown} of {points})", one.policy)
            }));
        }
        let mutants = self.mutants.filter(|all| all.len() > 1).unwrap_or_default();
        lines.extend(mutants.iter().map(|one| {
            let share = Percent::of(one.caught, one.made());
            let (caught, made) = (one.caught, one.made());
            format!(
                "mutants of {}: {share} noticed ({caught} of {made})",
                one.policy
            )
        }));
        lines
    }

    /// What `text` says before its last lines.
    pub(super) fn write(&self, sources: &SourceMap, out: &mut dyn io::Write) -> io::Result<()> {
        for (span, what) in self.gaps().into_iter().chain(self.survivors()) {
            writeln!(out, "{}", safe_line(&at(span, &what, sources)))?;
        }
        for line in self.by_policy() {
            writeln!(out, "{}", safe_line(&line))?;
        }
        for line in self.coverage_line().into_iter().chain(self.mutants_line()) {
            writeln!(out, "{line}")?;
        }
        for shortfall in self.shortfalls() {
            writeln!(out, "error: {shortfall}")?;
        }
        Ok(())
    }

    /// What `json` says of coverage.
    pub(super) fn coverage_value(
        &self,
        place: &dyn Fn(Option<Span>) -> Map<String, Value>,
    ) -> Value {
        let (shown, points) = self.shown();
        let policies = self.coverage.iter().map(|one| {
            let gaps = one
                .gaps
                .iter()
                .map(|gap| placed("what", &gap.what, gap.span, place));
            json!({
                "policy": &*one.policy,
                "shown": one.shown,
                "points": one.points,
                "gaps": gaps.collect::<Vec<_>>(),
            })
        });
        json!({"shown": shown, "points": points, "policies": policies.collect::<Vec<_>>()})
    }

    /// What `json` says of mutants; null where nobody asked.
    pub(super) fn mutants_value(
        &self,
        place: &dyn Fn(Option<Span>) -> Map<String, Value>,
    ) -> Value {
        let Some((caught, made, discarded)) = self.noticed() else {
            return Value::Null;
        };
        let policies = self.mutants.unwrap_or_default().iter().map(|one| {
            let survivors = one.survivors.iter().map(|survivor| {
                let mut value = placed("change", &survivor.change, survivor.span, place);
                value["expression"] = json!(survivor.part);
                value
            });
            json!({
                "policy": &*one.policy,
                "noticed": one.caught,
                "made": one.made(),
                "survivors": survivors.collect::<Vec<_>>(),
            })
        });
        json!({
            "noticed": caught,
            "made": made,
            "discarded": discarded,
            "policies": policies.collect::<Vec<_>>(),
        })
    }
}

fn shortfall(what: &str, share: Percent, least: Option<Percent>) -> Option<String> {
    let least = least.filter(|least| share < *least)?;
    Some(format!(
        "{what} is {share}, and at least {least} is asked for"
    ))
}

fn placed(
    key: &str,
    text: &str,
    span: Option<Span>,
    place: &dyn Fn(Option<Span>) -> Map<String, Value>,
) -> Value {
    let mut value = Map::new();
    value.insert(key.to_owned(), json!(text));
    value.extend(place(span));
    Value::Object(value)
}

/// `policies/x.yaml:44:17: ...`
pub(super) fn at(span: Option<Span>, what: &str, sources: &SourceMap) -> String {
    let place = span.and_then(|span| {
        let source = sources.get(span.source)?;
        let at = source.line_column(span.start);
        Some(format!("{}:{}:{}: ", source.name(), at.line, at.column))
    });
    format!("{}{what}", place.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_all_only_where_it_is_all() {
        for (part, whole, shown) in [
            (0, 0, "100 %"),
            (0, 7, "0 %"),
            (1, 3, "33.33 %"),
            (1, 2, "50 %"),
            (9, 8, "112.5 %"),
            (99_999, 100_000, "99.99 %"),
            (100_000, 100_000, "100 %"),
        ] {
            assert_eq!(Percent::of(part, whole).to_string(), shown);
        }
    }

    #[test]
    fn a_least_share_is_a_number_up_to_a_hundred() {
        for (text, share) in [
            ("0", Some(0)),
            ("97", Some(9_700)),
            ("97.5", Some(9_750)),
            ("99.05", Some(9_905)),
            ("100", Some(10_000)),
            ("100.01", None),
            ("97.", None),
            ("1.234", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("all", None),
            ("99999999999", None),
        ] {
            assert_eq!(
                Percent::parse(text).ok().map(|share| share.0),
                share,
                "{text}"
            );
        }
    }
}
