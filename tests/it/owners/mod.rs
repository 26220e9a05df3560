//! Whom an owner reference is believed from: reviews through the router, before a cluster that knows its owners.

mod chains;
#[cfg(feature = "lint")]
mod in_git;
mod looked_up;
mod middle;
mod updates;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use kpolicy::documents::Documents;
use kpolicy::engine::OtherObjects;
use kpolicy::judge::{Judge, Owner, OwnerReference, Owners};
use kpolicy::manifest::{Document, NodeRef};
use kpolicy::server::{Cluster, ClusterView, Judges, Limits, Metrics, Timeouts, admission};
use kpolicy::source::SourceMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::webhook::{TODAY, runtime};

const POLICIES: &str = include_str!("policies.yaml");

const CRON_JOBS: &str = "system:serviceaccount:kube-system:cronjob-controller";
const JOBS: &str = "system:serviceaccount:kube-system:job-controller";
const DEPLOYMENTS: &str = "system:serviceaccount:kube-system:deployment-controller";
const REPLICA_SETS: &str = "system:serviceaccount:kube-system:replicaset-controller";
const STATEFUL_SETS: &str = "system:serviceaccount:kube-system:statefulset-controller";
const DAEMON_SETS: &str = "system:serviceaccount:kube-system:daemon-set-controller";
const ROLLOUTS: &str = "system:serviceaccount:argo-rollouts:argo-rollouts";
const JANE: &str = "jane";

/// API version of a kind.
fn version(kind: &str) -> &'static str {
    match kind {
        "Pod" => "v1",
        "Job" | "CronJob" => "batch/v1",
        "Rollout" | "Canary" => "argoproj.io/v1alpha1",
        "Operator" => "example.com/v1",
        _ => "apps/v1",
    }
}

/// A reference as `<kind> <name> <uid>`.
fn reference(text: &str) -> OwnerReference {
    let mut words = text.split(' ').map(Box::from);
    let kind: Box<str> = words.next().expect("a kind");
    OwnerReference {
        api_version: version(&kind).into(),
        kind,
        name: words.next().expect("a name"),
        uid: words.next().expect("a uid"),
    }
}

