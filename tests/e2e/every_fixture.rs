//! Every object that the policies' fixtures hold, sent through the real API server and its own defaults, with the
//! profiles as they ship: what `kpolicy lint` says of the file is what is said of the request.
//!
//! The objects are taken for themselves: each is created, whatever its case is about, and nothing is stored. Where this
//! API server takes away or rewrites what is written (a field that it does not know or whose feature is off, `0m`), lint
//! is given what it made of it. Left out are kinds that no API server has built in, what it refuses on its own account,
//! and what each mouth says in its own way because of who asks: Nodes, and mirror pods, which only a kubelet makes.
//! `require-network-policy` asks for other objects to be there; `sample` is about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use futures::StreamExt as _;
use kpolicy::manifest::to_serde;
use kpolicy::schema::kinds;
use serde_json::{Value, json};

use crate::fixtures;
use crate::harness::{Answer, Cluster, LONG, Setup, eventually, in_turn};
use crate::said::{Said, text};

/// What both find in other words, each true of what it was given: `audience: ""` and `requests: {}` are not sent.
const WORDED_OTHERWISE: &[&str] = &[
    "require-requests/fail/requests-without-any.yaml",
    "service-account-token/fail/token-by-hand-with-an-empty-audience.yaml",
];

/// Where an object goes that names no namespace.
const NAMESPACE: &str = "shop";

/// The objects, each once, with the case that holds it: those that carry pods, or all others. Apart, because policies
/// of the first read objects of the second, and the cluster has none.
fn objects(with_pods: bool) -> Vec<(String, Value)> {
    let mut seen = BTreeSet::new();
    let mut objects = Vec::new();
    for fixture in fixtures::all() {
        let worded_otherwise = WORDED_OTHERWISE.contains(&fixture.name.as_str());
        if fixture.is_repository || !fixture.subresource().is_empty() || worded_otherwise {
            continue;
        }
        let mut object = to_serde(fixture.object.root()).expect("an object");
        let version = text(&object["apiVersion"]);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let Some(kind) = kinds::built_in(group, &text(&object["kind"])) else {
            continue;
        };
        if kind.pod_template.is_some() != with_pods {
            continue;
        }
        let annotations = &object["metadata"]["annotations"];
        if kind.kind == "Node" || annotations["kubernetes.io/config.mirror"].is_string() {
            continue;
        }
        if kind.namespaced && !object["metadata"]["namespace"].is_string() {
            object["metadata"]["namespace"] = json!(NAMESPACE);
        }
        if seen.insert(object.to_string()) {
            objects.push((fixture.name.clone(), object));
        }
    }
    objects
}

/// The Config of a cluster that runs these profiles.
fn config(profiles: &str, version: &str, namespaces: &BTreeSet<String>) -> String {
    let names = namespaces.iter().map(String::as_str).collect::<Vec<_>>();
    let config = json!({
        "apiVersion": "kpolicy.io/v1alpha1",
        "kind": "Config",
        "profiles": profiles.split(' ').collect::<Vec<_>>(),
        "policies": {
            "acr-only": {"params": {"registries": ["acrdemo.azurecr.io"]}},
            "image-pull-secrets": {"params": {"identityRegistries": ["acrdemo.azurecr.io"]}},
            "ingress-pool": {"params": {"namespaces": ["ingress"]}},
            "require-network-policy": {"enforcement": "disabled"},
        },
        "clusters": [{"name": "one", "path": ".", "kubernetesVersion": version}],
        "namespaces": [{"names": names, "labels": {}}],
    });
    config.to_string()
}

/// What lint says of each file.
fn lint(folder: &Path) -> BTreeMap<usize, Said> {
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .env_clear()
        .args(["lint", "--render", "never", "--output-format", "json"])
        .args(["--show-audit", "--cluster", "one"])
        .arg(folder)
        .output()
        .expect("kpolicy");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{errors}");
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut said = BTreeMap::<usize, Said>::new();
    for finding in output["findings"].as_array().expect("findings") {
        let file = text(&finding["file"]);
        let number = file
            .strip_suffix(".json")
            .and_then(|file| file.parse().ok());
        let number = number.unwrap_or_else(|| panic!("{finding}"));
        said.entry(number).or_default().add_finding(finding);
    }
    let left = output["notJudged"].as_array().expect("a list");
    assert!(left.is_empty(), "{left:?}");
    said
}

