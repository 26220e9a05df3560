//! The definitions of kpolicy's own kinds: what the API server is told of them is what our readers take.

mod structural;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use kpolicy::config::read_exception;
use kpolicy::crds::definitions;
use kpolicy::export::crds::DEFINITIONS;
use kpolicy::manifest::{Dialect, Limits, Problem, read, read_json, to_serde, unroll};
use kpolicy::policy::read_policy;
use kpolicy::source::{Source, SourceMap};

/// The schema that the API server holds objects of a kind against.
fn schema(kind: &str) -> Value {
    let all = definitions().expect("definitions");
    let found = all
        .iter()
        .find(|(_, crd)| crd["spec"]["names"]["kind"] == kind);
    let (_, crd) = found.expect("a definition");
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// What our own readers say of an object.
fn problems(object: &Value) -> Vec<Problem> {
    let mut sources = SourceMap::new();
    let text = object.to_string();
    let id = sources.add(Source::new("object", &*text));
    let document = read_json(Some(id), &text).expect("JSON");
    let mut problems = Vec::new();
    if object["kind"] == "Policy" {
        read_policy(&document, &sources, &mut problems);
    } else {
        read_exception(&document, &mut problems);
    }
    problems
}

/// A policy that says everything that a policy can say, where that is not one or the other.
fn whole_policy() -> Value {
    let rule = json!({
        "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "operations": ["CREATE"],
        "resourceNames": ["web"], "scope": "Namespaced",
    });
    let selector = json!({
        "matchLabels": {"team": "shop"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
    });
    json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": "whole"},
        "spec": {
            "title": "Everything", "category": "api", "severity": "low", "description": "d", "remediation": "r",
            "references": ["https://kubernetes.io/"],
            "matchConstraints": {
                "podTemplates": false, "repository": false, "resourceRules": [rule], "excludeResourceRules": [rule],
                "namespaceSelector": selector, "objectSelector": selector, "matchPolicy": "Exact",
            },
            "matchConditions": [{"name": "some", "expression": "true"}],
            "parameters": {"type": "object", "properties": {"most": {"type": "integer", "default": 3}},
                           "additionalProperties": false},
            "resources": [{"name": "budgets", "apiGroup": "policy", "kind": "PodDisruptionBudget",
                           "scope": "sameNamespace"}],
            "variables": [{"name": "budgets", "expression": "resources.budgets"}],
            "validations": [{"name": "some", "expression": "size(variables.budgets) < params.most", "message": "m",
                             "messageExpression": "'m'", "reason": "Forbidden"}],
            "mutations": [
                {"name": "json", "safety": "safe", "patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'remove', path: '/x'}]"}},
                {"safety": "unsafe", "patchType": "ApplyConfiguration",
                 "applyConfiguration": {"expression": "Object{}"}},
            ],
            "failurePolicy": "Ignore",
        },
    })
}

/// An exception that says everything that one can say.
fn whole_exception() -> Value {
    json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
        "metadata": {"name": "whole", "namespace": "policy-exceptions"},
        "spec": {
            "policies": ["acr-only"],
            "match": {
                "clusters": ["app1"], "namespaces": ["shop"], "kinds": ["CronJob"], "names": ["nightly-*"],
                "containers": ["importer"],
                "selector": {"matchLabels": {"team": "shop"},
                             "matchExpressions": [{"key": "tier", "operator": "Exists", "values": []}]},
            },
            "reason": "r", "owner": "o", "ticket": "t", "expires": "2027-01-31",
        },
    })
}

/// A place of an object: JSON pointers of its map and of the schema that is for it.
type Place = (String, String);

