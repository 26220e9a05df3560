//! `kpolicy lint` as people run it: each folder of `testdata/lint` is a case that needs no Rust.
//!
//! A case holds `tree/` (what is linted; copied, so that nothing is written here), `commands` (the arguments of one
//! run on each line), optionally `bin/` (the only programs on the PATH) and `stdin`, and `expected` (what each run
//! wrote and its exit code; `UPDATE=1` writes it).

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Copies a folder; permissions stay.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All files below a folder with their content, to see that nothing changed.
fn content(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

/// Runs the program without anything of the user's environment. Gives exit code, standard output and error.
pub(crate) fn kpolicy(
    arguments: &[&str],
    directory: &Path,
    path: &Path,
    stdin: &[u8],
) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", path)
        .env("KPOLICY_TODAY", "2027-01-15")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that never reads its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn run(case: &Path) -> String {
    let keep = tempfile::tempdir().unwrap();
    let directory = fs::canonicalize(keep.path()).unwrap().join("tree");
    copy(&case.join("tree"), &directory);
    let before = content(&directory);
    let stdin = fs::read(case.join("stdin")).unwrap_or_default();
    let commands = fs::read_to_string(case.join("commands")).unwrap_or_else(|_| "lint".to_owned());
    let mut written = String::new();
    for line in commands.lines() {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let (code, out, err) = kpolicy(&arguments, &directory, &case.join("bin"), &stdin);
        writeln!(written, "$ kpolicy {line}").unwrap();
        written.push_str(&out);
        if !err.is_empty() {
            writeln!(written, "--- standard error").unwrap();
            written.push_str(&err);
        }
        writeln!(written, "--- exit code {code}\n").unwrap();
    }
    assert_eq!(
        content(&directory),
        before,
        "{} was written to",
        case.display()
    );
    written.replace(&*directory.to_string_lossy(), "<tree>")
}

#[test]
fn every_case_gives_what_it_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "there are no cases");
    let update = std::env::var_os("UPDATE").is_some();
    let mut failed = Vec::new();
    for case in &folders {
        let written = run(case);
        let name = case.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("secrets") {
            let told = ["hunter", "aHVudGVy"]
                .iter()
                .any(|value| written.contains(value));
            assert!(!told, "{name} tells what a Secret holds:\n{written}");
        }
        let file = case.join("expected");
        if update {
            fs::write(file, written).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != written {
            failed.push(format!("{}:\n{written}", case.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
