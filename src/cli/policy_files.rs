//! The files that `serve` has its policies, Config and exceptions from, looked at again and again.
//!
//! They are read whole each time somebody asks: kubelet replaces a mounted ConfigMap by swapping a link two directories
//! up, which changes neither the name nor, on some file systems, the time of a file.

use crate::manifest::{Problem, Severity};
use crate::office::Files;
use crate::source::SourceMap;

use super::args::PolicyArguments;
use super::input::{self, Asked, Print, Setup};

/// The files, and how they were at the last look.
#[derive(Debug)]
pub(super) struct PolicyFiles {
    arguments: PolicyArguments,
    cluster: Option<String>,
    asked: Asked,
    /// What stood in them; `None` to read them at the next look in any case.
    seen: Option<Print>,
    /// What stood in them at the last look, where that was something new.
    new: Option<Print>,
}

/// What a look at the files found.
pub(super) enum Look {
    /// The files are as they were at the last look.
    Unchanged,
    /// They have changed, and are right in themselves.
    Changed(Box<Files>),
    /// They have changed and cannot be used: the reasons, each with its place.
    Wrong(Vec<String>),
}

impl PolicyFiles {
    /// The files that were asked for by these options and their Config, and what stood in them when they were read.
    pub(super) fn new(
        arguments: &PolicyArguments,
        cluster: Option<&str>,
        (asked, print): (Asked, Print),
    ) -> Self {
        Self {
            arguments: arguments.clone(),
            cluster: cluster.map(str::to_owned),
            asked,
            seen: Some(print),
            new: None,
        }
    }

    /// Looks at the files.
    pub(super) fn look(&mut self) -> Look {
        let before = input::print_of(&self.asked);
        if self.seen == Some(before) {
            self.new = None;
            return Look::Unchanged;
        }
        // Whoever writes a file in place empties it first, and half of it may be right in itself, with fewer policies.
        // What is read must have stood there for a while.
        if self.new.replace(before) != Some(before) {
            return Look::Unchanged;
        }
        let mut asked = Asked::new();
        let read = input::read_watched(&self.arguments, &mut asked);
        let after = input::print_of(&asked);
        // Files may change while they are read: what was read must be what stands there.
        let settled = match &read {
            Ok(read) => read.print == after,
            Err(_) => before == after && asked == self.asked,
        };
        self.asked = asked;
        self.seen = settled.then_some(after);
        if settled {
            self.judge(read)
        } else {
            Look::Unchanged
        }
    }

    fn judge(&self, read: anyhow::Result<input::Read>) -> Look {
        let read = match read {
            Ok(read) => read,
            Err(error) => return Look::Wrong(vec![format!("{error:#}")]),
        };
        let wrong: Vec<_> = read
            .problems
            .into_iter()
            .filter(|problem| problem.severity == Severity::Error)
            .collect();
        if !wrong.is_empty() {
            return Look::Wrong(placed(&wrong, &read.setup.sources));
        }
        let named = input::require_cluster(self.cluster.as_deref(), &read.setup.config);
        match named {
            Ok(()) => Look::Changed(Box::new(files(read.setup))),
            Err(error) => Look::Wrong(vec![error.to_string()]),
        }
    }
}

/// What an office needs of what was read.
pub(super) fn files(setup: Setup) -> Files {
    Files {
        policies: setup.policies,
        config: setup.config,
        exceptions: setup.exceptions,
        sources: setup.sources,
    }
}

/// Problems as lines of a log, each with its place.
pub(super) fn placed(problems: &[Problem], sources: &SourceMap) -> Vec<String> {
    let mut problems: Vec<_> = problems.iter().collect();
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    let line = |problem: &Problem| {
        let place = problem.span.map(|span| sources.place(span));
        problem.line(place.as_deref())
    };
    problems.into_iter().map(line).collect()
}
