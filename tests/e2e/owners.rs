//! Exceptions and owners, with the controllers of a real cluster: what they make passes, and what only says so does not.

use serde_json::{Value, json};

use crate::controllers::{make_due, some};
use crate::harness::api::collection;
use crate::harness::{Cluster, LONG, Setup, eventually, in_turn};
use crate::objects::{NO_PRIVILEGED, cron_job, deployment, pod};

const EXCEPTION: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: tools, namespace: policy-exceptions}
spec:
  policies: [no-privileged]
  match: {kinds: [CronJob, Deployment, StatefulSet, Rollout], names: [nightly, web, db, front]}
  reason: they mount disks
  owner: team-batch
  expires: "2099-12-31"
"#;

/// The exception is for namespaces that the scenarios make.
const CONFIG: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], \
     exceptions: {allowedNamespaces: [policy-exceptions]}}";

fn setup() -> Setup {
    Setup::new(&format!("{NO_PRIVILEGED}---{EXCEPTION}"))
        .config(CONFIG)
        .watching()
}

const REFUSAL: &str = "[no-privileged/privileged] container `web` sets `securityContext.privileged` to `true`: \
     run without privileges";

/// An object with a reference to a controller.
fn claiming(mut object: Value, owner: &Value) -> Value {
    let metadata = &owner["metadata"];
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"],
        "controller": true,
    }]);
    object
}

/// The first object of a kind in a namespace, once there is one. A list does not say of what it is.
async fn first(cluster: &Cluster, namespace: &str, (version, kind): (&str, &str)) -> Value {
    let sample = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}});
    let what = format!("there is a {kind}");
    let mut first = some(cluster, &what, &collection(&sample)).await.remove(0);
    first["apiVersion"] = json!(version);
    first["kind"] = json!(kind);
    first
}

const POD: (&str, &str) = ("v1", "Pod");

/// What the audit log holds under a key of kpolicy's for the creation of a Pod of this namespace by this controller.
async fn audited_pod(cluster: &Cluster, namespace: &str, controller: &str, key: &str) -> Value {
    let user = format!("system:serviceaccount:kube-system:{controller}");
    let event = cluster
        .audited(|event| {
            let about = &event["objectRef"];
            (&about["resource"], &about["namespace"]) == (&json!("pods"), &json!(namespace))
                && event["user"]["username"] == user
                && event["verb"] == "create"
        })
        .await;
    let annotations = event["annotations"].as_object().into_iter().flatten();
    let mut ours = annotations.filter(|(full, _)| full.ends_with(&format!(".kpolicy.io/{key}")));
    let (_, text) = ours.next().unwrap_or_else(|| panic!("no {key}: {event}"));
    serde_json::from_str(text.as_str().expect("a text")).expect("a list")
}

