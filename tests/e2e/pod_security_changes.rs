//! Which changes of running pods Pod Security admission of the API server judges, and which our policies do.

use serde_json::{Value, json};

use crate::harness::{Answer, Setup};

/// A change of a running pod, and whether it is judged.
const CHANGES: [(&str, &str, bool); 7] = [
    ("label", "", false),
    ("annotation", "", false),
    ("toleration", "", false),
    ("deadline", "", false),
    ("resize", "/resize", false),
    ("image", "", true),
    ("ephemeral container", "/ephemeralcontainers", true),
];

fn change(what: &str) -> Value {
    match what {
        "label" => json!({"metadata": {"labels": {"team": "shop"}}}),
        "annotation" => json!({"metadata": {"annotations": {"note": "x"}}}),
        // A strategic merge patch replaces the list, and the API server only lets it grow.
        "toleration" => json!({"spec": {"tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "maintenance", "operator": "Exists"},
        ]}}),
        "deadline" => json!({"spec": {"activeDeadlineSeconds": 600}}),
        "resize" => {
            json!({"spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "200m"}}}]}})
        }
        "image" => json!({"spec": {"containers": [{"name": "web", "image": "web:2"}]}}),
        "ephemeral container" => {
            json!({"spec": {"ephemeralContainers": [{"name": "debugger", "image": "debug:1"}]}})
        }
        other => panic!("there is no change `{other}`"),
    }
}

#[test]
fn a_changed_pod_is_judged_where_the_admission_plugin_judges_it() {
    let config = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
        pod-security-baseline: {enforcement: warn}}}";
    Setup::new("").config(config).run(async |scenario| {
        let labels = json!({"pod-security.kubernetes.io/warn": "baseline"});
        let namespace = scenario.namespace_with(&labels).await;
        let judged = |answer: &Answer| {
            let by = |start: &str| answer.warnings.iter().any(|text| text.starts_with(start));
            let both = (by("would violate PodSecurity"), by("[pod-security-baseline/hostNamespaces]"));
            assert_eq!(both.0, both.1, "{answer:?}");
            both.1
        };
        let admin = &scenario.cluster.admin;
        for (what, tail, expected) in CHANGES {
            let name = what.replace(' ', "-");
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
                "spec": {"hostPID": true, "containers": [
                    {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}},
                ]},
            });
            let created = admin.create(&pod).await;
            assert_eq!((created.status, judged(&created)), (201, true), "{created:?}");
            let changed = admin.patch(&pod, tail, &change(what)).await;
            assert_eq!(changed.status, 200, "{what}: {changed:?}");
            assert_eq!(judged(&changed), expected, "{what}: {changed:?}");
        }
    });
}
