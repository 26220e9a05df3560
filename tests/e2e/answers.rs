//! What a person and the audit log see of kpolicy's answers.

use serde_json::{Value, json};

use crate::harness::Setup;
use crate::objects::NO_PRIVILEGED;

const OTHERS: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: team-label}
spec:
  title: Pods have a team
  category: observability
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations: [{name: team, expression: "'team' in pod.metadata.?labels.orValue({})", message: say whose it is}]
---
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: named-ports}
spec:
  title: Ports have names
  category: network
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations:
    - {name: port-name, expression: "containers.all(c, c.?ports.orValue([]).all(p, has(p.name)))", message: name the port}
"#;

/// One policy for each way to enforce.
fn setup() -> Setup {
    Setup::new(&format!("{NO_PRIVILEGED}---{OTHERS}")).config(
        "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
            team-label: {enforcement: warn}, named-ports: {enforcement: audit}}}",
    )
}

/// A Pod that `no-privileged` finds fault with, if it is privileged; the others always do.
fn pod(namespace: &str, name: &str, privileged: bool) -> Value {
    let mut pod = crate::objects::pod(namespace, name, privileged);
    pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    pod
}

const REFUSAL: &str = "[no-privileged/privileged] container `web` sets `securityContext.privileged` to `true`: \
     run without privileges (spec.containers[0].securityContext.privileged)";

#[test]
fn kubectl_shows_why_a_pod_is_refused_and_what_it_is_warned_of() {
    setup().run(async |scenario| {
        let namespace = scenario.namespace().await;
        let kubectl = async |pod: Value| {
            let cluster = scenario.cluster;
            cluster.kubectl(&["create", "-f", "-"], &pod.to_string()).await
        };
        let warning = "Warning: [team-label/team] `metadata.labels` is not set: say whose it is\n";
        let refused = kubectl(pod(&namespace, "bad", true)).await;
        assert_eq!((refused.code, &*refused.out), (1, ""));
        let expected = format!(
            "{warning}Error from server (Forbidden): error when creating \"STDIN\": admission webhook \
             \"validate.kpolicy.io\" denied the request: {REFUSAL}\n"
        );
        assert_eq!(refused.errors, expected);
        let accepted = kubectl(pod(&namespace, "good", false)).await;
        assert_eq!((accepted.code, &*accepted.out), (0, "pod/good created\n"));
        assert_eq!(accepted.errors, warning);
    });
}

#[test]
fn the_audit_log_says_what_was_found_under_each_enforcement() {
    setup().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        for (name, privileged) in [("good", false), ("bad", true)] {
            let answer = cluster
                .admin
                .create(&pod(&namespace, name, privileged))
                .await;
            assert_eq!(answer.status, if privileged { 403 } else { 201 });
            let annotations = cluster.annotations(&answer).await;
            let violations: Value =
                serde_json::from_str(&annotations["validate.kpolicy.io/violations"]).expect("JSON");
            let expected = json!([{
                "validation": "named-ports/port-name",
                "message": "container `web` does not set `ports[0].name`: name the port",
                "fieldPath": "spec.containers[0].ports[0].name",
            }]);
            assert_eq!(violations, expected, "{name}");
        }
    });
}

#[test]
fn a_dry_run_is_judged_and_changes_nothing() {
    setup().run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, scenario.namespace().await);
        let bad = admin.try_create(&pod(&namespace, "bad", true)).await;
        assert_eq!(bad.refused(403), REFUSAL);
        let good = pod(&namespace, "good", false);
        assert_eq!(admin.try_create(&good).await.status, 201);
        assert_eq!(admin.get(&good).await.status, 404);
    });
}

#[test]
fn a_pod_that_the_server_is_to_name_is_judged_too() {
    setup().run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, scenario.namespace().await);
        for (privileged, status) in [(true, 403), (false, 201)] {
            let mut object = pod(&namespace, "", privileged);
            object["metadata"] = json!({"generateName": "web-", "namespace": namespace});
            let answer = admin.create(&object).await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
        let pods = admin
            .list(&format!("/api/v1/namespaces/{namespace}/pods"))
            .await;
        assert_eq!(pods.len(), 1);
    });
}