#[test]
fn an_exception_for_a_cron_job_reaches_its_pod_and_no_forged_reference_reaches_anything() {
    setup().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let admin = &cluster.admin;
        let nightly = admin.create(&cron_job(&namespace, "nightly", true)).await.accepted();
        make_due(cluster, &nightly).await;
        let made = first(cluster, &namespace, POD).await;
        assert_eq!(made["spec"]["containers"][0]["securityContext"]["privileged"], true);
        let owner = audited_pod(cluster, &namespace, "job-controller", "owner").await;
        assert_eq!(owner, json!([{"kind": "CronJob", "name": "nightly"}]));
        let excepted = audited_pod(cluster, &namespace, "job-controller", "excepted").await;
        assert_eq!(excepted[0]["exception"], "policy-exceptions/tools");

        // A person who says the same.
        let job = first(cluster, &namespace, ("batch/v1", "Job")).await;
        let template = nightly["spec"]["jobTemplate"]["spec"].clone();
        let forged = [
            claiming(pod(&namespace, "x", true), &job),
            claiming(
                json!({
                    "apiVersion": "batch/v1", "kind": "Job",
                    "metadata": {"name": "x", "namespace": namespace}, "spec": template,
                }),
                &nightly,
            ),
        ];
        for object in forged {
            let answer = admin.create(&object).await;
            assert!(answer.refused(403).starts_with(REFUSAL), "{answer:?}");
            let annotations = cluster.annotations(&answer).await;
            let mut said = annotations.iter().filter(|(key, _)| key.ends_with("/owner-not-believed"));
            let (_, said) = said.next().unwrap_or_else(|| panic!("{annotations:?}"));
            assert!(said.contains("`e2e-admin` is not the controller of"), "{said}");
        }
        let from = ["create", "job", "by-hand", "--from=cronjob/nightly", "-n", &namespace];
        let output = cluster.kubectl(&from, "").await;
        assert!(output.code == 1 && output.errors.contains(REFUSAL), "{output:?}");

        // What the Pod already is stays; what is new is the requester's own.
        let label = json!({"metadata": {"labels": {"seen": "yes"}}});
        admin.patch(&made, "", &label).await.accepted();
        let debugger = |privileged: bool| {
            json!({"spec": {"ephemeralContainers": [
                {"name": "debugger", "image": "shell:1", "securityContext": {"privileged": privileged}},
            ]}})
        };
        let answer = admin.patch(&made, "/ephemeralcontainers", &debugger(true)).await;
        let refused = answer.refused(403);
        assert!(
            refused.starts_with("[no-privileged/privileged] ephemeral container `debugger`") && !refused.contains("`web`"),
            "{refused}"
        );
        admin.patch(&made, "/ephemeralcontainers", &debugger(false)).await.accepted();
    });
}

#[test]
fn an_exception_for_a_deployment_reaches_its_pods_until_they_are_nobodys() {
    setup().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let admin = &cluster.admin;
        let web = admin.create(&deployment(&namespace, "web", 1, true)).await.accepted();
        first(cluster, &namespace, POD).await;
        let owner = audited_pod(cluster, &namespace, "replicaset-controller", "owner").await;
        assert_eq!(owner, json!([{"kind": "Deployment", "name": "web"}]));
        let set = first(cluster, &namespace, ("apps/v1", "ReplicaSet")).await;

        let mut forged = claiming(
            json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "x", "namespace": namespace}}),
            &web,
        );
        forged["spec"] = set["spec"].clone();
        let answer = admin.create(&forged).await;
        assert!(answer.refused(403).starts_with(REFUSAL), "{answer:?}");
        // A harmless one gets in; its template cannot be made to violate under the reference.
        let template = &mut forged["spec"]["template"]["spec"]["containers"][0];
        template["securityContext"]["privileged"] = json!(false);
        forged["spec"]["replicas"] = json!(0);
        let harmless = admin.create(&forged).await.accepted();
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "securityContext": {"privileged": true}}]}}}});
        let answer = admin.patch(&harmless, "", &patch).await;
        assert!(answer.refused(403).starts_with(REFUSAL), "{answer:?}");
        admin.delete(&harmless).await.accepted();

        // The garbage collector takes the reference away, which nobody may stand in the way of.
        let orphan = ["delete", "deployment", "web", "--cascade=orphan", "-n", &namespace];
        cluster.kubectl(&orphan, "").await.succeeded();
        eventually("the Deployment is gone and its ReplicaSet is nobody's", LONG, async || {
            let left = admin.get(&set).await.accepted();
            match &left["metadata"]["ownerReferences"] {
                Value::Null => Ok(()),
                references => Err(references.to_string()),
            }
        })
        .await;
        admin.patch(&set, "/scale", &json!({"spec": {"replicas": 2}})).await.accepted();
        let said = crate::controllers::failed_create(cluster, &namespace, "ReplicaSet").await;
        assert!(said.contains(REFUSAL), "{said}");
    });
}

