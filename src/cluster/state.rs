//! The present world, and who may change it.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::want::Watched;
use super::world::{Known, NOT_YET, Slot, World};

/// What all watches, look-ups and requests share.
///
/// The lock of the world is held for single changes only: what takes time, such as a new list, is made beside it.
#[derive(Debug)]
pub(super) struct State {
    world: RwLock<Arc<World>>,
    progress: Mutex<Vec<Progress>>,
    changed: watch::Sender<()>,
}

/// How far a watch is.
#[derive(Debug)]
struct Progress {
    id: u64,
    name: String,
    /// Whether it is known what there is, or that it will not be known soon.
    settled: bool,
    /// Since when, and why, it gets no answer.
    failing: Option<(Instant, Arc<str>)>,
}

/// How long a watch that gets no answer keeps the server from being ready, where other watches get theirs. The API server
/// of one group may be gone for days.
const PATIENCE: Duration = Duration::from_mins(1);

impl State {
    pub(super) fn new() -> Self {
        Self {
            world: RwLock::default(),
            progress: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// The world as it is now.
    pub(super) fn now(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the world. Who holds on to the old one keeps it.
    pub(super) fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut world));
    }

    /// Makes room for what a watch will show.
    pub(super) fn add(&self, id: u64, watched: &Arc<Watched>) {
        self.progress().push(Progress {
            id,
            name: watched.name(),
            settled: false,
            failing: None,
        });
        self.change(|world| {
            world.slots.push(Slot {
                id,
                watched: Arc::clone(watched),
                served: None,
                known: Known::Not(NOT_YET.into()),
            });
        });
    }

    /// Forgets what these watches have shown.
    pub(super) fn forget(&self, ids: &[u64]) {
        self.progress()
            .retain(|progress| !ids.contains(&progress.id));
        self.change(|world| world.slots.retain(|slot| !ids.contains(&slot.id)));
        self.changed.send_replace(());
    }

    /// A watch gets no answer.
    pub(super) fn failing(&self, id: u64, reason: &str) {
        if let Some(progress) = self.progress().iter_mut().find(|it| it.id == id) {
            let since = progress.failing.as_ref().map(|(since, _)| *since);
            progress.failing = Some((since.unwrap_or_else(Instant::now), reason.into()));
        }
        self.changed.send_replace(());
    }

    /// A watch is as far as it can come: it knows what there is, or why it will not.
    pub(super) fn settled(&self, id: u64) {
        if let Some(progress) = self.progress().iter_mut().find(|it| it.id == id) {
            progress.settled = true;
            progress.failing = None;
        }
        self.changed.send_replace(());
    }

    /// The kinds that are not known yet, each with the reason if there is one.
    pub(super) fn waiting(&self) -> Vec<String> {
        let progress = self.progress();
        let answered = progress.iter().any(|it| it.settled);
        let waits = |it: &&Progress| {
            let patient = |(since, _): &(Instant, _)| !answered || since.elapsed() < PATIENCE;
            !it.settled && it.failing.as_ref().is_none_or(patient)
        };
        let text = |it: &Progress| match &it.failing {
            Some((_, reason)) => format!("{} ({reason})", it.name),
            None => it.name.clone(),
        };
        let mut waiting: Vec<_> = progress.iter().filter(waits).map(text).collect();
        waiting.sort();
        waiting.dedup();
        waiting
    }

    /// Returns once nothing is waited for.
    pub(super) async fn until_settled(&self) {
        let mut changes = self.changed.subscribe();
        loop {
            if self.waiting().is_empty() {
                return;
            }
            // Patience may end without a change.
            let change = tokio::time::timeout(PATIENCE / 4, changes.changed()).await;
            if matches!(change, Ok(Err(_))) {
                return;
            }
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Vec<Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
