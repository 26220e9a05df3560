//! The sample repository, as Flux would apply it: what `kpolicy lint` said of each object of each cluster is what the API
//! server does with it.
//!
//! What is done otherwise than Flux does it, and the only differences between the two:
//! - A PolicyException is not applied: kpolicy reads exceptions from their files here.
//! - Network policies come before the workloads. Applied together they are not there yet when the workload is judged, which
//!   is why `require-network-policy` warns at most at admission.
//! - A HelmRelease is applied, but nothing renders its chart: lint says that it does not know what is in it.

mod flux;
mod profiles;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::crds::SAMPLE;
use crate::harness::{Cluster, LONG, Scenario, Setup, eventually, in_turn};
use crate::said::{Said, text};

/// The day on which the exception of the sample holds.
const TODAY: &str = "2026-11-21";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/gitops")
}

/// What is said of each object: kind, namespace, name.
type Verdicts = BTreeMap<(String, String, String), Said>;

fn identity(object: &Value) -> (String, String, String) {
    let metadata = &object["metadata"];
    (
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    )
}

/// What lint says of a repository for a cluster: its verdicts, and how many objects it judged.
fn lint(repository: &Path, cluster: &str) -> (Verdicts, u64) {
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .env_clear()
        // It renders with kubectl.
        .env(
            "PATH",
            std::env::var("KPOLICY_E2E_ASSETS").expect("the programs"),
        )
        .args([
            "lint",
            "--render",
            "require",
            "--output-format",
            "json",
            "--show-audit",
        ])
        .args(["--today", TODAY, "--cluster", cluster])
        .arg(repository)
        .output()
        .expect("kpolicy");
    let code = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, Some(0 | 1)), "{errors}");
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut verdicts = Verdicts::new();
    for finding in output["findings"].as_array().expect("findings") {
        let object = &finding["object"];
        let id = (
            text(&object["kind"]),
            text(&object["namespace"]),
            text(&object["name"]),
        );
        let clusters = finding["clusters"].as_array().expect("clusters");
        assert_eq!(clusters.len(), 1, "{finding}");
        verdicts.entry(id).or_default().add_finding(finding);
    }
    let judged = output["summary"]["objects"].as_u64();
    (verdicts, judged.expect("a number"))
}

/// Applies objects as Flux does, and gives what kubectl printed.
async fn apply(cluster: &Cluster, objects: &[&Value]) -> (i32, String) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let arguments = ["apply", "--server-side", "-f", "-"];
    let output = cluster.kubectl(&arguments, &list.to_string()).await;
    (output.code, output.errors)
}

/// What kubectl told a person, who sees neither the audit log nor what was changed.
fn told(code: i32, errors: &str) -> Said {
    let mut said = Said::default();
    let (mut refused, mut refusal) = (false, Vec::new());
    for line in errors.lines() {
        if let Some(warning) = line.strip_prefix("Warning: ") {
            // The API server's own, such as those of Pod Security, are not ours.
            if warning.starts_with('[') {
                said.warned.insert(warning.to_owned());
            }
        } else if let Some((_, rest)) = line.split_once(".kpolicy.io\" denied the request: ") {
            refused = true;
            refusal.push(rest);
        } else {
            refusal.push(line);
        }
    }
    assert_eq!(refused, code != 0, "{errors}");
    let is_ours = |line: &&str| line.starts_with('[');
    said.denied = refusal
        .into_iter()
        .filter(is_ours)
        .map(str::to_owned)
        .collect();
    said
}

/// The last request of the audit log that applied an object.
fn event<'e>(events: &'e [Value], object: &Value) -> Option<&'e Value> {
    let (_, namespace, name) = identity(object);
    let plural = flux::plural(object);
    let is_it = |event: &&Value| {
        let about = &event["objectRef"];
        text(&about["resource"]) == plural
            // A Namespace is said to be in itself.
            && (text(&about["namespace"]) == namespace || plural == "namespaces")
            && text(&about["name"]) == name
            && about["subresource"].is_null()
            && event["user"]["username"] == "e2e-admin"
            && event["verb"] == "patch"
    };
    events.iter().rev().find(is_it)
}

