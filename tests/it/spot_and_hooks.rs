//! What stops pods together: the mutations of `pre-stop` and `spot-termination` run one after the other, and what they
//! wrote holds before these two and before `termination-grace`.

use std::sync::Arc;

use kpolicy::config::{Config, Enforcement, PolicySetting};
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::judge::{Judge, Lineage};
use kpolicy::manifest::{Document, read_json, write_json};
use kpolicy::policy::Operation;
use kpolicy::source::SourceMap;
use serde_json::{Value, json};

use crate::policies::TODAY;

fn judge(termination: &Value) -> Judge {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let config = documents.config();
    let setting = |params: &Value| PolicySetting {
        enforcement: Some(Enforcement::Deny),
        params: Some(read_json(None, &params.to_string()).expect("JSON")),
        ..PolicySetting::default()
    };
    let config = Config {
        profiles: Vec::new(),
        policies: [
            ("pre-stop".into(), setting(&json!({}))),
            ("spot-termination".into(), setting(termination)),
            ("termination-grace".into(), setting(&json!({}))),
        ]
        .into(),
        ..config
    };
    let policies = Arc::new(documents.take_policies());
    Judge::new(&policies, &config, &[], None, TODAY).expect("a judge")
}

fn request(object: &Document) -> Request<'_> {
    let kind = Kind {
        group: "apps",
        version: "v1",
        kind: "Deployment",
    };
    let resource = Resource {
        group: "apps",
        version: "v1",
        resource: "deployments",
    };
    Request {
        name: "web",
        namespace: Some("shop"),
        object: Some(object.root()),
        ..Request::new(Operation::Create, kind, resource)
    }
}

fn mutated(judge: &Judge, object: &Value) -> Value {
    let document = read_json(None, &object.to_string()).expect("JSON");
    let mutation = judge.mutate(
        &request(&document),
        &Lineage::default(),
        &NoOtherObjects("a test"),
        &Limits::default(),
    );
    assert!(mutation.errors.is_empty(), "{:?}", mutation.errors);
    let after = mutation.document.as_ref().unwrap_or(&document);
    serde_json::from_str(&write_json(after.root())).expect("JSON")
}

/// What is found of these policies; `pre-stop` asks for Services, of which there are none.
fn found(judge: &Judge, object: &Value) -> Vec<String> {
    let document = read_json(None, &object.to_string()).expect("JSON");
    let verdict = judge.validate(
        &request(&document),
        &Lineage::default(),
        &NoOtherObjects("a test"),
        &Limits::default(),
    );
    let decisions = verdict.decisions.iter();
    decisions
        .map(|decision| decision.violation.message.clone())
        .collect()
}

fn workload(labels: &Value, tolerations: &Value, grace: Option<u64>) -> Value {
    let mut spec = json!({
        "tolerations": tolerations,
        "containers": [{
            "name": "web",
            "image": "acrdemo.azurecr.io/shop/web:2.3.0",
            "ports": [{"containerPort": 8080}],
        }],
    });
    if let Some(grace) = grace {
        spec["terminationGracePeriodSeconds"] = json!(grace);
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    })
}

#[test]
fn no_mutation_writes_what_another_policy_refuses() {
    let spot = json!({"app": "web", "kpolicy.io/spot": "true"});
    let plain = json!({"app": "web"});
    let tolerated = json!([{"key": "kubernetes.azure.com/scalesetpriority", "operator": "Exists"}]);
    let (mut hooks, mut periods) = (0, 0);
    for max in [2, 8, 10, 11, 15, 16, 25, 30, 60] {
        for params in [
            json!({"maxSeconds": max}),
            json!({"maxSeconds": max, "reserveSeconds": 0}),
            json!({"maxSeconds": max, "preStopSeconds": 10, "reserveSeconds": 4}),
        ] {
            let judge = judge(&params);
            for (labels, tolerations) in [
                (&spot, &tolerated),
                (&spot, &json!([])),
                (&plain, &tolerated),
                (&plain, &json!([])),
            ] {
                for grace in [
                    None,
                    Some(2),
                    Some(10),
                    Some(11),
                    Some(16),
                    Some(19),
                    Some(30),
                    Some(60),
                ] {
                    let before = workload(labels, tolerations, grace);
                    let after = mutated(&judge, &before);
                    let context = format!("{params}, {before}, {after}");
                    assert_eq!(mutated(&judge, &after), after, "settled: {context}");
                    let old = found(&judge, &before);
                    let new = found(&judge, &after);
                    assert!(
                        new.iter().all(|message| old.contains(message)),
                        "{new:?}: {context}"
                    );
                    let pod = &after["spec"]["template"]["spec"];
                    hooks += usize::from(pod["containers"][0].get("lifecycle").is_some());
                    let period = pod["terminationGracePeriodSeconds"].as_u64();
                    periods += usize::from(period != grace);
                }
            }
        }
    }
    assert!(
        hooks > 100 && periods > 50,
        "{hooks} hooks, {periods} periods"
    );
}
