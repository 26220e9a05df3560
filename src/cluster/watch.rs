//! The life of one watch: find the resource, list it, follow its changes, and begin again where that breaks.
//!
//! What it has shown stays known while it is broken: old knowledge is better than none, and a meter tells how old it is.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff, Event};
use kube::{Api, Client};

use crate::manifest::Document;
use crate::server::WatchMeter;

use super::contact::metered;
use super::discover::{Served, discover};
use super::failure::Failure;
use super::keep::{Kept, Owning, Store};
use super::seen::Seen;
use super::state::State;
use super::want::{Holds, Watched};
use super::world::{Known, World};

/// How long until a kind that is not served is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// One watch.
pub(super) struct Watch {
    pub(super) id: u64,
    pub(super) watched: Arc<Watched>,
    pub(super) client: Client,
    pub(super) state: Arc<State>,
    pub(super) meter: Arc<WatchMeter>,
}

/// Why a watch goes back to finding its resource: it was not there.
struct Gone(Failure);

impl Watch {
    /// Watches for ever.
    pub(super) async fn follow(self) {
        let client = metered(&self.client, &self.meter);
        let mut health = Health::new(&self);
        loop {
            let Watched {
                group,
                kind,
                version,
                ..
            } = &*self.watched;
            match discover(&client, group, kind, version.as_deref()).await {
                Ok(Some(served)) => {
                    let served = Arc::new(served);
                    self.state.change(|world| {
                        if let Some(slot) = world.slot_mut(self.id) {
                            slot.served = Some(Arc::clone(&served));
                        }
                    });
                    // It may be served no more, or under another version.
                    let Gone(failure) = self.watch(&client, &served, &mut health).await;
                    let pause = health.broken(&failure);
                    tokio::time::sleep(pause).await;
                }
                Ok(None) => {
                    self.not_served();
                    health.well();
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => {
                    let pause = health.broken(&Failure::of(&error, "found"));
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Lists and watches a resource until it is gone.
    async fn watch(&self, client: &Client, served: &Served, health: &mut Health<'_>) -> Gone {
        let api_version = &served.resource.api_version;
        match &self.watched.holds {
            Holds::Objects(reads) => {
                let store = Kept {
                    reads,
                    api_version,
                    kind: &self.watched.kind,
                };
                let events = watcher::watcher(self.api::<false>(client, served), self.config());
                self.events(events, &store, health).await
            }
            Holds::Owners => {
                let store = Owning {
                    group: &self.watched.group,
                    kind: &self.watched.kind,
                };
                let events = watcher::watcher(self.api::<true>(client, served), self.config());
                self.events(events, &store, health).await
            }
        }
    }

    fn api<const METADATA: bool>(&self, client: &Client, served: &Served) -> Api<Seen<METADATA>> {
        let resource = &served.resource;
        match &self.watched.within.namespace {
            Some(namespace) if served.namespaced => {
                Api::namespaced_with(client.clone(), namespace, resource)
            }
            _ => Api::all_with(client.clone(), resource),
        }
    }

    fn config(&self) -> watcher::Config {
        let config = watcher::Config::default();
        match &self.watched.within.name {
            Some(name) => config.fields(&format!("metadata.name={name}")),
            None => config,
        }
    }

    async fn events<const METADATA: bool, S: Store>(
        &self,
        events: impl Stream<Item = watcher::Result<Event<Seen<METADATA>>>>,
        store: &S,
        health: &mut Health<'_>,
    ) -> Gone {
        let mut events = pin!(events);
        // A new list is put together beside what is known, and takes its place as a whole.
        let mut list = S::Held::default();
        loop {
            // The stream of events has no end.
            let Some(event) = events.next().await else {
                std::future::pending::<()>().await;
                continue;
            };
            let (seen, deleted) = match event {
                Ok(Event::Init) => {
                    list = S::Held::default();
                    continue;
                }
                Ok(Event::InitApply(seen)) => {
                    if let Some(object) = seen.read() {
                        store.put(&mut list, object.root());
                    }
                    continue;
                }
                Ok(Event::InitDone) => {
                    self.replace(store, std::mem::take(&mut list));
                    health.well();
                    continue;
                }
                Ok(Event::Apply(seen)) => (seen, false),
                Ok(Event::Delete(seen)) => (seen, true),
                Err(error) => {
                    let failure = Failure::of_watch(&error);
                    if failure.is_not_found() {
                        return Gone(failure);
                    }
                    let pause = health.broken(&failure);
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
            health.well();
            match seen.read() {
                Some(object) if deleted => {
                    self.change(store, |held| store.remove(held, object.root()));
                }
                Some(object) => self.apply(store, &object),
                None => {}
            }
        }
    }

    /// Takes a changed object in. Most changes are of what is not kept.
    fn apply<S: Store>(&self, store: &S, object: &Document) {
        let now = self.state.now();
        let slot = now.slots.iter().find(|slot| slot.id == self.id);
        let held = slot.and_then(|slot| S::held(&slot.known));
        if held.is_some_and(|held| store.holds(held, object.root())) {
            return;
        }
        drop(now);
        self.change(store, |held| store.put(held, object.root()));
    }

    fn change<S: Store>(&self, _: &S, change: impl FnOnce(&mut S::Held)) {
        let mut count = None;
        self.state.change(|world| {
            let slot = world.slot_mut(self.id);
            if let Some(held) = slot.and_then(|slot| S::held_mut(&mut slot.known)) {
                change(held);
                count = Some(S::count(held));
            }
        });
        if let Some(count) = count {
            self.meter.objects(count);
        }
    }

    fn replace<S: Store>(&self, _: &S, list: S::Held) {
        let count = S::count(&list);
        self.show(S::known(list));
        self.meter.objects(count);
        self.meter.known(true);
        let kind = self.watched.name();
        tracing::info!(kind, objects = count, "the objects of a kind are known");
    }

    fn not_served(&self) {
        self.show(Known::NotServed);
        self.meter.objects(0);
        self.meter.known(true);
    }

    fn show(&self, known: Known) {
        self.state.change(|world: &mut World| {
            // What watched the same before has done its duty.
            world
                .slots
                .retain(|slot| slot.id >= self.id || !slot.watched.is_about(&self.watched));
            if let Some(slot) = world.slot_mut(self.id) {
                slot.known = known;
            }
        });
        self.state.settled(self.id);
    }
}

/// How a watch fares: when it tries again, and what is said of it.
struct Health<'w> {
    watch: &'w Watch,
    backoff: DefaultBackoff,
    /// What was said last.
    said: Option<String>,
}

impl<'w> Health<'w> {
    fn new(watch: &'w Watch) -> Self {
        Self {
            watch,
            backoff: DefaultBackoff::default(),
            said: None,
        }
    }

    fn well(&mut self) {
        self.backoff.reset();
        if self.said.take().is_some() {
            let kind = self.watch.watched.name();
            tracing::info!(kind, "the watch of a kind works again");
        }
    }

    /// Notes a failure; gives the time until the next attempt.
    fn broken(&mut self, failure: &Failure) -> Duration {
        let Watch {
            id,
            watched,
            state,
            meter,
            ..
        } = self.watch;
        meter.restarted();
        let pause = self.backoff.next().unwrap_or(LOOK_AGAIN);
        if failure.is_harmless() {
            return pause;
        }
        let reason = failure.reason(watched);
        state.change(|world| {
            if let Some(slot) = world.slot_mut(*id)
                && matches!(slot.known, Known::Not(_))
            {
                slot.known = Known::Not(reason.as_str().into());
            }
        });
        // The API server has said no, and will not say more until somebody changes its roles.
        if failure.is_refusal() {
            state.settled(*id);
        } else {
            state.failing(*id, &reason);
        }
        if self.said.as_ref() != Some(&reason) {
            tracing::warn!(
                kind = watched.name(),
                reason,
                "the watch of a kind is broken"
            );
            self.said = Some(reason);
        }
        pause
    }
}
