//! Asking how well cases exercise the expressions of their policies.

use crate::fixture::{Coverage, Mutants};
use crate::report::cases::{Exercise, Percent};

/// The options about coverage and mutants.
#[derive(Debug, clap::Args)]
pub(super) struct ExerciseArguments {
    /// List what no case shows of the expressions: operands, branches and conditions that are always the same
    #[arg(long)]
    coverage: bool,

    /// Exit with 1 where the cases show less than this share of the expressions
    #[arg(long, value_name = "PERCENT", value_parser = Percent::parse, env = "KPOLICY_MIN_COVERAGE")]
    min_coverage: Option<Percent>,

    /// Change the expressions, one small change at a time, and list the changes that no case notices
    #[arg(long)]
    mutants: bool,

    /// Exit with 1 where the cases notice less than this share of the changes; asks for `--mutants`
    #[arg(long, value_name = "PERCENT", value_parser = Percent::parse, env = "KPOLICY_MIN_MUTANTS")]
    min_mutants: Option<Percent>,
}

impl ExerciseArguments {
    /// Whether coverage was asked for, and not only told along.
    pub(super) const fn wants_coverage(&self) -> bool {
        self.coverage || self.min_coverage.is_some()
    }

    /// Whether mutants are run.
    pub(super) const fn wants_mutants(&self) -> bool {
        self.mutants || self.min_mutants.is_some()
    }

    /// What was asked, with what came of it.
    pub(super) fn exercise<'a>(
        &self,
        coverage: &'a [Coverage],
        mutants: &'a [Mutants],
    ) -> Exercise<'a> {
        Exercise {
            coverage,
            lists_gaps: self.coverage,
            least_coverage: self.min_coverage,
            mutants: self.wants_mutants().then_some(mutants),
            least_mutants: self.min_mutants,
        }
    }
}
