//! The command line: one file for each subcommand, and what they share.
//!
//! This module owns options, exit codes and the streams of the process; it is the only one that names clap and
//! anyhow, and nothing imports it but `main`. What a subcommand does belongs to the module it calls.
//!
//! A new subcommand is a variant of [`Command`](args::Command) and a file with `Arguments` and `run`.

mod args;
mod check;
mod console;
mod costs;
mod eval;
mod exit;
mod export;
mod input;
#[cfg(feature = "lint")]
mod lint;
mod own_examples;
mod policies;
#[cfg(feature = "serve")]
mod policy_files;
mod reader;
#[cfg(feature = "serve")]
mod reload;
mod schemas;
#[cfg(feature = "serve")]
mod serve;
mod suites;
mod test;
#[cfg(feature = "cluster")]
mod watching;

pub use args::Args;
pub use console::Console;
pub use exit::Exit;

/// Runs the subcommand. An error that it returns is told on standard error and gives [`Exit::Failed`].
pub fn run(args: Args, console: &mut Console) -> Exit {
    let outcome = args.command.run(console);
    let flushed = console.out().flush();
    match outcome.and_then(|exit| flushed.map(|()| exit).map_err(anyhow::Error::from)) {
        Ok(exit) => exit,
        Err(error) => {
            console.complain(&format!("{error:#}"));
            Exit::Failed
        }
    }
}
