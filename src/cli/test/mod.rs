//! `kpolicy test`: runs the fixtures of policies.

mod exercise;
mod find;
mod output;
mod select;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;

use crate::fixture::{CaseOutcome, Coverage, Mutants, Runner, Suite};
use crate::manifest::secrets::joined;
use crate::manifest::{Problem, Severity};
use crate::policy::Policy;
use crate::report::cases::{CaseFormat, CaseResults};
use crate::source::{SourceMap, Span};

use super::args::PolicyArguments;
use super::input::{self, Setup};
use super::{Console, Exit};

use find::{Found, SuiteFolder};
use output::Output;
use select::Selection;

/// The options of `kpolicy test`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folders with policies and with fixtures, one folder of fixtures, a policy, or a case [default: the working
    /// directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    policies: PolicyArguments,

    /// Only the fixtures of these policies. May be repeated
    #[arg(
        long,
        value_name = "POLICY",
        env = "KPOLICY_TEST_SELECT",
        value_delimiter = ','
    )]
    select: Vec<String>,

    /// Only cases with this in their name, such as `fail/` or `init-container`. May be repeated
    #[arg(
        long,
        value_name = "TEXT",
        env = "KPOLICY_TEST_CASE",
        value_delimiter = ','
    )]
    case: Vec<String>,

    #[command(flatten)]
    exercise: exercise::ExerciseArguments,

    #[command(flatten)]
    output: Output,
}

impl ValueEnum for CaseFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.about()))
    }
}

/// The fixtures of a policy where they lie beside it.
pub(super) fn suite_beside(policy: &Policy, setup: &mut Setup) -> Option<Suite> {
    let (folder, _) = SuiteFolder::beside(policy, setup)?.read(setup, &mut Vec::new());
    Some(Suite::read(&folder, &setup.sources))
}

/// Runs them and reports. Programs are told what ends the run as well.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    attempt(arguments, console).inspect_err(|error| {
        let problem = Problem::error(format!("{error:#}"), None);
        let sources = SourceMap::new();
        // That this cannot be written either is not told: the first error is.
        let _ = arguments.output.ended(&[problem], &sources, console);
    })
}

