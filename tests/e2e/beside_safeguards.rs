//! Beside a webhook that changes workloads as AKS Deployment Safeguards do, before kpolicy and after it, called again or
//! not: whatever the order, what comes out is accepted, comes to rest, and is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::injector::{Injector, Patch, Registration};
use crate::harness::{LONG, Scenario, Setup, eventually};
use crate::safeguards;

/// What is denied unless one of the two webhooks mends it, and what only kpolicy changes.
const POLICIES: &[&str] = &[
    "image-pull-policy",
    "limit-ratio",
    "pre-stop",
    "require-limits",
    "require-requests",
    "seccomp-profile",
    "service-account-token",
    "spot-scheduling",
    "spot-termination",
    "topology-spread",
];

fn setup(spread: &Value) -> Setup {
    let policies: BTreeMap<&str, Value> = POLICIES
        .iter()
        .map(|&policy| {
            let params = match policy {
                "topology-spread" => spread.clone(),
                _ => json!({}),
            };
            (policy, json!({"enforcement": "deny", "params": params}))
        })
        .collect();
    let config = json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "Config", "profiles": [], "policies": policies,
    });
    Setup::new("").config(&config.to_string()).watching()
}

/// Their webhook: the parts of a workload that it changes are replaced.
fn their_patch() -> Patch {
    Arc::new(|object: &Value| {
        let after = safeguards::resources(&safeguards::spread(object));
        let replaced = json!([{"op": "replace", "path": "/spec", "value": after["spec"]}]);
        (after != *object).then_some(replaced)
    })
}

/// The workloads, half of them opted in to Spot; whether both tell their pods apart alike; in this namespace.
fn workloads(namespace: &str) -> Vec<(String, bool, Value)> {
    let mut workloads = Vec::new();
    for (name, alike, object) in safeguards::workloads() {
        for spot in [false, true] {
            let mut object = object.clone();
            object["metadata"]["namespace"] = json!(namespace);
            if object["kind"] == "StatefulSet" {
                object["spec"]["serviceName"] = json!("web");
            }
            let container = &mut object["spec"]["template"]["spec"]["containers"][0];
            container["ports"] = json!([{"containerPort": 8080}]);
            if spot {
                object["spec"]["template"]["metadata"]["labels"]["kpolicy.io/spot"] = json!("true");
            }
            workloads.push((format!("{name}, spot: {spot}"), alike, object));
        }
    }
    workloads
}

/// What the API server makes of an object, as it could be written into a file.
async fn outcome(scenario: &Scenario, name: &str, object: &Value) -> Value {
    let answer = scenario.cluster.admin.try_create(object).await;
    assert_eq!(answer.status, 201, "{name}: {}", answer.message());
    let mut made = answer.body;
    let spec = made["spec"].take();
    let mut made = object.clone();
    made["spec"] = spec;
    made
}

/// The outcomes of all workloads with their webhook under this name.
async fn outcomes(
    scenario: &Scenario,
    namespace: &str,
    name: &str,
    reinvocation: &str,
) -> BTreeMap<String, Value> {
    let cluster = scenario.cluster;
    let registration = Registration {
        name,
        namespace,
        resources: &[("apps", "deployments"), ("apps", "statefulsets")],
        reinvocation,
    };
    let neighbour = Injector::serving(cluster, &registration, their_patch()).await;
    let workloads = workloads(namespace);
    let (_, _, any) = &workloads[0];
    eventually("their webhook is called", LONG, async || {
        let answer = cluster.admin.try_create(any).await;
        let limits = answer
            .body
            .pointer("/spec/template/spec/containers/0/resources/limits/cpu");
        limits
            .map(|_| ())
            .ok_or_else(|| answer.message().to_owned())
    })
    .await;
    let mut outcomes = BTreeMap::new();
    for (what, _, object) in &workloads {
        let context = format!("{what}, {name} {reinvocation}");
        let first = outcome(scenario, &context, object).await;
        let again = outcome(scenario, &context, &first).await;
        assert_eq!(again, first, "{context}: it has not come to rest");
        outcomes.insert(what.clone(), first);
    }
    neighbour.end().await;
    eventually("their webhook is called no more", LONG, async || {
        let answer = cluster.admin.try_create(any).await;
        if answer.status == 201 {
            Err("it is".to_owned())
        } else {
            Ok(())
        }
    })
    .await;
    outcomes
}

fn whoever_comes_first(spread: &Value, all_alike: bool) {
    setup(spread).run(async |scenario| {
        let namespace = scenario.namespace().await;
        let mut all = Vec::new();
        for name in ["aa-safeguards", "zz-safeguards"] {
            for reinvocation in ["Never", "IfNeeded"] {
                let outcomes = outcomes(scenario, &namespace, name, reinvocation).await;
                all.push((name, reinvocation, outcomes));
            }
        }
        let [(_, _, expected), rest @ ..] = all.as_slice() else {
            unreachable!("four were asked for")
        };
        for (what, alike, _) in workloads(&namespace) {
            for (name, reinvocation, outcomes) in rest {
                if alike || all_alike {
                    assert_eq!(
                        outcomes[&what], expected[&what],
                        "{what}: {name} {reinvocation}"
                    );
                }
            }
        }
    });
}

#[test]
fn whoever_comes_first_workloads_come_to_rest_and_are_accepted() {
    whoever_comes_first(&json!({}), false);
}

#[test]
fn whoever_comes_first_the_outcome_is_the_same_with_their_labels() {
    whoever_comes_first(&json!({"besideSafeguards": true}), true);
}
