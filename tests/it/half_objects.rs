//! Objects that are written half: what the API server would refuse later, or never look at in a custom kind. A policy has a
//! verdict on them, or none; an expression that cannot be evaluated would say nothing of what is missing.

use kpolicy::engine::{Kind, Limits, Request, Resource};
use kpolicy::fixture::Others;
use kpolicy::judge::NoOwners;
use kpolicy::manifest::{Document, read_json};
use kpolicy::policy::Operation;
use serde_json::{Value, json};

use crate::judge::judge;

/// Every policy, with what it cannot do without.
const CONFIG: &str = r#"
profiles: []
policies:
  "*": {enforcement: deny}
  acr-only: {params: {registries: [acrdemo.azurecr.io]}}
  class-pools: {params: {pools: {web: {labels: {agentpool: web}, taint: {key: class, value: web, effect: NoSchedule}}}}}
  image-pull-secrets: {params: {identityRegistries: [], secretRegistries: [example.com]}}
  known-nodes: {params: {pools: [{name: web, labels: {agentpool: web}}]}}
  pool-capacity: {params: {pools: [{name: web, labels: {agentpool: web}, cpu: "2", memory: 8Gi, maxNodes: 1, maxPods: 1}]}}
  wait-for-dependencies: {params: {values: [web]}}
"#;

/// Specs of pods in which something is missing that is never missing in a whole one.
fn specs() -> Vec<(&'static str, Value)> {
    let web = || json!({"name": "web", "image": "example.com/web:1.2.3"});
    let with = |key: &str, value: Value| {
        let mut container = web();
        container[key] = value;
        json!({"containers": [container]})
    };
    let beside = |key: &str, value: Value| json!({"containers": [web()], key: value});
    let proxy = json!({"image": "mcr.microsoft.com/oss/istio/proxyv2:1.27"});
    vec![
        ("nothing", json!({})),
        ("null for containers", json!({"containers": null})),
        ("no containers", json!({"containers": []})),
        ("an empty container", json!({"containers": [{}]})),
        (
            "no name",
            json!({"containers": [{"image": "example.com/web:1"}]}),
        ),
        (
            "an empty name",
            json!({"containers": [{"name": "", "image": "example.com/web:1"}]}),
        ),
        (
            "null for a name",
            json!({"containers": [{"name": null, "image": "example.com/web:1"}]}),
        ),
        (
            "no name and an image of the mesh",
            json!({"containers": [proxy]}),
        ),
        (
            "no name and an image that is filled in",
            json!({"containers": [{"image": "auto"}]}),
        ),
        ("no image", json!({"containers": [{"name": "web"}]})),
        (
            "null for an image",
            json!({"containers": [{"name": "web", "image": null}]}),
        ),
        (
            "an init container without a name",
            beside("initContainers", json!([{"image": "example.com/i:1"}])),
        ),
        (
            "a sidecar without a name",
            beside(
                "initContainers",
                json!([{"image": "example.com/i:1", "restartPolicy": "Always"}]),
            ),
        ),
        (
            "an empty init container",
            beside("initContainers", json!([{}])),
        ),
        (
            "a debug container without a name",
            beside("ephemeralContainers", json!([{"image": "example.com/d:1"}])),
        ),
        ("null for ports", with("ports", json!(null))),
        (
            "an empty variable",
            with("env", json!([{}, {"name": "A", "valueFrom": {}}])),
        ),
        (
            "empty sources of variables",
            with("envFrom", json!([{}, {"secretRef": {}}])),
        ),
        ("null for resources", with("resources", json!(null))),
        (
            "null for amounts",
            with("resources", json!({"limits": null, "requests": null})),
        ),
        (
            "null for an amount",
            with(
                "resources",
                json!({"limits": {"memory": null}, "requests": {"cpu": null}}),
            ),
        ),
        ("null for a probe", with("livenessProbe", json!(null))),
        ("an empty probe", with("readinessProbe", json!({}))),
        ("an empty lifecycle", with("lifecycle", json!({}))),
        ("an empty hook", with("lifecycle", json!({"preStop": {}}))),
        (
            "a hook that does nothing",
            with("lifecycle", json!({"preStop": {"exec": {}}})),
        ),
        (
            "an empty security context",
            with("securityContext", json!({})),
        ),
        (
            "halves of a security context",
            with(
                "securityContext",
                json!({"seccompProfile": {}, "appArmorProfile": {}, "seLinuxOptions": {}, "capabilities": {"add": null}}),
            ),
        ),
        (
            "an empty security context of the pod",
            beside(
                "securityContext",
                json!({"seccompProfile": {}, "sysctls": []}),
            ),
        ),
        ("null for volumes", beside("volumes", json!(null))),
        (
            "a volume of nothing",
            beside("volumes", json!([{"name": "a"}])),
        ),
        (
            "halves of volumes",
            beside(
                "volumes",
                json!([{"name": "a", "secret": {}}, {"name": "b", "projected": {}}, {"name": "c", "image": {}},
                    {"name": "d", "projected": {"sources": [{}, {"serviceAccountToken": {}}, {"secret": {}}]}}]),
            ),
        ),
        ("null for tolerations", beside("tolerations", json!(null))),
        ("an empty toleration", beside("tolerations", json!([{}]))),
        (
            "null in a toleration",
            beside(
                "tolerations",
                json!([{"key": null, "operator": null, "effect": null}]),
            ),
        ),
        ("an empty affinity", beside("affinity", json!({}))),
        (
            "an empty node affinity",
            beside(
                "affinity",
                json!({"nodeAffinity": {}, "podAntiAffinity": {}}),
            ),
        ),
        (
            "an empty term",
            beside(
                "affinity",
                json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [{}]}}),
            ),
        ),
        (
            "null for a node selector",
            beside("nodeSelector", json!(null)),
        ),
        (
            "null for constraints",
            beside("topologySpreadConstraints", json!(null)),
        ),
        (
            "an empty pull secret",
            beside("imagePullSecrets", json!([{}])),
        ),
        (
            "null for resources of the pod",
            beside(
                "resources",
                json!({"requests": null, "limits": {"cpu": null}}),
            ),
        ),
        (
            "null for an account",
            beside("serviceAccountName", json!(null)),
        ),
    ]
}

