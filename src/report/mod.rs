//! Writing what a run found: one file per output format, all behind [`Report`].
//!
//! This module owns the formats and nothing else: it decides neither what is a finding nor what the exit code is. It
//! writes to whatever it is given and does no I/O of its own. Text that comes from files is never trusted: it is made
//! safe for terminals and logs, and values of Secrets are masked, source lines included.
//!
//! Start reading at [`Report`]; [`Format`] lists the formats.

pub mod cases;
mod closing;
mod concise;
mod full;
mod github;
mod json;
mod marks;
mod safe_text;
mod silenced;
mod snippet;
mod steps;

use std::io;

use crate::config::Enforcement;
use crate::finding::{Finding, Summary, Unjudged};
use crate::manifest::Problem;
use crate::source::{SourceMap, Span};

pub use full::problems;
pub use marks::{Mark, marks};
pub use safe_text::safe_line;
pub(crate) use steps::{Step, all_of_both, steps};

/// All that a run has to tell.
#[derive(Clone, Copy, Debug)]
pub struct Results<'a> {
    /// The findings, sorted.
    pub findings: &'a [Finding],
    /// The texts that their spans point into.
    pub sources: &'a SourceMap,
    /// What was not judged, sorted.
    pub not_judged: &'a [Unjudged],
    /// The figures.
    pub summary: Summary,
    /// Further facts for the closing lines, each a sentence without a full stop.
    pub remarks: &'a [String],
    /// Parts of sources that are never shown, such as the values of Secrets; in order, not overlapping.
    pub masked: &'a [Span],
    /// Ids that are shown without their second half, because the policy has only one entry.
    pub single: &'a dyn SingleEntry,
}

/// Says which policies have only one entry, so that `acr-only` says as much as `acr-only/registry`.
pub trait SingleEntry: std::fmt::Debug + Sync {
    /// Whether this policy has one validation or mutation at most.
    fn has_single_entry(&self, policy: &str) -> bool;
}

impl SingleEntry for crate::policy::PolicySet {
    fn has_single_entry(&self, policy: &str) -> bool {
        self.get(policy)
            .is_some_and(|policy| policy.validations.len() + policy.mutations.len() <= 1)
    }
}

/// How the output looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether findings that only audit are shown too; they are always counted.
    pub show_audit: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 140,
            show_audit: false,
        }
    }
}

/// An output format.
pub trait Report {
    /// Writes everything, in the order given.
    fn write(&self, results: &Results<'_>, style: Style, out: &mut dyn io::Write)
    -> io::Result<()>;
}

/// The output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The finding with its source lines, for people.
    Full,
    /// One line for each finding, for people and editors.
    Concise,
    /// Version 1 of the JSON output, for programs.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

impl Format {
    /// All formats, in the order of `--help`.
    pub const ALL: [Self; 4] = [Self::Full, Self::Concise, Self::Json, Self::Github];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Github => "github",
        }
    }

    /// What it is for, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Full => "Each finding with its source line",
            Self::Concise => "One line for each finding",
            Self::Json => "For programs: version 1 of the JSON output",
            Self::Github => "Annotations of GitHub Actions",
        }
    }

    /// What writes it.
    pub fn report(self) -> &'static dyn Report {
        match self {
            Self::Full => &full::Full,
            Self::Concise => &concise::Concise,
            Self::Json => &json::Json,
            Self::Github => &github::Github,
        }
    }
}

impl Results<'_> {
    /// The findings that people want to read: none that an exception lifts or a comment silences (the closing lines
    /// list those), and audits only when asked for.
    fn shown(&self, style: Style) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| {
            finding.counts() && (style.show_audit || finding.enforcement > Enforcement::Audit)
        })
    }

    /// The id that people read: the policy where that says it all, else `<policy>/<validation>`.
    fn short_id<'f>(&self, finding: &'f Finding) -> &'f str {
        if self.single.has_single_entry(&finding.policy) || finding.validation.is_empty() {
            &finding.policy
        } else {
            &finding.validation
        }
    }
}

/// The word that stands for an enforcement in front of a finding.
const fn level_word(enforcement: Enforcement) -> &'static str {
    match enforcement {
        Enforcement::Deny => "error",
        Enforcement::Warn => "warning",
        Enforcement::Audit | Enforcement::Disabled => "audit",
    }
}

/// The word that stands for a problem's severity.
const fn problem_word(problem: &Problem) -> &'static str {
    match problem.severity {
        crate::manifest::Severity::Error => "error",
        crate::manifest::Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests;
