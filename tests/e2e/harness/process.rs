//! Programs that run beside the tests and end with them, whatever ends the tests.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A program and the shell that ends it when this process is gone (`supervise.sh`).
#[derive(Debug)]
pub(crate) struct Process {
    shell: Child,
    line: Option<ChildStdin>,
    log: PathBuf,
}

impl Process {
    /// Starts a program that writes into `log`. When it ends, `folder` is removed, if one is named.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        environment: &[(String, String)],
        log: &Path,
        folder: Option<&Path>,
    ) -> Self {
        let out = File::create(log).expect("a log");
        let mut command = Command::new("/bin/sh");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/harness/supervise.sh"))
            .arg(folder.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            // Nothing of the machine's own settings: no proxies, no KUBECONFIG, no KPOLICY_*.
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(out.try_clone().expect("a log"))
            .stderr(out);
        let mut shell = command.spawn().expect("a shell");
        Self {
            line: shell.stdin.take(),
            shell,
            log: log.to_owned(),
        }
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&mut self, name: &str) {
        if let Some(line) = &mut self.line {
            writeln!(line, "{name}").expect("the shell listens");
        }
    }

    /// The exit code, once it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let status = self.shell.try_wait().expect("a state")?;
        Some(status.code().unwrap_or(-1))
    }

    /// The file that it writes to.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.line.take());
        let _ = self.shell.wait();
    }
}

/// The last lines of a log from a place in it on.
pub(crate) fn tail(log: &Path, from: u64, lines: usize) -> String {
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut text)
    });
    if let Err(error) = read {
        return format!("cannot read `{}`: {error}", log.display());
    }
    let text = String::from_utf8_lossy(&text);
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[test]
fn a_program_ends_when_the_line_to_its_shell_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let script = "echo $$; exec sleep 1000".to_owned();
    let process = Process::start(
        Path::new("/bin/sh"),
        &["-c".to_owned(), script],
        &[],
        &log,
        None,
    );
    let start = std::time::Instant::now();
    let id = loop {
        if let Ok(id) = tail(&log, 0, 1).parse::<u32>() {
            break id;
        }
        assert!(start.elapsed() < super::LONG, "the program says its id");
        std::thread::yield_now();
    };
    let running = PathBuf::from(format!("/proc/{id}"));
    assert!(running.exists());
    // What the end of this process would do.
    drop(process);
    assert!(!running.exists());
}
