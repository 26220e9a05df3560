//! What the watch has not shown yet is asked for, within the time that there is.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kpolicy::server::{Cluster, ClusterView, LookUp, Missing};

use super::{JANE, JOBS, Known, Webhook, cluster, object, review};

/// What a look-up does.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Finds one owner each time.
    Find,
    /// Never comes back.
    Hang,
    /// Fails in a way that is a fault of our own.
    Panic,
}

/// A cluster of which nothing was seen yet.
#[derive(Debug)]
struct Late {
    does: Does,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Cluster for Late {
    fn snapshot(&self) -> Arc<dyn ClusterView> {
        Arc::new(Known::default())
    }

    fn look_up<'a>(&'a self, missing: &'a [Missing]) -> LookUp<'a> {
        let mut asked = self.asked.lock().unwrap();
        for missing in missing {
            if let Missing::Owner {
                namespace,
                reference,
            } = missing
            {
                asked.push(format!("{namespace} {} {}", reference.kind, reference.name));
            }
        }
        let mut known = cluster();
        known.0.retain(|(namespace, own, _)| {
            let (name, _) = own.rsplit_once(' ').expect("a uid");
            asked.contains(&format!("{namespace} {name}"))
        });
        let does = self.does;
        Box::pin(async move {
            match does {
                Does::Find => Arc::new(known) as Arc<dyn ClusterView>,
                Does::Hang => std::future::pending().await,
                Does::Panic => panic!("a fault of our own"),
            }
        })
    }
}

fn ask(does: Does, user: &str, path: &str) -> (serde_json::Value, Vec<String>, Webhook) {
    let asked = Arc::default();
    let late = Late {
        does,
        asked: Arc::clone(&asked),
    };
    let webhook = Webhook::before(Arc::new(late));
    let pod = object("Pod", "nightly-1-*", Some("Job nightly-1 j1"), true);
    let answer = webhook.ask(path, &review(&pod, None, user));
    let asked = asked.lock().unwrap().clone();
    (answer, asked, webhook)
}

#[test]
fn owners_that_the_watch_has_not_shown_are_asked_for_one_after_the_other() {
    let (answer, asked, _) = ask(Does::Find, JOBS, "/validate?timeout=10s");
    assert_eq!(answer["allowed"], true, "{answer}");
    assert_eq!(asked, ["shop Job nightly-1", "shop CronJob nightly"]);
}

#[test]
fn nobody_makes_the_webhook_ask_for_an_owner_but_its_controller() {
    let (answer, asked, _) = ask(Does::Find, JANE, "/validate?timeout=10s");
    assert_eq!(answer["allowed"], false, "{answer}");
    assert_eq!(asked, [""; 0]);
}

#[test]
fn a_cluster_that_does_not_answer_costs_half_of_the_time_and_no_verdict() {
    let before = Instant::now();
    let (answer, asked, _) = ask(Does::Hang, JOBS, "/validate?timeout=300ms");
    assert_eq!(answer["allowed"], false, "{answer}");
    assert!(
        answer["status"]["message"]
            .as_str()
            .unwrap()
            .contains("no-privileged"),
        "{answer}"
    );
    assert_eq!(asked, ["shop Job nightly-1"]);
    assert!(before.elapsed() >= Duration::from_millis(100));
}

#[test]
fn a_look_up_that_panics_is_a_decision() {
    let (answer, _, webhook) = ask(Does::Panic, JOBS, "/validate?timeout=10s");
    assert_eq!(answer["status"]["code"], 500, "{answer}");
    assert!(
        webhook
            .metrics
            .expose()
            .contains("kpolicy_admission_panics_total 1")
    );
}
