//! Where the outcome is written, and in which format. What a program reads is always a whole document of that format,
//! also where no case could be run.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;

use crate::cli::Console;
use crate::manifest::Problem;
use crate::report::Style;
use crate::report::cases::{CaseFormat, CaseResults, Exercise};
use crate::source::SourceMap;

/// The options about output.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// How the outcome is written
    #[arg(long, value_enum, default_value_t = CaseFormat::Text, env = "KPOLICY_TEST_OUTPUT_FORMAT")]
    output_format: CaseFormat,

    /// Write the outcome to this file in that format; people read it on standard output all the same
    #[arg(long, value_name = "FILE", env = "KPOLICY_TEST_OUTPUT_FILE")]
    output_file: Option<PathBuf>,
}

impl Output {
    /// Whether people read standard output.
    fn is_for_people(&self) -> bool {
        self.output_format == CaseFormat::Text || self.output_file.is_some()
    }

    /// Writes the outcome. Where there is no case, people are only told what is wrong; `said` of the last problems have
    /// been told elsewhere.
    pub(super) fn write(
        &self,
        results: &CaseResults<'_>,
        said: usize,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        self.file(results)?;
        let style = console.out_style();
        let out = console.out();
        if !self.is_for_people() {
            results.write(self.output_format, style, out)?;
        } else if results.cases.is_empty() {
            let told = results.problems.len().saturating_sub(said);
            let problems = results.problems.get(..told).unwrap_or_default();
            results.write_problems(problems, style, out)?;
        } else {
            results.write(CaseFormat::Text, style, out)?;
        }
        Ok(())
    }

    /// Tells programs what ended the run before there was an outcome; people have been told.
    pub(super) fn ended(
        &self,
        problems: &[Problem],
        sources: &SourceMap,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        let results = CaseResults {
            cases: &[],
            problems,
            sources,
            masked: &[],
            untested: &[],
            built_in: &[],
            exercise: Exercise::default(),
            took: None,
        };
        self.file(&results)?;
        if !self.is_for_people() {
            results.write(self.output_format, Style::default(), console.out())?;
        }
        Ok(())
    }

    /// Writes the file, if one is asked for.
    fn file(&self, results: &CaseResults<'_>) -> anyhow::Result<()> {
        let Some(path) = &self.output_file else {
            return Ok(());
        };
        let results = CaseResults {
            took: None,
            ..*results
        };
        let cannot = || format!("cannot write `{}`", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(cannot)?);
        results
            .write(self.output_format, Style::default(), &mut file)
            .and_then(|()| file.flush())
            .with_context(cannot)
    }
}
