//! The options of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cel::Release;
use crate::config::Date;

use super::{Console, Exit};

/// Judges Kubernetes objects by one policy set, in Git before they are merged and in the cluster when they are
/// admitted, with the same verdict.
#[derive(Debug, Parser)]
#[command(
    name = "kpolicy",
    version,
    about,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 kpolicy could not do its work.\n\
                  Every option is also an environment variable: --fail-on is KPOLICY_FAIL_ON."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Args {
    /// Parses the process's command line. A variable of the environment that is empty counts as not set, since CI
    /// systems pass inputs that nobody gave as empty variables; one that cannot stand beside what the command line says
    /// gives way to it.
    pub fn of_process() -> Result<Self, clap::Error> {
        let line: Vec<OsString> = std::env::args_os().collect();
        let unset_if_empty = |argument: Arg| {
            let value = argument.get_env().and_then(std::env::var_os);
            if value.is_some_and(|value| value.is_empty()) {
                argument.env(None::<&str>)
            } else {
                argument
            }
        };
        let mut command = with_arguments(Self::command(), &unset_if_empty);
        let bare = with_arguments(Self::command(), &|argument| argument.env(None::<&str>));
        // What is wrong with the line is found when it is read in earnest.
        if let Ok(said) = bare.ignore_errors(true).try_get_matches_from(&line) {
            command = giving_way(command, &said);
        }
        Self::from_arg_matches(&command.try_get_matches_from(line)?)
    }
}

/// A command with each of its arguments changed, and those of its subcommands.
fn with_arguments(command: clap::Command, change: &impl Fn(Arg) -> Arg) -> clap::Command {
    let mut command = command.mut_args(change);
    for inner in command.get_subcommands_mut() {
        *inner = with_arguments(inner.clone(), change);
    }
    command
}

/// A command whose arguments do not come from the environment where they could not stand beside one that was said on the
/// command line.
fn giving_way(command: clap::Command, said: &ArgMatches) -> clap::Command {
    let on_line = |argument: &Arg| {
        said.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let excludes = |one: &Arg, other: &Arg| {
        let mut excluded = command.get_arg_conflicts_with(one).into_iter();
        excluded.any(|known| known.get_id() == other.get_id())
    };
    let is_out = |argument: &Arg| {
        let mut others = command.get_arguments().filter(|other| on_line(other));
        !on_line(argument)
            && others.any(|other| excludes(argument, other) || excludes(other, argument))
    };
    let out = command.get_arguments().filter(|argument| is_out(argument));
    let out: Vec<clap::Id> = out.map(|argument| argument.get_id().clone()).collect();
    let mut command = command;
    for id in out {
        command = command.mut_arg(id, |argument| argument.env(None::<&str>));
    }
    match said.subcommand() {
        Some((name, said)) => command.mut_subcommand(name, |inner| giving_way(inner, said)),
        None => command,
    }
}

/// The subcommands. Each is a variant here and a file with `Arguments` and `run`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge manifests and Kustomize overlays; `-` reads standard input
    #[cfg(feature = "lint")]
    Lint(super::lint::Arguments),
    /// Compile and check policies, Config and exceptions, without judging anything
    Check(super::check::Arguments),
    /// Evaluate one CEL expression and explain the outcome; without one, on a terminal: a prompt
    Eval(super::eval::Arguments),
    /// List the policies, or show one policy's page
    Policies(super::policies::Arguments),
    /// Run the fixtures of policies: what must pass, what must fail, what must be fixed and how
    Test(super::test::Arguments),
    /// Answer the API server: the admission webhook, over TLS
    #[cfg(feature = "serve")]
    Serve(super::serve::Arguments),
    /// Write policies in the formats of others
    Export(super::export::Arguments),
}

impl Command {
    /// Runs it.
    pub(super) fn run(self, console: &mut Console) -> anyhow::Result<Exit> {
        match self {
            #[cfg(feature = "lint")]
            Self::Lint(arguments) => super::lint::run(&arguments, console),
            Self::Check(arguments) => super::check::run(&arguments, console),
            Self::Eval(arguments) => super::eval::run(&arguments, console),
            Self::Policies(arguments) => super::policies::run(&arguments, console),
            Self::Test(arguments) => super::test::run(&arguments, console),
            #[cfg(feature = "serve")]
            Self::Serve(arguments) => super::serve::run(&arguments, console),
            Self::Export(arguments) => super::export::run(&arguments, console),
        }
    }
}

/// Options of every subcommand that reads policies.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct PolicyArguments {
    /// The Config file; without it, `.kpolicy.yaml` in the directory of the first path (without one: the working
    /// directory) or above it
    #[arg(long, env = "KPOLICY_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// More policies: a file or a directory; a policy replaces the built-in one of its name. May be repeated
    #[arg(long, env = "KPOLICY_POLICY", value_name = "PATH")]
    pub(super) policy: Vec<PathBuf>,

    /// The day that exceptions are held against [default: today, UTC]
    #[arg(long, env = "KPOLICY_TODAY", value_name = "YYYY-MM-DD", value_parser = day)]
    pub(super) today: Option<Date>,
}

fn day(text: &str) -> Result<Date, &'static str> {
    Date::parse(text).ok_or("a day is written as 2027-01-31")
}

/// Reads a release of Kubernetes, such as `1.34`.
pub(super) fn release(text: &str) -> Result<Release, String> {
    text.parse()
        .map_err(|error: crate::cel::NoRelease| error.to_string())
}
