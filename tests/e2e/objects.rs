//! Objects and policies that several scenarios use.

use serde_json::{Value, json};

/// Refuses privileged containers of every kind, in every object that holds pods.
pub(crate) const NO_PRIVILEGED: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: no-privileged}
spec:
  title: No privileged containers
  category: pod-security
  severity: critical
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations:
    - name: privileged
      expression: "containers.all(c, c.?securityContext.?privileged.orValue(false) == false)"
      message: run without privileges
      reason: Forbidden
"#;

/// A Pod with one container.
pub(crate) fn pod(namespace: &str, name: &str, privileged: bool) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": pod_spec(privileged),
    })
}

/// The spec of a Pod with one container, `web`.
pub(crate) fn pod_spec(privileged: bool) -> Value {
    json!({"containers": [{"name": "web", "image": "web:1", "securityContext": {"privileged": privileged}}]})
}

/// A Deployment of such a Pod, which is labelled with the Deployment's name.
pub(crate) fn deployment(namespace: &str, name: &str, replicas: u32, privileged: bool) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec(privileged)},
        },
    })
}

/// A CronJob that is not due before the next new year.
pub(crate) fn cron_job(namespace: &str, name: &str, privileged: bool) -> Value {
    let mut pod = pod_spec(privileged);
    pod["restartPolicy"] = json!("Never");
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "namespace": namespace},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": pod}}}},
    })
}
