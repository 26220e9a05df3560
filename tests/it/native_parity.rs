//! Native policies get the same verdict from both mouths, bindings, parameters and mutations included.
//!
//! The tree of `testdata/lint/native` goes through `lint`, and each of its objects through the webhook's router with a
//! cluster that holds that tree: first `/mutate`, then `/validate` with what the patch made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine as _;
use kpolicy::config::{Config, PolicyException};
use kpolicy::documents::Documents;
use kpolicy::engine::OtherObjects;
use kpolicy::finding::FindingKind;
use kpolicy::judge::{Judge, Owner, Owners};
use kpolicy::lint::{self, Options};
use kpolicy::manifest::patch::apply;
use kpolicy::manifest::{Dialect, Document, Limits, NodeRef, read, write_json};
use kpolicy::policy::PolicySet;
use kpolicy::schema::kinds;
use kpolicy::server::{self, ClusterView, Judges, Metrics, Timeouts};
use kpolicy::source::{SourceId, SourceMap};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixtures::{defaulted, identity};
use crate::manifest_patch::patch as patch_of;
use crate::policies::{Others, TODAY};

/// Object, validation and message.
type Said = BTreeSet<(String, String, String)>;

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint/native/tree")
}

fn texts(folder: &str) -> Vec<(PathBuf, String)> {
    let mut paths: Vec<_> = fs::read_dir(tree().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let text = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    paths.into_iter().map(text).collect()
}

fn load() -> (Arc<PolicySet>, Config, Vec<PolicyException>) {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let own = [".kpolicy.yaml", "exceptions.yaml"].map(|name| {
        (
            tree().join(name),
            fs::read_to_string(tree().join(name)).unwrap(),
        )
    });
    for (path, text) in texts("policies").into_iter().chain(own) {
        documents.add(&path.display().to_string(), &Arc::from(text), &mut sources);
    }
    let config = documents.config();
    let exceptions = std::mem::take(&mut documents.exceptions);
    let policies = Arc::new(documents.take_policies());
    (policies, config, exceptions)
}

/// Every object of the tree as the API server would send it, with its namespace.
fn objects() -> Vec<(Document, Option<String>)> {
    let mut objects = Vec::new();
    for (_, text) in texts("apps") {
        let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
        for document in reading.documents {
            let (group, _, kind) = identity(document.root());
            // The definition in the tree says so.
            let is_cluster = kind == "Gadget" || !kinds::is_namespaced(group, kind);
            let written = document.root().at(&["metadata", "namespace"]);
            let namespace = written.and_then(NodeRef::as_str).unwrap_or("default");
            let namespace = (!is_cluster).then(|| namespace.to_owned());
            objects.push((defaulted(&document, namespace.as_deref()), namespace));
        }
    }
    objects
}

fn name_of(object: NodeRef<'_>) -> String {
    let name = object.at(&["metadata", "name"]).and_then(NodeRef::as_str);
    format!("{} {}", identity(object).2, name.unwrap_or_default())
}

fn by_lint(config: &Config, policies: &Arc<PolicySet>, exceptions: &[PolicyException]) -> Said {
    let root = tree().canonicalize().unwrap();
    let options = Options {
        paths: vec![root.join("apps")],
        exceptions,
        ..Options::as_written(root, config, policies, TODAY)
    };
    let outcome = lint::run(&options, SourceMap::new());
    assert_eq!(outcome.failures, [""; 0]);
    let violations = outcome
        .findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Violation && finding.exception.is_none());
    let said = violations.map(|finding| {
        let object = finding.object.as_ref().unwrap();
        let name = format!("{} {}", object.kind, object.name);
        (
            name,
            finding.validation.to_string(),
            finding.message.clone(),
        )
    });
    said.collect()
}

/// The cluster as the tree describes it.
#[derive(Debug)]
struct View(Others);

impl OtherObjects for View {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        self.0.list(group, kind, namespace)
    }
}

impl Owners for View {
    fn owner(&self, _: &str) -> Option<Arc<Owner>> {
        None
    }
}

