//! The sample repository, cluster by cluster: what lint said of an object is what the API server did with it.
//!
//! kubectl renders and applies what Flux would, in its order; nothing here is read or rendered by kpolicy but by lint itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use kpolicy::schema::kinds;
use serde_json::{Value, json};

use crate::harness::{Cluster, LONG, Setup, crds, eventually, in_turn, program};

/// An object: group, resource, namespace, name.
type Object = (String, String, String, String);

/// What was said of an object, by validation or mutation.
type Said = BTreeMap<Object, BTreeSet<String>>;

/// The policies that read other objects, which may come after the workload: at admission they warn at most, and only lint
/// is sure. `docs/config.md` says so. What lint says of them, admission warns of, and perhaps of more.
const READS_OTHERS: &str = "require-network-policy/";

/// The day that the exceptions of the sample are held against.
const TODAY: &str = "2026-11-21";

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/gitops")
}

/// What lint says of the sample, all clusters together.
static REPORT: LazyLock<Value> = LazyLock::new(|| {
    let kubectl = program("kubectl");
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .env_clear()
        .env("PATH", kubectl.parent().expect("a folder"))
        .args([
            "lint",
            "--output-format",
            "json",
            "--render",
            "require",
            "--today",
            TODAY,
        ])
        .arg(sample())
        .output()
        .expect("kpolicy");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
});

