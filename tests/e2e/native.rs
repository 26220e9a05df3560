//! Kubernetes' own policies: the API server and kpolicy make the same of the same file.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Cluster, LONG, Setup, eventually, in_turn};
use crate::objects::pod;

/// Judges Pods and tells warnings from refusals; the conditions leave some out.
const POLICY: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: pods.e2e.example.com}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: e2e-native}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  matchConditions: [{name: not-exempt, expression: "!object.metadata.name.startsWith('exempt')"}]
  variables: [{name: images, expression: "object.spec.containers.map(c, c.image)"}]
  validations:
    - expression: "variables.images.all(i, !i.endsWith(':latest'))"
      messageExpression: "'latest is no version: ' + variables.images.join(', ')"
    - expression: "object.spec.containers.all(c, c.securityContext.privileged == false)"
      message: run without privileges
      reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: pods.e2e.example.com}
spec: {policyName: pods.e2e.example.com, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: teams.e2e.example.com}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: e2e-native}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
    - expression: "has(object.metadata.labels) && 'team' in object.metadata.labels"
      message: say whose it is
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: teams.e2e.example.com}
spec: {policyName: teams.e2e.example.com, validationActions: [Warn]}
"#;

const NAMESPACE: &str = "e2e-native";

/// Pods, by what the policies make of them.
fn pods() -> Vec<Value> {
    let mut pods = Vec::new();
    for (name, image, privileged, team) in [
        ("good", "web:1", Some(false), true),
        ("no-team", "web:1", Some(false), false),
        ("latest", "web:latest", Some(false), true),
        ("privileged", "web:1", Some(true), true),
        ("both", "web:latest", Some(true), false),
        ("exempt-privileged", "web:1", Some(true), true),
        // Reads what is not there, which fails.
        ("unset", "web:1", None, true),
    ] {
        let mut object = pod(NAMESPACE, name, false);
        let container = &mut object["spec"]["containers"][0];
        container["image"] = json!(image);
        container["securityContext"] =
            privileged.map_or(json!({}), |privileged| json!({"privileged": privileged}));
        if team {
            object["metadata"]["labels"] = json!({"team": "shop"});
        }
        pods.push(object);
    }
    pods
}

/// A verdict as the client sees it.
struct Verdict {
    name: String,
    /// Status, reason, and the number of warnings.
    decision: (u16, Value, usize),
    says: String,
}

async fn verdicts(cluster: &Cluster) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for pod in pods() {
        let answer = cluster.admin.try_create(&pod).await;
        let texts = answer
            .warnings
            .iter()
            .map(String::as_str)
            .chain([answer.message()]);
        verdicts.push(Verdict {
            name: pod["metadata"]["name"].to_string(),
            decision: (
                answer.status,
                answer.body["reason"].clone(),
                answer.warnings.len(),
            ),
            says: texts.collect::<Vec<_>>().join("\n"),
        });
    }
    verdicts
}

#[test]
fn the_api_server_and_kpolicy_give_the_same_verdicts_by_a_native_policy() {
    let mut native = Vec::new();
    in_turn(async |cluster| {
        cluster.create_namespace(NAMESPACE, &json!({})).await;
        cluster
            .kubectl(&["apply", "-f", "-"], POLICY)
            .await
            .succeeded();
        eventually("the API server judges by the policies", LONG, async || {
            let judged = verdicts(cluster).await;
            let warns = judged.iter().any(|one| one.decision.2 == 1);
            let refuses = judged.iter().any(|one| one.decision.0 == 403);
            if warns && refuses {
                Ok(())
            } else {
                Err(format!("warns: {warns}, refuses: {refuses}"))
            }
        })
        .await;
        native = verdicts(cluster).await;
        cluster
            .kubectl(&["delete", "-f", "-"], POLICY)
            .await
            .succeeded();
        eventually("the API server judges no more", LONG, async || {
            let judged = verdicts(cluster).await;
            let found = judged
                .iter()
                .find(|one| one.decision != (201, Value::Null, 0));
            found.map_or(Ok(()), |one| Err(one.says.clone()))
        })
        .await;
    });
    let statuses: Vec<u16> = native.iter().map(|verdict| verdict.decision.0).collect();
    assert_eq!(statuses, [201, 201, 422, 403, 422, 201, 422]);
    Setup::new(POLICY).run(async |scenario| {
        for (ours, theirs) in verdicts(scenario.cluster).await.into_iter().zip(native) {
            assert_eq!(
                ours.decision, theirs.decision,
                "{}: {} / {}",
                ours.name, ours.says, theirs.says
            );
            // We say where, too, and put what is quoted in backticks.
            let said = ours.says.replace('`', "");
            for line in theirs.says.lines() {
                let marks = [
                    "denied request: ",
                    "binding 'teams.e2e.example.com': ",
                    "resulted in error: ",
                ];
                let behind =
                    |text, mark| str::split_once(text, mark).map_or(text, |(_, rest)| rest);
                let text = marks.into_iter().fold(line, behind);
                assert!(said.contains(text), "{}: {said} / {text}", ours.name);
            }
        }
    });
}

#[test]
fn the_controllers_check_the_types_of_a_native_policy_and_kpolicy_warns_of_the_same() {
    in_turn(async |cluster| {
        for (name, expression, count) in [
            ("clean", "object.spec.replicas <= 5", 0),
            ("mistaken", "object.spec.replicaz <= 5", 1),
        ] {
            let policy = json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": cluster.name(name)},
                "spec": {
                    "matchConstraints": {"resourceRules": [{
                        "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"],
                    }]},
                    "validations": [{"expression": expression, "message": "at most 5"}],
                },
            });
            cluster.admin.create(&policy).await.accepted();
            let status = eventually("the types are checked", LONG, async || {
                let status = cluster.admin.get(&policy).await.accepted()["status"].take();
                if status["typeChecking"].is_object() {
                    Ok(status)
                } else {
                    Err(status.to_string())
                }
            })
            .await;
            let warnings = status["typeChecking"]["expressionWarnings"].as_array();
            assert_eq!(warnings.map_or(0, Vec::len), count, "{status}");
            let file = tempfile::Builder::new()
                .suffix(".yaml")
                .tempfile()
                .expect("a file");
            std::fs::write(file.path(), policy.to_string()).expect("a file");
            let checked = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
                .env_clear()
                .arg("check")
                .arg(file.path())
                .output()
                .expect("kpolicy");
            let said = String::from_utf8_lossy(&checked.stdout);
            let warning = "warning: `apps.v1.DeploymentSpec` has no field `replicaz`";
            assert_eq!(said.matches(warning).count(), count, "{said}");
            cluster.admin.delete(&policy).await.accepted();
        }
    });
}
