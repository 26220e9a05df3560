//! Agreement with Kubernetes' own YAML readers, by results recorded from them (`make conformance`).
//!
//! The data is not part of the repository; `CONFORMANCE_DIR` names its folder. Every case on which we differ is
//! listed with its reason: a difference that is not listed fails, and so does one that has gone.

use std::path::PathBuf;

use kpolicy::manifest::{
    Dialect, Document, Limits, NodeRef, Reading, Severity, read, read_json, read_one, write_json,
};
use kpolicy::source::SourceId;

const REST: &str =
    "we refuse: go-yaml silently drops what follows the end of the document, even nonsense";
const NEWLINE: &str =
    "go-yaml reads a block of text without final newline so; kubectl always adds one";
const COLUMN_0: &str =
    "we refuse: a block of text whose `|` stands at the start of the line, not indented";
const SEPARATOR: &str = "a line separator of YAML 1.1 is a character in YAML 1.2; we warn";
const BOM: &str = "we refuse: a byte-order mark inside the text";
const ANCHOR: &str = "we refuse: go-yaml ends the name of the anchor at the `:`";
const ONLY_END: &str = "we take an empty document that is ended by `...`";
const SEPARATOR_LINE: &str =
    "kubectl's splitter refuses content after `---`; without it we differ on this";

/// Cases of `yaml/suite.jsonl`, by name.
const SUITE: &[(&str, &str)] = &[
    ("3HFZ", REST),
    (
        "4ABK",
        "we refuse: `key:` before a comma is a key with a colon in its name for go-yaml",
    ),
    ("4H7K", REST),
    (
        "652Z",
        "we refuse: `{ ?foo: bar }` has the key `foo` for go-yaml",
    ),
    ("9HCY", REST),
    ("BS4K", REST),
    ("DK3J", SEPARATOR_LINE),
    ("EB22", REST),
    ("FP8R", SEPARATOR_LINE),
    ("G5U8", "we refuse: a lone `-` inside brackets"),
    (
        "HM87/01",
        "we refuse: `[?x]` is a list of a map for go-yaml",
    ),
    ("HWV9", ONLY_END),
    ("JEF9/02", NEWLINE),
    ("K54U", SEPARATOR_LINE),
    ("L24T/01", NEWLINE),
    ("QT73", ONLY_END),
    ("RHX7", REST),
    (
        "S98Z",
        "we refuse: blank lines of a block of text that are indented deeper than its end",
    ),
    ("U99R", "we refuse: a tag that runs into a comma"),
    ("Y2GN", ANCHOR),
    ("YJV2", "we refuse: a lone `-` inside brackets"),
];

/// Cases of `yaml/scalars.jsonl`, by line number.
const SCALARS: &[(&str, &str)] = &[
    ("221", REST),
    ("240", BOM),
    ("242", BOM),
    ("308", NEWLINE),
    ("318", SEPARATOR),
    ("319", SEPARATOR),
    ("321", SEPARATOR),
    ("324", SEPARATOR),
    ("348", ANCHOR),
];

/// Cases of `yaml/mutated.jsonl`, by line number.
const MUTATED: &[(&str, &str)] = &[
    ("406", REST),
    ("580", REST),
    ("752", REST),
    ("925", COLUMN_0),
    ("957", COLUMN_0),
    ("1057", REST),
    ("1067", COLUMN_0),
    ("2271", REST),
    ("2365", REST),
    ("2462", COLUMN_0),
    ("2678", REST),
    ("2710", REST),
];

/// Cases of `yaml/kustomize.jsonl`, by line number.
const KUSTOMIZE: &[(&str, &str)] = &[
    (
        "227",
        "kustomize drops blank lines at the end of the file when it reads it",
    ),
    (
        "229",
        "kustomize changes a folded text when it writes it back",
    ),
    ("242", SEPARATOR),
    ("243", SEPARATOR),
    ("244", SEPARATOR),
    ("245", SEPARATOR),
    ("248", SEPARATOR),
    ("257", ANCHOR),
];

fn cases(file: &str) -> Vec<Document> {
    let folder = std::env::var_os("CONFORMANCE_DIR")
        .map_or_else(|| PathBuf::from("../shared/conformance"), PathBuf::from);
    let path = folder.join("yaml").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; set CONFORMANCE_DIR", path.display()));
    text.lines()
        .map(|line| read_json(None, line).expect("one JSON object on each line"))
        .collect()
}

