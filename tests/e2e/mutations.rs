//! What kpolicy changes on the way in, and that it comes to rest.

use serde_json::{Value, json};

use crate::harness::injector::Injector;
use crate::harness::{LONG, Scenario, Setup, eventually};
use crate::objects::{deployment, pod};

/// The built-in policies about Spot nodes, which put in what an opted-in workload lacks.
fn spot() -> Setup {
    Setup::new("").config(
        "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {spot-scheduling: {enforcement: deny}}}",
    )
}

/// What they put in.
fn assert_runs_on_spot(pod: &Value) {
    let toleration = json!({
        "key": "kubernetes.azure.com/scalesetpriority", "operator": "Equal", "value": "spot", "effect": "NoSchedule",
    });
    let tolerations = pod["spec"]["tolerations"].as_array().expect("tolerations");
    let count = tolerations.iter().filter(|one| **one == toleration).count();
    assert_eq!(count, 1, "{tolerations:?}");
    let terms =
        &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    assert_eq!(
        *terms,
        json!({"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "kubernetes.azure.com/scalesetpriority", "operator": "In", "values": ["spot"]},
        ]}]})
    );
}

#[test]
fn an_opted_in_pod_gets_the_toleration_and_the_affinity() {
    spot().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let mut web = pod(&namespace, "web", false);
        web["metadata"]["labels"] = json!({"kpolicy.io/spot": "true"});
        let answer = cluster.admin.create(&web).await;
        let annotations = cluster.annotations(&answer).await;
        assert_runs_on_spot(&answer.accepted());
        let mutated = &annotations["mutate.kpolicy.io/mutated"];
        assert_eq!(
            mutated,
            r#"["spot-scheduling/add-toleration","spot-scheduling/require-spot-nodes"]"#
        );
        let other = cluster
            .admin
            .create(&pod(&namespace, "other", false))
            .await
            .accepted();
        assert_eq!(other["spec"]["affinity"], Value::Null);
    });
}

/// The ReplicaSets and Pods of a namespace.
async fn made(scenario: &Scenario, namespace: &str) -> (Vec<Value>, Vec<Value>) {
    let admin = &scenario.cluster.admin;
    let sets = admin
        .list(&format!("/apis/apps/v1/namespaces/{namespace}/replicasets"))
        .await;
    let pods = admin
        .list(&format!("/api/v1/namespaces/{namespace}/pods"))
        .await;
    (sets, pods)
}

/// Returns the Deployment once its controller has seen it as it is, and all its Pods are there.
async fn settled(scenario: &Scenario, object: &Value, replicas: usize) -> Value {
    let namespace = object["metadata"]["namespace"]
        .as_str()
        .expect("a namespace");
    eventually("the Deployment settles", LONG, async || {
        let found = scenario.cluster.admin.get(object).await.accepted();
        let (_, pods) = made(scenario, namespace).await;
        let seen = found["status"]["observedGeneration"] == found["metadata"]["generation"];
        let counted = found["status"]["updatedReplicas"] == replicas;
        if seen && counted && pods.len() == replicas {
            Ok(found)
        } else {
            Err(found["status"].to_string())
        }
    })
    .await
}

#[test]
fn a_deployment_that_is_mutated_rolls_once_however_it_is_applied_again() {
    spot().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let mut web = deployment(&namespace, "web", 2, false);
        web["spec"]["template"]["metadata"]["labels"]["kpolicy.io/spot"] = json!("true");
        // As a person does, as Flux does, and as a person again.
        let text = web.to_string();
        cluster
            .kubectl(&["apply", "-f", "-"], &text)
            .await
            .succeeded();
        let first = settled(scenario, &web, 2).await;
        assert_eq!(first["metadata"]["generation"], 1);
        assert_runs_on_spot(&first["spec"]["template"]);
        let again = cluster
            .kubectl(&["apply", "-f", "-"], &text)
            .await
            .succeeded();
        assert_eq!(again, "deployment.apps/web unchanged\n");
        for _ in 0..2 {
            cluster.admin.apply(&web, "").await.accepted();
        }
        let again = cluster
            .kubectl(&["apply", "-f", "-"], &text)
            .await
            .succeeded();
        assert_eq!(again, "deployment.apps/web unchanged\n");
        assert_eq!(
            cluster.admin.get(&web).await.accepted()["metadata"]["generation"],
            1
        );
        // A change that does not concern the template makes the controllers look at everything once more.
        web["spec"]["replicas"] = json!(3);
        cluster
            .kubectl(&["apply", "-f", "-"], &web.to_string())
            .await
            .succeeded();
        let scaled = settled(scenario, &web, 3).await;
        assert_eq!(scaled["metadata"]["generation"], 2);
        assert_eq!(scaled["spec"]["template"], first["spec"]["template"]);
        let (sets, pods) = made(scenario, &namespace).await;
        assert_eq!(sets.len(), 1, "{sets:?}");
        assert_eq!(
            scaled["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
            "1"
        );
        for pod in &pods {
            assert_runs_on_spot(pod);
        }
    });
}

/// Gives each container without a memory limit one.
const MEMORY: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: memory}
spec:
  title: Containers have a memory limit
  category: resources
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations:
    - {name: limit, expression: "workloadContainers.all(c, has(c.resources.limits.memory))", message: set one}
  mutations:
    - name: set-limit
      safety: safe
      patchType: ApplyConfiguration
      applyConfiguration:
        expression: |-
          Object{spec: Object.spec{containers:
            pod.spec.containers.filter(c, !has(c.resources) || !has(c.resources.limits)).map(c,
              Object.spec.containers{name: c.name, resources: Object.spec.containers.resources{limits: {"memory": "256Mi"}}})
          }}
"#;

#[test]
fn what_another_webhook_adds_after_us_is_mutated_too_and_services_are_spoken_to_in_http_1() {
    Setup::new(MEMORY).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let proxy = json!({"name": "proxy", "image": "proxy:1"});
        // Called after `kpolicy`.
        let injector = Injector::start(cluster, "zz-injector", &namespace, proxy).await;
        let before = scenario.kpolicy.calls(["mutate", "validate"]).await;
        let web = eventually("the injector is called", LONG, async || {
            let created = cluster
                .admin
                .try_create(&pod(&namespace, "web", false))
                .await
                .accepted();
            let count = created["spec"]["containers"].as_array().map_or(0, Vec::len);
            if count == 2 {
                Ok(created)
            } else {
                Err(created.to_string())
            }
        })
        .await;
        let limits: Vec<_> = web["spec"]["containers"]
            .as_array()
            .expect("containers")
            .iter()
            .collect();
        for container in limits {
            assert_eq!(
                container["resources"]["limits"],
                json!({"memory": "256Mi"}),
                "{container}"
            );
        }
        // Once more after the injector, and that was the end of it.
        let [mutations, validations] = scenario.kpolicy.calls(["mutate", "validate"]).await;
        let validated = validations - before[1];
        assert_eq!(mutations - before[0], validated + 1, "{validated} tries");
        // Whatever is offered: so kpolicy offers nothing else.
        let protocols = injector.protocols();
        assert!(
            !protocols.is_empty() && protocols.iter().all(|protocol| protocol == "http/1.1"),
            "{protocols:?}"
        );
        injector.end().await;
    });
}
