//! What the controllers make of objects, and what becomes of it.

use serde_json::{Value, json};

use crate::harness::{Cluster, LONG, Setup, eventually, in_turn};
use crate::objects::{NO_PRIVILEGED, cron_job, deployment};

/// Makes a CronJob due: its controller believes that it ran long ago, and catches up.
pub(crate) async fn make_due(cluster: &Cluster, cron_job: &Value) {
    let status = json!({"status": {"lastScheduleTime": "2025-06-01T00:00:00Z"}});
    cluster
        .admin
        .patch(cron_job, "/status", &status)
        .await
        .accepted();
}

/// The objects of a namespace once there are some.
pub(crate) async fn some(cluster: &Cluster, what: &str, path: &str) -> Vec<Value> {
    eventually(what, LONG, async || match cluster.admin.list(path).await {
        items if items.is_empty() => Err("there are none".to_owned()),
        items => Ok(items),
    })
    .await
}

/// The message of the event by which the controller of an object says that it could not create something.
pub(crate) async fn failed_create(cluster: &Cluster, namespace: &str, kind: &str) -> String {
    eventually(
        "the controller says why it creates nothing",
        LONG,
        async || {
            let events = cluster
                .admin
                .list(&format!("/api/v1/namespaces/{namespace}/events"))
                .await;
            let mut about = events.iter().filter(|event| {
                event["reason"] == "FailedCreate" && event["involvedObject"]["kind"] == kind
            });
            let message = about.next().and_then(|event| event["message"].as_str());
            message
                .map(ToOwned::to_owned)
                .ok_or_else(|| format!("{} events", events.len()))
        },
    )
    .await
}

const REFUSAL: &str = "admission webhook \"validate.kpolicy.io\" denied the request: [no-privileged/privileged] \
     container `web` sets `securityContext.privileged` to `true`: run without privileges";

#[test]
fn a_cron_job_that_was_let_through_gets_its_pod() {
    Setup::new(NO_PRIVILEGED).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        let refused = cluster
            .admin
            .create(&cron_job(&namespace, "bad", true))
            .await;
        assert!(
            refused
                .refused(403)
                .contains("(spec.jobTemplate.spec.template.spec.containers[0].")
        );
        let report = cron_job(&namespace, "report", false);
        cluster.admin.create(&report).await.accepted();
        make_due(cluster, &report).await;
        let pods = some(
            cluster,
            "the Job gets its Pod",
            &format!("/api/v1/namespaces/{namespace}/pods"),
        )
        .await;
        let owner = &pods[0]["metadata"]["ownerReferences"][0];
        assert_eq!((pods.len(), &owner["kind"]), (1, &json!("Job")));
    });
}

#[test]
fn what_is_older_than_the_policy_gets_no_pods_and_its_controllers_say_why() {
    let mut objects = Vec::new();
    in_turn(async |cluster| {
        let namespace = cluster.name("older");
        cluster.create_namespace(&namespace, &json!({})).await;
        let replicas_none = deployment(&namespace, "web", 0, true);
        for object in [replicas_none, cron_job(&namespace, "report", true)] {
            objects.push(cluster.admin.create(&object).await.accepted());
        }
        let sets = format!("/apis/apps/v1/namespaces/{namespace}/replicasets");
        some(cluster, "the Deployment gets its ReplicaSet", &sets).await;
    });
    let [web, report] = &objects[..] else {
        panic!("two objects")
    };
    let namespace = web["metadata"]["namespace"].as_str().expect("a namespace");
    Setup::new(NO_PRIVILEGED).run(async |scenario| {
        let cluster = scenario.cluster;
        // Only the number changes, which the policy does not look at.
        let patch = json!({"spec": {"replicas": 2}});
        cluster.admin.patch(web, "", &patch).await.accepted();
        let said = failed_create(cluster, namespace, "ReplicaSet").await;
        assert!(said.contains(REFUSAL), "{said}");
        let condition = eventually("the Deployment says so too", LONG, async || {
            let found = cluster.admin.get(web).await.accepted();
            let conditions = found["status"]["conditions"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let failure = conditions
                .into_iter()
                .find(|condition| condition["type"] == "ReplicaFailure");
            failure.ok_or_else(|| found["status"].to_string())
        })
        .await;
        assert!(
            condition["message"]
                .as_str()
                .is_some_and(|text| text.contains(REFUSAL)),
            "{condition}"
        );
        // A Job that a CronJob made is judged by its Pod.
        make_due(cluster, report).await;
        let said = failed_create(cluster, namespace, "Job").await;
        assert!(said.contains(REFUSAL), "{said}");
        assert_eq!(
            cluster
                .admin
                .list(&format!("/api/v1/namespaces/{namespace}/pods"))
                .await,
            [] as [Value; 0]
        );
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        cluster.admin.delete(&object).await.accepted();
    });
}
