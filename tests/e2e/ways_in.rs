//! Every way by which something that is judged enters the cluster.

use serde_json::{Value, json};

use crate::harness::Setup;
use crate::objects::{NO_PRIVILEGED, deployment, pod};

#[test]
fn an_ephemeral_container_is_judged() {
    Setup::new(NO_PRIVILEGED).run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, scenario.namespace().await);
        let web = admin.create(&pod(&namespace, "web", false)).await.accepted();
        let debugger = |privileged: bool| {
            json!({"spec": {"ephemeralContainers": [
                {"name": "debugger", "image": "shell:1", "securityContext": {"privileged": privileged}},
            ]}})
        };
        let answer = admin.patch(&web, "/ephemeralcontainers", &debugger(true)).await;
        assert_eq!(
            answer.refused(403),
            "[no-privileged/privileged] ephemeral container `debugger` sets `securityContext.privileged` to `true`: \
             run without privileges (spec.ephemeralContainers[0].securityContext.privileged)"
        );
        let changed = admin.patch(&web, "/ephemeralcontainers", &debugger(false)).await;
        assert_eq!(changed.accepted()["spec"]["ephemeralContainers"][0]["name"], "debugger");
    });
}

const SMALL: &str = r"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: small}
spec:
  title: Containers are small
  category: resources
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations:
    - name: memory
      expression: >-
        workloadContainers.all(c, !has(c.resources) || !has(c.resources.limits) || !has(c.resources.limits.memory)
          || quantity(c.resources.limits.memory).compareTo(quantity('1Gi')) <= 0)
      message: at most 1Gi
";

#[test]
fn a_resize_is_judged() {
    Setup::new(SMALL).run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, scenario.namespace().await);
        let resources = |memory: &str| {
            let amounts = json!({"cpu": "100m", "memory": memory});
            json!({"requests": amounts, "limits": amounts})
        };
        let mut web = pod(&namespace, "web", false);
        web["spec"]["containers"][0]["resources"] = resources("512Mi");
        let web = admin.create(&web).await.accepted();
        let resize = |memory: &str| json!({"spec": {"containers": [{"name": "web", "resources": resources(memory)}]}});
        let answer = admin.patch(&web, "/resize", &resize("2Gi")).await;
        assert_eq!(
            answer.refused(422),
            "[small/memory] container `web` sets `resources.limits.memory` to `2Gi`: at most 1Gi \
             (spec.containers[0].resources.limits.memory)"
        );
        let resized = admin.patch(&web, "/resize", &resize("1Gi")).await.accepted();
        assert_eq!(resized["spec"]["containers"][0]["resources"], resources("1Gi"));
    });
}

const OF_NODES: &str = "
apiVersion: kpolicy.io/v1alpha1
kind: Config
profiles: []
policies:
  namespace-tolerations: {enforcement: deny}
  node-edits: {enforcement: deny}
";

#[test]
fn labels_and_annotations_that_come_with_a_status_are_judged() {
    Setup::new("").config(OF_NODES).run(async |scenario| {
        let (admin, name) = (&scenario.cluster.admin, scenario.namespace().await);
        let masters = ["system:masters"];
        let toleration = json!({"scheduler.alpha.kubernetes.io/defaultTolerations":
            r#"[{"key": "kubernetes.azure.com/scalesetpriority", "operator": "Exists"}]"#});
        let mut namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let annotated = json!({"metadata": {"annotations": toleration}});
        for part in ["", "/status"] {
            let answer = admin.patch(&namespace, part, &annotated).await;
            assert!(answer.refused(422).contains("namespace-tolerations/default-tolerations"));
        }
        namespace["metadata"]["annotations"] = toleration;
        namespace["spec"] = json!({"finalizers": ["kubernetes"]});
        let answer = admin.replace(&namespace, "/finalize").await;
        assert!(answer.refused(422).contains("namespace-tolerations/default-tolerations"));
        // What ends a namespace is not asked about, and whoever changes no annotation is not refused for one.
        let controller = admin.impersonate("system:serviceaccount:kube-system:namespace-controller", &masters);
        controller.replace(&namespace, "/finalize").await.accepted();
        admin.replace(&namespace, "/finalize").await.accepted();
        let emptied = json!({"metadata": {"annotations": null}});
        admin.patch(&namespace, "", &emptied).await.accepted();

        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{name}")}});
        let kubelet = admin.impersonate(&format!("system:node:node-{name}"), &masters);
        let node = kubelet.create(&node).await.accepted();
        let labelled = json!({"metadata": {"labels": {"team": "a"}}});
        for part in ["", "/status"] {
            let answer = admin.patch(&node, part, &labelled).await;
            assert!(answer.refused(422).contains("node-edits/labels"));
        }
        let condition = json!({"type": "Ready", "status": "False", "reason": "Test", "message": "a test"});
        admin.patch(&node, "/status", &json!({"status": {"conditions": [condition]}})).await.accepted();
        let changed = kubelet.patch(&node, "/status", &labelled).await.accepted();
        assert_eq!(changed["metadata"]["labels"]["team"], "a");
        kubelet.delete(&node).await;
    });
}

const FEW: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: few}
spec:
  title: Few replicas
  category: availability
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], resources: [deployments, deployments/scale], operations: [CREATE, UPDATE]}
  validations:
    - {name: replicas, expression: "object.spec.?replicas.orValue(1) <= 3", message: at most 3, reason: Forbidden}