/// What the answer to a request says, and whether a refusal leaves some of it out for its length.
fn told(answer: &Answer) -> (Said, bool) {
    let mut said = Said::default();
    // The API server's own, such as those of Pod Security, are not ours.
    let ours = answer.warnings.iter().filter(|text| text.starts_with('['));
    said.warned.extend(ours.cloned());
    if answer.status == 201 {
        return (said, false);
    }
    let lines: Vec<&str> = answer.refused(answer.status).lines().collect();
    let ours = lines.iter().filter(|line| line.starts_with('['));
    said.denied.extend(ours.map(|&line| line.to_owned()));
    (said, lines.last().is_some_and(|line| line.starts_with('+')))
}

/// Creates each object without storing it.
async fn create(cluster: &Cluster, objects: &[(String, Value)]) -> Vec<Answer> {
    futures::stream::iter(objects)
        .map(|(_, object)| cluster.admin.try_create(object))
        .buffered(8)
        .collect()
        .await
}

/// The requests of the audit log, by the ids of their answers.
async fn events(cluster: &Cluster, mark: u64, answers: &[Answer]) -> BTreeMap<String, Value> {
    eventually("the audit log knows every request", LONG, async || {
        let events = cluster.audit_since(mark).into_iter();
        let events: BTreeMap<_, _> = events
            .map(|event| (text(&event["auditID"]), event))
            .collect();
        let missing = answers
            .iter()
            .filter(|answer| !events.contains_key(&answer.audit_id));
        match missing.count() {
            0 => Ok(events),
            count => Err(format!("{count} are missing")),
        }
    })
    .await
}

/// Whether an object still holds all that another says, but for what each API server sets itself.
fn holds(object: &Value, written: &Value) -> bool {
    const ITS_OWN: &[&str] = &[
        "status",
        "uid",
        "creationTimestamp",
        "resourceVersion",
        "generation",
    ];
    match (object, written) {
        // What stands there by default anyhow is not sent.
        (_, Value::Null) | (Value::Null, Value::Bool(false)) => true,
        (Value::Null, Value::String(written)) => written.is_empty(),
        // A quantity.
        (Value::String(object), Value::Number(written)) => *object == written.to_string(),
        (Value::Object(object), Value::Object(written)) => {
            let mut said = written
                .iter()
                .filter(|(key, _)| !ITS_OWN.contains(&key.as_str()));
            said.all(|(key, value)| holds(object.get(key).unwrap_or(&Value::Null), value))
        }
        (Value::Array(object), Value::Array(written)) => {
            object.len() >= written.len()
                && written.iter().zip(object).all(|(one, own)| holds(own, one))
        }
        (Value::Null, Value::Object(written)) => written.is_empty(),
        (Value::Null, Value::Array(written)) => written.is_empty(),
        _ => object == written,
    }
}

/// What the API server makes of the objects that it takes: as they are written where it keeps all of that.
fn as_taken(objects: Vec<(String, Value)>, answers: Vec<Answer>) -> Vec<(String, Value)> {
    let mut taken = Vec::new();
    let mut rewritten = 0;
    for ((name, object), answer) in objects.into_iter().zip(answers) {
        if answer.status != 201 {
            continue;
        }
        // From 1.37 on it works out what a pod as a whole may take of what its containers may.
        let whole = |object: &Value| object["spec"]["resources"].clone();
        if holds(&answer.body, &object) && holds(&whole(&object), &whole(&answer.body)) {
            taken.push((name, object));
        } else {
            rewritten += 1;
            let mut body = answer.body;
            let metadata = body["metadata"].as_object_mut().expect("metadata");
            for key in ["uid", "creationTimestamp", "generation", "managedFields"] {
                metadata.remove(key);
            }
            // By the uid that each Job gets anew.
            if body["kind"] == "Job" && body["spec"]["manualSelector"] != true {
                let spec = body["spec"].as_object_mut().expect("a spec");
                spec.remove("selector");
                spec["template"]["metadata"]["labels"] =
                    object["spec"]["template"]["metadata"]["labels"].clone();
            }
            taken.push((name, body));
        }
    }
    eprintln!(
        "{} are taken, {rewritten} otherwise than written",
        taken.len()
    );
    taken
}