impl ClusterView for View {
    fn namespace(&self, name: &str) -> Result<Arc<Document>, &str> {
        let mut known = self.0.0.iter();
        let found = known.find(|object| name_of(object.root()) == format!("Namespace {name}"));
        Ok(Arc::new(found.unwrap().clone()))
    }
}

fn review(object: &Value, document: &Document, namespace: Option<&str>) -> Value {
    let (group, version, kind) = identity(document.root());
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u",
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": kinds::resource(group, kind)},
            "name": document.root().at(&["metadata", "name"]).and_then(NodeRef::as_str),
            "namespace": namespace.unwrap_or_default(),
            "operation": "CREATE",
            "userInfo": {"username": "dev@example.com"},
            "object": object,
            "oldObject": null,
            "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        }
    })
}

/// Ids and messages of an answer; a refusal ends each line with the place, which is cut off.
fn said(name: &str, response: &Value) -> Said {
    let message = response["status"]["message"].as_str().unwrap_or_default();
    let warnings = response["warnings"].as_array().cloned().unwrap_or_default();
    let mut said = Said::new();
    let lines = message
        .lines()
        .map(|line| line.rsplit_once(" (").map_or(line, |(line, _)| line))
        .chain(warnings.iter().filter_map(Value::as_str));
    for line in lines {
        let line = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("] "));
        if let Some((id, text)) = line {
            said.insert((name.to_owned(), id.to_owned(), text.to_owned()));
        }
    }
    let audited = response["auditAnnotations"]["violations"].as_str();
    let audited: Vec<Value> =
        audited.map_or_else(Vec::new, |text| serde_json::from_str(text).unwrap());
    for entry in audited {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        said.insert((name.to_owned(), text("validation"), text("message")));
    }
    said
}

async fn answer(router: &axum::Router, path: &str, review: &Value) -> Value {
    let request = Request::post(format!("{path}?timeout=30s"))
        .header("content-type", "application/json")
        .body(Body::from(review.to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice::<Value>(&bytes).unwrap()["response"].take()
}

/// The object after a patch of the webhook, as the API server would have it.
fn patched(document: &Document, patch: &Value) -> Value {
    let before: Value = serde_json::from_str(&write_json(document.root())).unwrap();
    let Some(patch) = patch.as_str() else {
        return before;
    };
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(patch)
        .unwrap();
    let operations = patch_of(std::str::from_utf8(&bytes).unwrap());
    let after = apply(document, &operations).unwrap();
    serde_json::from_str(&write_json(after.root())).unwrap()
}

#[tokio::test]
async fn native_policies_get_the_same_verdict_from_lint_and_from_the_webhook() {
    let (policies, config, exceptions) = load();
    let judge = Judge::new(&policies, &config, &exceptions, None, TODAY).unwrap();
    let objects = objects();
    let view = View(Others(
        objects.iter().map(|(object, _)| object.clone()).collect(),
    ));
    let router = server::admission(
        Arc::new(Judges::with_cluster(judge, Arc::new(Arc::new(view)))),
        Metrics::new(),
        server::Limits::default(),
        Timeouts::default(),
    );
    let mut webhook = Said::new();
    for (document, namespace) in &objects {
        let name = name_of(document.root());
        let before = patched(document, &Value::Null);
        let mutated = answer(
            &router,
            "/mutate",
            &review(&before, document, namespace.as_deref()),
        )
        .await;
        let after = patched(document, &mutated["patch"]);
        let validated = answer(
            &router,
            "/validate",
            &review(&after, document, namespace.as_deref()),
        )
        .await;
        webhook.extend(said(&name, &mutated));
        webhook.extend(said(&name, &validated));
    }
    let lint = by_lint(&config, &policies, &exceptions);
    assert!(lint.len() > 10, "{lint:#?}");
    let only = |one: &Said, other: &Said| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(
        (only(&lint, &webhook), only(&webhook, &lint)),
        (Vec::new(), Vec::new()),
        "(only lint says, only the webhook says)"
    );
}
