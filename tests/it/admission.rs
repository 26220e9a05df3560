//! Reviews through the router: each case of `testdata/admission`, and reviews that are hostile, broken or huge.
//!
//! `UPDATE=1` rewrites the expected answers. A patch stands in them decoded.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use kpolicy::documents::Documents;
use kpolicy::engine::OtherObjects;
use kpolicy::judge::{Judge, Owner, Owners};
use kpolicy::manifest::{Document, NodeRef};
use kpolicy::server::{ClusterView, Judges, Limits, Metrics, NoCluster, Timeouts, admission};
use kpolicy::source::SourceMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::webhook::{TODAY, runtime};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission")
}

/// A webhook with the policies of `testdata/admission`.
struct Webhook {
    router: Router,
    metrics: Metrics,
}

impl Webhook {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self::seeing(NoCluster, limits)
    }

    fn seeing(view: impl ClusterView + 'static, limits: Limits) -> Self {
        let mut sources = SourceMap::new();
        let mut documents = Documents::default();
        for name in ["policies.yaml", "native.yaml"] {
            let text = fs::read_to_string(folder().join(name)).expect("policies");
            documents.add(name, &Arc::from(text), &mut sources);
        }
        let config = documents.config();
        assert!(documents.problems.is_empty(), "{:?}", documents.problems);
        let exceptions = std::mem::take(&mut documents.exceptions);
        let policies = Arc::new(documents.take_policies());
        let judge = Judge::new(&policies, &config, &exceptions, None, TODAY).expect("a judge");
        let metrics = Metrics::new();
        let judges = Arc::new(Judges::with_cluster(judge, Arc::new(Arc::new(view))));
        Self {
            router: admission(judges, metrics.clone(), limits, Timeouts::default()),
            metrics,
        }
    }

    fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        runtime().block_on(async {
            let response = self
                .router
                .clone()
                .oneshot(request)
                .await
                .expect("an answer");
            let status = response.status();
            let bytes = to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body");
            (
                status,
                serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            )
        })
    }

    fn post(&self, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.into());
        self.send(request.expect("a request"))
    }

    /// The answer to a review that must be answered with a review, whatever it is.
    fn review(&self, path: &str, uid: &str, body: impl Into<Body>) -> Value {
        let (status, mut review) = self.post(path, body);
        assert_eq!(status, StatusCode::OK, "{review}");
        assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(review["kind"], "AdmissionReview");
        assert_eq!(review["response"]["uid"], uid);
        review["response"].take()
    }
}

