//! What is sent, how often, and to which webhook.

use serde_json::{Value, json};

use crate::harness::api::{self, Api};
use crate::harness::{Answer, Cluster, LONG, Scenario, Setup, eventually};
use crate::objects::{NO_PRIVILEGED, deployment, pod};

/// Finds fault with everything, so that the audit log says which webhooks were called for a request.
const EVERYTHING: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: everything}
spec:
  title: Nothing is right
  category: api
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"]}]
  validations: [{name: never, expression: "false", message: nothing is right}]
"#;

const AUDITED: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [],
    policies: {everything: {enforcement: audit}}}";

/// The validating webhooks that were called for a request.
async fn called(cluster: &Cluster, answer: &Answer) -> Vec<String> {
    assert!(answer.status < 300, "{answer:?}");
    let annotations = cluster.annotations(answer).await;
    let keys = annotations.into_keys();
    keys.filter_map(|key| {
        key.strip_suffix(".kpolicy.io/violations")
            .map(ToOwned::to_owned)
    })
    .collect()
}

#[test]
fn each_request_is_sent_to_one_webhook_and_what_the_cluster_lives_on_to_none() {
    Setup::new(&format!("{NO_PRIVILEGED}---{EVERYTHING}"))
        .config(AUDITED)
        .run(async |scenario| {
            let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
            let admin = &cluster.admin;
            let named = |api: &str, kind: &str, namespace: Option<&str>| {
                let mut object =
                    json!({"apiVersion": api, "kind": kind, "metadata": {"name": "sent"}});
                if let Some(namespace) = namespace {
                    object["metadata"]["namespace"] = namespace.into();
                }
                object
            };
            let web = deployment(&namespace, "web", 0, false);
            let account = named("v1", "ServiceAccount", Some(&namespace));
            for (object, expected) in [
                (pod(&namespace, "sent", false), &["validate"][..]),
                (web.clone(), &["validate"]),
                (account.clone(), &["validate-ignore"]),
                (named("v1", "Namespace", None), &["validate-ignore"]),
                (named("v1", "Node", None), &[]),
                (named("v1", "ServiceAccount", Some("kube-system")), &[]),
                (named("v1", "ServiceAccount", Some("kpolicy-system")), &[]),
            ] {
                let answer = admin.try_create(&object).await;
                assert_eq!(called(cluster, &answer).await, expected, "{object}");
            }
            admin.create(&web).await.accepted();
            admin.create(&account).await.accepted();
            let finalizers = json!({"metadata": {"finalizers": []}});
            let scaled = json!({"spec": {"replicas": 0}});
            let more = json!({"spec": {"replicas": 1}});
            let label = json!({"metadata": {"labels": {"new": "label"}}});
            let autoscaler = |user: &str| admin.impersonate(user, &["system:masters"]);
            let controller =
                autoscaler("system:serviceaccount:kube-system:horizontal-pod-autoscaler");
            let keda = autoscaler("system:serviceaccount:keda:keda-operator");
            let status = json!({"status": {"observedGeneration": 1}});
            for (who, object, tail, patch, expected) in [
                (admin, &web, "", &scaled, &[][..]),
                (admin, &web, "", &finalizers, &[]),
                (admin, &web, "", &more, &["validate"]),
                (admin, &web, "", &label, &["validate"]),
                (admin, &web, "/scale", &more, &["validate"]),
                (&controller, &web, "/scale", &more, &[]),
                (&keda, &web, "/scale", &more, &[]),
                (admin, &web, "/status", &status, &[]),
                (admin, &account, "", &finalizers, &[]),
                (admin, &account, "", &label, &["validate-ignore"]),
            ] {
                let answer = patched(who, object, tail, patch).await;
                assert_eq!(called(cluster, &answer).await, expected, "{tail} {patch}");
            }
            let deleted = admin.delete(&account).await;
            assert_eq!(called(cluster, &deleted).await, ["validate-ignore"]);
        });
}