fn text<'a>(case: &'a Document, key: &str) -> &'a str {
    case.root()
        .get(key)
        .and_then(NodeRef::as_str)
        .unwrap_or_default()
}

fn one(text: &str, dialect: Dialect) -> Reading {
    read_one(SourceId(0), text, dialect, &Limits::default())
}

/// The first document, `None` for an empty text, or why there is none.
fn value(reading: Reading) -> Result<Option<Document>, String> {
    let errors = reading
        .problems
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error);
    let templated = reading.templated.into_iter().map(|(_, problem)| problem);
    match (
        reading.documents.into_iter().next(),
        errors.chain(templated).next(),
    ) {
        (Some(document), _) => Ok(Some(document)),
        (None, Some(problem)) => Err(problem.message),
        (None, None) => Ok(None),
    }
}

/// Compares all cases; `compare` says how a case differs.
fn run(file: &str, listed: &[(&str, &str)], compare: impl Fn(&Document) -> Result<(), String>) {
    let cases = cases(file);
    let mut wrong = Vec::new();
    let mut misses = 0;
    for (index, case) in cases.iter().enumerate() {
        let line = (index + 1).to_string();
        let name = Some(text(case, "name")).filter(|name| !name.is_empty());
        let name = name.unwrap_or(&line);
        let known = listed.iter().find(|&&(listed, _)| listed == name);
        match compare(case) {
            Err(_) if known.is_some() => misses += 1,
            Err(difference) => wrong.push(format!("{name}: {difference}")),
            Ok(()) if known.is_some() => {
                wrong.push(format!("{name}: listed as a miss, but agrees now"));
            }
            Ok(()) => {}
        }
    }
    println!(
        "{file}: {} cases, {} agree, {misses} listed misses, {} wrong",
        cases.len(),
        cases.len() - misses - wrong.len(),
        wrong.len()
    );
    for (name, reason) in listed {
        println!("  {name}: {reason}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn as_kubectl(case: &Document) -> Result<(), String> {
    let input = text(case, "input");
    let ours = value(one(input, Dialect::Kubectl));
    let theirs = match case.root().get("ok").and_then(NodeRef::as_bool) {
        Some(true) => case.root().get("json").ok_or("no value"),
        _ => Err(text(case, "error")),
    };
    let agree = match (&ours, theirs) {
        (Ok(Some(ours)), Ok(theirs)) => ours.root().same_value(theirs),
        (Ok(None), Ok(theirs)) => theirs.is_null(),
        (ours, theirs) => ours.is_err() && theirs.is_err(),
    };
    let ours = ours.map(|ours| ours.map(|ours| write_json(ours.root())));
    let theirs = theirs.map(write_json);
    if agree {
        Ok(())
    } else {
        Err(format!("{input:?}\n  ours {ours:?}\n  Go   {theirs:?}"))
    }
}

fn spec(document: Option<&Document>) -> Option<NodeRef<'_>> {
    document?.root().get("spec")
}

/// The case under `spec:` of an object, against what kustomize writes back.
fn as_kustomize(case: &Document) -> Result<(), String> {
    let input = text(case, "input");
    let mut object = "apiVersion: v1\nkind: Case\nmetadata:\n  name: case\nspec:\n".to_owned();
    for line in input.split_inclusive('\n') {
        object.push_str("  ");
        object.push_str(line);
    }
    let ours = value(one(&object, Dialect::Kustomize)).ok().flatten();
    let written = read(
        SourceId(0),
        text(case, "spec"),
        Dialect::Kubectl,
        &Limits::default(),
    );
    let theirs = value(written).ok().flatten();
    let (ours, theirs) = (spec(ours.as_ref()), spec(theirs.as_ref()));
    let agree = match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.same_value(theirs),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    let (ours, theirs) = (ours.map(write_json), theirs.map(write_json));
    if agree {
        Ok(())
    } else {
        Err(format!(
            "{input:?}\n  ours {ours:?}\n  kustomize {theirs:?}"
        ))
    }
}

#[test]
fn scalars_agree_with_the_api_server() {
    run("scalars.jsonl", SCALARS, as_kubectl);
}

#[test]
fn the_yaml_test_suite_agrees_with_the_api_server() {
    run("suite.jsonl", SUITE, as_kubectl);
}

#[test]
fn mutated_manifests_agree_with_the_api_server() {
    run("mutated.jsonl", MUTATED, as_kubectl);
}

#[test]
fn scalars_agree_with_kustomize() {
    run("kustomize.jsonl", KUSTOMIZE, as_kustomize);
}
