//! kpolicy's own kinds against an API server that answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::crds::Status;
use crate::office::{Condition, Earlier, Event, Identity, Key, Kind, Outcome, Reason};
use crate::server::{Metrics, WatchLabels};

use super::follow::follow;
use super::standing::{Standing, Standings};
use super::status::{Writer, forgets};

/// What was asked: method, path with query, body.
type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A client of an API server that gives these answers in turn, and then none at all.
fn api(answers: &[(u16, Value)]) -> (Client, Asked) {
    let asked = Asked::default();
    let note = Arc::clone(&asked);
    let answers: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(answers.iter().cloned().collect()));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (note, answers) = (Arc::clone(&note), Arc::clone(&answers));
        async move {
            let (head, body) = request.into_parts();
            let bytes = body.collect_bytes().await.expect("a body");
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            let asked = (head.method.to_string(), head.uri.to_string(), body);
            note.lock().expect("a list").push(asked);
            let answer = answers.lock().expect("answers").pop_front();
            let Some((code, answer)) = answer else {
                return std::future::pending().await;
            };
            let body = Body::from(answer.to_string().into_bytes());
            Ok::<_, std::convert::Infallible>(
                Response::builder()
                    .status(code)
                    .body(body)
                    .expect("an answer"),
            )
        }
    });
    (Client::new(service, "default"), asked)
}

fn refusal(code: u16) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "X", "message": "no",
                        "code": code});
    (code, status)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn key() -> Key {
    Key {
        kind: Kind::Policy,
        namespace: "".into(),
        name: "p".into(),
    }
}

fn identity(generation: i64) -> Identity {
    Identity {
        uid: "u".into(),
        generation,
    }
}

fn outcome(generation: i64, message: &str) -> Outcome {
    Outcome {
        key: key(),
        identity: identity(generation),
        conditions: vec![Condition {
            kind: "Compiled",
            holds: true,
            reason: Reason::Compiled,
            message: message.to_owned(),
        }],
        earlier: Earlier::Unknown,
    }
}

/// The resource as it is seen: its generation, its version, and what its status says.
fn stand(standings: &Standings, generation: i64, version: &str, status: Option<&Value>) {
    let status = status.map(|status| serde_json::from_value(status.clone()).expect("a status"));
    standings.put(
        key(),
        Standing {
            identity: identity(generation),
            resource_version: version.to_owned(),
            status,
        },
    );
}

fn status(message: &str, holds: &str, time: &str) -> Value {
    json!({"observedGeneration": 1, "conditions": [{
        "type": "Compiled", "status": holds, "observedGeneration": 1, "lastTransitionTime": time,
        "reason": "Compiled", "message": message,
    }]})
}

const NOW: &str = "2026-11-21T12:00:00Z";
const BEFORE: &str = "2026-11-20T12:00:00Z";

fn writer(client: Client, standings: &Standings, metrics: &Metrics) -> Writer {
    Writer::new(
        client,
        standings.clone(),
        || NOW.to_owned(),
        metrics.clone(),
    )
    .without_pauses()
}

fn object() -> Value {
    json!({"apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": "p"}})
}

fn count(asked: &Asked) -> usize {
    asked.lock().expect("a list").len()
}

#[test]
fn an_outcome_is_written_once_on_top_of_the_version_it_was_made_of() {
    runtime().block_on(async {
        let (client, asked) = api(&[(200, object()), (200, object()), (200, object())]);
        let (standings, metrics) = (Standings::default(), Metrics::new());
        stand(&standings, 1, "17", None);
        let mut writer = writer(client, &standings, &metrics);
        let outcomes = [outcome(1, "m")];
        assert_eq!(writer.turn(&outcomes).await, None);
        let (method, path, body) = asked.lock().expect("a list")[0].clone();
        assert_eq!(method, "PATCH");
        assert!(
            path.starts_with("/apis/kpolicy.io/v1alpha1/policies/p/status"),
            "{path}"
        );
        assert_eq!(body["metadata"]["resourceVersion"], "17");
        let mut expected = status("m", "True", NOW);
        expected["earlier"] = Value::Null;
        assert_eq!(body["status"], expected);
        // Another replica, of another version, sees it differently; that is no reason to write again.
        stand(&standings, 1, "18", Some(&status("another", "False", NOW)));
        writer.turn(&outcomes).await;
        assert_eq!(count(&asked), 1);
        // What it sees differently itself is written.
        writer.turn(&[outcome(1, "n")]).await;
        stand(&standings, 2, "19", None);
        writer.turn(&[outcome(2, "n")]).await;
        assert_eq!(count(&asked), 3);
        let line = "kpolicy_policy_status_writes_total{outcome=\"written\"} 3";
        assert!(metrics.expose().contains(line));
    });
}

