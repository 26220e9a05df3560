//! What becomes of requests while kpolicy is away.

use serde_json::{Value, json};

use crate::harness::{LONG, Setup, eventually};
use crate::objects::{NO_PRIVILEGED, pod};

/// Counts errors as nothing, so nothing waits for it.
const NO_LOAD_BALANCERS: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: no-load-balancers}
spec:
  title: No load balancers
  category: network
  severity: low
  description: Test.
  remediation: Test.
  failurePolicy: Ignore
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE]}]
  validations:
    - {name: type, expression: "object.spec.type != 'LoadBalancer'", message: use the gateway, reason: Forbidden}
"#;

#[test]
fn while_kpolicy_is_away_failure_policy_decides_and_the_break_glass_command_helps() {
    Setup::new(&format!("{NO_PRIVILEGED}---{NO_LOAD_BALANCERS}")).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        });
        let objects: [&Value; 3] = [&pod(&namespace, "bad", true), &pod(&namespace, "good", false), &service];
        let statuses = async || {
            let mut statuses = Vec::new();
            for object in objects {
                statuses.push(cluster.admin.try_create(object).await.status);
            }
            statuses
        };
        assert_eq!(statuses().await, [403, 201, 403]);
        assert_eq!(scenario.kpolicy.stop().await, 0);
        assert_eq!(statuses().await, [500, 500, 201]);
        let said = cluster.admin.try_create(objects[1]).await;
        assert!(said.message().contains("failed calling webhook \"validate.kpolicy.io\""), "{said:?}");
        // As docs/webhook.md has it.
        let command = ["delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "kpolicy"];
        cluster.kubectl(&command, "").await.succeeded();
        eventually("nobody asks for kpolicy", LONG, async || {
            let now = statuses().await;
            if now == [201; 3] { Ok(()) } else { Err(format!("{now:?}")) }
        })
        .await;
    });
}
