//! Exit codes: the same for every subcommand.

use std::process::ExitCode;

/// What the process leaves with. Ordered: of two, the later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing at or above `--fail-on`.
    Clean,
    /// 1: findings.
    Findings,
    /// 2: kpolicy could not do its work: usage, configuration, files, nothing judged.
    Failed,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }

    /// The worse of two: 2 beats 1, 1 beats 0.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_beats_findings_and_findings_beat_nothing() {
        assert_eq!(Exit::Findings.and(Exit::Failed).code(), 2);
        assert_eq!(Exit::Failed.and(Exit::Findings).code(), 2);
        assert_eq!(Exit::Clean.and(Exit::Findings).code(), 1);
        assert_eq!(Exit::Clean.and(Exit::Clean).code(), 0);
    }
}
