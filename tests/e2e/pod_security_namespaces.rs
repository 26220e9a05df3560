//! What namespaces ask for by their labels, and whom Pod Security admission exempts: the plugin of the API server and our
//! policies side by side.
//!
//! In namespaces of the plugin kpolicy is disabled. In those of ours the same labels stand, so requests come from a user
//! whom the plugin exempts.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Scenario, Setup};
use crate::pod_security::{Case, deployment, of_upstream, send};
use crate::pod_security_checks::checks_named_in;

/// The user, and the runtime class, that the plugin leaves alone.
const EXEMPT: &str = "e2e-exempt";

/// So many requests are under way at once.
const TOGETHER: usize = 16;

/// Namespaces: name, level, version, and whether the plugin lets such labels be written.
const NAMESPACES: [(&str, Option<&str>, Option<&str>, bool); 10] = [
    ("privileged", Some("privileged"), None, true),
    ("baseline", Some("baseline"), Some("v1.24"), true),
    ("baseline-latest", Some("baseline"), Some("latest"), true),
    ("restricted", Some("restricted"), Some("latest"), true),
    ("restricted-old", Some("restricted"), Some("v1.22"), true),
    ("restricted-new", Some("restricted"), Some("v1.99"), true),
    ("version-alone", None, Some("v1.24"), true),
    ("no-label", None, None, true),
    ("no-level", Some("Baseline"), Some("v1.24"), false),
    ("no-version", Some("baseline"), Some("1.24"), false),
];

const CONFIG: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
    pod-security-baseline: {enforcement: deny, params: {namespaceLabels: follow, defaultLevel: privileged}},
    pod-security-restricted: {enforcement: deny, params: {namespaceLabels: follow, defaultLevel: privileged}}},
    namespaces: [{names: [THEIRS], enforcement: disabled}]}";

/// The level and the checks that refused a Pod; nothing where it was let through.
type Verdict = Option<(String, BTreeSet<String>)>;

/// What the plugin says.
fn theirs(answer: &Answer) -> Verdict {
    if answer.status == 201 {
        return None;
    }
    assert_eq!(answer.status, 403, "{answer:?}");
    let (_, said) = answer
        .message()
        .split_once("violates PodSecurity \"")
        .expect("a refusal by the plugin");
    let (level, version) = said
        .split_once("\":")
        .and_then(|(said, _)| said.split_once(':'))
        .expect("a level and a version");
    let checks = checks_named_in(answer.message(), level, version);
    Some((level.to_owned(), checks))
}

/// What kpolicy says.
fn ours(answer: &Answer) -> Verdict {
    if answer.status == 201 {
        return None;
    }
    let mut levels = BTreeSet::new();
    let mut checks = BTreeSet::new();
    for line in answer.refused(422).lines() {
        let id = line
            .strip_prefix("[pod-security-")
            .and_then(|rest| rest.split_once(']'));
        if let Some((level, check)) = id.and_then(|(id, _)| id.split_once('/')) {
            levels.insert(level.to_owned());
            checks.insert(check.to_owned());
        }
    }
    assert_eq!(levels.len(), 1, "one policy speaks for both: {answer:?}");
    Some((levels.into_iter().collect(), checks))
}

/// What a message of Pod Security admission says of the object itself: the words in it that are values there, such as
/// names of containers, capabilities and ports.
pub(crate) fn facts_of(message: &str, object: &Value) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let mut left = vec![object];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(map) => left.extend(map.values()),
            Value::Array(list) => left.extend(list),
            Value::String(text) => _ = values.insert(text.clone()),
            Value::Number(number) => _ = values.insert(number.to_string()),
            Value::Bool(_) | Value::Null => {}
        }
    }
    let detail = message.split_once("\": ").map_or("", |(_, detail)| detail);
    let words = detail.split(|c: char| " \"(),;=".contains(c));
    let words = words.map(|word| word.trim_end_matches('\\').to_owned());
    words.filter(|word| values.contains(word)).collect()
}

fn namespace(whose: &str, name: &str) -> String {
    format!("{whose}-label-{name}")
}

/// Pods by the newest rules and by old ones, each once.
fn cases() -> Vec<Case> {
    let mut seen = BTreeSet::new();
    let newest = of_upstream().iter().map(|case| case.minor).max();
    let mut cases = of_upstream();
    cases.retain(|case| {
        (Some(case.minor) == newest || case.minor == 24)
            && case.sent_as == "Pod"
            // Of more violations than fit a refusal the rest is only counted.
            && !case.file.ends_with("/capabilities_baseline0.yaml")
            && !case.file.contains("procmount")
            && seen.insert(case.object.to_string())
    });
    cases
}

async fn make_namespaces(scenario: &Scenario) {
    let both = NAMESPACES
        .iter()
        .flat_map(|one| ["theirs", "ours"].map(|whose| (whose, one)));
    let creations = both.map(async |(whose, (name, level, version, is_valid))| {
        let mut labels = json!({});
        if let Some(level) = level {
            labels["pod-security.kubernetes.io/enforce"] = json!(level);
        }
        if let Some(version) = version {
            labels["pod-security.kubernetes.io/enforce-version"] = json!(version);
        }
        let name = namespace(whose, name);
        if *is_valid {
            scenario.cluster.create_namespace(&name, &labels).await;
        } else {
            scenario.cluster.store_namespace(&name, &labels).await;
        }
    });
    let made = futures::stream::iter(creations).buffer_unordered(TOGETHER);
    made.collect::<Vec<()>>().await;
}