/// The maps of an object that have fields of their own in the schema.
fn maps(object: &Value, schema: &Value, at: &Place, found: &mut Vec<Place>) {
    match object {
        Value::Object(map) => {
            let properties = schema
                .pointer(&at.1)
                .and_then(|schema| schema.get("properties"));
            if properties.is_none() {
                return;
            }
            found.push(at.clone());
            for (key, value) in map {
                let next = (
                    format!("{}/{key}", at.0),
                    format!("{}/properties/{key}", at.1),
                );
                maps(value, schema, &next, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let next = (format!("{}/{index}", at.0), format!("{}/items", at.1));
                maps(item, schema, &next, found);
            }
        }
        _ => {}
    }
}

/// The maps in the spec of an object.
fn maps_of_spec(object: &Value, schema: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    let spec = ("/spec".into(), "/properties/spec".into());
    maps(&object["spec"], schema, &spec, &mut found);
    found
}

/// Every map with fields of its own that a schema knows.
fn described(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.insert(at.to_owned());
        for (key, below) in properties {
            described(below, &format!("{at}/properties/{key}"), found);
        }
    }
    if let Some(items) = schema.get("items") {
        described(items, &format!("{at}/items"), found);
    }
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn wholes() -> [(Value, Value); 2] {
    [
        (whole_policy(), schema("Policy")),
        (whole_exception(), schema("PolicyException")),
    ]
}

/// Nothing that the tests below say of one of these would count if it were wrong to begin with.
#[test]
fn objects_that_say_everything_are_right() {
    for (object, schema) in wholes() {
        assert_eq!(problems(&object), [], "{}", object["kind"]);
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let wrong: Vec<_> = validator
            .iter_errors(&object)
            .map(|e| e.to_string())
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", object["kind"]);
    }
}

#[test]
fn the_api_server_keeps_every_field_that_is_read_and_no_other() {
    const STRANGE: &str = "zzqqxxjjww";
    for (object, schema) in wholes() {
        let places = maps_of_spec(&object, &schema);
        let mut all = BTreeSet::new();
        described(&schema["properties"]["spec"], "/properties/spec", &mut all);
        let seen: BTreeSet<String> = places.iter().map(|(_, schema)| schema.clone()).collect();
        assert_eq!(seen, all, "an object that says everything has every map");
        for (place, in_schema) in places {
            let mut changed = object.clone();
            let map = changed.pointer_mut(&place).and_then(Value::as_object_mut);
            map.expect("a map").insert(STRANGE.to_owned(), json!(1));
            let said = problems(&changed);
            let unknown = said
                .iter()
                .find(|problem| problem.message.contains(STRANGE));
            let help = unknown.and_then(|problem| problem.help.as_deref());
            let known: Map<String, Value> = schema
                .pointer(&format!("{in_schema}/properties"))
                .and_then(Value::as_object)
                .expect("properties")
                .clone();
            let known: BTreeSet<String> = known.keys().cloned().collect();
            assert_eq!(
                quoted(help.unwrap_or_default()),
                known,
                "{}{place}",
                object["kind"]
            );
        }
    }
}

#[test]
fn the_api_server_takes_the_words_that_are_read_and_no_other() {
    let mut checked = 0;
    for (object, schema) in wholes() {
        let places = maps_of_spec(&object, &schema);
        for (place, in_schema) in places {
            let properties = schema
                .pointer(&format!("{in_schema}/properties"))
                .expect("properties");
            for (key, about) in properties.as_object().expect("a map") {
                let (words, strange) = match (about.get("enum"), about.pointer("/items/enum")) {
                    (Some(words), _) => (words, json!("zzqqxxjjww")),
                    (_, Some(words)) => (words, json!(["zzqqxxjjww"])),
                    _ => continue,
                };
                let words = words.as_array().expect("words").iter();
                let words: BTreeSet<_> = words
                    .map(|word| word.as_str().expect("a word").to_owned())
                    .collect();
                let mut changed = object.clone();
                let map = changed
                    .pointer_mut(&place)
                    .and_then(Value::as_object_mut)
                    .expect("a map");
                if map.insert(key.clone(), strange).is_none() {
                    continue;
                }
                let said = problems(&changed);
                let wrong = said
                    .iter()
                    .find(|problem| problem.message.contains("zzqqxxjjww"));
                let message = wrong
                    .map(|problem| problem.message.clone())
                    .unwrap_or_default();
                let list = message
                    .split("it must be one of")
                    .nth(1)
                    .unwrap_or_default();
                assert_eq!(
                    quoted(list),
                    words,
                    "{}{place}/{key}: {message}",
                    object["kind"]
                );
                checked += 1;
            }
        }
    }
    assert!(checked >= 10, "{checked} fields have words");
}

#[test]
fn the_api_server_requires_what_the_readers_require() {
    for (object, schema) in wholes() {
        let places = maps_of_spec(&object, &schema);
        for (place, in_schema) in places {
            let required: BTreeSet<&str> = schema
                .pointer(&format!("{in_schema}/required"))
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let there = object
                .pointer(&place)
                .and_then(Value::as_object)
                .expect("a map");
            let mut demanded = BTreeSet::new();
            for key in there.keys() {
                let mut changed = object.clone();
                changed
                    .pointer_mut(&place)
                    .and_then(Value::as_object_mut)
                    .expect("a map")
                    .remove(key);
                let missing = format!("`{key}` is missing");
                if problems(&changed)
                    .iter()
                    .any(|problem| problem.message == missing)
                {
                    demanded.insert(&**key);
                }
            }
            // Which patch a mutation needs depends on its type: a rule in CEL says so.
            demanded.remove("jsonPatch");
            demanded.remove("applyConfiguration");
            assert_eq!(required, demanded, "{}{place}", object["kind"]);
        }
    }
}

fn yaml_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

/// What our readers take, the API server must not refuse: else a policy is right as a file and wrong as a resource.
#[test]
fn every_policy_and_exception_of_this_repository_fits_the_definitions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in ["policies", "testdata"] {
        yaml_files(&root.join(directory), &mut files);
    }
    files.sort();
    let validators = [
        ("Policy", schema("Policy")),
        ("PolicyException", schema("PolicyException")),
    ]
    .map(|(kind, schema)| (kind, jsonschema::validator_for(&schema).expect("a schema")));
    let (mut fits, mut wrong) = ([0, 0], Vec::new());
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        if !text.contains("kpolicy.io/") {
            continue;
        }
        let mut sources = SourceMap::new();
        let id = sources.add(Source::new(file.display().to_string(), &*text));
        let reading = read(id, &text, Dialect::Kubectl, &Limits::default());
        for document in reading
            .documents
            .into_iter()
            .flat_map(|document| unroll(document, &mut Vec::new()))
        {
            let Some(object) = to_serde(document.root()) else {
                continue;
            };
            let kind = validators
                .iter()
                .position(|(kind, _)| object["kind"] == *kind);
            let ours = object["apiVersion"] == "kpolicy.io/v1alpha1";
            let Some(kind) = kind.filter(|_| ours && problems(&object).is_empty()) else {
                continue;
            };
            fits[kind] += 1;
            for error in validators[kind].1.iter_errors(&object) {
                wrong.push(format!(
                    "{}: {}: {error}",
                    file.display(),
                    error.instance_path()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        fits[0] >= 20 && fits[1] >= 3,
        "{fits:?} policies and exceptions were held against the schemas"
    );
}

#[test]
fn the_kept_definitions_are_those_of_the_types() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/kpolicy/crds");
    for ((name, crd), (kept_name, kept)) in
        definitions().expect("definitions").iter().zip(DEFINITIONS)
    {
        assert_eq!(*name, kept_name);
        let mut text = String::from(
            "# Made from the types in src/crds by `UPDATE=1 cargo test --test it crds`.\n",
        );
        yaml::write(crd, &mut text);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&directory).expect("a directory");
            fs::write(directory.join(name), &text).expect("a file");
        } else {
            assert!(
                text == kept,
                "{name} is not what the types say: run UPDATE=1 cargo test --test it crds"
            );
            let mut sources = SourceMap::new();
            let id = sources.add(Source::new(*name, kept));
            let reading = read(id, kept, Dialect::Kubectl, &Limits::default());
            assert_eq!(reading.problems, []);
            let read = reading
                .documents
                .first()
                .and_then(|document| to_serde(document.root()));
            assert_eq!(
                read.as_ref(),
                Some(crd),
                "{name} reads back as it was written"
            );
        }
    }
}
