//! The spread of replicas beside the mutations of AKS Deployment Safeguards: whoever comes first, the outcome is the
//! same, and nothing stands there twice.
//!
//! `safeguards` has the model of them; `tests/e2e/beside_safeguards.rs` asks the same of a real API server.

use std::collections::BTreeSet;

use kpolicy::judge::Judge;
use serde_json::{Value, json};

use crate::mutating::{self, found, mutated as ours};
use crate::safeguards::{spread as theirs, workloads};

const POLICY: &str = "topology-spread";

fn judge(params: &Value) -> Judge {
    mutating::judge(&[(POLICY, params)])
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