/// What lint says of this cluster's objects: what is to be refused, what it only counts, and what is warned of.
fn linted(cluster: &str) -> (Said, Said, BTreeSet<String>) {
    let report = &*REPORT;
    // A chart is rendered in the cluster; what comes of it is judged there.
    let chart = json!([{"what": "HelmRelease reloader", "reason": "charts of HelmReleases are not rendered"}]);
    assert_eq!(report["notJudged"], chart);
    let (mut refused, mut noted, mut warned) = (Said::new(), Said::new(), BTreeSet::new());
    for finding in report["findings"].as_array().expect("findings") {
        let clusters = finding["clusters"].as_array().expect("clusters");
        let Some(here) = clusters.iter().find(|one| one["name"] == cluster) else {
            continue;
        };
        let text = |field: &str| {
            finding["object"][field]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let version = text("apiVersion");
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let object = (
            group.to_owned(),
            kinds::resource(group, &text("kind")),
            text("namespace"),
            text("name"),
        );
        let validation = finding["validation"].as_str().expect("a validation");
        if finding["exception"] != Value::Null {
            continue;
        }
        if validation.starts_with(READS_OTHERS) {
            assert_eq!(here["atAdmission"], "warn");
            warned.insert(format!("Warning: [{validation}] "));
            continue;
        }
        let list = if finding["kind"] == "violation" && here["atAdmission"] == "deny" {
            &mut refused
        } else {
            &mut noted
        };
        list.entry(object)
            .or_default()
            .insert(validation.to_owned());
    }
    (refused, noted, warned)
}

/// What Flux applies, in order: folders to build, and files to take as they are.
fn sources(cluster: &str) -> Vec<PathBuf> {
    let root = sample().join("clusters").join(cluster);
    let mut sources = vec![root.join("flux-system"), root.join("infrastructure")];
    for folder in ["apps", "operations"] {
        let entries = std::fs::read_dir(root.join(folder)).expect("a folder");
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        sources.extend(paths);
    }
    sources
}

/// Puts in what Flux puts in after the build.
fn substitute(text: &str, settings: &Value) -> String {
    let settings = settings["data"].as_object().expect("settings");
    settings.iter().fold(text.to_owned(), |text, (key, value)| {
        text.replace(&format!("${{{key}}}"), value.as_str().expect("a text"))
    })
}

/// What the audit log says of what kubectl applied: who was refused for what, and what was noted.
fn done(events: &[Value]) -> (Said, Said) {
    let (mut refused, mut noted) = (Said::new(), Said::new());
    for event in events {
        let text = |field: &str| {
            event["objectRef"][field]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let object = (
            text("apiGroup"),
            text("resource"),
            text("namespace"),
            text("name"),
        );
        let message = event["responseStatus"]["message"]
            .as_str()
            .unwrap_or_default();
        for (_, rest) in message
            .match_indices('[')
            .map(|(at, _)| message.split_at(at + 1))
        {
            let validation = rest.split(']').next().unwrap_or_default();
            // `[policy/validation]`, unlike an index in a path.
            if validation.contains('/') {
                refused
                    .entry(object.clone())
                    .or_default()
                    .insert(validation.to_owned());
            }
        }
        // Under the name of whichever entry was called.
        let list = |end: &str| -> Vec<Value> {
            let annotations = event["annotations"].as_object();
            let found = annotations.and_then(|all| all.iter().find(|(key, _)| key.ends_with(end)));
            let text = found.and_then(|(_, text)| text.as_str()).unwrap_or("[]");
            serde_json::from_str(text).expect("a list")
        };
        for violation in list(".kpolicy.io/violations") {
            let validation = violation["validation"]
                .as_str()
                .expect("a validation")
                .to_owned();
            noted.entry(object.clone()).or_default().insert(validation);
        }
        for mutation in list(".kpolicy.io/mutated") {
            noted
                .entry(object.clone())
                .or_default()
                .insert(mutation.as_str().expect("a mutation").to_owned());
        }
    }
    noted.retain(|_, said| {
        said.retain(|validation| !validation.starts_with(READS_OTHERS));
        !said.is_empty()
    });
    (refused, noted)
}

/// Applies all of a cluster's sources; gives the audit events, one for each object, and what kubectl said beside.
async fn apply(cluster: &Cluster, name: &str) -> (Vec<Value>, String) {
    let mark = cluster.audit_mark();
    let settings = sample()
        .join("clusters")
        .join(name)
        .join("flux-system/cluster-settings.yaml");
    let settings = std::fs::read_to_string(settings).expect("settings");
    let arguments = ["create", "--dry-run=client", "-o", "json", "-f", "-"];
    let settings = cluster.kubectl(&arguments, &settings).await.succeeded();
    let settings = serde_json::from_str(&settings).expect("JSON");
    let (mut count, mut said) = (0, String::new());
    for source in sources(name) {
        let rendered = if source.is_dir() {
            let folder = source.display().to_string();
            cluster
                .kubectl(&["kustomize", &folder], "")
                .await
                .succeeded()
        } else {
            std::fs::read_to_string(&source).expect("a file")
        };
        let rendered = substitute(&rendered, &settings);
        let applied = cluster
            .kubectl(&["apply", "--server-side", "-f", "-"], &rendered)
            .await;
        // kubectl tells a refusal by its reason: Invalid, or any other.
        let is_refusal = |line: &&str| {
            line.starts_with("The request is invalid: ") || line.starts_with("Error from server (")
        };
        let refusals = applied.errors.lines().filter(is_refusal).count();
        assert_eq!(
            applied.code != 0,
            refusals != 0,
            "{}: {applied:?}",
            source.display()
        );
        count += refusals + applied.out.lines().count();
        said.push_str(&applied.errors);
    }
    let events = eventually(
        "the audit log knows all that was applied",
        LONG,
        async || {
            let mut events = cluster.audit_since(mark);
            events.retain(|event| {
                event["verb"] == "patch" && event["user"]["username"] == "e2e-admin"
            });
            if events.len() == count {
                Ok(events)
            } else {
                Err(format!("{} of {count}", events.len()))
            }
        },
    )
    .await;
    (events, said)
}

/// Returns when the controllers have made of the Deployments what they can; fails if kpolicy kept them from it.
async fn assert_controllers_are_let_through(cluster: &Cluster, namespaces: &[String]) {
    let mut pods = 0;
    for namespace in namespaces {
        eventually("the Deployments settle", LONG, async || {
            let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
            for deployment in cluster.admin.list(&path).await {
                let status = &deployment["status"];
                let seen = status["observedGeneration"] == deployment["metadata"]["generation"];
                if !seen || status["updatedReplicas"] != deployment["spec"]["replicas"] {
                    return Err(format!("{}: {status}", deployment["metadata"]["name"]));
                }
            }
            Ok(())
        })
        .await;
        pods += cluster
            .admin
            .list(&format!("/api/v1/namespaces/{namespace}/pods"))
            .await
            .len();
        for event in cluster
            .admin
            .list(&format!("/api/v1/namespaces/{namespace}/events"))
            .await
        {
            let message = event["message"].as_str().unwrap_or_default();
            assert!(!message.contains("kpolicy.io"), "{event}");
        }
    }
    assert!(pods > 0);
}

fn check(name: &str, refusals: usize) {
    let config = sample().join(".kpolicy.yaml");
    let setup = Setup::new("").watching().config_file(&config).arguments(&[
        "--cluster",
        name,
        "--today",
        TODAY,
    ]);
    clean();
    setup.run(async |scenario| {
        let cluster = scenario.cluster;
        cluster.install(crds::SAMPLE).await;
        cluster.create_namespace("flux-system", &json!({})).await;
        let (events, said) = apply(cluster, name).await;
        let (refused, noted) = done(&events);
        let (expected, remarks, warnings) = linted(name);
        for warning in warnings {
            assert!(said.contains(&warning), "{warning}: {said}");
        }
        assert_eq!(refused, expected, "what was refused, and what lint denies");
        assert_eq!(refused.len(), refusals);
        // Of what is refused nothing else is noted.
        let remarks: Said = remarks
            .into_iter()
            .filter(|(object, _)| !refused.contains_key(object))
            .collect();
        let noted: Said = noted
            .into_iter()
            .filter(|(object, _)| !refused.contains_key(object))
            .collect();
        assert_eq!(noted, remarks, "what was noted, and what lint counts");
        for event in &events {
            let code = event["responseStatus"]["code"].as_u64().unwrap_or_default();
            let text = |field: &str| {
                event["objectRef"][field]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let object = (
                text("apiGroup"),
                text("resource"),
                text("namespace"),
                text("name"),
            );
            assert_eq!(code >= 300, refused.contains_key(&object), "{event}");
        }
        let namespaces = names(&events);
        assert_controllers_are_let_through(cluster, &namespaces).await;
    });
    clean();
}

/// The clusters of the sample have namespaces of the same names.
fn clean() {
    in_turn(async |cluster| {
        let listed = cluster.admin.list("/api/v1/namespaces").await;
        let names = listed
            .iter()
            .filter_map(|namespace| namespace["metadata"]["name"].as_str());
        let kept = |name: &str| {
            name.starts_with("kube-") || ["default", "kpolicy-system", "e2e-probe"].contains(&name)
        };
        let names: Vec<_> = names.filter(|name| !kept(name)).collect();
        cluster.delete_namespaces(&names).await;
    });
}

/// The namespaces among what was applied.
fn names(events: &[Value]) -> Vec<String> {
    let namespaces = events
        .iter()
        .filter(|event| event["objectRef"]["resource"] == "namespaces");
    let names = namespaces.filter_map(|event| event["objectRef"]["name"].as_str());
    names.map(ToOwned::to_owned).collect()
}

#[test]
fn the_api_server_does_with_app1_what_lint_said() {
    check("app1", 9);
}

#[test]
fn the_api_server_does_with_app2_what_lint_said() {
    check("app2", 6);
}

#[test]
fn the_api_server_does_with_mgmt_what_lint_said() {
    check("mgmt", 0);
}