#[test]
fn what_a_status_says_already_is_not_written() {
    runtime().block_on(async {
        let (client, asked) = api(&[(200, object())]);
        let standings = Standings::default();
        stand(&standings, 1, "17", Some(&status("m", "True", BEFORE)));
        let mut writer = writer(client, &standings, &Metrics::new());
        writer.turn(&[outcome(1, "m")]).await;
        // Nor is what belongs to a version that is no more.
        stand(&standings, 2, "18", None);
        writer.turn(&[outcome(1, "n")]).await;
        assert_eq!(count(&asked), 0);
    });
}

#[test]
fn a_condition_keeps_the_time_of_its_last_change() {
    for (holds, time) in [("True", BEFORE), ("False", NOW)] {
        runtime().block_on(async {
            let (client, asked) = api(&[(200, object())]);
            let standings = Standings::default();
            stand(&standings, 1, "17", Some(&status("m", holds, BEFORE)));
            writer(client, &standings, &Metrics::new())
                .turn(&[outcome(1, "n")])
                .await;
            let body = asked.lock().expect("a list")[0].2.clone();
            assert_eq!(body["status"]["conditions"][0]["lastTransitionTime"], time);
        });
    }
}

#[test]
fn after_a_conflict_it_is_tried_again_unless_the_other_said_the_same() {
    for (there, writes) in [("m", 1), ("other", 2)] {
        runtime().block_on(async {
            let (client, asked) = api(&[refusal(409), (200, object())]);
            let standings = Standings::default();
            stand(&standings, 1, "17", None);
            let mut writer = writer(client, &standings, &Metrics::new());
            let outcomes = [outcome(1, "m")];
            assert!(writer.turn(&outcomes).await.is_some(), "to be tried again");
            stand(&standings, 1, "18", Some(&status(there, "True", BEFORE)));
            assert_eq!(writer.turn(&outcomes).await, None);
            assert_eq!(count(&asked), writes);
        });
    }
}

#[test]
fn it_gives_up_after_some_failures_and_after_a_refusal_waits_long() {
    runtime().block_on(async {
        let (client, asked) = api(&vec![refusal(500); 20]);
        let standings = Standings::default();
        stand(&standings, 1, "17", None);
        let mut some = writer(client, &standings, &Metrics::new());
        for _ in 0..20 {
            some.turn(&[outcome(1, "m")]).await;
        }
        assert_eq!(count(&asked), 8);
        let (client, asked) = api(&[refusal(403)]);
        let mut refused = writer(client, &standings, &Metrics::new());
        for _ in 0..3 {
            let again = refused.turn(&[outcome(1, "m")]).await.expect("later");
            let pause = again.duration_since(tokio::time::Instant::now());
            assert!(pause > Duration::from_secs(200), "{pause:?}");
        }
        assert_eq!(count(&asked), 1);
        let (client, asked) = api(&[refusal(404)]);
        let mut gone = writer(client, &standings, &Metrics::new());
        assert_eq!(gone.turn(&[outcome(1, "m")]).await, None);
        assert_eq!(gone.turn(&[outcome(1, "m")]).await, None);
        assert_eq!(count(&asked), 1);
    });
}

#[test]
fn a_definition_that_drops_the_version_that_judges_is_noticed() {
    let earlier = json!({"generation": 1, "spec": {"title": "T"}});
    for (sent, kept, forgotten) in [
        (&earlier, &earlier, false),
        (&earlier, &Value::Null, true),
        (&Value::Null, &Value::Null, false),
    ] {
        let sent: Status = serde_json::from_value(json!({"earlier": sent})).expect("a status");
        let mut stored = object();
        if !kept.is_null() {
            stored["status"] = json!({"earlier": kept});
        }
        let stored = serde_json::from_value(stored).expect("an object");
        assert_eq!(forgets(&sent, &stored), forgotten);
    }
}

