//! The webhook beside an empty handler: the same server, TLS and client, so that the difference is what kpolicy adds.
//!
//! The router alone; then over TLS, where one connection asks for one review after another, and sixteen ask at once.
//! Figures are for comparison within one run.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench may fail so"
)]

#[path = "../tests/it/webhook.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::post as answer_post;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kpolicy::documents::Documents;
use kpolicy::judge::Judge;
use kpolicy::manifest::{Dialect, read, write_json};
use kpolicy::server::{Judges, Limits, Metrics, Server, Timeouts, admission};
use kpolicy::source::{SourceId, SourceMap};
use rustls::version::TLS13;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tower::ServiceExt;

use webhook::{Authority, Mount, TODAY, ask, connect, options, post, runtime};

/// What a floor answers to every review.
const ALLOWED: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true}}"#;

/// A review of the Deployment that the other benches judge, about 3 KB.
fn review() -> String {
    let yaml = include_str!("deployment.yaml");
    let reading = read(
        SourceId(0),
        yaml,
        Dialect::Kubectl,
        &kpolicy::manifest::Limits::default(),
    );
    let object = write_json(reading.documents.first().expect("a document").root());
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"u-1",
        "kind":{{"group":"apps","version":"v1","kind":"Deployment"}},
        "resource":{{"group":"apps","version":"v1","resource":"deployments"}},"name":"web","namespace":"shop",
        "operation":"CREATE","userInfo":{{"username":"jane","groups":["developers"]}},
        "object":{object},"oldObject":null,"dryRun":false,"options":null}}}}"#
    )
}

/// Every built-in policy.
fn judges() -> Arc<Judges> {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\npolicies:\n  acr-only:\n    \
                  params: {registries: [acrdemo.azurecr.io]}\n";
    documents.add(".kpolicy.yaml", &Arc::from(config), &mut sources);
    let config = documents.config();
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let policies = Arc::new(documents.take_policies());
    Arc::new(Judges::new(
        Judge::new(&policies, &config, &[], None, TODAY).expect("a judge"),
    ))
}

/// Reads the body and answers; once without looking at it, once with a JSON tree of it, as any webhook must make.
fn floors() -> Router {
    let empty = |_: Bytes| async { ALLOWED };
    let tree = |body: Bytes| async move {
        let review: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert!(review["request"]["uid"].is_string());
        ALLOWED
    };
    Router::new()
        .route("/empty", answer_post(empty))
        .route("/tree", answer_post(tree))
}

fn serve(c: &mut Criterion) {
    let runtime = runtime();
    let authority = Authority::new();
    let mount = Mount::new(&authority.issue());
    let metrics = Metrics::new();
    let router = admission(
        judges(),
        metrics.clone(),
        Limits::default(),
        Timeouts::default(),
    )
    .merge(floors());
    let server = runtime
        .block_on(Server::start(options(&mount), metrics, router))
        .expect("a server");
    let connector = authority.connector(&[&TLS13], &["http/1.1"]);
    let mut streams: Vec<TlsStream<TcpStream>> = (0..16)
        .map(|_| {
            runtime
                .block_on(connect(server.address(), &connector))
                .expect("a connection")
        })
        .collect();
    let body = review();
    for connections in [1, 16] {
        let mut group = c.benchmark_group(format!(
            "webhook, {connections} connections, {} bytes",
            body.len()
        ));
        group
            .throughput(Throughput::Elements(1))
            .measurement_time(Duration::from_secs(5));
        for path in ["/empty", "/tree", "/validate", "/mutate"] {
            let request: Arc<[u8]> = post(path, &body).into();
            group.bench_function(path, |b| {
                b.iter_custom(|iterations| {
                    let share = usize::try_from(iterations)
                        .expect("a number")
                        .div_ceil(connections);
                    let mut tasks = Vec::new();
                    let began = Instant::now();
                    for mut stream in streams.drain(..connections) {
                        let request = Arc::clone(&request);
                        tasks.push(runtime.spawn(async move {
                            for _ in 0..share {
                                let answer = ask(&mut stream, &request).await.expect("an answer");
                                assert_eq!(answer.status, 200);
                            }
                            stream
                        }));
                    }
                    for task in tasks {
                        streams.push(runtime.block_on(task).expect("a client"));
                    }
                    began.elapsed()
                });
            });
        }
        group.finish();
    }
    server.shutdown().begin();
}

/// The router alone, without TLS, sockets and a client: steadier on a busy machine.
fn route(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let router = admission(
        judges(),
        Metrics::new(),
        Limits::default(),
        Timeouts::default(),
    )
    .merge(floors());
    let body = Bytes::from(review());
    let mut group = c.benchmark_group(format!("router, {} bytes", body.len()));
    group.throughput(Throughput::Elements(1));
    for path in ["/empty", "/tree", "/validate", "/mutate"] {
        group.bench_function(path, |b| {
            b.iter(|| {
                let request = Request::post(path).body(Body::from(body.clone()));
                let answer = router.clone().oneshot(request.expect("a request"));
                runtime.block_on(answer).expect("an answer").status()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, route, serve);
criterion_main!(benches);
