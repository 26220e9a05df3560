//! The house keeps its shape: who may import whom, which crates are named where, and how files look.
//!
//! The tables here are the plan that `ARCHITECTURE.md` explains. A new edge is a decision: change both together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// For each top-level module, the modules it may import. Lower ones never import higher ones.
const EDGES: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("manifest", &["source"]),
    ("cel", &["manifest", "source"]),
    ("repository", &["manifest", "source"]),
    ("schema", &["cel", "manifest", "source"]),
    ("policy", &["cel", "manifest", "schema", "source"]),
    ("config", &["manifest", "schema", "source"]),
    ("engine", &["cel", "manifest", "policy", "schema", "source"]),
    (
        "judge",
        &[
            "config",
            "engine",
            "manifest",
            "policy",
            "repository",
            "schema",
            "source",
        ],
    ),
    ("crds", &[]),
    (
        "office",
        &["config", "judge", "manifest", "policy", "source"],
    ),
    ("finding", &["config", "policy", "source"]),
    (
        "fixture",
        &[
            "cel",
            "config",
            "engine",
            "judge",
            "manifest",
            "policy",
            "repository",
            "schema",
            "source",
        ],
    ),
    ("documents", &["config", "manifest", "policy", "source"]),
    ("gitops", &["config", "manifest", "source"]),
    ("render", &["gitops", "manifest", "source"]),
    (
        "report",
        &[
            "config", "finding", "fixture", "manifest", "policy", "source",
        ],
    ),
    (
        "pages",
        &["config", "judge", "manifest", "policy", "report", "source"],
    ),
    ("export", &["cel", "config", "manifest", "policy", "schema"]),
    (
        "lint",
        &[
            "cel",
            "config",
            "documents",
            "engine",
            "finding",
            "gitops",
            "judge",
            "manifest",
            "policy",
            "render",
            "repository",
            "schema",
            "source",
        ],
    ),
    (
        "server",
        &[
            "config",
            "documents",
            "engine",
            "judge",
            "manifest",
            "office",
            "policy",
            "schema",
            "source",
        ],
    ),
    (
        "cluster",
        &[
            "cel", "config", "crds", "engine", "export", "judge", "manifest", "office", "policy",
            "schema", "server", "source",
        ],
    ),
    (
        "cli",
        &[
            "cel",
            "cluster",
            "config",
            "documents",
            "engine",
            "export",
            "finding",
            "fixture",
            "gitops",
            "judge",
            "lint",
            "manifest",
            "office",
            "pages",
            "policy",
            "render",
            "report",
            "repository",
            "schema",
            "server",
            "source",
        ],
    ),
];

/// Crates that only some modules may name.
const CRATES: &[(&str, &[&str])] = &[
    ("allocation_counter", &[]),
    ("annotate_snippets", &["report"]),
    ("anyhow", &["cli"]),
    ("axum", &["server"]),
    ("base64", &["cel", "judge", "manifest", "server"]),
    ("clap", &["cli"]),
    ("futures", &["cluster"]),
    ("granit_parser", &["manifest"]),
    ("http_body_util", &["cluster", "server"]),
    ("hyper", &["cluster", "server"]),
    ("hyper_util", &["server"]),
    ("include_dir", &["policy"]),
    ("jiff", &["cel", "cli"]),
    ("jsonschema", &["policy", "schema"]),
    ("k8s_openapi", &["cluster"]),
    ("kube", &["cluster", "crds"]),
    ("prometheus_client", &["server"]),
    ("rayon", &["lint", "render"]),
    ("regex", &["cel"]),
    ("rustls", &["cluster", "server"]),
    ("rustyline", &["cli"]),
    ("schemars", &["crds"]),
    ("serde", &["cluster", "crds"]),
    (
        "serde_json",
        &[
            "cli", "cluster", "crds", "manifest", "pages", "policy", "report", "schema", "server",
        ],
    ),
    ("strsim", &["cel", "manifest"]),
    ("tokio", &["cli", "cluster", "server"]),
    ("tokio_rustls", &["server"]),
    ("tower", &["cluster", "server"]),
    ("tracing", &["cli", "cluster", "server"]),
    ("tracing_subscriber", &["cli", "server"]),
    ("walkdir", &["gitops", "lint"]),
];

