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
fn calls(text: &str) -> Vec<(usize, &str)> {
    let mut calls = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let line = ["$ ", "- run: ", "- script: "]
            .iter()
            .find_map(|start| line.strip_prefix(start))
            .unwrap_or(line);
        if fenced && line.starts_with("kpolicy ") {
            let ends = [" #", " | ", " > "].iter();
            let end = ends.filter_map(|end| line.find(end)).min();
            calls.push((number + 1, line[..end.unwrap_or(line.len())].trim_end()));
        }
    }
    calls
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