/// The owners of a cluster: what each is, as a reference would say it, and what it says of its own controller.
#[derive(Debug, Default)]
struct Known(Vec<(&'static str, &'static str, Option<&'static str>)>);

/// The namespace is in front of what differs from `shop`.
fn cluster() -> Known {
    Known(vec![
        ("shop", "CronJob nightly c1", None),
        ("shop", "Job nightly-1 j1", Some("CronJob nightly c1")),
        ("shop", "Job other-1 j2", Some("CronJob gone c9")),
        ("shop", "Job own j3", None),
        ("lab", "CronJob nightly c2", None),
        ("shop", "Job from-lab j4", Some("CronJob nightly c2")),
        ("shop", "Job operated j5", Some("Operator nightly o1")),
        ("shop", "Deployment web d1", None),
        ("shop", "ReplicaSet web-1 r1", Some("Deployment web d1")),
        ("shop", "ReplicaSet odd-1 r4", Some("CronJob nightly c1")),
        ("shop", "StatefulSet db s1", None),
        ("shop", "DaemonSet agent a1", None),
        ("shop", "Rollout front f1", None),
        ("shop", "ReplicaSet front-1 r2", Some("Rollout front f1")),
        ("shop", "Canary bird b1", None),
        ("shop", "ReplicaSet bird-1 r3", Some("Canary bird b1")),
        ("shop", "Rollout egg e1", Some("Rollout hen e2")),
        ("shop", "Rollout hen e2", Some("Rollout egg e1")),
        ("shop", "Rollout 1 n1", Some("Rollout 2 n2")),
        ("shop", "Rollout 2 n2", Some("Rollout 3 n3")),
        ("shop", "Rollout 3 n3", Some("Rollout 4 n4")),
        ("shop", "Rollout 4 n4", Some("Rollout 5 n5")),
        ("shop", "Rollout 5 n5", Some("Rollout 6 n6")),
        ("shop", "Rollout 6 n6", Some("Rollout front f1")),
    ])
}

impl Owners for Known {
    fn owner(&self, uid: &str) -> Option<Arc<Owner>> {
        self.0.iter().find_map(|(namespace, own, controller)| {
            let own = reference(own);
            (*own.uid == *uid).then(|| {
                Arc::new(Owner {
                    group: own.group().into(),
                    namespace: Some((*namespace).into()),
                    controller: controller.map(reference),
                    kind: own.kind,
                    name: own.name,
                    uid: own.uid,
                })
            })
        })
    }
}

impl OtherObjects for Known {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Err("a test".to_owned())
    }
}

impl ClusterView for Known {
    fn namespace(&self, _: &str) -> Result<Arc<Document>, &str> {
        Err("a test")
    }
}

/// A webhook with the policies of these tests.
struct Webhook {
    router: Router,
    metrics: Metrics,
}

impl Webhook {
    fn new() -> Self {
        Self::before(Arc::new(Arc::new(cluster())))
    }

    fn before(cluster: Arc<dyn Cluster>) -> Self {
        Self::with(POLICIES, cluster)
    }

    fn with(policies: &str, cluster: Arc<dyn Cluster>) -> Self {
        let mut sources = SourceMap::new();
        let mut documents = Documents::default();
        documents.add("policies.yaml", &Arc::from(policies), &mut sources);
        let config = documents.config();
        assert_eq!(documents.problems, []);
        let exceptions = std::mem::take(&mut documents.exceptions);
        let policies = Arc::new(documents.take_policies());
        let judge = Judge::new(&policies, &config, &exceptions, None, TODAY).expect("a judge");
        let metrics = Metrics::new();
        let judges = Arc::new(Judges::with_cluster(judge, cluster));
        let timeouts = Timeouts::default();
        Self {
            router: admission(judges, metrics.clone(), Limits::default(), timeouts),
            metrics,
        }
    }

    fn ask(&self, path: &str, review: &Value) -> Value {
        runtime().block_on(async {
            let request = Request::post(path).body(Body::from(review.to_string()));
            let request = request.expect("a request");
            let response = self.router.clone().oneshot(request).await;
            let body = response.expect("an answer").into_body();
            let bytes = to_bytes(body, usize::MAX).await.expect("a body");
            let mut answer: Value = serde_json::from_slice(&bytes).expect("JSON");
            assert_eq!(answer["response"]["uid"], "u", "{answer}");
            answer["response"].take()
        })
    }

    fn validate(&self, review: &Value) -> Value {
        self.ask("/validate?timeout=10s", review)
    }
}

/// An object that is `privileged` or not, in `shop`, and violates nothing else; `owner` as in [`reference`].
fn object(kind: &str, name: &str, owner: Option<&str>, privileged: bool) -> Value {
    let pod = json!({
        "priorityClassName": "usual",
        "containers": [{"name": "main", "image": "a:1", "securityContext": {"privileged": privileged}}],
    });
    let template = json!({"spec": pod.clone()});
    let spec = match kind {
        "Pod" => pod,
        "CronJob" => json!({"jobTemplate": {"spec": {"template": template}}}),
        _ => json!({"template": template}),
    };
    let mut object = json!({
        "apiVersion": version(kind), "kind": kind, "metadata": {"namespace": "shop"}, "spec": spec,
    });
    // What a controller makes often has no name yet.
    match name.strip_suffix('*') {
        Some(prefix) => object["metadata"]["generateName"] = json!(prefix),
        None => object["metadata"]["name"] = json!(name),
    }
    if let Some(owner) = owner {
        let OwnerReference {
            api_version,
            kind,
            name,
            uid,
        } = reference(owner);
        object["metadata"]["ownerReferences"] = json!([
            {"apiVersion": &*api_version, "kind": &*kind, "name": &*name, "uid": &*uid, "controller": true}]);
    }
    object
}

/// A request for an object by a user.
fn review(object: &Value, old: Option<&Value>, user: &str) -> Value {
    let kind = object["kind"].as_str().expect("a kind");
    let (group, version) = version(kind).split_once('/').unwrap_or(("", "v1"));
    let resource = kind.to_lowercase() + "s";
    let operation = if old.is_some() { "UPDATE" } else { "CREATE" };
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": operation, "namespace": "shop",
            "name": object["metadata"]["name"].as_str().unwrap_or_default(),
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": resource},
            "userInfo": {"username": user}, "object": object, "oldObject": old,
        },
    })
}

/// An audit annotation of an answer, parsed.
fn annotation(answer: &Value, key: &str) -> Value {
    let text = answer["auditAnnotations"][key].as_str();
    text.map_or(Value::Null, |text| {
        serde_json::from_str(text).expect("an annotation is JSON")
    })
}