/// What is wrong with metadata of templates.
fn metadata() -> [(&'static str, Value); 5] {
    [
        (
            "labels",
            json!({"labels": {"app": "web", "kpolicy.io/spot": "true", "kpolicy.io/class": "web"}}),
        ),
        ("no metadata", json!(null)),
        ("empty metadata", json!({})),
        (
            "null for labels",
            json!({"labels": null, "annotations": null}),
        ),
        (
            "null for a label",
            json!({"labels": {"kpolicy.io/spot": null}, "annotations": {"a": null}}),
        ),
    ]
}

/// Without what is null: neither mouth tells it from what is not there.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn document(value: &Value) -> Document {
    read_json(None, &without_nulls(value).to_string()).expect("JSON")
}

#[test]
fn no_policy_stumbles_over_what_is_written_half() {
    let judge = judge(CONFIG, &[], None, (2026, 11, 21));
    let kinds = [
        ("", "v1", "Pod", "pods"),
        ("apps", "v1", "Deployment", "deployments"),
        ("argoproj.io", "v1alpha1", "Rollout", "rollouts"),
    ];
    let mesh =
        document(&json!({"metadata": {"name": "shop", "labels": {"istio.io/rev": "asm-1-27"}}}));
    let user =
        document(&json!({"username": "dev@example.com", "groups": ["system:authenticated"]}));
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for (what, spec) in specs() {
        for (which, metadata) in metadata() {
            for (group, version, kind, resource) in kinds {
                let template = json!({"metadata": metadata, "spec": spec});
                let mut object = match kind {
                    "Pod" => {
                        let mut object = template;
                        if object["metadata"].is_null() {
                            object["metadata"] = json!({});
                        }
                        object["metadata"]["name"] = "web".into();
                        object["metadata"]["namespace"] = "shop".into();
                        object
                    }
                    _ => {
                        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3,
                        "selector": {"matchLabels": {"app": "web"}}, "template": template}})
                    }
                };
                object["apiVersion"] = format!("{group}/{version}").trim_start_matches('/').into();
                object["kind"] = kind.into();
                let object = document(&object);
                let version = Kind {
                    group,
                    version,
                    kind,
                };
                let of = Resource {
                    group,
                    version: version.version,
                    resource,
                };
                let request = Request {
                    name: "web",
                    namespace: Some("shop"),
                    namespace_object: Some(mesh.root()),
                    object: Some(object.root()),
                    user_info: Some(user.root()),
                    ..Request::new(Operation::Create, version, of)
                };
                let lineage = judge.lineage(&request, &NoOwners);
                let others = Others(Vec::new());
                let limits = Limits::default();
                let verdict = judge.validate(&request, &lineage, &others, &limits);
                judged += verdict.decisions.len();
                let failed = verdict
                    .decisions
                    .iter()
                    .filter(|decision| decision.violation.is_error);
                wrong.extend(failed.map(|decision| {
                    let violation = &decision.violation;
                    format!(
                        "{kind}, {what}, {which}: {}: {}",
                        violation.validation, violation.message
                    )
                }));
                let mutation = judge.mutate(&request, &lineage, &others, &limits);
                let errors = mutation.errors.iter().chain(&verdict.ignored_errors);
                wrong.extend(errors.map(|error| format!("{kind}, {what}, {which}: {error}")));
            }
        }
    }
    assert!(judged > 5000, "only {judged} verdicts");
    assert!(
        wrong.is_empty(),
        "{} times\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