/// Applies what Flux would apply in one cluster, and holds what the API server did against lint. Gives how many objects
/// were refused.
async fn compare(scenario: &Scenario, repository: &Path, name: &str) -> usize {
    let cluster = scenario.cluster;
    let mark = cluster.audit_mark();
    let (lint, judged) = lint(repository, name);
    let rendered = flux::cluster(cluster, repository, name).await;
    let objects: Vec<&Value> = rendered
        .iter()
        .filter(|object| object["kind"] != "PolicyException")
        .collect();
    let unjudged = |object: &&&Value| {
        let (_, namespace, _) = identity(object);
        namespace == "flux-system" || namespace.starts_with("aks-istio-")
    };
    let excluded = objects.iter().filter(unjudged).count();
    // Lint counts the one exception for every cluster, whether Flux applies it there or not.
    let applied = u64::try_from(objects.len() - excluded + 1).expect("a number");
    assert_eq!(applied, judged, "{name}: lint judges what Flux applies");

    // Namespaces first; then everything of which lint has nothing to say, at once: but the workloads come when kpolicy
    // knows the network policies.
    let (telling, silent): (Vec<&Value>, Vec<&Value>) = objects
        .iter()
        .partition(|object| lint.contains_key(&identity(object)));
    let stage = |object: &Value| match text(&object["kind"]).as_str() {
        "Namespace" => 0,
        "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" => 2,
        _ => 1,
    };
    for number in 0..3 {
        if number == 2 {
            network_policies_are_known(scenario, &objects).await;
        }
        let group: Vec<&Value> = silent
            .iter()
            .copied()
            .filter(|object| stage(object) == number)
            .collect();
        if group.is_empty() {
            continue;
        }
        let (code, errors) = apply(cluster, &group).await;
        let said = told(code, &errors);
        assert_eq!((code, said), (0, Said::default()), "{name}: {errors}");
    }
    let mut server = Verdicts::new();
    for object in &telling {
        let (code, errors) = apply(cluster, &[object]).await;
        server.insert(identity(object), told(code, &errors));
    }
    let events = eventually("the audit log knows what was applied", LONG, async || {
        let events = cluster.audit_since(mark);
        let missing = objects
            .iter()
            .find(|object| event(&events, object).is_none());
        missing.map_or_else(|| Ok(events.clone()), |object| Err(object.to_string()))
    })
    .await;
    for object in &objects {
        let said = server.entry(identity(object)).or_default();
        let event = event(&events, object).expect("it was there");
        let left = said.add_event(event);
        assert!(left.is_empty(), "{event}");
    }
    server.retain(|_, said| *said != Said::default());
    for (id, expected) in &lint {
        let said = server.remove(id).unwrap_or_default();
        assert_eq!(said, *expected, "{name}: {id:?}: the API server, then lint");
    }
    assert_eq!(
        server,
        Verdicts::new(),
        "{name}: lint says nothing of these"
    );
    let namespaces: Vec<&Value> = objects
        .iter()
        .copied()
        .filter(|object| object["kind"] == "Namespace")
        .collect();
    controllers_are_let_through(cluster, &namespaces).await;
    lint.values().filter(|said| !said.denied.is_empty()).count()
}

/// Returns when kpolicy has seen the network policies that were applied.
async fn network_policies_are_known(scenario: &Scenario, objects: &[&Value]) {
    for kind in [
        "NetworkPolicy.networking.k8s.io",
        "CiliumNetworkPolicy.cilium.io",
    ] {
        let (plain, _) = kind.split_once('.').expect("a group");
        let applied = objects
            .iter()
            .filter(|object| object["kind"] == plain)
            .count();
        let start = format!("kpolicy_watch_objects{{kind=\"{kind}\"");
        eventually("kpolicy knows the network policies", LONG, async || {
            let metrics = scenario.kpolicy.metrics().await;
            let line = metrics.lines().find(|line| line.starts_with(&start));
            let known = line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
            if known.is_some_and(|known| (known - applied as f64).abs() < 0.5) {
                Ok(())
            } else {
                Err(format!("{applied} were applied: {line:?}"))
            }
        })
        .await;
    }
}

/// Returns when the controllers have made of the Deployments what they can; fails if kpolicy kept them from it.
async fn controllers_are_let_through(cluster: &Cluster, namespaces: &[&Value]) {
    let mut pods = 0;
    for namespace in namespaces {
        let (_, _, name) = identity(namespace);
        let deployments = format!("/apis/apps/v1/namespaces/{name}/deployments");
        eventually("the Deployments settle", LONG, async || {
            for deployment in cluster.admin.list(&deployments).await {
                let status = &deployment["status"];
                let seen = status["observedGeneration"] == deployment["metadata"]["generation"];
                if !seen || status["updatedReplicas"] != deployment["spec"]["replicas"] {
                    return Err(format!("{}: {status}", deployment["metadata"]["name"]));
                }
            }
            Ok(())
        })
        .await;
        let path = format!("/api/v1/namespaces/{name}");
        pods += cluster.admin.list(&format!("{path}/pods")).await.len();
        for event in cluster.admin.list(&format!("{path}/events")).await {
            assert!(!text(&event["message"]).contains("kpolicy.io"), "{event}");
        }
    }
    assert!(pods > 0);
}

fn check(repository: &Path, name: &str, refused: usize) {
    let setup = Setup::new("")
        .config_file(&repository.join(".kpolicy.yaml"))
        .arguments(&["--cluster", name, "--today", TODAY])
        .watching();
    clean();
    setup.run(async |scenario| {
        scenario.cluster.install(SAMPLE).await;
        scenario
            .cluster
            .create_namespace("flux-system", &json!({}))
            .await;
        assert_eq!(compare(scenario, repository, name).await, refused);
    });
    clean();
}

/// The namespaces of the sample's clusters; several have the same ones.
const NAMESPACES: &[&str] = &[
    "bank-feed",
    "batch",
    "data",
    "flux-system",
    "ingress",
    "interface",
    "logging",
    "ops",
    "policy-exceptions",
    "portal",
    "queue",
    "reloader",
    "reports",
    "shop",
];

/// Leaves nothing of one cluster to the next.
fn clean() {
    in_turn(async |cluster| cluster.delete_namespaces(NAMESPACES).await);
}

#[test]
fn the_api_server_does_with_app1_what_lint_said() {
    check(&repository(), "app1", 9);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said() {
    check(&repository(), "app2", 6);
}

#[test]
fn the_api_server_does_with_mgmt_what_lint_said() {
    check(&repository(), "mgmt", 0);
}
