//! `kpolicy test`: runs the fixtures of policies.

mod files;

use std::path::PathBuf;

use crate::fixture::{Runner, Suite};
use crate::manifest::{Problem, Severity};
use crate::report::cases::CaseResults;

use super::args::PolicyArguments;
use super::input;
use super::{Console, Exit};

/// The options of `kpolicy test`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folders with policies and their fixtures [default: the working directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    policies: PolicyArguments,

    /// Only the fixtures of these policies. May be repeated
    #[arg(
        long,
        value_name = "POLICY",
        env = "KPOLICY_SELECT",
        value_delimiter = ','
    )]
    select: Vec<String>,

    /// Only the cases whose name (`policy/fail/case`) contains this. May be repeated
    #[arg(long, value_name = "TEXT", env = "KPOLICY_CASE", value_delimiter = ',')]
    case: Vec<String>,
}

/// Runs them and reports.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let here = [PathBuf::from(".")];
    let paths = match arguments.paths.as_slice() {
        [] => &here[..],
        paths => paths,
    };
    let found = files::find(paths)?;
    let start = paths.first().map(PathBuf::as_path);
    let read = input::read_beside(&arguments.policies, start, &found.policies)?;
    let mut setup = read.setup;
    console.problems(&read.problems, &setup.sources)?;
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    if read.problems.iter().any(is_error) {
        return Ok(Exit::Failed);
    }
    let mut problems = Vec::new();
    let mut suites = Vec::new();
    for folder in &found.folders {
        let folder = files::read(folder, &setup.root, &mut setup.sources, &mut problems);
        if arguments.select.is_empty()
            || arguments.select.iter().any(|name| **name == *folder.policy)
        {
            suites.push(Suite::read(&folder, &setup.sources));
        }
    }
    let runner = Runner::new(&setup.policies, &setup.config, &setup.sources, setup.today);
    let mut cases = Vec::new();
    for suite in &mut suites {
        problems.append(&mut suite.problems);
        if setup.policies.get(&suite.policy).is_none() {
            problems.push(Problem::error(
                format!("`{}`: there is no policy `{}`", suite.path, suite.policy),
                None,
            ));
            continue;
        }
        cases.extend(runner.run(suite));
    }
    cases.retain(|case| {
        let id = case.id();
        arguments.case.is_empty() || arguments.case.iter().any(|text| id.contains(text))
    });
    let results = CaseResults {
        cases: &cases,
        problems: &problems,
        sources: &setup.sources,
        policies: suites.len(),
    };
    results.write_text(console.out_style(), console.out())?;
    Ok(if cases.is_empty() {
        console.complain("there is no case: write `tests/<policy>/{pass,fail,fix}/<case>.yaml` beside the policy");
        Exit::Failed
    } else if results.failed() > 0 || problems.iter().any(is_error) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}
