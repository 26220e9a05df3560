//! How pods end and what they may use, where only an API server can say whether it holds: it takes what is added, and a
//! running pod's amounts are judged when they change.

use serde_json::{Value, json};

use crate::harness::Setup;

/// Adds a hook and a size limit, and finds fault with what would not go together with them.
fn adding() -> Setup {
    Setup::new("").config(
        "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
            pre-stop: {enforcement: warn}, termination-grace: {enforcement: deny}, empty-dir-size: {enforcement: deny}}}",
    )
}

/// A Deployment with a port and these volumes.
fn deployment(namespace: &str, name: &str, volumes: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {
                "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 8080}]}],
                "volumes": volumes,
            }},
        },
    })
}

#[test]
fn the_hook_and_the_size_limit_that_are_added_are_taken_and_stay() {
    adding().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        // Of a volume that says nothing kubectl takes away what the API server made of it, and the API server makes it again.
        for (name, volume, said) in [
            ("web", json!({"name": "cache", "emptyDir": {}}), "unchanged"),
            ("bare", json!({"name": "cache"}), "configured"),
        ] {
            let object = deployment(&namespace, name, &json!([volume]));
            let text = object.to_string();
            let apply = async || cluster.kubectl(&["apply", "-f", "-"], &text).await;
            apply().await.succeeded();
            let made = cluster.admin.get(&object).await.accepted();
            let spec = &made["spec"]["template"]["spec"];
            assert_eq!(
                spec["containers"][0]["lifecycle"],
                json!({"preStop": {"sleep": {"seconds": 10}}})
            );
            assert_eq!(spec["volumes"][0]["emptyDir"], json!({"sizeLimit": "1Gi"}));
            let again = apply().await.succeeded();
            assert_eq!(again, format!("deployment.apps/{name} {said}\n"));
            let after = cluster.admin.get(&object).await.accepted();
            assert_eq!(after["metadata"]["generation"], 1, "{name}");
            assert_eq!(&after["spec"]["template"]["spec"], spec, "{name}");
        }
    });
}

#[test]
fn a_resize_is_judged_and_other_changes_of_a_pod_are_not_for_its_amounts() {
    let config = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
        limit-ratio: {enforcement: deny}, require-requests: {enforcement: warn}, qos-class: {enforcement: deny}}}";
    Setup::new("").config(config).run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, scenario.namespace().await);
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"containers": [{"name": "web", "image": "web:1",
                "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}}]},
        });
        let warned = |warnings: &[String]| {
            warnings
                .iter()
                .any(|text| text.starts_with("[require-requests/"))
        };
        let created = admin.create(&pod).await;
        assert!(
            warned(&created.warnings),
            "no memory is requested: {created:?}"
        );
        created.accepted();
        let limits = |cpu: &str| {
            json!({"spec": {"containers": [{"name": "web", "resources": {"limits": {"cpu": cpu}}}]}})
        };
        let wide = admin.patch(&pod, "/resize", &limits("2100m")).await;
        assert!(
            wide.refused(422).starts_with("[limit-ratio/ratio]"),
            "{wide:?}"
        );
        let narrow = admin.patch(&pod, "/resize", &limits("1500m")).await;
        assert!(warned(&narrow.warnings), "{narrow:?}");
        narrow.accepted();
        for (tail, change) in [
            ("", json!({"metadata": {"labels": {"team": "shop"}}})),
            (
                "/ephemeralcontainers",
                json!({"spec": {"ephemeralContainers": [{"name": "debugger", "image": "debug:1"}]}}),
            ),
        ] {
            let answer = admin.patch(&pod, tail, &change).await;
            assert!(!warned(&answer.warnings), "{answer:?}");
            answer.accepted();
        }
    });
}