#[test]
fn every_case_is_answered_as_expected() {
    let webhook = Webhook::new();
    let mut wrong = String::new();
    let mut cases: Vec<_> = fs::read_dir(folder())
        .expect("cases")
        .map(|entry| entry.expect("a case").path())
        .collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    assert!(cases.len() > 15);
    for case in cases {
        let name = case
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(case.join("review.json")).expect("a review");
        let review: Value = serde_json::from_str(&text).expect("JSON");
        let uid = review["request"]["uid"].as_str().expect("a uid");
        let mut answers = json!({});
        for call in ["validate", "mutate"] {
            let mut answer = webhook.review(&format!("/{call}?timeout=10s"), uid, text.clone());
            if let Some(patch) = answer.get("patch").and_then(Value::as_str) {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(patch)
                    .expect("base64");
                answer["patch"] = serde_json::from_slice(&bytes).expect("a patch is JSON");
            }
            for (key, value) in answer
                .get_mut("auditAnnotations")
                .and_then(Value::as_object_mut)
                .into_iter()
                .flatten()
            {
                assert!(
                    key.bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                    "{name}: {key}"
                );
                *value = serde_json::from_str(value.as_str().expect("a text")).expect("a list");
            }
            answers[call] = answer;
        }
        let path = case.join("response.json");
        let answers = serde_json::to_string_pretty(&answers).expect("JSON") + "\n";
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path, answers).expect("a file");
        } else if fs::read_to_string(&path).unwrap_or_default() != answers {
            let _ = writeln!(wrong, "{name}:\n{answers}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A review of a Deployment, as far as its object; the object and the closing brackets follow.
fn opening(kind: &str) -> String {
    let (group, resource) = match kind {
        "Deployment" => ("apps", "deployments"),
        "Pod" => ("", "pods"),
        "ConfigMap" => ("", "configmaps"),
        _ => ("example.com", "widgets"),
    };
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"u-7",
        "kind":{{"group":"{group}","version":"v1","kind":"{kind}"}},
        "resource":{{"group":"{group}","version":"v1","resource":"{resource}"}},
        "name":"web","namespace":"shop","operation":"CREATE","object":"#
    )
}

#[test]
fn what_cannot_be_judged_is_refused_where_a_policy_would_have_to_judge_it() {
    let limits = Limits {
        body: 256 * 1024,
        ..Limits::default()
    };
    let webhook = Webhook::with(limits);
    let large = format!("{{\"a\":\"{}\"}}}}}}", "x".repeat(300 * 1024));
    let deep = format!("{}{}}}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (what, rest, code, reason) in [
        ("too large", large.as_str(), 413, "RequestEntityTooLarge"),
        ("too deep", deep.as_str(), 400, "BadRequest"),
        ("cut off", "{\"spec\":{\"containers\":[", 400, "BadRequest"),
        ("broken", "{\"spec\":nonsense}}}", 400, "BadRequest"),
        ("no object", "null}}", 400, "BadRequest"),
        ("an object that is none", "[1,2]}}", 400, "BadRequest"),
        ("a wrong type", "{},\"dryRun\":\"yes\"}}", 400, "BadRequest"),
        (
            "an unknown operation",
            "{},\"operation\":\"PATCH\"}}",
            400,
            "BadRequest",
        ),
        ("a name that is none", "{},\"name\":{}}}", 400, "BadRequest"),
    ] {
        for kind in ["Deployment", "Pod"] {
            let response = webhook.review("/validate", "u-7", opening(kind) + rest);
            assert_eq!(response["allowed"], false, "{what}: {response}");
            assert_eq!(response["status"]["code"], code, "{what}: {response}");
            assert_eq!(response["status"]["reason"], reason, "{what}: {response}");
            let message = response["status"]["message"].as_str().expect("a message");
            assert!(
                message.contains("policy `no-privileged` refuses what it cannot judge"),
                "{what}: {message}"
            );
        }
        let response = webhook.review("/validate", "u-7", opening("Widget") + rest);
        assert_eq!(response["allowed"], true, "{what}: {response}");
        let warning = response["warnings"][0].as_str().expect("a warning");
        assert!(
            warning.starts_with("kpolicy did not judge this request"),
            "{what}: {warning}"
        );
        let response = webhook.review("/mutate", "u-7", opening("Pod") + rest);
        assert_eq!(
            (&response["allowed"], response.get("patch")),
            (&json!(true), None),
            "{what}: {response}"
        );
    }
}

#[test]
fn another_version_of_the_wire_format_is_answered_too() {
    let webhook = Webhook::new();
    let text = (opening("Pod") + "{}}}").replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1");
    assert_eq!(webhook.review("/validate", "u-7", text)["allowed"], false);
}

#[test]
fn what_has_no_uid_gets_a_400_that_says_what_was_expected() {
    let webhook = Webhook::new();
    let not_utf8 = Body::from(vec![0xff, 0xfe, 0x00]);
    let bodies = [
        "",
        "{}",
        "null",
        "[]",
        "not json",
        r#"{"request":{}}"#,
        r#"{"request":{"uid":""}}"#,
    ];
    for body in bodies.into_iter().map(Body::from).chain([not_utf8]) {
        let (status, answer) = webhook.post("/validate", body);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            answer["error"]
                .as_str()
                .is_some_and(|error| error.contains("request.uid")),
            "{answer}"
        );
    }
}

#[test]
fn an_18_mb_review_is_judged() {
    let webhook = Webhook::new();
    let escaped = "\\u003c".repeat(3_000_000);
    let object = |privileged: bool| {
        format!(
            r#"{{"metadata":{{"labels":{{"team":"a"}},"annotations":{{"a":"{escaped}"}}}},"spec":{{"containers":[
            {{"name":"web","image":"a/b:1","securityContext":{{"privileged":{privileged}}}}}]}}}}}}}}"#
        )
    };
    assert_eq!(
        webhook.review("/validate", "u-7", opening("Pod") + &object(false))["allowed"],
        true
    );
    let response = webhook.review("/validate", "u-7", opening("Pod") + &object(true));
    assert_eq!(response["status"]["code"], 403, "{response}");
}

#[test]
fn a_review_nested_9000_deep_is_judged() {
    let webhook = Webhook::new();
    for (kind, allowed) in [("Pod", false), ("ConfigMap", true)] {
        let nested = format!("{}1{}", "{\"a\":".repeat(9000), "}".repeat(9000));
        let object = format!(
            r#"{{"metadata":{{"annotations":{nested}}},"spec":{{"containers":[
            {{"name":"web","image":"a/b:1","securityContext":{{"privileged":true}}}}]}}}}}}}}"#
        );
        let response = webhook.review("/validate", "u-7", opening(kind) + &object);
        assert_eq!(response["allowed"], allowed, "{response}");
        assert_eq!(
            webhook.review("/mutate", "u-7", opening(kind) + &object)["allowed"],
            true
        );
    }
}

