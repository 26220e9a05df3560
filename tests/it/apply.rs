//! `ApplyConfiguration`: what is merged, and what is refused, case by case, and by properties.

use std::fs;
use std::path::Path;

use kpolicy::cel::{self, Activation, Value};
use kpolicy::engine::apply::{ApplyError, Target, apply, foresee};
use kpolicy::manifest::patch::{self, Operation};
use kpolicy::manifest::{
    Dialect, Document, DocumentBuilder, Limits, NodeRef, read_json, read_one, write_json,
};
use kpolicy::policy::{Release, Root, Scope, environment, read_policy};
use kpolicy::schema::openapi::{GroupVersionKind, Schemas};
use kpolicy::source::{Source, SourceId, SourceMap};

/// A custom kind of which everything is known.
const GADGET: &str = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {
    "group": "example.com", "names": {"kind": "Gadget", "plural": "gadgets"}, "versions": [{"name": "v1", "served": true,
    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
            "items": {"type": "object", "properties": {"id": {"type": "integer"}, "size": {"type": "integer"}}}},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
    }}}}}}]}}"#;

fn schemas() -> Schemas {
    let mut schemas = Schemas::built_in(Release::minor(36));
    let mut problems = Vec::new();
    let gadget = read_json(None, GADGET).expect("JSON");
    schemas.add_crd(&gadget, &mut problems);
    assert_eq!(problems, []);
    schemas
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Merged(String),
    Refused(String),
    Unknown(String),
}

fn kind(text: &str) -> GroupVersionKind {
    let (version, kind) = text.split_once(' ').expect("a version and a kind");
    GroupVersionKind::of(version, kind)
}

/// The operations of an expression on an object.
fn run(
    kind: &GroupVersionKind,
    object: NodeRef<'_>,
    expression: &str,
    schemas: &Schemas,
) -> Result<Vec<Operation>, ApplyError> {
    let program = cel::compile(expression, &environment(Scope::Objects))
        .unwrap_or_else(|errors| panic!("{expression}: {errors:?}"));
    let mut roots = vec![Value::Null; Root::COUNT];
    roots[Root::Object.slot()] = Value::Node(object);
    let activation = Activation::new(roots, &[], 10_000_000);
    let value = program.evaluate(&activation);
    let value = value.unwrap_or_else(|error| panic!("{expression}: {}", error.message));
    let Value::Struct(value) = value else {
        panic!("{expression} gives no Object");
    };
    let mut builder = DocumentBuilder::new();
    let root = value
        .build_configuration(&mut builder)
        .map_err(ApplyError::Refused)?;
    apply(&Target::object(object, kind, schemas), builder.finish(root))
}

fn cases(file: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/apply")
        .join(file);
    let text = fs::read_to_string(path).expect("a file of cases");
    let reading = read_one(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, []);
    reading.documents.into_iter().next().expect("a document")
}

fn check(case: NodeRef<'_>, schemas: &Schemas) {
    let text = |key: &str| case.get(key).and_then(NodeRef::as_str);
    let name = text("name").expect("a name");
    let gvk = kind(text("kind").expect("a kind"));
    let object = case.get("object").expect("an object");
    let expression = text("expression").expect("an expression");
    let program = cel::compile(expression, &environment(Scope::Objects)).expect(name);
    let shown = program.check_objects().map_err(|error| error.message);
    let is_shown = case.get("compile").and_then(NodeRef::as_bool) == Some(true);
    assert_eq!(shown.is_err(), is_shown, "{name}: {shown:?}");
    let outcome = match run(&gvk, object, expression, schemas) {
        Ok(operations) => Outcome::Merged(patch::write(&operations)),
        Err(ApplyError::Refused(message)) => Outcome::Refused(message),
        Err(ApplyError::Unknown(message)) => Outcome::Unknown(message),
    };
    match outcome {
        Outcome::Merged(found) => {
            let wanted = case.get("patch").map(write_json);
            assert_eq!(
                wanted.as_deref().map(sorted),
                Some(sorted(&found)),
                "{name}"
            );
        }
        Outcome::Refused(message) => {
            let wanted = text("refused").unwrap_or_else(|| panic!("{name}: {message}"));
            assert!(message.contains(wanted), "{name}: {message}");
        }
        Outcome::Unknown(message) => {
            let wanted = text("unknown").unwrap_or_else(|| panic!("{name}: {message}"));
            assert!(message.contains(wanted), "{name}: {message}");
        }
    }
}

