//! What exceptions reach, and that nothing else changes by them.

use std::sync::Arc;

use kpolicy::config::Date;
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::judge::{Judge, Lineage, Verdict, glob_matches};
use kpolicy::manifest::{Document, read_json};
use kpolicy::policy::Operation;
use kpolicy::schema::kinds;
use kpolicy::source::SourceMap;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

const POLICIES: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: pods}
spec:
  title: For templates
  category: api
  severity: low
  matchConstraints: {podTemplates: true}
  validations:
    - {name: image, expression: "containers.all(c, c.image.startsWith('a/'))"}
    - {name: host, expression: "!has(pod.spec.hostNetwork)"}
---
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: objects}
spec:
  title: For objects
  category: api
  severity: low
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE], resources: ["*"]}]
  validations:
    - {name: team, expression: "has(object.metadata.annotations)"}
"#;

const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

/// The judge of the cluster `app1`, with these exceptions and no built-in policies.
fn with(allowed: &[&str], exceptions: &[Value]) -> Judge {
    let config = json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "Config", "profiles": [],
        "clusters": [{"name": "app1"}, {"name": "app2"}], "exceptions": {"allowedNamespaces": allowed},
    });
    let mut sources = SourceMap::new();
    let mut documents = Documents::default();
    documents.add("policies.yaml", &Arc::from(POLICIES), &mut sources);
    for text in exceptions.iter().chain([&config]) {
        documents.add("more.json", &Arc::from(text.to_string()), &mut sources);
    }
    let config = documents.config();
    assert_eq!(documents.problems, []);
    let exceptions = std::mem::take(&mut documents.exceptions);
    let policies = Arc::new(documents.take_policies());
    Judge::new(&policies, &config, &exceptions, Some("app1"), TODAY).expect("a judge")
}

fn validate(judge: &Judge, object: &Value) -> Verdict {
    let document = read_json(None, &object.to_string()).expect("JSON");
    ask(judge, object, &document)
}

fn ask(judge: &Judge, object: &Value, document: &Document) -> Verdict {
    let text = |value: &'static str| object["metadata"][value].as_str();
    let (group, version) = object["apiVersion"]
        .as_str()
        .and_then(|version| version.split_once('/'))
        .unwrap_or(("", "v1"));
    let kind = object["kind"].as_str().expect("a kind");
    let resource = kinds::resource(group, kind);
    let request = Request {
        name: text("name").unwrap_or_default(),
        namespace: text("namespace"),
        object: Some(document.root()),
        ..Request::new(
            Operation::Create,
            Kind {
                group,
                version,
                kind,
            },
            Resource {
                group,
                version,
                resource: &resource,
            },
        )
    };
    let others = NoOtherObjects("a test");
    judge.validate(&request, &Lineage::default(), &others, &Limits::default())
}

fn exception(name: &str, namespace: &str, policies: &Value, matches: &Value) -> Value {
    json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"policies": policies, "match": matches, "reason": "r", "owner": "o", "expires": "2027-01-31"},
    })
}

/// An object that breaks every validation that applies to it, with two containers where it has any.
fn object(kind: &str, namespace: &str, name: &str, labels: (&str, &str)) -> Value {
    let pod = |name: &str| {
        json!({
            "metadata": {"name": name, "labels": {"tier": labels.1}},
            "spec": {"hostNetwork": true, "containers": [{"name": "web", "image": "b"}, {"name": "log", "image": "c"}]},
        })
    };
    let metadata = json!({"name": name, "namespace": namespace, "labels": {"tier": labels.0}});
    let (version, rest) = match kind {
        "Pod" => ("v1", pod(name)),
        "ConfigMap" => ("v1", json!({"data": {}})),
        "CronJob" => (
            "batch/v1",
            json!({"spec": {"jobTemplate": {"spec": {"template": pod("")}}}}),
        ),
        _ => ("apps/v1", json!({"spec": {"template": pod("")}})),
    };
    let mut object = rest;
    object["apiVersion"] = json!(version);
    object["kind"] = json!(kind);
    object["metadata"] = metadata;
    object
}