/// A dry run of a merge patch, which every resource and subresource takes.
async fn patched(who: &Api, object: &Value, tail: &str, patch: &Value) -> Answer {
    let place = format!("{}{tail}?dryRun=All", api::path(object));
    let body = patch.to_string().into_bytes();
    let sent = who.send(
        axum::http::Method::PATCH,
        &place,
        "application/merge-patch+json",
        body,
    );
    sent.await.expect("an answer")
}

/// A namespace in which nobody makes anything any more: each gets a ConfigMap, and the harness registers those.
async fn quiet_namespace(scenario: &Scenario) -> String {
    let namespace = scenario.namespace().await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kube-root-ca.crt", "namespace": namespace}});
    eventually(
        "the namespace has its ConfigMap",
        LONG,
        async || match scenario.cluster.admin.get(&map).await.status {
            200 => Ok(()),
            status => Err(status.to_string()),
        },
    )
    .await;
    namespace
}

/// The pods of a namespace, once there are so many.
async fn pods(scenario: &Scenario, namespace: &str, count: usize) {
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    eventually("the controllers make pods", LONG, async || {
        match scenario.cluster.admin.list(&path).await.len() {
            now if now == count => Ok(()),
            now => Err(format!("{now} pods")),
        }
    })
    .await;
}

#[test]
fn a_rollout_is_judged_by_its_template_and_its_pods_and_nothing_between() {
    Setup::new(NO_PRIVILEGED).run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, quiet_namespace(scenario).await);
        let [start] = scenario.kpolicy.calls(["validate"]).await;
        let calls = async || scenario.kpolicy.calls(["validate"]).await[0] - start;
        let web = deployment(&namespace, "web", 1, false);
        admin.create(&web).await.accepted();
        pods(scenario, &namespace, 1).await;
        // The Deployment and its Pod. Its ReplicaSet, what controllers write into status and annotations, and the
        // namespace's own objects are none of the policy's.
        assert_eq!(calls().await, 2);
        let more = json!({"spec": {"replicas": 3}});
        admin.patch(&web, "", &more).await.accepted();
        pods(scenario, &namespace, 3).await;
        assert_eq!(calls().await, 4);
        let paused = json!({"spec": {"paused": true}, "metadata": {"annotations": {"note": "later"}}});
        let paused = admin.patch(&web, "", &paused).await.accepted();
        eventually("the controller knows of the pause", LONG, async || {
            let seen = admin.get(&web).await.accepted()["status"]["observedGeneration"].take();
            if seen == paused["metadata"]["generation"] { Ok(()) } else { Err(seen.to_string()) }
        })
        .await;
        assert_eq!(calls().await, 4);
        let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}});
        admin.patch(&web, "", &image).await.accepted();
        assert_eq!(calls().await, 5);
    });
}

#[test]
fn leases_are_never_sent_and_nodes_only_where_no_machine_changes_them() {
    let policy = EVERYTHING.replace(r#""*/*""#, "leases, nodes, nodes/status");
    Setup::new(&policy).run(async |scenario| {
        let (admin, namespace) = (&scenario.cluster.admin, quiet_namespace(scenario).await);
        let before = scenario.kpolicy.calls(["validate"]).await;
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "leader", "namespace": namespace}});
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}});
        let label = json!({"metadata": {"labels": {"new": "label"}}});
        admin.create(&lease).await.accepted();
        admin.patch(&lease, "", &label).await.accepted();
        assert_eq!(admin.delete(&lease).await.status, 200);
        let controller = admin.impersonate(
            "system:serviceaccount:kube-system:node-controller",
            &["system:masters"],
        );
        controller.create(&node).await.accepted();
        controller.patch(&node, "", &label).await.accepted();
        assert_eq!(scenario.kpolicy.calls(["validate"]).await, before);
        let other = json!({"metadata": {"labels": {"other": "label"}}});
        assert_ne!(admin.patch(&node, "", &other).await.status, 200);
        // Once or twice: what is refused of a cached object, the API server tries again on the stored one.
        let sent = scenario.kpolicy.calls(["validate"]).await;
        assert!(sent > before, "{sent:?} after {before:?}");
        assert_eq!(controller.delete(&node).await.status, 200);
        assert_eq!(scenario.kpolicy.calls(["validate"]).await, sent);
    });
}