#[test]
fn namespaces_are_judged_at_the_level_and_by_the_rules_that_their_labels_ask_for() {
    let names: Vec<_> = NAMESPACES
        .iter()
        .map(|(name, ..)| namespace("theirs", name))
        .collect();
    let config = CONFIG.replace("THEIRS", &names.join(", "));
    Setup::new("")
        .config(&config)
        .watching()
        .run(async |scenario| {
            make_namespaces(scenario).await;
            let exempt = scenario
                .cluster
                .admin
                .impersonate(EXEMPT, &["system:masters"]);
            let cases = cases();
            let asked = NAMESPACES
                .iter()
                .flat_map(|(name, ..)| cases.iter().map(move |case| (*name, case)));
            let asked = asked.map(|(name, case)| {
                let exempt = exempt.clone();
                async move {
                    let their = send(scenario, &case.object, namespace("theirs", name)).await;
                    let mut object = case.object.clone();
                    object["metadata"]["namespace"] = json!(namespace("ours", name));
                    let our = exempt.try_create(&object).await;
                    (name, case, their, our)
                }
            });
            let answers = futures::stream::iter(asked).buffer_unordered(TOGETHER);
            let answers: Vec<_> = answers.collect().await;
            let mut different = Vec::new();
            for (name, (refused, allowed)) in NAMESPACES.iter().map(|(name, ..)| {
                let of = answers.iter().filter(|(of, ..)| of == name);
                (
                    name,
                    of.fold((0, 0), |(refused, allowed), (_, case, their, our)| {
                        let (theirs, ours) = (theirs(their), ours(our));
                        if theirs != ours {
                            different.push(format!(
                                "{name}: {}: {theirs:?}, and ours {ours:?}",
                                case.file
                            ));
                        }
                        for fact in facts_of(their.message(), &case.object) {
                            assert!(our.message().contains(&fact), "{fact}: {their:?} {our:?}");
                        }
                        if theirs.is_some() {
                            (refused + 1, allowed)
                        } else {
                            (refused, allowed + 1)
                        }
                    }),
                )
            }) {
                eprintln!("{name:<16}{refused:>5} refused by both{allowed:>5} allowed by both");
            }
            let objects = NAMESPACES
                .iter()
                .flat_map(|(name, ..)| ["theirs", "ours"].map(|whose| namespace(whose, name)));
            for name in objects {
                let object =
                    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
                scenario.cluster.admin.delete(&object).await;
            }
            assert!(
                different.is_empty(),
                "{} differ: {different:#?}",
                different.len()
            );
        });
}

const EXEMPTIONS: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
    pod-security-restricted: {enforcement: deny,
        params: {exemptUsernames: [e2e-exempt], exemptRuntimeClasses: [e2e-exempt]}}},
    namespaces: [{names: [theirs-exempt], enforcement: disabled}]}";

#[test]
fn users_and_runtime_classes_are_exempt_as_the_plugin_exempts_them() {
    const REPLICA_SETS: &str = "system:serviceaccount:kube-system:replicaset-controller";
    Setup::new("").config(EXEMPTIONS).run(async |scenario| {
        let cluster = scenario.cluster;
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        cluster.create_namespace("theirs-exempt", &labels).await;
        let ours_in = scenario.namespace().await;
        let class = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
            "metadata": {"name": EXEMPT}, "handler": "sandbox"});
        cluster.admin.create(&class).await.accepted();
        let by = |user: &str| cluster.admin.impersonate(user, &["system:masters"]);
        for user in ["jane", EXEMPT] {
            for class in [None, Some(EXEMPT)] {
                let pod = |namespace: &str| {
                    let mut pod = json!({
                        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "test", "namespace": namespace},
                        "spec": {"hostPID": true, "containers": [{"name": "web", "image": "web:1"}]},
                    });
                    if let Some(class) = class {
                        pod["spec"]["runtimeClassName"] = json!(class);
                    }
                    pod
                };
                let theirs = by(user).try_create(&pod("theirs-exempt")).await;
                let ours = by(user).try_create(&pod(&ours_in)).await;
                let expected = user == EXEMPT || class.is_some();
                assert_eq!((theirs.status == 201, ours.status == 201), (expected, expected), "{theirs:?} {ours:?}");
                // Whoever writes a Deployment, the controller makes its pods; kpolicy says early what becomes of them.
                let made = by(REPLICA_SETS).try_create(&pod("theirs-exempt")).await;
                let mut written: Value = deployment(&pod(&ours_in));
                written["metadata"]["namespace"] = json!(ours_in);
                let written = by(user).try_create(&written).await;
                let expected = class.is_some();
                assert_eq!((made.status == 201, written.status == 201), (expected, expected), "{made:?} {written:?}");
            }
        }
        cluster.admin.delete(&class).await;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "theirs-exempt"}});
        cluster.admin.delete(&namespace).await;
    });
}