/// Whether an exception is for what a validation finds, as the documentation says it. Written anew, so that it shares
/// no mistake with the judge.
fn is_for(
    exception: &Value,
    allowed: bool,
    object: &Value,
    (id, container): (&str, Option<&str>),
) -> bool {
    let spec = &exception["spec"];
    let list = |value: &Value| -> Vec<String> {
        let items = value.as_array().cloned().unwrap_or_default();
        items
            .iter()
            .filter_map(|item| Some(item.as_str()?.to_owned()))
            .collect()
    };
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let glob = |key: &str, name: Option<&str>| {
        let patterns = list(&spec["match"][key]);
        patterns.is_empty()
            || name.is_some_and(|name| patterns.iter().any(|pattern| glob_matches(pattern, name)))
    };
    let clusters = list(&spec["match"]["clusters"]);
    let kinds = list(&spec["match"]["kinds"]);
    let labels = match (id.starts_with("pods/"), object["kind"].as_str()) {
        (false, _) | (true, Some("Pod")) => &object["metadata"]["labels"],
        (true, Some("CronJob")) => {
            &object["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
        }
        (true, _) => &object["spec"]["template"]["metadata"]["labels"],
    };
    let wanted = &spec["match"]["selector"]["matchLabels"]["tier"];
    let policy = id.split('/').next().unwrap_or_default();
    let named = list(&spec["policies"]);
    named.iter().any(|name| name == policy || name == id)
        && (allowed || exception["metadata"]["namespace"] == namespace)
        && spec["expires"].as_str() >= Some("2026-11-21")
        && (clusters.is_empty() || clusters.contains(&"app1".to_owned()))
        && glob("namespaces", Some(namespace))
        && (kinds.is_empty() || kinds.iter().any(|kind| object["kind"] == **kind))
        && glob("names", object["metadata"]["name"].as_str())
        && glob("containers", container)
        && (wanted.is_null() || *wanted == labels["tier"])
}

fn some(words: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![2 => Just(Vec::new()), 3 => subsequence(words, 1..words.len())]
}

fn exceptions() -> impl Strategy<Value = Vec<Value>> {
    let matches = (
        some(&["app1", "app2"]),
        some(&["shop", "sh*", "lab", "*-x"]),
        some(&["Pod", "Deployment", "CronJob", "ConfigMap"]),
        some(&["web", "w*", "nightly", "*ly*"]),
        some(&["web", "l*", "other"]),
        prop_oneof![
            Just(Value::Null),
            Just(json!({"matchLabels": {"tier": "a"}}))
        ],
    );
    let policies = subsequence(
        vec!["pods", "pods/image", "pods/host", "objects", "objects/team"],
        1..4,
    );
    let day = prop_oneof![Just("2026-11-20"), Just("2026-11-21"), Just("2027-01-31")];
    let one = (
        matches,
        policies,
        day,
        prop_oneof![Just("shop"), Just("lab"), Just("central")],
    );
    let one = one.prop_map(|((clusters, namespaces, kinds, names, containers, selector), policies, day, home)| {
        let mut matches = json!({
            "clusters": clusters, "namespaces": namespaces, "kinds": kinds, "names": names, "containers": containers,
        });
        if !selector.is_null() {
            matches["selector"] = selector;
        }
        let all = [&clusters, &namespaces, &kinds, &names, &containers];
        if all.iter().all(|list| list.is_empty()) && matches.get("selector").is_none() {
            matches["kinds"] = json!(["Pod"]);
        }
        // A policy and a part of it is a warning.
        let whole: Vec<&str> = policies.clone();
        let policies: Vec<&str> = policies
            .into_iter()
            .filter(|name| !name.contains('/') || !whole.iter().any(|other| name.starts_with(&format!("{other}/"))))
            .collect();
        let mut made = exception("", home, &json!(policies), &matches);
        made["spec"]["expires"] = json!(day);
        made
    });
    prop::collection::vec(one, 1..4).prop_map(|mut all| {
        for (number, exception) in all.iter_mut().enumerate() {
            exception["metadata"]["name"] = json!(format!("e{number}"));
        }
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_exception_changes_nothing_that_is_out_of_its_reach(
        exceptions in exceptions(),
        allowed: bool,
        kind in prop_oneof![Just("Pod"), Just("Deployment"), Just("CronJob"), Just("ConfigMap")],
        namespace in prop_oneof![Just("shop"), Just("lab"), Just("lab-x")],
        name in prop_oneof![Just("web"), Just("nightly"), Just("other")],
        labels in (prop_oneof![Just("a"), Just("b")], prop_oneof![Just("a"), Just("b")]),
    ) {
        let object = object(kind, namespace, name, labels);
        let namespaces: &[&str] = if allowed { &["shop", "lab", "central"] } else { &[] };
        let without = validate(&with(namespaces, &[]), &object);
        let judged = validate(&with(namespaces, &exceptions), &object);
        let said = |verdict: &Verdict| {
            let all = verdict.decisions.iter().map(|decision| {
                (format!("{:?}", decision.violation), decision.enforcement, decision.at_admission)
            });
            let mut all: Vec<_> = all.collect();
            all.sort();
            all
        };
        prop_assert_eq!(said(&without), said(&judged));
        prop_assert_eq!(&without.not_judged, &judged.not_judged);
        for decision in &judged.decisions {
            let found = &decision.violation;
            let finds = (&*found.validation, found.container.as_deref());
            let reaching = exceptions.iter().any(|one| is_for(one, allowed, &object, finds));
            prop_assert_eq!(decision.exception.is_some(), reaching, "{:?} {:?}", finds, decision.exception);
            prop_assert!(decision.ended.is_none() || decision.exception.is_none());
        }
    }
}

/// The validations that exceptions lift, and by which.
fn lifted(verdict: &Verdict) -> Vec<String> {
    let lifted = verdict.decisions.iter().filter_map(|decision| {
        let exception = decision.exception.as_ref()?;
        let container = decision.violation.container.as_deref().unwrap_or("-");
        Some(format!(
            "{} {container} {}",
            decision.violation.validation, exception.name
        ))
    });
    let mut lifted: Vec<String> = lifted.collect();
    lifted.sort();
    lifted
}

#[test]
fn labels_are_those_of_the_pods_where_their_template_is_judged() {
    let by_label = |policy: &str| {
        let matches = json!({"namespaces": ["shop"], "selector": {"matchLabels": {"tier": "a"}}});
        with(
            &["central"],
            &[exception("e", "central", &json!([policy]), &matches)],
        )
    };
    // Labels of the object, and of its template.
    for (kind, labels, host, team) in [
        ("Deployment", ("a", "b"), false, true),
        ("Deployment", ("b", "a"), true, false),
        ("CronJob", ("b", "a"), true, false),
        ("ConfigMap", ("a", "b"), false, true),
    ] {
        let object = object(kind, "shop", "web", labels);
        let is_lifted = |policy: &str| !lifted(&validate(&by_label(policy), &object)).is_empty();
        assert_eq!(is_lifted("pods/host"), host, "{kind} {labels:?}");
        assert_eq!(is_lifted("objects"), team, "{kind} {labels:?}");
    }
}

#[test]
fn an_object_without_a_name_is_known_by_the_beginning_of_it() {
    let judge = with(
        &["central"],
        &[exception(
            "e",
            "central",
            &json!(["pods/host"]),
            &json!({"namespaces": ["shop"], "names": ["by-hand-*"]}),
        )],
    );
    for (metadata, expected) in [
        (json!({"generateName": "by-hand-", "namespace": "shop"}), 1),
        (json!({"generateName": "by-", "namespace": "shop"}), 0),
        (
            json!({"generateName": "by-hand-", "name": "other", "namespace": "shop"}),
            0,
        ),
        (
            json!({"generateName": "by-hand-", "name": "by-hand-x7k2f", "namespace": "shop"}),
            1,
        ),
    ] {
        let mut pod = object("Pod", "shop", "", ("a", "a"));
        pod["metadata"] = metadata;
        let document = read_json(None, &pod.to_string()).expect("JSON");
        let verdict = ask(&judge, &pod, &document);
        assert_eq!(lifted(&verdict).len(), expected, "{}", pod["metadata"]);
        // As the API server asks validating webhooks of what has `generateName`: the name is in the object alone.
        let mut unnamed = pod.clone();
        unnamed["metadata"]["name"] = json!("");
        let verdict = ask(&judge, &unnamed, &document);
        assert_eq!(lifted(&verdict).len(), expected, "{}", pod["metadata"]);
    }
}

#[test]
fn of_several_exceptions_the_one_that_holds_longest_is_named() {
    let matches = json!({"namespaces": ["shop"], "names": ["web"]});
    let until = |name: &str, day: &str| {
        let mut made = exception(name, "central", &json!(["pods/host"]), &matches);
        made["spec"]["expires"] = json!(day);
        made
    };
    for order in [
        ["a", "b", "c", "d"],
        ["d", "c", "b", "a"],
        ["b", "d", "a", "c"],
    ] {
        let all = order.map(|name| match name {
            "a" => until(name, "2026-11-21"),
            "d" => until(name, "2026-11-20"),
            _ => until(name, "2027-01-31"),
        });
        let verdict = validate(
            &with(&["central"], &all),
            &object("Pod", "shop", "web", ("a", "a")),
        );
        assert_eq!(lifted(&verdict), ["pods/host - central/b"], "{order:?}");
    }
}

#[test]
fn what_an_ended_exception_lifted_says_so() {
    let matches = json!({"namespaces": ["shop"], "names": ["web"]});
    let mut ended = exception("ended", "central", &json!(["pods/host"]), &matches);
    ended["spec"]["expires"] = json!("2026-11-20");
    let judge = with(&["central"], &[ended]);
    let verdict = validate(&judge, &object("Pod", "shop", "web", ("a", "a")));
    let ended: Vec<_> = verdict
        .decisions
        .iter()
        .filter_map(|decision| Some((&*decision.violation.validation, decision.ended.as_ref()?)))
        .map(|(validation, ended)| format!("{validation} {} {}", ended.name, ended.expires))
        .collect();
    assert_eq!(ended, ["pods/host central/ended 2026-11-20"]);
    assert_eq!(lifted(&verdict), [""; 0]);
}

#[test]
fn a_namespace_is_in_itself_for_lint_as_for_the_api_server() {
    let shop = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let mut admitted = shop.clone();
    admitted["metadata"]["namespace"] = json!("shop");
    let document = read_json(None, &shop.to_string()).expect("JSON");
    for (allowed, home, matches, expected) in [
        (
            &["central"][..],
            "central",
            json!({"namespaces": ["shop"], "kinds": ["Namespace"]}),
            1,
        ),
        (
            &["central"],
            "central",
            json!({"namespaces": ["lab"], "kinds": ["Namespace"]}),
            0,
        ),
        // It is no object of a namespace, for whoever may speak for one alone.
        (&[], "shop", json!({"kinds": ["Namespace"]}), 0),
    ] {
        let judge = with(
            allowed,
            &[exception("e", home, &json!(["objects"]), &matches)],
        );
        for request in [&shop, &admitted] {
            let verdict = ask(&judge, request, &document);
            assert_eq!(lifted(&verdict).len(), expected, "{matches} {request}");
        }
    }
}
