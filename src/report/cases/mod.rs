//! Writing what became of fixtures: one file per format of `kpolicy test`.
//!
//! Start reading at [`CaseResults`].

mod diff;
mod text;

use std::io;

use crate::fixture::CaseOutcome;
use crate::manifest::Problem;
use crate::source::SourceMap;

use super::Style;

/// All that a run of fixtures has to tell.
#[derive(Debug)]
pub struct CaseResults<'a> {
    /// What became of each case, in order.
    pub cases: &'a [CaseOutcome],
    /// What is wrong with the folders, and warnings, in order.
    pub problems: &'a [Problem],
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// How many policies have cases.
    pub policies: usize,
}

impl CaseResults<'_> {
    /// How many cases do not hold.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.holds()).count()
    }

    /// Writes them for people.
    pub fn write_text(&self, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
        text::write(self, style, out)
    }
}