/// Makes the namespaces of objects; gives those that were not there.
async fn make_namespaces(cluster: &Cluster, names: &BTreeSet<String>) -> Vec<String> {
    let mut made = Vec::new();
    for name in names {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if cluster.admin.get(&namespace).await.status == 404 {
            cluster.create_namespace(name, &json!({})).await;
            made.push(name.clone());
        }
    }
    made
}

/// Holds lint against the API server; at least so many objects have to be compared.
fn agree(profiles: &str, with_pods: bool, least: usize) {
    let written = objects(with_pods);
    let namespaces = written
        .iter()
        .map(|(_, object)| text(&object["metadata"]["namespace"]));
    let namespaces: BTreeSet<String> = namespaces.filter(|name| !name.is_empty()).collect();
    let (mut version, mut made, mut objects) = (String::new(), Vec::new(), Vec::new());
    in_turn(async |cluster| {
        let answer = cluster.admin.read("/version").await.accepted();
        version = format!("{}.{}", text(&answer["major"]), text(&answer["minor"]));
        made = make_namespaces(cluster, &namespaces).await;
        let answers = create(cluster, &written).await;
        objects = as_taken(written, answers);
    });
    let folder = tempfile::tempdir().expect("a folder");
    let config_file = folder.path().join(".kpolicy.yaml");
    fs::write(&config_file, config(profiles, &version, &namespaces)).expect("a Config");
    for (number, (_, object)) in objects.iter().enumerate() {
        let file = folder.path().join(format!("{number}.json"));
        fs::write(file, object.to_string()).expect("a file");
    }
    let mut by_lint = lint(folder.path());
    let setup = Setup::new("")
        .config_file(&config_file)
        .arguments(&["--cluster", "one"])
        .watching();
    let mut different = Vec::new();
    setup.run(async |scenario| {
        let cluster = scenario.cluster;
        let mark = cluster.audit_mark();
        let answers = create(cluster, &objects).await;
        let events = events(cluster, mark, &answers).await;
        for (number, answer) in answers.iter().enumerate() {
            let mut expected = by_lint.remove(&number).unwrap_or_default();
            let (mut said, more) = told(answer);
            if more {
                expected.denied.retain(|line| said.denied.contains(line));
            }
            let left = said.add_event(&events[&answer.audit_id]);
            if said != expected || !left.is_empty() {
                let ours = expected.difference(&said);
                let theirs = said.difference(&expected);
                let case = &objects[number].0;
                different.push(format!(
                    "{case}: lint alone {ours:?}, the API server alone {theirs:?}, left {left:?}"
                ));
            }
        }
    });
    in_turn(async |cluster| {
        let made: Vec<&str> = made.iter().map(String::as_str).collect();
        cluster.delete_namespaces(&made).await;
    });
    assert!(
        different.is_empty(),
        "{profiles}:\n{}",
        different.join("\n")
    );
    assert!(
        objects.len() >= least,
        "{profiles}: only {} are compared",
        objects.len()
    );
}

#[test]
fn the_api_server_does_with_every_pod_of_a_fixture_what_lint_said_by_aks_and_platform() {
    agree("aks platform", true, 1500);
}

#[test]
fn the_api_server_does_with_every_other_object_of_a_fixture_what_lint_said_by_aks_and_platform() {
    agree("aks platform", false, 70);
}

#[test]
fn the_api_server_does_with_every_pod_of_a_fixture_what_lint_said_by_recommended() {
    agree("recommended", true, 1500);
}