/// JSON whose maps are in the order of their keys.
fn sorted(text: &str) -> serde_json::Value {
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    sort(value)
}

fn sort(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Object(map) => {
            let mut entries: Vec<_> = map
                .into_iter()
                .map(|(key, value)| (key, sort(value)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sort).collect()),
        other => other,
    }
}

#[test]
fn a_configuration_is_merged_as_the_api_server_merges_it() {
    let schemas = schemas();
    let document = cases("merge.yaml");
    let list = document.root().as_list().expect("a list");
    assert!(list.len() > 15);
    for case in list.iter() {
        check(case, &schemas);
    }
}

#[test]
fn what_the_api_server_refuses_is_refused_with_its_place() {
    let schemas = schemas();
    let document = cases("refused.yaml");
    let list = document.root().as_list().expect("a list");
    assert!(list.len() > 15);
    for case in list.iter() {
        check(case, &schemas);
    }
}

/// A policy with one configuration.
fn policy_text(expression: &str) -> String {
    let body: Vec<String> = expression
        .lines()
        .map(|line| format!("          {line}"))
        .collect();
    format!(
        "apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {{name: sample}}
spec:
  title: T
  category: api
  severity: low
  description: D
  remediation: R
  matchConstraints:
    resourceRules: [{{apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: [CREATE]}}]
  mutations:
    - safety: safe
      patchType: ApplyConfiguration
      applyConfiguration:
        expression: |-
{}
",
        body.join("\n")
    )
}

/// What is said of a configuration before any request, as `place: message (help)`.
fn foreseen(kind: &GroupVersionKind, expression: &str, schemas: &Schemas) -> Vec<String> {
    let text = policy_text(expression);
    let mut sources = SourceMap::new();
    let id = sources.add(Source::new("sample.yaml", text.as_str()));
    let reading = read_one(id, &text, Dialect::Kubectl, &Limits::default());
    let mut problems = Vec::new();
    let policy = read_policy(&reading.documents[0], &sources, &mut problems);
    assert_eq!(problems, [], "{expression}");
    let policy = policy.expect("a policy");
    let found = foresee(&policy, std::slice::from_ref(kind), schemas, &sources);
    let shown = found.iter().map(|problem| {
        let place = problem
            .span
            .and_then(|span| sources.text(span))
            .unwrap_or_default();
        let help = problem.help.as_deref().map(|help| format!(" ({help})"));
        format!("{place}: {}{}", problem.message, help.unwrap_or_default())
    });
    shown.collect()
}

#[test]
fn what_the_text_tells_is_foreseen_at_its_place_and_nothing_else() {
    let schemas = schemas();
    for file in ["merge.yaml", "refused.yaml"] {
        let document = cases(file);
        let mut seen = 0;
        for case in document.root().as_list().expect("a list").iter() {
            let text = |key: &str| case.get(key).and_then(NodeRef::as_str).unwrap_or_default();
            if case.get("compile").is_some() {
                continue;
            }
            let found = foreseen(&kind(text("kind")), text("expression").trim_end(), &schemas);
            let wanted: Vec<&str> = text("foreseen").lines().collect();
            assert_eq!(found, wanted, "{}", text("name"));
            seen += found.len();
        }
        assert_eq!(seen > 5, file == "refused.yaml", "{file}: {seen}");
    }
}
