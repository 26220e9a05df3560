//! Asking for what no watch has shown yet.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::judge::OwnerReference;
use crate::manifest::NodeRef;
use crate::server::{Cluster, Metrics, Missing};

use super::super::watches::Watches;
use super::api::Api;
use super::{cluster, until, watch};

fn namespace_missing(name: &str) -> Missing {
    Missing::Namespace(name.into())
}

fn owner_missing(uid: &str, name: &str) -> Missing {
    Missing::Owner {
        namespace: "shop".into(),
        reference: OwnerReference {
            api_version: "batch/v1".into(),
            kind: "Job".into(),
            name: name.into(),
            uid: uid.into(),
        },
    }
}

/// An API server whose watches show nothing new.
async fn behind(metrics: &Metrics) -> (Api, Arc<Watches>) {
    let api = cluster();
    let watches = Arc::new(watch(&api, metrics));
    watches.settled().await;
    until("all watches are open", || {
        ["Namespace", "Job"]
            .iter()
            .all(|kind| api.watchers(kind) == 1)
    })
    .await;
    (api, watches)
}

#[tokio::test(start_paused = true)]
async fn what_no_watch_has_shown_is_asked_for_once_by_name() {
    let metrics = Metrics::new();
    let (api, watches) = behind(&metrics).await;
    let labels = json!({"metadata": {"labels": {"team": "a"}}});
    // Both come into being, and the requests come before the watches show it: nothing else runs in between.
    api.put("Namespace", "", "new", &labels);
    api.put("Job", "shop", "j", &json!({}));
    let missing = [namespace_missing("new"), owner_missing("uid-j", "j")];
    let before = api.requests().len();
    assert!(watches.snapshot().namespace("new").is_err());
    let view = watches.look_up(&missing).await;
    let team = ["metadata", "labels", "team"];
    let namespace = view.namespace("new").unwrap();
    assert_eq!(
        namespace.root().at(&team).and_then(NodeRef::as_str),
        Some("a")
    );
    assert_eq!(&*view.owner("uid-j").unwrap().name, "j");
    let asked = api.requests().split_off(before);
    assert!(
        asked.contains(&"/api/v1/namespaces/new".to_owned()),
        "{asked:?}"
    );
    assert!(
        asked.contains(&"metadata /apis/batch/v1/namespaces/shop/jobs/j".to_owned()),
        "{asked:?}"
    );
    let text = metrics.expose();
    for line in [
        "kpolicy_look_ups_total{what=\"namespace\",outcome=\"found\"} 1",
        "kpolicy_look_ups_total{what=\"owner\",outcome=\"found\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_asked_for_again_for_a_second() {
    let metrics = Metrics::new();
    let (api, watches) = behind(&metrics).await;
    api.put(
        "Job",
        "shop",
        "again",
        &json!({"metadata": {"uid": "another"}}),
    );
    let missing = [
        namespace_missing("none"),
        owner_missing("uid-none", "none"),
        // A name that is used again is not the owner.
        owner_missing("uid-again", "again"),
        // Neither a name nor a path: nothing is asked for.
        owner_missing("uid-path", "../../../../../api/v1/secrets"),
        owner_missing("uid-query", "none?watch=true"),
    ];
    let before = api.requests().len();
    let many = (0..50).map(|_| watches.look_up(&missing));
    let views = futures::future::join_all(many).await;
    assert!(
        views
            .iter()
            .all(|view| view.namespace("none").is_err() && view.owner("uid-again").is_none())
    );
    assert_eq!(api.requests().len() - before, 3, "{:?}", api.requests());
    tokio::time::sleep(Duration::from_millis(1100)).await;
    watches.look_up(&missing).await;
    assert_eq!(api.requests().len() - before, 6);
    assert!(
        metrics
            .expose()
            .contains("kpolicy_look_ups_total{what=\"owner\",outcome=\"absent\"} 8")
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_no_watch_confirms_is_forgotten() {
    let (api, watches) = behind(&Metrics::new()).await;
    api.put("Namespace", "", "brief", &json!({}));
    let view = watches.look_up(&[namespace_missing("brief")]).await;
    assert!(view.namespace("brief").is_ok());
    api.delete("Namespace", "", "brief");
    until("it is forgotten", || {
        watches.snapshot().namespace("brief").is_err()
    })
    .await;
}
