//! The `kpolicy` binary: parses the command line, runs the subcommand, and leaves with its exit code.

use std::process::ExitCode;

use kpolicy::cli::{Args, Console, Exit, run};

fn main() -> ExitCode {
    let mut console = Console::of_process();
    let exit = match Args::of_process() {
        Ok(args) => run(args, &mut console),
        Err(error) => {
            // Help and version are data; usage errors are not. A closed pipe is no reason to complain.
            let _ = error.print();
            if error.use_stderr() {
                Exit::Failed
            } else {
                Exit::Clean
            }
        }
    };
    exit.into()
}