#[test]
fn beyond_the_bytes_in_flight_a_client_is_told_when_to_come_again() {
    let limits = Limits {
        body: 64 * 1024,
        in_flight: 64 * 1024,
        ..Limits::default()
    };
    let webhook = Webhook::with(limits);
    runtime().block_on(async {
        let (release, waiting) = tokio::sync::oneshot::channel::<()>();
        let held = Held {
            first: Some(opening("Widget")),
            waiting,
        };
        let request = Request::post("/validate")
            .header(header::CONTENT_LENGTH, "65536")
            .body(Body::new(held));
        let first = tokio::spawn(webhook.router.clone().oneshot(request.expect("a request")));
        while !webhook
            .metrics
            .expose()
            .contains("kpolicy_admission_in_flight_bytes 65536")
        {
            tokio::task::yield_now().await;
        }
        let request = Request::post("/validate").body(Body::from(opening("Widget") + "{}}}"));
        let full = webhook
            .router
            .clone()
            .oneshot(request.expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(full.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(
            full.headers().get(header::RETRY_AFTER).expect("a time"),
            "1"
        );
        drop(release);
        let response = first.await.expect("a task").expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
    });
    assert!(
        webhook
            .metrics
            .expose()
            .contains("kpolicy_admission_shed_total{reason=\"bytes-in-flight\"} ")
    );
}

/// A body that waits for a signal between its first piece and its end.
struct Held {
    first: Option<String>,
    waiting: tokio::sync::oneshot::Receiver<()>,
}

impl hyper::body::Body for Held {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(first.into()))));
        }
        std::pin::Pin::new(&mut self.waiting).poll(cx).map(|_| None)
    }
}

#[test]
fn a_deadline_ends_the_work_and_the_failure_policy_decides() {
    let webhook = Webhook::new();
    let containers: Vec<_> = (0..2000)
        .map(|n| json!({"name": format!("c{n}"), "image": "a/b:1"}))
        .collect();
    let object = json!({"spec": {"containers": containers}}).to_string() + "}}";
    let began = Instant::now();
    let response = webhook.review("/validate?timeout=1ns", "u-7", opening("Pod") + &object);
    assert_eq!(response["allowed"], false, "{response}");
    assert!(began.elapsed() < Duration::from_secs(2));
}

/// A view of the cluster that fails for one namespace.
#[derive(Debug)]
struct Broken;

impl OtherObjects for Broken {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Err("not known".to_owned())
    }
}

impl Owners for Broken {
    fn owner(&self, _: &str) -> Option<Arc<Owner>> {
        None
    }
}

impl ClusterView for Broken {
    fn namespace(&self, name: &str) -> Result<Arc<Document>, &str> {
        assert!(name != "broken", "a fault of our own");
        Err("not known")
    }
}

#[test]
fn a_panic_is_a_decision_and_the_next_request_is_judged() {
    let webhook = Webhook::seeing(Broken, Limits::default());
    let pod = opening("Pod")
        + "{\"metadata\":{\"labels\":{\"team\":\"a\"}},\"spec\":{\"containers\":[]}}}}";
    let broken = pod.replace("\"shop\"", "\"broken\"");
    let response = webhook.review("/validate", "u-7", broken.clone());
    assert_eq!(response["status"]["code"], 500, "{response}");
    assert_eq!(webhook.review("/mutate", "u-7", broken)["allowed"], true);
    assert_eq!(webhook.review("/validate", "u-7", pod)["allowed"], true);
    assert!(
        webhook
            .metrics
            .expose()
            .contains("kpolicy_admission_panics_total 2")
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_not_quoted() {
    let webhook = Webhook::new();
    let text = opening("ConfigMap")
        .replace("ConfigMap", "Secret")
        .replace("configmaps", "secrets");
    let response = webhook.review("/validate", "u-7", text + "{\"data\": hunter2 }}}");
    let message = response["status"]["message"].as_str().expect("a message");
    assert!(
        message.contains("strong-passwords") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn only_two_paths_answer_and_only_to_a_post() {
    let webhook = Webhook::new();
    for (method, path, status) in [
        (Method::GET, "/validate", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/", StatusCode::NOT_FOUND),
        (Method::POST, "/metrics", StatusCode::NOT_FOUND),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .expect("a request");
        assert_eq!(webhook.send(request).0, status, "{path}");
    }
}

#[test]
fn what_was_decided_is_counted() {
    let webhook = Webhook::new();
    for case in ["denied-with-a-warning", "excepted"] {
        let review = folder().join(case).join("review.json");
        webhook.post("/validate", fs::read_to_string(review).expect("a review"));
    }
    let metrics = webhook.metrics.expose();
    for line in [
        "kpolicy_admission_requests_total{path=\"validate\",operation=\"CREATE\",decision=\"deny\"} 1",
        "kpolicy_decisions_total{policy=\"no-privileged\",enforcement=\"deny\"} 1",
        "kpolicy_decisions_total{policy=\"team-label\",enforcement=\"warn\"} 1",
        "kpolicy_excepted_total{policy=\"no-privileged\",exception=\"monitoring/node-agent\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}
