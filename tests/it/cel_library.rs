//! The functions of expressions, held to `testdata/cel/<library>.yaml`: values as CEL writes them, errors by a part of
//! their message. Every function has a case with a value and one without.
//!
//! A case has an `expr` and one of: `value`; `error`, when it runs; `refused`, when it compiles; `unknown`, the reason
//! why it is not judged. `type` may say the type of the value, where the value does not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kpolicy::cel::{
    Activation, Environment, EvalErrorKind, NothingSensitive, Printer, StaticType, Type, Value,
    compile, signatures,
};
use kpolicy::manifest::{
    Dialect, Document, DocumentBuilder, Limits, NodeRef, View, read, read_json,
};
use kpolicy::source::SourceId;

const KEYS: [&str; 6] = ["expr", "value", "type", "error", "refused", "unknown"];

/// What only the API server can answer.
const UNANSWERED: [&str; 5] = [".check", ".allowed", ".errored", ".reason", ".error"];

/// What the cases know as `o`.
const OBJECT: &str = r#"{
    "image": "ghcr.io/a/b:1", "bad": "UPPER", "memory": "1Gi", "places": ["ghcr.io/a"], "n": 5, "d": 1.5, "none": null,
    "labels": {"app": "web"}, "words": ["b", "a", "c"], "mixed": ["a", 1], "numbers": [3, 1, 2],
    "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]},
    "wrong": {"matchExpressions": [{"key": "x", "operator": "Is"}]},
    "cilium": {"matchLabels": {"k8s:app": "web", "k8s:io.kubernetes.pod.namespace": "shop"}}
}"#;

struct Case {
    library: String,
    fields: Vec<(String, String)>,
}

impl Case {
    fn get(&self, key: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(name, _)| name == key)
            .map(|(_, text)| text.as_str())
    }

    fn expression(&self) -> &str {
        self.get("expr").expect("a case has an expression")
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cel");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
        let library = path.file_stem().expect("a name").to_string_lossy();
        for document in &reading.documents {
            let View::List(list) = document.root().view() else {
                panic!("{library}: a list of cases");
            };
            cases.extend(list.iter().map(|case| read_case(&library, case)));
        }
    }
    cases
}

fn read_case(library: &str, case: NodeRef<'_>) -> Case {
    let View::Map(map) = case.view() else {
        panic!("{library}: a case is a map");
    };
    let field = |entry: kpolicy::manifest::EntryRef<'_>| {
        let known = KEYS.contains(&entry.key);
        assert!(known, "{library}: a case has no `{}`", entry.key);
        let text = entry.value.as_str().expect("a string").to_owned();
        (entry.key.to_owned(), text)
    };
    Case {
        library: library.to_owned(),
        fields: map.iter().map(field).collect(),
    }
}

/// A map that may have more than `app: web`, and in which `x` cannot be known.
fn partly_known() -> Document {
    let mut builder = DocumentBuilder::new();
    let app = builder.string("web", None);
    let unknown = builder.unknown("nobody knows");
    let list = builder.list(&[app, unknown], None);
    let map = builder.object(&[("app", app), ("x", unknown), ("l", list)]);
    builder.open(map, "there may be more");
    builder.finish(map)
}

/// The value, or what became of the expression instead, under the key of a case.
fn run(expression: &str) -> (&'static str, String, String) {
    let object = read_json(None, OBJECT).expect("JSON");
    let partly = partly_known();
    let roots = ["o", "p", "authorizer", "authorizer.requestResource"];
    let mut environment = Environment::new(roots);
    environment.set_type("authorizer", StaticType::Plain(Type::Authorizer));
    environment.set_type(
        "authorizer.requestResource",
        StaticType::Plain(Type::ResourceCheck),
    );
    let program = match compile(expression, &environment) {
        Ok(program) => program,
        Err(errors) => return ("refused", errors[0].to_string(), String::new()),
    };
    let roots = vec![
        Value::Node(object.root()),
        Value::Node(partly.root()),
        Value::authorizer(),
        Value::request_resource("apps", "deployments", "", "shop", "front"),
    ];
    let activation = Activation::new(roots, &[], 1_000_000);
    match program.evaluate(&activation) {
        Ok(value) => ("value", show(&value), value.type_name().to_owned()),
        Err(error) if error.kind == EvalErrorKind::Unknown => {
            ("unknown", error.message, String::new())
        }
        Err(error) => ("error", error.message, String::new()),
    }
}

/// The value as an expression would write it.
fn show(value: &Value<'_>) -> String {
    let printer = Printer {
        most: 10_000,
        sensitive: &NothingSensitive,
        hides_computed: false,
    };
    printer.print(value).0
}

#[test]
fn functions_give_the_values_and_errors_of_their_tables() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (kind, text, type_name) = run(case.expression());
        let agrees = match case.get(kind) {
            Some(wanted) if kind == "value" => {
                text == wanted && case.get("type").is_none_or(|wanted| type_name == wanted)
            }
            Some(wanted) => text.contains(wanted),
            None => false,
        };
        if !agrees {
            let Case { library, fields } = &case;
            wrong.push(format!(
                "{library}: {fields:?} has {kind}: {text} {type_name}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_function_has_a_case_with_a_value_and_one_without() {
    let cases = cases();
    let mut missing = Vec::new();
    let names: BTreeSet<String> = signatures()
        .iter()
        .map(|signature| match signature.call.split_once('(') {
            Some((before, _)) if before == signature.name => before.to_owned(),
            _ => format!(".{}", signature.name),
        })
        .collect();
    for name in names {
        let calls = |case: &&Case| calls(case.expression(), &name);
        let (good, bad): (Vec<&Case>, Vec<&Case>) = cases
            .iter()
            .filter(calls)
            .partition(|case| case.get("value").is_some());
        if good.is_empty() && !UNANSWERED.contains(&name.as_str()) {
            missing.push(format!("{name} has no case with a value"));
        }
        if bad.is_empty() {
            missing.push(format!("{name} has no case without a value"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// Whether an expression calls a function; the names of methods start with a dot.
fn calls(expression: &str, name: &str) -> bool {
    let call = format!("{name}(");
    expression.match_indices(&call).any(|(start, _)| {
        let before = expression.get(..start).and_then(|text| text.chars().last());
        name.starts_with('.')
            || before.is_none_or(|before| {
                !before.is_ascii_alphanumeric() && !matches!(before, '.' | '_')
            })
    })
}
