//! The same with each profile as it ships, and with the two that are meant to be named together: what lint says of the
//! sample by a profile is what a cluster does that runs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{check, repository};

/// Parameters that a profile cannot know; they turn nothing on.
const REGISTRY: &str = "  acr-only: {params: {registries: [acrdemo.azurecr.io]}}\n";
const AKS: &str = "  image-pull-secrets: {params: {identityRegistries: [acrdemo.azurecr.io]}}
  ingress-pool: {params: {namespaces: [ingress]}}\n";

/// The sample under a Config that names these profiles, and of policies gives nothing but parameters.
fn by(profiles: &str, name: &str, refused: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let from = repository().join(".");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(&from)
        .arg(&root)
        .status()
        .expect("`cp`");
    assert!(copied.success(), "{}", from.display());
    let config = config(&root, profiles);
    fs::write(root.join(".kpolicy.yaml"), config).expect("a Config");
    check(&root, name, refused);
}

/// What the sample's own Config says of clusters, namespaces and exceptions, under other profiles.
fn config(root: &Path, profiles: &str) -> String {
    let own = fs::read_to_string(root.join(".kpolicy.yaml")).expect("a Config");
    let (_, clusters) = own.split_once("\nclusters:\n").expect("clusters");
    let aks = if profiles.contains("aks") { AKS } else { "" };
    let policies = match profiles {
        "recommended" => String::new(),
        _ => format!("policies:\n{REGISTRY}{aks}"),
    };
    format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: [{profiles}]\n{policies}clusters:\n{clusters}"
    )
}

#[test]
fn the_api_server_does_with_app1_what_lint_said_by_recommended() {
    by("recommended", "app1", 6);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said_by_recommended() {
    by("recommended", "app2", 5);
}

#[test]
fn the_api_server_does_with_app1_what_lint_said_by_platform() {
    by("platform", "app1", 10);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said_by_platform() {
    by("platform", "app2", 6);
}

#[test]
fn the_api_server_does_with_app1_what_lint_said_by_aks() {
    by("aks", "app1", 9);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said_by_aks() {
    by("aks", "app2", 6);
}

#[test]
fn the_api_server_does_with_app1_what_lint_said_by_aks_and_platform() {
    by("aks, platform", "app1", 10);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said_by_aks_and_platform() {
    by("aks, platform", "app2", 6);
}

#[test]
fn the_api_server_does_with_mgmt_what_lint_said_by_aks_and_platform() {
    by("aks, platform", "mgmt", 0);
}
