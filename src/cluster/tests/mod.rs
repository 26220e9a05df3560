//! Watching an API server in memory. Time is paused: it jumps to the next timer whenever nothing else is to do.

mod api;
mod look_ups;
mod orders;

use std::time::Duration;

use serde_json::{Value, json};

use crate::cel::Reads;
use crate::manifest::{NodeRef, write_json};
use crate::server::{Cluster, ClusterView, Metrics, Readiness};

use super::want::{Holds, Wanted, Watched, Within};
use super::watches::Watches;
use api::Api;

fn watched(group: &str, kind: &str, holds: Holds) -> Watched {
    Watched {
        group: group.into(),
        kind: kind.into(),
        version: None,
        within: Within::default(),
        holds,
    }
}

/// Namespaces with their labels, `ConfigMap`s with their data, Rules (of a group of their own) as they are, and Jobs as
/// owners.
fn wanted() -> Wanted {
    let mut labels = Reads::default();
    labels.add_route(&["metadata", "labels"]);
    let mut data = Reads::default();
    data.add_route(&["data"]);
    Wanted(vec![
        watched("", "Namespace", Holds::Objects(labels)),
        watched("", "ConfigMap", Holds::Objects(data)),
        watched("rules.test", "Rule", Holds::Objects(Reads::everything())),
        watched("batch", "Job", Holds::Owners),
    ])
}

fn cluster() -> Api {
    let api = Api::default();
    api.serve("", "v1", "Namespace", false);
    api.serve("", "v1", "ConfigMap", true);
    api.serve("rules.test", "v2", "Rule", true);
    api.serve("batch", "v1", "Job", true);
    api
}

fn watch(api: &Api, metrics: &Metrics) -> Watches {
    Watches::begin(api.client(), &wanted(), metrics.clone())
}

/// Lets time pass until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

fn names(objects: Result<Vec<NodeRef<'_>>, String>) -> Result<Vec<String>, String> {
    let name = |object: &NodeRef<'_>| {
        object
            .at(&["metadata", "name"])
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    objects.map(|objects| objects.iter().map(name).collect())
}

fn list(watches: &Watches, group: &str, kind: &str) -> Result<Vec<String>, String> {
    names(watches.snapshot().list(group, kind, None))
}

fn config_maps(watches: &Watches) -> Result<Vec<String>, String> {
    list(watches, "", "ConfigMap")
}

fn data(value: &str) -> Value {
    json!({"data": {"key": value}})
}

