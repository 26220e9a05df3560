//! Blame, held to what a person would point at: `testdata/cel/blame/*.yaml` name for each false or failing
//! expression the places of the document and the decisive part of the expression.
//!
//! A place is a field path; `map lacks a.b` where keys are missing; `params:` and the like stand before the places of
//! other documents than `object`.

use std::fs;
use std::path::Path;

use kpolicy::cel::{Activation, Environment, Place, Program, Value, compile};
use kpolicy::manifest::{Dialect, Document, Limits, NodeRef, read};
use kpolicy::source::SourceId;

/// The documents a case may read, in slot order.
const ROOTS: [&str; 5] = [
    "object",
    "oldObject",
    "params",
    "request",
    "namespaceObject",
];

struct Table {
    name: String,
    document: Document,
}

fn tables() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cel/blame");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("UTF-8");
            let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
            assert!(reading.problems.is_empty(), "{:?}", reading.problems);
            Table {
                name: path
                    .file_name()
                    .expect("a file")
                    .to_string_lossy()
                    .into_owned(),
                document: reading.documents.into_iter().next().expect("one document"),
            }
        })
        .collect()
}

/// A place as the tables write it. The roots of a case are parts of one document: their paths start below the root.
fn show(place: &Place<'_>, table: &Document) -> String {
    let path = place.node.path().to_string();
    assert!(std::ptr::eq(place.node.document(), table));
    let root = ROOTS
        .into_iter()
        .filter(|root| path.starts_with(root))
        .max_by_key(|root| root.len())
        .expect("a root");
    let below = path[root.len()..].trim_start_matches('.');
    let text = if root == "object" {
        below.to_owned()
    } else {
        format!("{root}:{below}")
    };
    if place.missing.is_empty() {
        text
    } else {
        format!("{text} lacks {}", place.missing.join("."))
    }
}

fn entries(node: Option<NodeRef<'_>>) -> Vec<(&str, &str)> {
    let map = node.and_then(NodeRef::as_map).expect("a map");
    map.iter()
        .map(|entry| (entry.key, entry.value.as_str().expect("a text")))
        .collect()
}

fn items(node: Option<NodeRef<'_>>) -> Vec<NodeRef<'_>> {
    node.and_then(NodeRef::as_list)
        .map(|list| list.iter().collect())
        .unwrap_or_default()
}

fn text<'d>(node: NodeRef<'d>, key: &str) -> Option<&'d str> {
    node.get(key).and_then(NodeRef::as_str)
}

#[test]
fn blame_names_the_places_that_a_person_would_name() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for Table { name, document } in &tables() {
        let table = document.root();
        let mut environment = Environment::new(ROOTS);
        let mut variables: Vec<Program> = Vec::new();
        for variable in items(table.get("variables")) {
            let source = text(variable, "expression").expect("an expression");
            variables.push(
                compile(source, &environment)
                    .unwrap_or_else(|errors| panic!("{source}: {}", errors[0])),
            );
            environment.declare_variable(text(variable, "name").expect("a name"));
        }
        for case in items(table.get("cases")) {
            count += 1;
            let source = text(case, "expression").expect("an expression");
            let program = match compile(source, &environment) {
                Ok(program) => program,
                Err(errors) => {
                    wrong.push(format!(
                        "{name}: {source}\n  does not compile: {}",
                        errors[0]
                    ));
                    continue;
                }
            };
            let roots = ROOTS.map(|root| table.get(root).map_or(Value::Null, Value::Node));
            let activation = Activation::new(roots.into(), &variables, 100_000);
            let outcome = match program.evaluate(&activation) {
                Ok(value) => format!("{:?}", value.as_bool()),
                Err(error) => format!("{:?}", error.kind),
            };
            let wanted = text(case, "fails").unwrap_or("Some(false)");
            let places = program.blame(&activation);
            let found: Vec<_> = places
                .iter()
                .map(|place| (show(place, document), &source[place.range.clone()]))
                .collect();
            let expected = entries(case.get("places"));
            let same = found.len() == expected.len()
                && found
                    .iter()
                    .zip(&expected)
                    .all(|(found, expected)| (&*found.0, found.1) == *expected);
            if outcome != wanted || !same {
                let mut lines = vec![format!("{name}: {source}\n  {outcome}, wanted {wanted}")];
                let expected = expected.iter();
                lines.extend(expected.map(|(place, part)| format!("  wanted {place}: {part}")));
                let found = found.iter();
                lines.extend(found.map(|(place, part)| format!("   found {place}: {part}")));
                wrong.push(lines.join("\n"));
            }
        }
    }
    assert!(count >= 100, "{count} cases");
    assert!(
        wrong.is_empty(),
        "{} of {count}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
