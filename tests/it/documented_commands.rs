//! Every command line of the documentation is one that kpolicy takes: its subcommand, its options and their values.
//!
//! Each is asked for its help, so that nothing has to be there that it names: what a parser does not know, it says before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages that people read, and what the repository's own tools call.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    pages
}

/// The calls of kpolicy in the fenced blocks of a page, each with its line: without comments, prompts, pipes and files.
fn calls(text: &str) -> Vec<(usize, String)> {
    let mut calls = Vec::new();
    let mut fenced = false;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut line = line.trim().to_owned();
        if line.starts_with("```") {
            fenced = !fenced;
        }
        while let Some(begun) = line.strip_suffix('\\') {
            let next = lines.next().map_or("", |(_, next)| next.trim());
            line = format!("{begun}{next}");
        }
        let line = line.replace("cargo run --release -- ", "kpolicy ");
        let line = ["$ ", "- run: ", "- script: ", "script: "]
            .iter()
            .find_map(|start| line.strip_prefix(start))
            .unwrap_or(&line);
        let line = line.split(" #").next().unwrap_or(line);
        for part in line.split(" | ").flat_map(|part| part.split(" && ")) {
            let part = part.split(" > ").next().unwrap_or(part).trim();
            if fenced && part.starts_with("kpolicy ") {
                calls.push((number + 1, part.to_owned()));
            }
        }
    }
    calls
}

#[test]
fn calls_are_found_wherever_a_shell_would_find_them() {
    let text = "kpolicy no\n```\n$ kpolicy a \\\n  --b | jq . && kpolicy c > d # kpolicy e\n  script: kpolicy f\n\
                cargo run --release -- g\n```\n";
    let expected = [
        (3, "kpolicy a --b"),
        (3, "kpolicy c"),
        (5, "kpolicy f"),
        (6, "kpolicy g"),
    ];
    assert_eq!(
        calls(text),
        expected.map(|(line, call)| (line, call.to_owned()))
    );
}

#[test]
fn every_documented_command_line_is_one_that_kpolicy_takes() {
    let binary = Path::new(env!("CARGO_BIN_EXE_kpolicy"));
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (line, call) in calls(&text) {
            let arguments = call.strip_prefix("kpolicy").unwrap();
            let output = Command::new("sh")
                .args(["-c", &format!("\"$0\"{arguments} --help")])
                .arg(binary)
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            let place = format!("{}:{line}: {call}", page.display());
            assert!(output.status.success(), "{place}\n{errors}");
            assert!(!output.stdout.is_empty(), "{place}: no help");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} are found");
}
