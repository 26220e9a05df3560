//! What stops pods together: the mutations of `pre-stop` and `spot-termination` run one after the other, and what they
//! wrote holds before these two and before `termination-grace`.

use kpolicy::judge::Judge;
use serde_json::{Value, json};

use crate::mutating::{self, found, mutated};

fn judge(termination: &Value) -> Judge {
    let none = json!({});
    mutating::judge(&[
        ("pre-stop", &none),
        ("spot-termination", termination),
        ("termination-grace", &none),
    ])
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
    mutating::workload("Deployment", &json!({"app": "web"}), labels, &spec)
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
