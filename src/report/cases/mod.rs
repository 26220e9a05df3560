//! Writing what became of fixtures: one file per format of `kpolicy test`.
//!
//! Start reading at [`CaseResults`]; [`CaseFormat`] lists the formats.

mod diff;
mod exercise;
mod json;
mod junit;
mod text;
mod told;
mod yaml;

use std::io;
use std::time::Duration;

use crate::fixture::CaseOutcome;
use crate::manifest::{Problem, Severity};
use crate::source::{SourceMap, Span};

use super::Style;

pub use exercise::{Exercise, Percent};

/// All that a run of fixtures has to tell.
#[derive(Debug)]
pub struct CaseResults<'a> {
    /// What became of each case, in order.
    pub cases: &'a [CaseOutcome],
    /// What is wrong with the folders, in order.
    pub problems: &'a [Problem],
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// Parts of sources that are never shown, such as the values of Secrets; in order, not overlapping.
    pub masked: &'a [Span],
    /// Policies of files that have no case.
    pub untested: &'a [String],
    /// Policies whose cases ran against what ships with kpolicy, since no file has them.
    pub built_in: &'a [String],
    /// How well the cases exercise their policies.
    pub exercise: Exercise<'a>,
    /// How long it took; `None` where the output must be the same every time.
    pub took: Option<Duration>,
}

/// The output formats of `kpolicy test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseFormat {
    /// For people: what does not hold, and the figures.
    Text,
    /// For programs.
    Json,
    /// For CI systems.
    Junit,
}

impl CaseFormat {
    /// All formats, in the order of `--help`.
    pub const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Junit];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
        }
    }

    /// What it is for, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Text => "What does not hold, with its places, and the figures",
            Self::Json => "For programs: version 1 of the JSON output",
            Self::Junit => "JUnit XML, which CI systems read",
        }
    }
}

impl CaseResults<'_> {
    /// How many cases do not hold.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.holds()).count()
    }

    /// Whether there is anything that is not as it should be.
    pub fn is_wrong(&self) -> bool {
        self.failed() > 0 || self.errors() > 0 || !self.exercise.shortfalls().is_empty()
    }

    /// How many errors there are in the folders.
    fn errors(&self) -> usize {
        let problems = self.problems.iter();
        problems
            .filter(|problem| problem.severity == Severity::Error)
            .count()
    }

    /// How many policies have cases.
    fn policies(&self) -> usize {
        let mut names: Vec<&str> = self.cases.iter().map(|case| &*case.policy).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// Writes some of the problems alone, for people.
    pub fn write_problems(
        &self,
        problems: &[Problem],
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        super::full::problems_masked(problems, (self.sources, self.masked), style, out)
    }

    /// Writes everything, in the order given.
    pub fn write(
        &self,
        format: CaseFormat,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        match format {
            CaseFormat::Text => text::write(self, style, out),
            CaseFormat::Json => json::write(self, out),
            CaseFormat::Junit => junit::write(self, out),
        }
    }
}