#[test]
fn an_exception_for_a_stateful_set_reaches_its_pods() {
    setup().run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let mut set = deployment(&namespace, "db", 1, true);
        set["kind"] = json!("StatefulSet");
        set["spec"]["serviceName"] = json!("db");
        cluster.admin.create(&set).await.accepted();
        let made = first(cluster, &namespace, POD).await;
        assert_eq!(made["metadata"]["name"], "db-0");
    });
}

const ROLLOUTS: &str = "system:serviceaccount:argo-rollouts:argo-rollouts";

/// Somebody else's controller, of which Config says who it is.
#[test]
fn an_exception_for_a_custom_kind_reaches_the_pods_of_what_its_controller_makes() {
    let config = format!(
        "{{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], exceptions: {{allowedNamespaces: \
         [policy-exceptions]}}, podTemplateCrds: [{{group: argoproj.io, kind: Rollout, paths: [spec.template], controllers: \
         ['{ROLLOUTS}']}}]}}"
    );
    in_turn(async |cluster| {
        let rollouts = ("argoproj.io", "v1alpha1", "Rollout", "rollouts", true);
        cluster.install(&[rollouts]).await;
    });
    setup().config(&config).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let mut rollout = deployment(&namespace, "front", 1, true);
        rollout["apiVersion"] = json!("argoproj.io/v1alpha1");
        rollout["kind"] = json!("Rollout");
        let mut other = rollout.clone();
        other["metadata"]["name"] = json!("other");
        let refused = cluster.admin.create(&other).await;
        assert!(refused.refused(403).starts_with(REFUSAL), "{refused:?}");
        let rollout = cluster.admin.create(&rollout).await.accepted();

        let mut set = deployment(&namespace, "front-1", 1, true);
        set["kind"] = json!("ReplicaSet");
        let set = claiming(set, &rollout);
        let refused = cluster.admin.create(&set).await;
        assert!(refused.refused(403).starts_with(REFUSAL), "{refused:?}");
        let controller = cluster.admin.impersonate(ROLLOUTS, &["system:masters"]);
        controller.create(&set).await.accepted();
        first(cluster, &namespace, POD).await;
        let owner = audited_pod(cluster, &namespace, "replicaset-controller", "owner").await;
        assert_eq!(owner, json!([{"kind": "Rollout", "name": "front"}]));
    });
}

/// Looks at Pods alone, so that it never asks what makes them.
const PODS_ALONE: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: pods-alone.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
    - {expression: "!object.spec.?hostNetwork.orValue(false)", message: not in the network of the node}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: pods-alone.example.com}
spec: {policyName: pods-alone.example.com, validationActions: [Deny]}
---
"#;

/// Nothing about the reference is forged: the Deployment takes in any ReplicaSet with the labels that it selects.
#[test]
fn a_replica_set_that_an_excepted_deployment_takes_in_brings_its_pods_no_exception() {
    let exception = EXCEPTION.replace("[no-privileged]", "[pods-alone.example.com]");
    let setup = Setup::new(&format!("{PODS_ALONE}{exception}"))
        .config(CONFIG)
        .watching();
    setup.run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let admin = &cluster.admin;
        let mut set = deployment(&namespace, "web", 1, false);
        set["kind"] = json!("ReplicaSet");
        set["metadata"]["name"] = json!("mine");
        set["metadata"]["labels"] = json!({"app": "web"});
        set["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
        set["spec"]["replicas"] = json!(0);
        let set = admin.create(&set).await.accepted();
        let mut web = deployment(&namespace, "web", 1, false);
        // With the same template it makes none of its own, and scales this one up.
        web["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
        admin.create(&web).await.accepted();
        eventually("the Deployment takes it in", LONG, async || {
            let found = admin.get(&set).await.accepted();
            match found["metadata"]["ownerReferences"][0]["name"].as_str() {
                Some("web") => Ok(()),
                _ => Err(found["metadata"].to_string()),
            }
        })
        .await;
        let said = crate::controllers::failed_create(cluster, &namespace, "ReplicaSet").await;
        assert!(said.contains("not in the network of the node"), "{said}");
    });
}
