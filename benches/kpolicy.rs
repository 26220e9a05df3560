//! Throughput of the stages: reading, evaluating with the whole set, linting, running fixtures. `webhook.rs` measures the server.
//!
//! Figures are for comparison within one run: these stages on one machine, before and after a change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench may fail so"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kpolicy::config::{Config, Date};
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::fixture::{Folder, FolderFile, Kind as CaseKind, Runner, Suite};
use kpolicy::judge::{Judge, Lineage};
use kpolicy::lint::{self, Options};
use kpolicy::manifest::{self, Dialect, Document, DocumentBuilder, read, read_json, write_json};
use kpolicy::policy::{Operation, PolicySet};
use kpolicy::schema::defaults;
use kpolicy::source::{Source, SourceId, SourceMap};

/// A Deployment as people write it: two containers, probes, resources.
const DEPLOYMENT: &str = include_str!("deployment.yaml");
const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: [recommended]\n\
                      policies: {acr-only: {enforcement: deny, params: {registries: [acrdemo.azurecr.io]}}}\n";
const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

fn policies() -> (Arc<PolicySet>, Config) {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    documents.add(".kpolicy.yaml", &Arc::from(CONFIG), &mut sources);
    let config = documents.config();
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    (Arc::new(documents.take_policies()), config)
}

fn judge() -> Judge {
    let (policies, config) = policies();
    Judge::new(&policies, &config, &[], None, TODAY).unwrap()
}

/// The Deployment with the API server's defaults.
fn object(containers: usize) -> Document {
    let reading = read(
        SourceId(0),
        DEPLOYMENT,
        Dialect::Kubectl,
        &manifest::Limits::default(),
    );
    let mut document = reading.documents.into_iter().next().unwrap();
    let list = document
        .root()
        .at(&["spec", "template", "spec", "containers"])
        .unwrap()
        .id();
    for number in 2..containers {
        let copy = document.node(list).item(number % 2).unwrap().id();
        let copy = document.duplicate(copy);
        let name = document.make_string(&format!("sidecar-{number}"));
        document.set_entry(copy, "name", name);
        document.insert_item(list, number, copy);
    }
    defaults::apply(&mut document, "apps", "Deployment", defaults::NEWEST_MINOR);
    document
}

fn review(object: &Document) -> String {
    format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"0a1b2c3d",
        "kind":{{"group":"apps","version":"v1","kind":"Deployment"}},
        "resource":{{"group":"apps","version":"v1","resource":"deployments"}},
        "name":"storefront","namespace":"shop","operation":"CREATE",
        "userInfo":{{"username":"dev@example.com","groups":["system:authenticated"]}},
        "object":{},"oldObject":null,"dryRun":false,"options":null}}}}"#,
        write_json(object.root())
    )
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    let stream = format!("---\n{DEPLOYMENT}").repeat(100);
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("yaml, 100 deployments", |b| {
        b.iter(|| {
            read(
                SourceId(0),
                black_box(&stream),
                Dialect::Kubectl,
                &manifest::Limits::default(),
            )
        });
    });
    for containers in [2, 60] {
        let review = review(&object(containers));
        group.throughput(Throughput::Bytes(review.len() as u64));
        group.bench_with_input(
            BenchmarkId::new("review", containers),
            &review,
            |b, review| {
                b.iter(|| read_json(None, black_box(review)));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("review, serde_json::Value", containers),
            &review,
            |b, review| {
                b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(review)));
            },
        );
    }
    group.finish();
}

fn evaluating(c: &mut Criterion) {
    let judge = judge();
    let mut namespace = DocumentBuilder::new();
    let root = namespace.object(&[]);
    let namespace = namespace.finish(root);
    let mut group = c.benchmark_group("evaluate, the whole set");
    for containers in [2, 60] {
        let object = object(containers);
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
        let request = Request {
            name: "storefront",
            namespace: Some("shop"),
            object: Some(object.root()),
            namespace_object: Some(namespace.root()),
            ..Request::new(Operation::Create, kind, resource)
        };
        let others = NoOtherObjects("a bench");
        group.bench_with_input(
            BenchmarkId::new("deployment", containers),
            &request,
            |b, request| {
                b.iter(|| {
                    judge.validate(
                        black_box(request),
                        &Lineage::default(),
                        &others,
                        &Limits::default(),
                    )
                });
            },
        );
    }
    group.finish();
}

fn linting(c: &mut Criterion) {
    const FILES: usize = 500;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for number in 0..FILES {
        let text = DEPLOYMENT.replace("storefront", &format!("storefront-{number}"));
        std::fs::write(root.join(format!("{number}.yaml")), text).unwrap();
    }
    let (policies, config) = policies();
    let options = Options::as_written(root, &config, &policies, TODAY);
    let mut group = c.benchmark_group("lint");
    group.sample_size(10);
    group.throughput(Throughput::Elements(FILES as u64));
    group.bench_function("500 files", |b| {
        b.iter(|| lint::run(&options, SourceMap::new()));
    });
    group.finish();
}

/// Our own fixtures, as `kpolicy test` runs them: read, then run.
fn testing(c: &mut Criterion) {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let config = documents.config();
    let policies = documents.take_policies();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policies");
    let folders: Vec<Folder> = policies
        .iter()
        .map(|policy| folder(&root, &policy.name, &mut sources))
        .collect();
    let read = || -> Vec<Suite> {
        let suites = folders.iter().map(|folder| Suite::read(folder, &sources));
        suites.collect()
    };
    let suites = read();
    let cases = suites.iter().map(|suite| suite.cases.len()).sum::<usize>();
    let runner = Runner::new(&policies, &config, &sources, TODAY);
    let mut group = c.benchmark_group("test, the whole set");
    group.sample_size(10);
    group.throughput(Throughput::Elements(cases as u64));
    group.bench_function("compile", |b| {
        b.iter(|| Documents::built_in(&mut SourceMap::new()));
    });
    group.bench_function("read", |b| b.iter(read));
    group.bench_function("run", |b| {
        b.iter(|| -> Vec<_> { suites.iter().map(|suite| runner.run(suite)).collect() });
    });
    group.finish();
}

/// The files of one policy's fixtures.
fn folder(root: &Path, policy: &str, sources: &mut SourceMap) -> Folder {
    let mut files = Vec::new();
    for kind in CaseKind::ALL {
        let entries = std::fs::read_dir(root.join(policy).join(kind.folder()));
        for entry in entries.into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            files.push(FolderFile {
                kind,
                source: sources.add(Source::new(&*name, text)),
                name: name.into(),
                unreadable: None,
            });
        }
    }
    Folder {
        policy: policy.into(),
        files,
    }
}

criterion_group!(benches, reading, evaluating, linting, testing);
criterion_main!(benches);
