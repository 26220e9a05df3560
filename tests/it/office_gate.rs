//! Policies and exceptions on their way into the cluster: what is said of them before they are stored.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use kpolicy::office::{Earlier, Identity};
use kpolicy::server::{Judges, Limits, Metrics, Timeouts, admission};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::office::{CONFIG, assemble, exception, key, most, office, policy};
use crate::webhook::runtime;

#[test]
fn what_is_applied_is_refused_or_warned_of_before_it_is_stored() {
    let mut office = office(CONFIG, &["of-file"]);
    let gate = assemble(&mut office).gate;
    let mut elsewhere = exception("e", &json!({}));
    elsewhere["metadata"]["namespace"] = json!("shop");
    let cases = [
        (policy("new", "true"), None, None),
        (
            policy("new", "unheard"),
            Some("spec.validations[0].expression, character 1: "),
            None,
        ),
        (
            policy("of-file", "true"),
            None,
            Some("it will not judge: a file of the webhook has"),
        ),
        (
            most("string"),
            None,
            Some("it will not judge: Config sets parameters"),
        ),
        (
            policy("acr-only", "true"),
            None,
            Some("it will not judge: kpolicy has a built-in policy of this name"),
        ),
        (exception("e", &json!({})), None, None),
        (
            exception("e", &json!({"policies": ["of-file", "later"]})),
            None,
            Some("a part of it has no effect: there is no policy `later`"),
        ),
        (elsewhere, Some("exceptions may not be in namespace"), None),
        (
            exception("e", &json!({"expires": "2026-11-25"})),
            None,
            Some("ends in 4 days"),
        ),
        (
            exception("e", &json!({"match": {"names": ["x"]}})),
            None,
            Some("exception `policy-exceptions/e` reaches every namespace (name `namespaces`"),
        ),
        (
            exception(
                "e",
                &json!({"match": {"namespaces": ["batch"], "kinds": ["Cronjob"]}}),
            ),
            Some("there is no kind `Cronjob` (did you mean `CronJob`?)"),
            None,
        ),
        (
            exception("e", &json!({"expires": "2030-01-01"})),
            Some("ends in"),
            None,
        ),
        (
            exception("e", &json!({"expires": "2020-01-01"})),
            None,
            Some("it has no effect: its last day was"),
        ),
        (
            exception("e", &json!({"policies": ["later"]})),
            None,
            Some("it has no effect: there is no policy `later`"),
        ),
    ];
    for (object, refused, warning) in cases {
        let said = gate.admit(&key(&object), &object.to_string());
        let begins = |said: &Option<String>, expected: Option<&str>| match (said, expected) {
            (Some(said), Some(expected)) => said.contains(expected),
            (None, None) => true,
            _ => false,
        };
        assert!(begins(&said.refused, refused), "{object}: {said:?}");
        assert!(begins(&said.warning, warning), "{object}: {said:?}");
    }
}

#[test]
fn a_replica_that_starts_while_a_policy_is_wrong_has_the_earlier_version_from_its_status() {
    let spec = policy("p", "1 == 1")["spec"].take();
    let stored = |earlier: Value| {
        let mut object = policy("p", "unheard");
        object["status"] = json!({"conditions": [], "earlier": earlier});
        object
    };
    let cases = [
        (json!({"generation": 3, "spec": spec}), "EarlierVersion", 1),
        // What is no earlier version, or wrong as well, does not judge.
        (json!({"generation": 4, "spec": spec}), "NoVersion", 0),
        (
            json!({"generation": 3, "spec": {"title": "T"}}),
            "NoVersion",
            0,
        ),
        (Value::Null, "NoVersion", 0),
    ];
    for (earlier, reason, count) in cases {
        let mut office = office(CONFIG, &[]);
        // Another replica may write it after this one has seen the policy.
        for object in [policy("p", "unheard"), stored(earlier.clone())] {
            let identity = Identity {
                uid: "u".into(),
                generation: 4,
            };
            office.receive(key(&object), identity, &object.to_string());
            assemble(&mut office);
        }
        let assembly = assemble(&mut office);
        let outcome = &assembly.outcomes[0];
        assert_eq!(outcome.conditions[1].reason.as_str(), reason, "{earlier}");
        assert_eq!(assembly.counts.earlier, count, "{earlier}");
        let kept = match &outcome.earlier {
            Earlier::Version { generation, spec } => {
                json!({"generation": generation, "spec": serde_json::from_str::<Value>(spec).expect("JSON")})
            }
            _ => Value::Null,
        };
        assert_eq!(kept == earlier && count == 1, count == 1, "{kept}");
    }
}

/// What the webhook answers when a policy is created or changed.
fn answer(operation: &str, subresource: &str, object: &Value, old: &Value) -> Value {
    let assembly = assemble(&mut office(CONFIG, &["of-file"]));
    let judges = Judges::new(assembly.judge);
    judges.open_gate(assembly.gate);
    let metrics = Metrics::new();
    let router = admission(
        Arc::new(judges),
        metrics,
        Limits::default(),
        Timeouts::default(),
    );
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": operation, "name": object["metadata"]["name"], "subResource": subresource,
            "kind": {"group": "kpolicy.io", "version": "v1alpha1", "kind": "Policy"},
            "resource": {"group": "kpolicy.io", "version": "v1alpha1", "resource": "policies"},
            "userInfo": {"username": "someone"}, "object": object, "oldObject": old,
        },
    });
    let request = Request::post("/validate?timeout=10s")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(review.to_string()))
        .expect("a request");
    runtime().block_on(async {
        let response = router.oneshot(request).await.expect("an answer");
        let bytes = to_bytes(response.into_body(), usize::MAX).await;
        let mut review: Value = serde_json::from_slice(&bytes.expect("a body")).expect("a review");
        review["response"].take()
    })
}

#[test]
fn a_wrong_policy_is_refused_by_the_webhook_itself() {
    let wrong = policy("new", "unheard");
    let refused = answer("CREATE", "", &wrong, &Value::Null);
    assert_eq!(refused["allowed"], false);
    assert_eq!(refused["status"]["code"], 422);
    let message = refused["status"]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("spec.validations[0].expression, character 1: there is no `unheard`"),
        "{message}"
    );
    // What was stored before anybody looked may still be labelled, and its status written.
    let mut labelled = wrong.clone();
    labelled["metadata"]["labels"] = json!({"team": "shop"});
    for (subresource, object) in [("", &labelled), ("status", &wrong)] {
        let allowed = answer("UPDATE", subresource, object, &wrong);
        assert_eq!(allowed["allowed"], true, "{allowed}");
    }
    let taken = answer("CREATE", "", &policy("of-file", "true"), &Value::Null);
    assert_eq!(taken["allowed"], true);
    let warning = taken["warnings"][0].as_str().expect("a warning");
    assert!(
        warning.starts_with("it will not judge: a file of the webhook"),
        "{warning}"
    );
}