"#;

#[test]
fn scaling_is_judged() {
    Setup::new(FEW).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let web = deployment(&namespace, "web", 1, false);
        cluster.admin.create(&web).await.accepted();
        let scale = async |replicas: &str| {
            cluster.kubectl(&["scale", "deployment", "web", "-n", &namespace, "--replicas", replicas], "").await
        };
        let refused = scale("4").await;
        assert_eq!(refused.code, 1);
        assert_eq!(
            refused.errors,
            "Error from server (Forbidden): admission webhook \"validate-ignore.kpolicy.io\" denied the request: \
             [few/replicas] `spec.replicas` is `4`: at most 3 (spec.replicas)\n"
        );
        scale("2").await.succeeded();
        assert_eq!(cluster.admin.get(&web).await.accepted()["spec"]["replicas"], 2);
    });
}

#[test]
fn a_pod_template_in_a_custom_resource_is_judged() {
    let config = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], podTemplateCrds: [
        {group: argoproj.io, kind: Rollout, paths: [spec.template]}]}";
    Setup::new(NO_PRIVILEGED).config(config).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        cluster.install(&[("argoproj.io", "v1alpha1", "Rollout", "rollouts", true)]).await;
        let rollout = |privileged: bool| {
            let mut object = deployment(&namespace, "web", 1, privileged);
            object["apiVersion"] = json!("argoproj.io/v1alpha1");
            object["kind"] = json!("Rollout");
            object
        };
        let answer = cluster.admin.create(&rollout(true)).await;
        assert_eq!(
            answer.refused(403),
            "[no-privileged/privileged] container `web` sets `securityContext.privileged` to `true`: \
             run without privileges (spec.template.spec.containers[0].securityContext.privileged)"
        );
        let stored = cluster.admin.create(&rollout(false)).await.accepted();
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "image": "web:2", "securityContext": {"privileged": true}}]}}}});
        assert_eq!(cluster.admin.patch(&stored, "", &patch).await.status, 403);
    });
}

#[test]
fn a_custom_kind_that_is_known_is_judged_without_a_word_in_config() {
    Setup::new(NO_PRIVILEGED).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        // An older version than the project's own; whichever is served is sent.
        cluster
            .install(&[("apps.kruise.io", "v1alpha1", "CloneSet", "clonesets", true)])
            .await;
        let set = |privileged: bool| {
            let mut object = deployment(&namespace, "web", 1, privileged);
            object["apiVersion"] = json!("apps.kruise.io/v1alpha1");
            object["kind"] = json!("CloneSet");
            object
        };
        let answer = cluster.admin.create(&set(true)).await;
        assert_eq!(
            answer.refused(403),
            "[no-privileged/privileged] container `web` sets `securityContext.privileged` to `true`: \
             run without privileges (spec.template.spec.containers[0].securityContext.privileged)"
        );
        let stored = cluster.admin.create(&set(false)).await.accepted();
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "image": "web:2", "securityContext": {"privileged": true}}]}}}});
        assert_eq!(cluster.admin.patch(&stored, "", &patch).await.status, 403);
        // What does not touch the template is nobody's business.
        let before = scenario.kpolicy.calls(["validate"]).await;
        let status = json!({"status": {"replicas": 1}});
        let patched = cluster.admin.patch(&stored, "", &status).await;
        assert_eq!(patched.status, 200, "{patched:?}");
        assert_eq!(scenario.kpolicy.calls(["validate"]).await, before);
    });
}

#[test]
fn the_api_server_does_not_call_for_excluded_namespaces() {
    let config = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [],
        namespaces: [{names: [e2e-left-alone], enforcement: disabled}]}";
    Setup::new(NO_PRIVILEGED).config(config).run(async |scenario| {
        let (cluster, judged) = (scenario.cluster, scenario.namespace().await);
        let left_alone = "e2e-left-alone";
        cluster.create_namespace(left_alone, &json!({})).await;
        let called = async |namespace: &str| {
            let before = scenario.kpolicy.calls(["validate"]).await;
            let answer = cluster.admin.try_create(&pod(namespace, "bad", true)).await;
            (answer.status, scenario.kpolicy.calls(["validate"]).await != before)
        };
        assert_eq!(called(&judged).await, (403, true));
        for namespace in [left_alone, "kube-system", "kube-public", "kpolicy-system"] {
            assert_eq!(called(namespace).await, (201, false), "{namespace}");
        }
        // Not by a label that whoever owns a namespace may set.
        let labels: Value = json!({"name": "kube-system", "control-plane": "true", "admissions.enforcer/disabled": "true"});
        let sly = scenario.namespace_with(&labels).await;
        assert_eq!(called(&sly).await, (403, true));
    });
}
