//! `kpolicy check`: compiles policies, and checks Config and exceptions, without judging anything.

use std::path::PathBuf;

use crate::judge::Judge;
use crate::manifest::{Problem, Severity};
use crate::report;

use super::args::PolicyArguments;
use super::input::{self, Read, Setup};
use super::{Console, Exit};

/// The options of `kpolicy check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files and directories with policies, Config and exceptions [default: the Config of the working directory and
    /// what it names]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    policies: PolicyArguments,
}

/// Checks and reports. What is wrong is what was asked for, so it goes to standard output.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let Read {
        setup,
        mut problems,
        own,
    } = if arguments.paths.is_empty() {
        input::read(&arguments.policies, None)?
    } else {
        input::read_paths(&arguments.policies, &arguments.paths)?
    };
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    // Policies that do not compile are not there, so what names them would seem wrong as well.
    if !problems.iter().any(is_error) {
        problems.extend(between(&setup));
    }
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    problems.dedup();
    let style = console.out_style();
    report::problems(&problems, &setup.sources, style, console.out())?;
    if own == 0 && problems.is_empty() && !arguments.paths.is_empty() {
        console.complain("nothing to check: the paths hold no document of `kpolicy.io`");
        return Ok(Exit::Failed);
    }
    let errors = problems.iter().filter(|problem| is_error(problem)).count();
    writeln!(
        console.out(),
        "checked {own} {} and the built-in policies: {}",
        plural(own, "document", "documents"),
        outcome(errors, problems.len() - errors),
    )?;
    Ok(if errors > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// What is wrong between documents that are right by themselves, in any cluster: names that nothing answers to,
/// parameters that break a policy's schema.
fn between(setup: &Setup) -> Vec<Problem> {
    let clusters = setup
        .config
        .clusters
        .iter()
        .map(|cluster| Some(&*cluster.name));
    let judges = std::iter::once(None).chain(clusters).map(|cluster| {
        Judge::new(
            &setup.policies,
            &setup.config,
            &setup.exceptions,
            cluster,
            setup.today,
        )
    });
    judges.filter_map(Result::err).flatten().collect()
}

fn outcome(errors: usize, warnings: usize) -> String {
    let errors_text = format!("{errors} {}", plural(errors, "error", "errors"));
    let warnings_text = format!("{warnings} {}", plural(warnings, "warning", "warnings"));
    match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, _) => warnings_text,
        (_, 0) => errors_text,
        _ => format!("{errors_text}, {warnings_text}"),
    }
}

fn plural<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}
