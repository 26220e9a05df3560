//! All watches of a cluster together: what the server asks, and what is begun and ended when policies change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use tokio::task::AbortHandle;

use crate::server::{Cluster, ClusterView, LookUp, Metrics, Missing, Readiness, WatchLabels};

use super::look_up::LookUps;
use super::state::State;
use super::want::{Holds, Wanted, Watched};
use super::watch::Watch;

/// The cluster as watches show it.
pub struct Watches {
    client: Client,
    metrics: Metrics,
    state: Arc<State>,
    look_ups: LookUps,
    running: Mutex<Running>,
    was_ready: AtomicBool,
}

impl std::fmt::Debug for Watches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watches")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Running {
    next: u64,
    watches: Vec<One>,
}

#[derive(Debug)]
struct One {
    id: u64,
    watched: Arc<Watched>,
    task: AbortHandle,
}

impl Drop for One {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watches {
    /// Begins to watch what is wanted. Needs a tokio runtime; the watches end when this is dropped.
    pub fn begin(client: Client, wanted: &Wanted, metrics: Metrics) -> Self {
        let state = Arc::new(State::new());
        let look_ups = LookUps::new(client.clone(), Arc::clone(&state), metrics.clone());
        let watches = Self {
            client,
            metrics,
            state,
            look_ups,
            running: Mutex::default(),
            was_ready: AtomicBool::new(false),
        };
        watches.want(wanted);
        watches
    }

    /// Watches this too. What is watched already goes on as it is; where more is to be kept of its objects, it goes on
    /// until a new watch has shown the same with more.
    ///
    /// For another judge: want what it needs, wait until it [is there](Self::settled), put the judge in office, then
    /// [`want_only`](Self::want_only) what it needs.
    pub fn want(&self, wanted: &Wanted) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for wanted in &wanted.0 {
            let mut same = running.watches.iter();
            if same.any(|one| one.watched.covers(wanted)) {
                continue;
            }
            let mut needed = wanted.clone();
            let same = running.watches.iter();
            for one in same.filter(|one| one.watched.is_about(wanted)) {
                if let (Holds::Objects(reads), Holds::Objects(known)) =
                    (&mut needed.holds, &one.watched.holds)
                {
                    reads.add(known);
                }
            }
            running.next += 1;
            let one = self.start(running.next, needed);
            running.watches.push(one);
        }
    }

    /// Ends the watches of what is not wanted any more.
    pub fn want_only(&self, wanted: &Wanted) {
        self.want(wanted);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = Vec::new();
        // The newest of those that would do has the most to show.
        let newest = |watches: &[One], wanted: &Watched| {
            let mut watches = watches.iter().rev();
            watches
                .find(|one| one.watched.covers(wanted))
                .map(|one| one.id)
        };
        let needed: Vec<_> = wanted
            .0
            .iter()
            .filter_map(|wanted| newest(&running.watches, wanted))
            .collect();
        running.watches.retain(|one| {
            let stays = needed.contains(&one.id);
            if !stays {
                ended.push(one.id);
            }
            stays
        });
        self.state.forget(&ended);
    }

    /// Returns once it is known of everything wanted which objects there are, or why that will not be known soon.
    pub async fn settled(&self) {
        self.state.until_settled().await;
    }

    fn start(&self, id: u64, watched: Watched) -> One {
        let meter = self.metrics.watch(WatchLabels {
            kind: watched.name(),
            holds: match watched.holds {
                Holds::Objects(_) => "objects",
                Holds::Owners => "owners",
            },
            within: watched.within.text(),
        });
        let watched = Arc::new(watched);
        self.state.add(id, &watched);
        let watch = Watch {
            id,
            watched: Arc::clone(&watched),
            client: self.client.clone(),
            state: Arc::clone(&self.state),
            meter,
        };
        let task = tokio::spawn(watch.follow()).abort_handle();
        One { id, watched, task }
    }
}

impl Cluster for Watches {
    fn snapshot(&self) -> Arc<dyn ClusterView> {
        let now = self.state.now();
        if now.recent.is_empty() {
            return now;
        }
        self.look_ups.forget();
        self.state.now()
    }

    fn look_up<'a>(&'a self, missing: &'a [Missing]) -> LookUp<'a> {
        Box::pin(async {
            self.look_ups.ask(missing).await;
            self.snapshot()
        })
    }
}

impl Readiness for Watches {
    /// Once ready it stays so: a watch that breaks leaves what it has shown.
    fn missing(&self) -> Option<String> {
        if self.was_ready.load(Ordering::Relaxed) {
            return None;
        }
        let waiting = self.state.waiting();
        if waiting.is_empty() {
            self.was_ready.store(true, Ordering::Relaxed);
            return None;
        }
        Some(format!("not synced: {}", waiting.join(", ")))
    }
}
