//! What Flux's kustomize-controller would apply, by its rules and with kubectl as kustomize: the root, and what the
//! Kustomizations in it name, with the variables put in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kpolicy::manifest::{Dialect, Limits, read, to_serde};
use kpolicy::schema::kinds;
use kpolicy::source::SourceId;
use serde_json::Value;

use crate::harness::Cluster;

/// The objects of a cluster, in the order in which Flux comes to them.
pub(super) async fn cluster(cluster: &Cluster, repository: &Path, name: &str) -> Vec<Value> {
    let root = repository.join("clusters").join(name).join("flux-system");
    let mut objects = objects(&build(cluster, &root).await);
    let settings = objects.iter().find(|object| {
        object["kind"] == "ConfigMap" && object["metadata"]["name"] == "cluster-settings"
    });
    let settings: BTreeMap<String, String> =
        serde_json::from_value(settings.expect("settings")["data"].clone()).expect("texts");
    let is_flux = |object: &&Value| {
        object["kind"] == "Kustomization" && object["metadata"]["name"] != "flux-system"
    };
    let kustomizations: Vec<Value> = objects.iter().filter(is_flux).cloned().collect();
    assert!(kustomizations.len() > 1, "{name}: there are some");
    // `infrastructure` has no dependencies; the others wait for it.
    let (first, rest): (Vec<&Value>, Vec<&Value>) = kustomizations
        .iter()
        .partition(|one| one["spec"]["dependsOn"].is_null());
    for kustomization in first.into_iter().chain(rest) {
        let path = kustomization["spec"]["path"].as_str().expect("a path");
        let mut text = build(cluster, &repository.join(path)).await;
        if kustomization["spec"]["postBuild"].is_object() {
            for (key, value) in &settings {
                text = text.replace(&format!("${{{key}}}"), value);
            }
        }
        objects.extend(self::objects(&text));
    }
    objects
}

/// The build of a folder. One without a kustomization stands for all manifests and all kustomizations below it.
async fn build(cluster: &Cluster, folder: &Path) -> String {
    if folder.join("kustomization.yaml").is_file() {
        let path = folder.display().to_string();
        return cluster.kubectl(&["kustomize", &path], "").await.succeeded();
    }
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    let mut text = String::new();
    for entry in entries {
        text += "\n---\n";
        if entry.is_dir() {
            text += &Box::pin(build(cluster, &entry)).await;
        } else {
            text += &std::fs::read_to_string(&entry).expect("a file");
        }
    }
    text
}

fn objects(text: &str) -> Vec<Value> {
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, []);
    let objects = reading
        .documents
        .iter()
        .map(|document| to_serde(document.root()));
    objects
        .map(|object| object.expect("an object"))
        .filter(|object| !object.is_null())
        .collect()
}

/// The resource that serves an object.
pub(super) fn plural(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    kinds::resource(group, object["kind"].as_str().unwrap_or_default())
}
