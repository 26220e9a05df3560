//! AKS Deployment Safeguards as far as they change workloads, modelled from their documentation, and workloads for them.

use serde_json::{Value, json};

/// What they do for the spread of replicas: where a workload has neither anti-affinity nor a spread, both are added over
/// nodes, by the label `app`, else `app.kubernetes.io/name`, else one of their own.
pub(crate) fn spread(object: &Value) -> Value {
    let mut after = object.clone();
    let template = &mut after["spec"]["template"];
    let is_given = |value: &Value| {
        !(value.is_null() || value.as_array().is_some_and(Vec::is_empty) || *value == json!({}))
    };
    if is_given(&template["spec"]["affinity"]["podAntiAffinity"])
        || is_given(&template["spec"]["topologySpreadConstraints"])
    {
        return object.clone();
    }
    let labels = &template["metadata"]["labels"];
    let key = ["app", "app.kubernetes.io/name"]
        .into_iter()
        .find(|key| labels.get(key).is_some());
    let key = key.unwrap_or("default-antiaffinity-applabel");
    if labels.get(key).is_none() {
        template["metadata"]["labels"][key] = json!("web");
    }
    let value = template["metadata"]["labels"][key].clone();
    let mut match_labels = serde_json::Map::new();
    match_labels.insert(key.to_owned(), value);
    let selector = json!({ "matchLabels": match_labels });
    template["spec"]["affinity"]["podAntiAffinity"] = json!({
        "preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 100,
            "podAffinityTerm": {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"},
        }],
    });
    template["spec"]["topologySpreadConstraints"] = json!([{
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": selector,
    }]);
    after
}

fn workload(kind: &str, selector: &Value, labels: &Value, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["containers"] = json!([{"name": "web", "image": "acrdemo.azurecr.io/shop/web:2.3.0"}]);
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    })
}

/// Workloads whose pods Deployment Safeguards tell apart as the workload does, and others.
pub(crate) fn workloads() -> Vec<(&'static str, bool, Value)> {
    let app = json!({"app": "web"});
    let both = json!({"app": "web", "tier": "front"});
    let name = json!({"app.kubernetes.io/name": "web"});
    let none = json!({"tier": "front"});
    let spread = |key: &str| {
        json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway",
               "labelSelector": {"matchLabels": {"app": "web"}}})
    };
    let zone = json!({"topologySpreadConstraints": [spread("topology.kubernetes.io/zone")]});
    let host = json!({"topologySpreadConstraints": [spread("kubernetes.io/hostname")]});
    let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}}});
    let other_affinity = json!({"affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": []});
    let empty = json!({"affinity": {"podAntiAffinity": {}}});
    let bare = json!({});
    vec![
        ("by app", true, workload("Deployment", &app, &app, &bare)),
        (
            "a StatefulSet",
            true,
            workload("StatefulSet", &app, &app, &bare),
        ),
        ("by name", true, workload("Deployment", &name, &name, &bare)),
        (
            "spread over zones",
            true,
            workload("Deployment", &app, &app, &zone),
        ),
        (
            "spread over nodes",
            true,
            workload("Deployment", &app, &app, &host),
        ),
        (
            "kept apart",
            true,
            workload("Deployment", &app, &app, &apart),
        ),
        (
            "node affinity",
            true,
            workload("Deployment", &app, &app, &other_affinity),
        ),
        (
            "empty anti-affinity",
            true,
            workload("Deployment", &app, &app, &empty),
        ),
        (
            "by two labels",
            false,
            workload("Deployment", &both, &both, &bare),
        ),
        (
            "by another label",
            false,
            workload("Deployment", &none, &both, &bare),
        ),
        (
            "without app labels",
            false,
            workload("Deployment", &none, &none, &bare),
        ),
    ]
}

/// What they do for resources: a container without amounts gets the same requests as limits.
#[allow(dead_code, reason = "of the suite with an API server alone")]
pub(crate) fn resources(object: &Value) -> Value {
    let mut after = object.clone();
    let containers = after["spec"]["template"]["spec"]["containers"].as_array_mut();
    for container in containers.into_iter().flatten() {
        for list in ["limits", "requests"] {
            for (resource, amount) in [("cpu", "500m"), ("memory", "2Gi")] {
                let given = &mut container["resources"][list][resource];
                if given.is_null() {
                    *given = json!(amount);
                }
            }
        }
    }
    after
}