/// What touches the world outside, and the only modules that may.
const WORLD: &[(&str, &[&str])] = &[
    ("std::fs", &["cli", "gitops", "lint", "render", "server"]),
    ("std::env", &["cli", "lint", "render"]),
    ("std::process::Command", &["render"]),
    ("std::net", &["cli", "server"]),
    ("std::thread", &["lint", "render", "server"]),
    (
        "Instant::now",
        &["cli", "cluster", "lint", "render", "server"],
    ),
    ("SystemTime::now", &["cli"]),
    ("Timestamp::now", &["cli"]),
    ("Zoned::now", &["cli"]),
];

/// Nobody sits down to read more.
const LONGEST_FILE: usize = 450;

struct SourceFile {
    path: PathBuf,
    module: String,
    text: String,
    /// The text without comments.
    code: String,
}

fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).expect("src is readable") {
            let path = entry.expect("src is readable").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file is UTF-8");
        let relative = path.strip_prefix(&root).expect("below src").to_path_buf();
        let module = relative
            .components()
            .next()
            .expect("a file")
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let module = module.trim_end_matches(".rs").to_owned();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        SourceFile {
            path: relative,
            module,
            text,
            code,
        }
    };
    files.into_iter().map(read).collect()
}

/// The top-level modules that a text names through `crate::` (or the binary through `kpolicy::`).
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["crate::", "kpolicy::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 1;
                let mut name = String::new();
                let mut at_start = true;
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => at_start = true,
                        c if depth == 1 && at_start && (c.is_alphanumeric() || c == '_') => {
                            name.push(c);
                            continue;
                        }
                        _ => {}
                    }
                    if !name.is_empty() {
                        found.insert(std::mem::take(&mut name));
                        at_start = false;
                    }
                    if depth == 0 {
                        break;
                    }
                }
            } else {
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                found.insert(name);
            }
        }
    }
    found
}

fn names(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part_of_word(before) && before != Some(':') && !part_of_word(after)
    })
}

#[test]
fn no_module_imports_what_it_may_not() {
    let mut wrong = Vec::new();
    for file in sources() {
        if matches!(file.module.as_str(), "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = EDGES.iter().find(|(module, _)| *module == file.module) else {
            wrong.push(format!(
                "{}: module `{}` is not in the plan",
                file.path.display(),
                file.module
            ));
            continue;
        };
        let known: BTreeSet<&str> = EDGES.iter().map(|(module, _)| *module).collect();
        for import in imports(&file.code) {
            if import != file.module
                && known.contains(import.as_str())
                && !allowed.contains(&import.as_str())
            {
                wrong.push(format!(
                    "{}: `{}` may not import `{import}`",
                    file.path.display(),
                    file.module
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_plan_itself_has_no_cycle() {
    let place = |name: &str| EDGES.iter().position(|(module, _)| *module == name);
    for (at, (module, imports)) in EDGES.iter().enumerate() {
        for import in *imports {
            assert!(
                place(import).is_some_and(|lower| lower < at),
                "`{module}` imports `{import}`, which is not below it"
            );
        }
    }
}

#[test]
fn third_party_crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, allowed) in CRATES {
            if names(&file.code, &format!("{name}::")) && !allowed.contains(&file.module.as_str()) {
                wrong.push(format!(
                    "{}: `{}` may not name `{name}`",
                    file.path.display(),
                    file.module
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_outer_rooms_touch_files_processes_clocks_and_the_network() {
    let mut wrong = Vec::new();
    for file in sources() {
        let code = file.code.split("#[cfg(test)]").next().unwrap_or_default();
        for (path, allowed) in WORLD {
            let module = if file.module == "main" {
                "cli"
            } else {
                &file.module
            };
            if names(code, path) && !allowed.contains(&module) {
                wrong.push(format!(
                    "{}: `{module}` may not use `{path}`",
                    file.path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns_and_is_short_enough_to_read() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file.text.starts_with("//!") {
            wrong.push(format!(
                "{}: does not begin with `//!`",
                file.path.display()
            ));
        }
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!(
                "{}: {lines} lines; split it by topic",
                file.path.display()
            ));
        }
        let stem = file
            .path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        if matches!(stem, "utils" | "util" | "common" | "helpers" | "misc") {
            wrong.push(format!("{}: a drawer without a name", file.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_forbidden_edge_would_be_seen() {
    let code = "use crate::{cli::Args, source::Span};\nuse crate::judge::Judge;\nlet x = crate::lint::run();";
    let found: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(found, ["cli", "judge", "lint", "source"]);
    assert!(names("use std::fs::File;", "std::fs"));
    assert!(!names("use std::fsync;", "std::fs"));
}