#[test]
fn the_version_that_judges_instead_is_kept_until_the_newest_one_judges() {
    runtime().block_on(async {
        let (client, asked) = api(&vec![(200, object()); 3]);
        let standings = Standings::default();
        let mut writer = writer(client, &standings, &Metrics::new());
        let said = |generation, earlier| Outcome {
            earlier,
            ..outcome(generation, "m")
        };
        let version = Earlier::Version {
            generation: 1,
            spec: r#"{"title":"T"}"#.into(),
        };
        let kept = json!({"generation": 1, "spec": {"title": "T"}});
        stand(&standings, 2, "17", None);
        writer.turn(&[said(2, version)]).await;
        // A replica that knows of none leaves what another knows.
        let mut there = status("m", "True", NOW);
        there["earlier"] = kept.clone();
        stand(&standings, 3, "18", Some(&there));
        writer.turn(&[said(3, Earlier::Unknown)]).await;
        stand(&standings, 4, "19", Some(&there));
        writer.turn(&[said(4, Earlier::Needless)]).await;
        let asked = asked.lock().expect("a list");
        let earlier: Vec<&Value> = asked
            .iter()
            .map(|(_, _, body)| &body["status"]["earlier"])
            .collect();
        assert_eq!(earlier, [&kept, &kept, &Value::Null]);
    });
}

/// A line of the metrics about the watch of policies.
fn watched(what: &str, value: u32) -> String {
    let labels = "kind=\"Policy.kpolicy.io\",holds=\"resources\",within=\"\"";
    format!("kpolicy_watch_{what}{{{labels}}} {value}\n")
}

/// What the watch of policies tells first.
fn first(answers: &[(u16, Value)]) -> (Event, Standings, String) {
    runtime().block_on(async {
        let (client, _) = api(answers);
        let (sender, mut events) = mpsc::channel(4);
        let standings = Standings::default();
        let metrics = Metrics::new();
        let meter = metrics.watch(WatchLabels {
            kind: "Policy.kpolicy.io".to_owned(),
            holds: "resources",
            within: String::new(),
        });
        let follow = follow(client, Kind::Policy, sender, standings.clone(), meter);
        tokio::spawn(follow);
        let bound = Duration::from_secs(10);
        let event = tokio::time::timeout(bound, events.recv()).await;
        let event = event.expect("in time").expect("an event");
        (event, standings, metrics.expose())
    })
}

#[test]
fn a_list_is_told_as_a_whole_and_each_object_says_what_it_is() {
    let list = json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyList", "metadata": {"resourceVersion": "9"},
        "items": [
            {"metadata": {"name": "p", "uid": "u", "generation": 3, "resourceVersion": "7"},
             "spec": {"title": "T"}, "status": status("m", "True", BEFORE)},
            {"metadata": {"name": "without-uid", "resourceVersion": "8"}},
        ],
    });
    let (event, standings, metrics) = first(&[(200, list)]);
    assert!(metrics.contains(&watched("objects", 1)), "{metrics}");
    assert!(metrics.contains(&watched("known", 1)), "{metrics}");
    let Event::Listed(Kind::Policy, versions) = event else {
        panic!("{event:?}");
    };
    assert_eq!(versions.len(), 1);
    assert_eq!(
        (&versions[0].key, &versions[0].identity),
        (&key(), &identity(3))
    );
    let object: Value = serde_json::from_str(&versions[0].json).expect("JSON");
    assert_eq!(object["apiVersion"], "kpolicy.io/v1alpha1");
    assert_eq!(object["kind"], "Policy");
    assert_eq!(object["spec"]["title"], "T");
    let standing = standings.get(&key()).expect("a standing");
    assert_eq!(standing.resource_version, "7");
    assert!(standing.status.is_some());
}

#[test]
fn a_kind_that_is_not_served_or_may_not_be_seen_has_no_resources() {
    // Who may not look sees nothing either, and does not know that there is nothing.
    for (code, known) in [(404, 1), (403, 0)] {
        let (event, _, metrics) = first(&[refusal(code)]);
        assert!(matches!(event, Event::Listed(Kind::Policy, versions) if versions.is_empty()));
        assert!(metrics.contains(&watched("known", known)), "{metrics}");
    }
}
