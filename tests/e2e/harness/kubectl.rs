//! kubectl, where a person would use it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::control_plane::program;

/// What kubectl said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Output {
    /// What it printed, where it succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }
}

/// Runs kubectl to its end, with `input` on standard input.
pub(super) fn run(kubeconfig: &Path, home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program("kubectl"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        // What it discovers is kept there for the next call.
        .env("HOME", home)
        .env("KUBECONFIG", kubeconfig)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl");
    let mut stdin = child.stdin.take().expect("an input");
    std::thread::scope(|threads| {
        // It may end without reading all, which breaks the pipe.
        threads.spawn(move || stdin.write_all(input.as_bytes()).ok());
        let output = child.wait_with_output().expect("kubectl");
        Output {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    })
}
