//! The spread of replicas beside the mutations of AKS Deployment Safeguards: whoever comes first, the outcome is the
//! same, and nothing stands there twice.
//!
//! What Deployment Safeguards do is modelled from their documentation: where a workload has neither anti-affinity nor a
//! spread, both are added over nodes, by the label `app`, else `app.kubernetes.io/name`, else one of their own.

use std::collections::BTreeSet;

use kpolicy::judge::Judge;
use serde_json::{Value, json};

use crate::mutating::{self, found, mutated as ours};

const POLICY: &str = "topology-spread";

fn judge(params: &Value) -> Judge {
    mutating::judge(&[(POLICY, params)])
}

/// The model of Deployment Safeguards.
fn theirs(object: &Value) -> Value {
    let mut after = object.clone();
    let template = &mut after["spec"]["template"];
    let is_given = |value: &Value| {
        !(value.is_null() || value.as_array().is_some_and(Vec::is_empty) || *value == json!({}))
    };
    if is_given(&template["spec"]["affinity"]["podAntiAffinity"])
        || is_given(&template["spec"]["topologySpreadConstraints"])
    {
        return object.clone();
    }
    let labels = &template["metadata"]["labels"];
    let key = ["app", "app.kubernetes.io/name"]
        .into_iter()
        .find(|key| labels.get(key).is_some());
    let key = key.unwrap_or("default-antiaffinity-applabel");
    if labels.get(key).is_none() {
        template["metadata"]["labels"][key] = json!("web");
    }
    let value = template["metadata"]["labels"][key].clone();
    let mut match_labels = serde_json::Map::new();
    match_labels.insert(key.to_owned(), value);
    let selector = json!({ "matchLabels": match_labels });
    template["spec"]["affinity"]["podAntiAffinity"] = json!({
        "preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 100,
            "podAffinityTerm": {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"},
        }],
    });
    template["spec"]["topologySpreadConstraints"] = json!([{
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": selector,
    }]);
    after
}

fn workload(kind: &str, selector: &Value, labels: &Value, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["containers"] = json!([{"name": "web", "image": "acrdemo.azurecr.io/shop/web:2.3.0"}]);
    let mut workload = mutating::workload(kind, selector, labels, &spec);
    workload["spec"]["replicas"] = json!(3);
    workload
}

/// Workloads whose pods Deployment Safeguards tell apart as the workload does, and others.
fn workloads() -> Vec<(&'static str, bool, Value)> {
    let app = json!({"app": "web"});
    let both = json!({"app": "web", "tier": "front"});
    let name = json!({"app.kubernetes.io/name": "web"});
    let none = json!({"tier": "front"});
    let spread = |key: &str| {
        json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway",
               "labelSelector": {"matchLabels": {"app": "web"}}})
    };
    let zone = json!({"topologySpreadConstraints": [spread("topology.kubernetes.io/zone")]});
    let host = json!({"topologySpreadConstraints": [spread("kubernetes.io/hostname")]});
    let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}}});
    let other_affinity = json!({"affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": []});
    let empty = json!({"affinity": {"podAntiAffinity": {}}});
    let bare = json!({});
    vec![
        ("by app", true, workload("Deployment", &app, &app, &bare)),
        (
            "a StatefulSet",
            true,
            workload("StatefulSet", &app, &app, &bare),
        ),
        ("by name", true, workload("Deployment", &name, &name, &bare)),
        (
            "spread over zones",
            true,
            workload("Deployment", &app, &app, &zone),
        ),
        (
            "spread over nodes",
            true,
            workload("Deployment", &app, &app, &host),
        ),
        (
            "kept apart",
            true,
            workload("Deployment", &app, &app, &apart),
        ),
        (
            "node affinity",
            true,
            workload("Deployment", &app, &app, &other_affinity),
        ),
        (
            "empty anti-affinity",
            true,
            workload("Deployment", &app, &app, &empty),
        ),
        (
            "by two labels",
            false,
            workload("Deployment", &both, &both, &bare),
        ),
        (
            "by another label",
            false,
            workload("Deployment", &none, &both, &bare),
        ),
        (
            "without app labels",
            false,
            workload("Deployment", &none, &none, &bare),
        ),
    ]
}

/// Applies each twice, one after the other, and says what is there then.
fn settled(judge: &Judge, object: &Value, ours_first: bool) -> Value {
    let mut now = object.clone();
    for _ in 0..2 {
        now = if ours_first {
            theirs(&ours(judge, &now))
        } else {
            ours(judge, &theirs(&now))
        };
    }
    now
}

/// Pairs of a key and a mode; the API server refuses one that stands there twice.
fn pairs(object: &Value) -> Vec<(String, String)> {
    let spreads = &object["spec"]["template"]["spec"]["topologySpreadConstraints"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |spread: &Value| {
        (
            text(&spread["topologyKey"]),
            text(&spread["whenUnsatisfiable"]),
        )
    };
    spreads.as_array().into_iter().flatten().map(pair).collect()
}

#[test]
fn whoever_comes_first_the_spread_settles_and_nothing_stands_there_twice() {
    for params in [
        json!({}),
        json!({"besideSafeguards": true}),
        json!({"perRevision": true}),
        json!({"zoneMode": "DoNotSchedule"}),
        json!({"besideSafeguards": true, "perRevision": true}),
    ] {
        let judge = judge(&params);
        for (name, _, object) in workloads() {
            for ours_first in [true, false] {
                let context = format!("{name} with {params}, ours first: {ours_first}");
                let settled = settled(&judge, &object, ours_first);
                assert_eq!(ours(&judge, &settled), settled, "{context}");
                assert_eq!(theirs(&settled), settled, "{context}");
                let pairs = pairs(&settled);
                let different: BTreeSet<_> = pairs.iter().collect();
                assert_eq!(different.len(), pairs.len(), "{context}: {pairs:?}");
                let preferred = &settled["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
                    ["preferredDuringSchedulingIgnoredDuringExecution"];
                assert!(
                    preferred.as_array().is_none_or(|terms| terms.len() == 1),
                    "{context}: {preferred}"
                );
            }
        }
    }
}

#[test]
fn whoever_comes_first_the_outcome_is_the_same() {
    for (params, all) in [
        (json!({}), false),
        (json!({"maxSkew": 2}), false),
        (json!({"besideSafeguards": true}), true),
        (json!({"besideSafeguards": true, "perRevision": true}), true),
    ] {
        let judge = judge(&params);
        for (name, same_labels, object) in workloads() {
            let [first, second] = [true, false].map(|first| settled(&judge, &object, first));
            if all || same_labels {
                assert_eq!(first, second, "{name} with {params}");
            } else {
                // Spread the same, and told apart by other labels: that is what `besideSafeguards` is for.
                assert_eq!(pairs(&first), pairs(&second), "{name} with {params}");
                assert_ne!(first, second, "{name} with {params}");
            }
        }
    }
}

#[test]
fn what_settled_violates_nothing() {
    for params in [json!({}), json!({"besideSafeguards": true})] {
        let judge = judge(&params);
        for (name, _, object) in workloads() {
            for ours_first in [true, false] {
                let settled = settled(&judge, &object, ours_first);
                let found = found(&judge, &settled);
                assert_eq!(found, [""; 0], "{name} with {params}");
            }
        }
    }
}