fn value(view: &dyn ClusterView) -> String {
    let all = view.list("", "ConfigMap", None).unwrap();
    let value = all[0].at(&["data", "key"]).unwrap();
    value.as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_and_what_changes_is_known_with_what_is_read_of_it() {
    let api = cluster();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        api.put("ConfigMap", "shop", name, &data("1"));
    }
    let watches = watch(&api, &Metrics::new());
    assert_eq!(
        config_maps(&watches),
        Err("ConfigMap is not known: its watch has not shown anything yet".to_owned())
    );
    watches.settled().await;
    // Seven, in pages of three.
    assert_eq!(config_maps(&watches).unwrap().len(), 7);
    until("the watch is open", || api.watchers("ConfigMap") == 1).await;
    api.put("ConfigMap", "bank", "new", &data("2"));
    api.delete("ConfigMap", "shop", "a");
    until("both are seen", || {
        config_maps(&watches).is_ok_and(|names| names == ["new", "b", "c", "d", "e", "f", "g"])
    })
    .await;
    let now = watches.snapshot();
    let in_shop = names(now.list("", "ConfigMap", Some("shop"))).unwrap();
    assert_eq!(in_shop, ["b", "c", "d", "e", "f", "g"]);
    let new = now.list("", "ConfigMap", Some("bank")).unwrap();
    assert_eq!(
        write_json(new[0]),
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new","uid":"uid-new","namespace":"bank"},"data":{"key":"2"}}"#
    );
    assert_eq!(
        names(now.list("", "Secret", None)),
        Err("kpolicy does not watch Secret".to_owned())
    );
    assert_eq!(now.is_namespaced("rules.test", "Rule"), Some(true));
    assert_eq!(now.is_namespaced("", "Namespace"), Some(false));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_does_not_change() {
    let api = cluster();
    api.put("ConfigMap", "shop", "a", &data("1"));
    let watches = watch(&api, &Metrics::new());
    watches.settled().await;
    let before = watches.snapshot();
    api.put("ConfigMap", "shop", "a", &data("2"));
    until("the change is seen", || value(&*watches.snapshot()) == "2").await;
    assert_eq!(value(&*before), "1");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_breaks_goes_on_where_it_was_and_keeps_what_it_knew() {
    let api = cluster();
    api.put("ConfigMap", "shop", "a", &data("1"));
    let watches = watch(&api, &Metrics::new());
    watches.settled().await;
    for broken in [false, true] {
        until("the watch is open", || api.watchers("ConfigMap") == 1).await;
        let before = api.requests().len();
        api.hang_up("ConfigMap", broken);
        api.put("ConfigMap", "shop", "a", &data(&broken.to_string()));
        until("the change is seen", || {
            value(&*watches.snapshot()) == broken.to_string()
        })
        .await;
        let since = api.requests().split_off(before);
        let listed = since.iter().filter(|request| request.contains("limit="));
        assert_eq!(listed.count(), 0, "nothing is listed again: {since:?}");
    }
    // What was missed is forgotten: everything is listed again, and what was deleted meanwhile is gone.
    until("the watch is open", || api.watchers("ConfigMap") == 1).await;
    api.put("ConfigMap", "shop", "b", &data("x"));
    until("both are there", || {
        config_maps(&watches).unwrap().len() == 2
    })
    .await;
    api.hang_up("ConfigMap", false);
    api.delete("ConfigMap", "shop", "a");
    api.compact("ConfigMap");
    until("one is gone", || config_maps(&watches).unwrap() == ["b"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_known_state_serves_while_the_api_server_is_away() {
    let api = cluster();
    api.put("ConfigMap", "shop", "a", &data("1"));
    let metrics = Metrics::new();
    let watches = watch(&api, &metrics);
    watches.settled().await;
    assert_eq!(watches.missing(), None);
    let silence = |kind: &str| {
        let text = metrics.expose();
        let start = format!("kpolicy_watch_silence_seconds{{kind=\"{kind}\"");
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    api.down(true);
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(config_maps(&watches).unwrap(), ["a"]);
    assert_eq!(watches.missing(), None, "ready stays ready");
    assert!(silence("ConfigMap") > 590.0);
    api.down(false);
    until("it is asked again", || silence("ConfigMap") < 60.0).await;
    api.put("ConfigMap", "shop", "b", &data("1"));
    until("it follows", || config_maps(&watches).unwrap().len() == 2).await;
    // A quiet watch is told from a dead one by its bookmarks.
    tokio::time::sleep(Duration::from_mins(2)).await;
    let before = silence("ConfigMap");
    api.bookmark("ConfigMap");
    until("the bookmark came", || silence("ConfigMap") < before).await;
    let line = "kpolicy_watch_objects{kind=\"ConfigMap\",holds=\"objects\",within=\"\"} 2";
    assert!(metrics.expose().lines().any(|known| known == line));
}

#[tokio::test(start_paused = true)]
async fn attempts_become_rarer_while_nothing_answers() {
    let api = cluster();
    api.down(true);
    let watches = watch(&api, &Metrics::new());
    tokio::time::sleep(Duration::from_mins(10)).await;
    let attempts = api.requests().len() / wanted().0.len();
    assert!(
        (10..40).contains(&attempts),
        "{attempts} attempts in ten minutes"
    );
    let missing = watches.missing().unwrap();
    assert!(
        missing.starts_with("not synced: ConfigMap (ConfigMap cannot be found: "),
        "{missing}"
    );
    api.down(false);
    until("everything is there", || watches.missing().is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_served_has_no_objects_and_is_looked_for_again() {
    let api = cluster();
    api.abolish("Rule");
    let watches = watch(&api, &Metrics::new());
    watches.settled().await;
    assert_eq!(list(&watches, "rules.test", "Rule").unwrap().len(), 0);
    api.serve("rules.test", "v2", "Rule", true);
    api.put("Rule", "shop", "r", &json!({"spec": {}}));
    until("it is found", || {
        list(&watches, "rules.test", "Rule").unwrap() == ["r"]
    })
    .await;
    let now = watches.snapshot();
    let rule = now.list("rules.test", "Rule", None).unwrap()[0];
    assert_eq!(
        rule.get("apiVersion").and_then(NodeRef::as_str),
        Some("rules.test/v2")
    );
    // The kind goes, and comes back in another version.
    api.abolish("Rule");
    until("there are none", || {
        list(&watches, "rules.test", "Rule").unwrap().is_empty()
    })
    .await;
    api.serve("rules.test", "v3", "Rule", true);
    api.put("Rule", "shop", "s", &json!({"spec": {}}));
    until("it is back", || {
        list(&watches, "rules.test", "Rule").unwrap() == ["s"]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_not_be_listed_is_not_known_and_does_not_keep_the_server_from_being_ready()
{
    let api = cluster();
    api.refuse("Rule", Some(403));
    let metrics = Metrics::new();
    let watches = watch(&api, &metrics);
    watches.settled().await;
    assert_eq!(watches.missing(), None);
    assert_eq!(
        list(&watches, "rules.test", "Rule"),
        Err(
            "Rule is not known: kpolicy may not have Rule.rules.test listed: its role needs the verbs get, list and \
             watch for it"
                .to_owned()
        )
    );
    let line = "kpolicy_watch_known{kind=\"Rule.rules.test\",holds=\"objects\",within=\"\"} 0";
    assert!(
        metrics.expose().lines().any(|known| known == line),
        "{}",
        metrics.expose()
    );
    api.put("Rule", "shop", "r", &json!({}));
    api.refuse("Rule", None);
    until("it is known", || {
        list(&watches, "rules.test", "Rule").is_ok()
    })
    .await;
    // Taken away again, what is known stays.
    api.refuse("Rule", Some(403));
    api.hang_up("Rule", false);
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(list(&watches, "rules.test", "Rule").unwrap(), ["r"]);
}

#[tokio::test(start_paused = true)]
async fn one_kind_without_an_answer_keeps_the_server_from_being_ready_for_a_minute() {
    for (code, reason) in [
        (503, "the API server answers 503"),
        (
            401,
            "the API server does not know who kpolicy is (401): its token or certificate is wrong or has ended",
        ),
    ] {
        let api = cluster();
        api.refuse("Rule", Some(code));
        let watches = watch(&api, &Metrics::new());
        tokio::time::sleep(Duration::from_secs(30)).await;
        let expected =
            format!("not synced: Rule.rules.test (Rule.rules.test cannot be listed: {reason})");
        assert_eq!(watches.missing(), Some(expected));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(watches.missing(), None);
        assert!(list(&watches, "rules.test", "Rule").is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn owners_are_known_by_uid_and_only_their_metadata_is_asked_for() {
    let api = cluster();
    let controller = json!({"metadata": {"ownerReferences": [
        {"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "uid-o"},
        {"apiVersion": "batch/v1", "kind": "CronJob", "name": "c", "uid": "uid-c", "controller": true}]}});
    api.put("Job", "shop", "a", &controller);
    let watches = watch(&api, &Metrics::new());
    watches.settled().await;
    let owner = watches.snapshot().owner("uid-a").unwrap();
    assert_eq!(
        (&*owner.group, &*owner.kind, &*owner.name),
        ("batch", "Job", "a")
    );
    assert_eq!(owner.controller.as_ref().map(|it| &*it.uid), Some("uid-c"));
    api.delete("Job", "shop", "a");
    until("it is gone", || watches.snapshot().owner("uid-a").is_none()).await;
    let requests = api.requests();
    let mut jobs = requests.iter().filter(|request| request.contains("/jobs"));
    assert!(
        jobs.all(|request| request.starts_with("metadata ")),
        "{requests:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn watches_come_and_go_with_what_is_wanted() {
    let api = cluster();
    api.put(
        "ConfigMap",
        "shop",
        "a",
        &json!({"data": {"key": "1"}, "other": "2"}),
    );
    let watches = watch(&api, &Metrics::new());
    watches.settled().await;
    // More is read of it: the old watch serves until the new one has shown as much.
    let mut other = Reads::default();
    other.add_route(&["other"]);
    let more = Wanted(vec![watched("", "ConfigMap", Holds::Objects(other))]);
    watches.want(&more);
    assert_eq!(value(&*watches.snapshot()), "1");
    watches.settled().await;
    let now = watches.snapshot();
    let both = now.list("", "ConfigMap", None).unwrap()[0];
    assert!(both.get("other").is_some() && both.get("data").is_some());
    watches.want_only(&more);
    assert!(list(&watches, "rules.test", "Rule").is_err());
    assert_eq!(config_maps(&watches).unwrap(), ["a"]);
    until("one watch is left", || {
        (
            api.watchers("ConfigMap"),
            api.watchers("Namespace"),
            api.watchers("Job"),
        ) == (1, 0, 0)
    })
    .await;
    api.put("ConfigMap", "shop", "b", &data("1"));
    until("it follows", || config_maps(&watches).unwrap().len() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_one_object_asks_for_no_other() {
    let api = cluster();
    api.put("ConfigMap", "shop", "mine", &data("1"));
    api.put("ConfigMap", "shop", "other", &data("2"));
    api.put("ConfigMap", "bank", "mine", &data("3"));
    let mut one = watched("", "ConfigMap", Holds::Objects(Reads::everything()));
    one.within = Within {
        namespace: Some("shop".into()),
        name: Some("mine".into()),
    };
    let watches = Watches::begin(api.client(), &Wanted(vec![one]), Metrics::new());
    watches.settled().await;
    let now = watches.snapshot();
    assert_eq!(
        names(now.list("", "ConfigMap", Some("shop"))).unwrap(),
        ["mine"]
    );
    assert_eq!(
        names(now.list("", "ConfigMap", Some("bank"))),
        Err("kpolicy does not watch ConfigMap in namespace `bank`".to_owned())
    );
    let listed = api
        .requests()
        .into_iter()
        .find(|request| request.contains("limit="));
    assert_eq!(
        listed.as_deref(),
        Some("/api/v1/namespaces/shop/configmaps?&fieldSelector=metadata.name%3Dmine&limit=500")
    );
}