fn attempt(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let here = [PathBuf::from(".")];
    let paths = match arguments.paths.as_slice() {
        [] => &here[..],
        paths => paths,
    };
    let mut found = find::find(paths)?;
    let first = paths.first().map(PathBuf::as_path);
    let read = input::read_for_tests(&arguments.policies, first, &found.policies)?;
    let mut setup = read.setup;
    console.problems(&read.problems, &setup.sources)?;
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    if read.problems.iter().any(is_error) {
        let output = &arguments.output;
        output.ended(&read.problems, &setup.sources, console)?;
        return Ok(Exit::Failed);
    }
    let selection = Selection::new(&arguments.select, &arguments.case, &setup.policies)?;
    let mut run = Run::default();
    run.read(&mut found, &selection, &mut setup);
    run.cases(arguments.exercise.wants_mutants(), &setup);
    let is_whole = selection.is_everything() && !found.is_part;
    let untested = if is_whole {
        run.untested(&setup)
    } else {
        Vec::new()
    };
    let built_in = run.built_in(&setup);
    // What some of the cases show says nothing of the policy, unless somebody asks.
    let is_part = !arguments.case.is_empty() || found.suites.iter().any(SuiteFolder::is_part);
    if is_part && !arguments.exercise.wants_coverage() {
        run.coverage.clear();
    }
    let is_empty = run.cases.is_empty();
    if is_empty {
        let nothing = nothing(paths, &setup, &found, &selection);
        let help = nothing.help.as_deref().unwrap_or_default();
        console.complain(&format!("{}\n{help}", nothing.message));
        run.problems.push(nothing);
    }
    let took = std::io::stdout().is_terminal().then(|| start.elapsed());
    let results = CaseResults {
        cases: &run.cases,
        problems: &run.problems,
        sources: &setup.sources,
        masked: &run.masked,
        untested: &untested,
        built_in: &built_in,
        exercise: arguments.exercise.exercise(&run.coverage, &run.mutants),
        took,
    };
    arguments
        .output
        .write(&results, usize::from(is_empty), console)?;
    Ok(if found.unreadable || is_empty {
        Exit::Failed
    } else if results.is_wrong() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// Why there is no case, and what to do about it. Only a repository is searched for fixtures: what lies around other
/// working directories may be the whole machine.
fn nothing(paths: &[PathBuf], setup: &Setup, found: &Found, selection: &Selection) -> Problem {
    let known: Vec<String> = found.suites.iter().map(SuiteFolder::policy).collect();
    if let Some(policy) = selection.lacking(&known) {
        let place = found.place_for(policy, setup);
        let help = format!(
            "write an object that it must refuse into `{place}/fail/<case>.yaml`, and one that it must let pass into \
             `{place}/pass/<case>.yaml`"
        );
        let message = format!("`{policy}` has no fixtures here");
        return Problem::error(message, None).with_help(help);
    }
    if !selection.is_everything() {
        let message = "no case is left: `--select` and `--case` fit none";
        return Problem::error(message, None)
            .with_help("without them all cases below the given paths run");
    }
    let message = if found.suites.is_empty() {
        "there are no fixtures here"
    } else {
        "the folders of fixtures hold no case that can be run"
    };
    let is_repository = setup.git.is_some();
    let elsewhere = (is_repository && found.suites.is_empty()).then(find::elsewhere);
    let elsewhere = elsewhere.flatten().map(|folder| {
        let all = paths.iter().chain([&folder]);
        let all: Vec<String> = all.map(|path| path.display().to_string()).collect();
        format!(
            "fixtures lie in `{}`: run `kpolicy test {}`",
            folder.display(),
            all.join(" ")
        )
    });
    Problem::error(message, None).with_help(elsewhere.unwrap_or_else(|| {
        "write an object that a policy must refuse into `tests/<policy>/fail/<case>.yaml` beside `<policy>.yaml`, and \
         one that it must let pass into `tests/<policy>/pass/<case>.yaml`; or name the folder that has them"
            .to_owned()
    }))
}

/// What a run gathers.
#[derive(Debug, Default)]
struct Run {
    suites: Vec<Suite>,
    cases: Vec<CaseOutcome>,
    problems: Vec<Problem>,
    masked: Vec<Span>,
    coverage: Vec<Coverage>,
    mutants: Vec<Mutants>,
}

impl Run {
    /// Reads the fixtures of the policies that are asked for.
    fn read(&mut self, found: &mut Found, selection: &Selection, setup: &mut Setup) {
        for trouble in &found.troubles {
            self.problems.push(trouble.problem(setup));
        }
        let names: Vec<String> = setup
            .policies
            .iter()
            .map(|policy| policy.name.to_string())
            .collect();
        self.problems.extend(found.without_cases(&names, setup));
        self.problems.extend(found.unread(setup));
        for suite in &found.suites {
            let name = suite.policy();
            if !selection.wants_policy(&name) || !suite.is_of_its_file(setup) {
                continue;
            }
            if !names.contains(&name) {
                self.problems.push(suite.stranger(&names, setup));
                continue;
            }
            let (folder, unreadable) = suite.read(setup, &mut self.problems);
            found.unreadable |= unreadable;
            let mut read = Suite::read(&folder, &setup.sources);
            self.problems.append(&mut read.problems);
            self.masked.append(&mut read.masked);
            read.cases.retain(|case| {
                let (kind, case) = match case {
                    Ok(case) => (case.kind, &case.name),
                    Err(broken) => (broken.kind, &broken.name),
                };
                suite.wants(kind, case) && selection.wants_case(&name, kind, case)
            });
            // A policy may have fixtures in several folders, and all of them together show what they show of it.
            match self
                .suites
                .iter_mut()
                .find(|known| known.policy == read.policy)
            {
                Some(known) => known.join(read),
                None => self.suites.push(read),
            }
        }
        self.masked = joined(std::mem::take(&mut self.masked));
    }

    /// Runs the cases.
    fn cases(&mut self, wants_mutants: bool, setup: &Setup) {
        let runner = Runner::new(&setup.policies, &setup.config, &setup.sources, setup.today);
        for suite in &self.suites {
            let (cases, coverage) = runner.run_covered(suite);
            self.cases.extend(cases);
            self.coverage.push(coverage);
            if wants_mutants {
                self.mutants.push(runner.mutants(suite));
            }
        }
    }

    /// The policies of files that have no case.
    fn untested(&self, setup: &Setup) -> Vec<String> {
        let policies = setup.policies.iter().filter(|policy| !policy.built_in);
        let mut names: Vec<String> = policies.map(|policy| policy.name.to_string()).collect();
        names.dedup();
        names.retain(|name| self.cases.iter().all(|case| *case.policy != **name));
        names
    }

    /// The policies with cases that no file has.
    fn built_in(&self, setup: &Setup) -> Vec<String> {
        let policies = setup.policies.iter().filter(|policy| policy.built_in);
        let mut names: Vec<String> = policies.map(|policy| policy.name.to_string()).collect();
        names.retain(|name| self.cases.iter().any(|case| *case.policy == **name));
        names
    }
}
