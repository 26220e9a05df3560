//! Ways to write an image reference past a policy: `testdata/bypasses/images.tsv` names each, who refuses it, and the
//! fixture that shows it, so that none of them can get lost.
//!
//! The fixture shows a reference in one place. Here each is put in every place that an image can have.

use std::path::Path;

use kpolicy::judge::Judge;
use kpolicy::manifest::{NodeRef, View};
use serde_json::{Value, json};

use crate::fixtures::{self, Kind};
use crate::judge::{judge, object, validate};

/// The policies of the columns.
const POLICIES: [&str; 4] = ["acr-only", "immutable-tags", "registry-host", "docker-hub"];

struct Bypass {
    way: String,
    reference: String,
    /// The check of each policy that refuses it; `-` for none.
    checks: Vec<String>,
    fixture: String,
}

fn table() -> Vec<Bypass> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bypasses/images.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let bypass = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [way, reference, checks @ .., fixture] = cells.as_slice() else {
            panic!("`{line}` has too few columns");
        };
        assert_eq!(checks.len(), POLICIES.len(), "{line}");
        Bypass {
            way: (*way).to_owned(),
            reference: serde_json::from_str(reference).expect("a JSON text"),
            checks: checks.iter().map(|&check| check.to_owned()).collect(),
            fixture: (*fixture).to_owned(),
        }
    };
    lines.map(bypass).collect()
}

fn only(policy: &str) -> Judge {
    let params = match policy {
        "acr-only" => ", params: {registries: [acrdemo.azurecr.io]}",
        _ => "",
    };
    let config = format!("profiles: []\npolicies: {{{policy}: {{enforcement: deny{params}}}}}\n");
    judge(&config, &[], None, (2026, 11, 21))
}

/// Pods with a reference in each place that is pulled from.
fn places(reference: &str) -> Vec<(&'static str, Value)> {
    let image = |image: &str| json!({"name": "a", "image": image});
    let good = image("acrdemo.azurecr.io/shop/web:1.4.2");
    let bad = image(reference);
    let mut sidecar = bad.clone();
    sidecar["restartPolicy"] = json!("Always");
    vec![
        ("container", json!({"containers": [bad]})),
        ("second container", json!({"containers": [good, bad]})),
        (
            "init container",
            json!({"initContainers": [bad], "containers": [good]}),
        ),
        (
            "native sidecar",
            json!({"initContainers": [good, sidecar], "containers": [good]}),
        ),
        (
            "ephemeral container",
            json!({"ephemeralContainers": [bad], "containers": [good]}),
        ),
        (
            "image volume",
            json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "image": {"reference": reference}}],
                "containers": [good]}),
        ),
    ]
}

#[test]
fn each_bypass_is_refused_by_each_policy_that_can_see_it_wherever_an_image_stands() {
    let judges = POLICIES.map(only);
    let table = table();
    assert!(!table.is_empty());
    let mut wrong = Vec::new();
    for bypass in &table {
        for (place, spec) in places(&bypass.reference) {
            let metadata = json!({"name": "x", "namespace": "shop"});
            let pod =
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
            let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
                "spec": {"template": {"spec": spec}}});
            for (kind, value) in [("Pod", pod), ("Deployment", deployment)] {
                let document = object(&value.to_string());
                for ((policy, judge), check) in POLICIES.iter().zip(&judges).zip(&bypass.checks) {
                    let verdict = validate(judge, kind, "shop", &document, None);
                    let mut said: Vec<&str> = verdict
                        .decisions
                        .iter()
                        .filter_map(|one| Some(one.violation.validation.split_once('/')?.1))
                        .collect();
                    said.dedup();
                    let said = if said.is_empty() {
                        "-".to_owned()
                    } else {
                        said.join(" ")
                    };
                    if said != *check {
                        wrong.push(format!(
                            "{}: {policy} says `{said}` of a {place} of a {kind}",
                            bypass.way
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} bypasses", table.len());
}

#[test]
fn each_bypass_has_a_failing_fixture_that_holds_its_very_reference() {
    let fixtures = fixtures::all();
    let mut seen = std::collections::BTreeSet::new();
    for bypass in table() {
        assert!(
            seen.insert(bypass.reference.clone()),
            "`{}` stands twice",
            bypass.reference
        );
        let fixture = fixtures
            .iter()
            .find(|fixture| fixture.kind == Kind::Fail && fixture.name == bypass.fixture)
            .unwrap_or_else(|| panic!("{}: no fixture {}", bypass.way, bypass.fixture));
        let at = POLICIES.iter().position(|name| *name == fixture.policy);
        let check = at.and_then(|at| bypass.checks.get(at));
        assert!(
            check.is_some_and(|check| check != "-"),
            "{}: {} does not refuse it",
            bypass.way,
            fixture.policy
        );
        let mut texts = Vec::new();
        gather(fixture.object.root(), &mut texts);
        assert!(
            texts.contains(&bypass.reference),
            "{}: {} does not hold `{}`",
            bypass.way,
            bypass.fixture,
            bypass.reference
        );
    }
}

/// All texts below a node.
fn gather(node: NodeRef<'_>, texts: &mut Vec<String>) {
    match node.view() {
        View::String(text) => texts.push(text.to_owned()),
        View::List(list) => list.iter().for_each(|item| gather(item, texts)),
        View::Map(map) => map.iter().for_each(|entry| gather(entry.value, texts)),
        _ => {}
    }
}
