//! Built-in policies on workloads, the mutating ones included: what stands there afterwards, and what is still found.

use std::sync::Arc;

use kpolicy::config::{Config, Enforcement, PolicySetting};
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::fixture::identity;
use kpolicy::judge::{Judge, Lineage};
use kpolicy::manifest::{Document, read_json, write_json};
use kpolicy::policy::Operation;
use kpolicy::schema::kinds;
use kpolicy::source::SourceMap;
use serde_json::{Value, json};

use crate::policies::TODAY;

/// A judge that runs these policies alone, each with its parameters and at `deny`.
pub(crate) fn judge(policies: &[(&str, &Value)]) -> Judge {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let config = documents.config();
    let setting = |params: &Value| PolicySetting {
        enforcement: Some(Enforcement::Deny),
        params: Some(document(params)),
        ..PolicySetting::default()
    };
    let policies = policies.iter();
    let config = Config {
        profiles: Vec::new(),
        policies: policies
            .map(|(name, params)| ((*name).into(), setting(params)))
            .collect(),
        ..config
    };
    let set = Arc::new(documents.take_policies());
    Judge::new(&set, &config, &[], None, TODAY).expect("a judge")
}

/// A workload `shop/web`, whose pods have these labels and this spec.
pub(crate) fn workload(kind: &str, selector: &Value, labels: &Value, spec: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    })
}

fn document(value: &Value) -> Document {
    read_json(None, &value.to_string()).expect("JSON")
}

fn with_request<T>(object: &Document, run: impl FnOnce(&Request<'_>) -> T) -> T {
    let (group, version, kind) = identity(object.root());
    let resource = kinds::resource(group, kind);
    let kind = Kind {
        group,
        version,
        kind,
    };
    let resource = Resource {
        group,
        version,
        resource: &resource,
    };
    run(&Request {
        name: "web",
        namespace: Some("shop"),
        object: Some(object.root()),
        ..Request::new(Operation::Create, kind, resource)
    })
}

/// The object as the mutations leave it, where nothing else is known of the cluster.
pub(crate) fn mutated(judge: &Judge, object: &Value) -> Value {
    let document = document(object);
    let others = NoOtherObjects("a test");
    let mutation = with_request(&document, |request| {
        judge.mutate(request, &Lineage::default(), &others, &Limits::default())
    });
    assert!(mutation.errors.is_empty(), "{:?}", mutation.errors);
    let after = mutation.document.as_ref().unwrap_or(&document);
    serde_json::from_str(&write_json(after.root())).expect("JSON")
}

/// What is found of the object, likewise.
pub(crate) fn found(judge: &Judge, object: &Value) -> Vec<String> {
    let document = document(object);
    let others = NoOtherObjects("a test");
    let verdict = with_request(&document, |request| {
        judge.validate(request, &Lineage::default(), &others, &Limits::default())
    });
    let decisions = verdict.decisions.iter();
    decisions
        .map(|decision| decision.violation.message.clone())
        .collect()
}
