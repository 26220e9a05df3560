//! Watching one of kpolicy's own kinds. Its definition may come later, and may go.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff};
use kube::{Api, Client};
use tokio::sync::mpsc;

use crate::crds::Status;
use crate::manifest::{NodeRef, to_serde, write_json};
use crate::office::{Event, Identity, Key, Kind, Version};
use crate::server::WatchMeter;

use super::super::contact::metered;
use super::super::failure::{Failure, NOT_KNOWN};
use super::super::seen::Seen;
use super::resource;
use super::standing::{Standing, Standings};

/// How long until a kind that is not served, or may not be watched, is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Watches a kind until nobody listens any more.
pub(super) async fn follow(
    client: Client,
    kind: Kind,
    events: mpsc::Sender<Event>,
    standings: Standings,
    meter: Arc<WatchMeter>,
) {
    let client = metered(&client, &meter);
    let api: Api<Seen<false>> = Api::all_with(client, &resource(kind));
    let mut follower = Follower {
        kind,
        events,
        standings,
        list: BTreeMap::new(),
        backoff: DefaultBackoff::default(),
        said: None,
        missing: 0,
        told_none: false,
        meter,
    };
    let mut stream = pin!(watcher::watcher(api, watcher::Config::default()));
    while let Some(event) = stream.next().await {
        let goes_on = match event {
            Ok(event) => follower.take(event).await,
            Err(error) => follower.fail(&error).await,
        };
        if !goes_on {
            return;
        }
    }
}

struct Follower {
    kind: Kind,
    events: mpsc::Sender<Event>,
    standings: Standings,
    /// A new list while it comes in.
    list: BTreeMap<Key, (Version, Standing)>,
    backoff: DefaultBackoff,
    /// What was said of a failure last.
    said: Option<String>,
    /// How often in turn the kind was not there.
    missing: u32,
    /// Whether it was told that there is nothing.
    told_none: bool,
    meter: Arc<WatchMeter>,
}

impl Follower {
    /// Takes in what the watch brings. Gives whether anybody listens still.
    async fn take(&mut self, event: watcher::Event<Seen<false>>) -> bool {
        let event = match event {
            watcher::Event::Init => {
                self.list.clear();
                return true;
            }
            watcher::Event::InitApply(object) => {
                if let Some((version, standing)) = read(self.kind, &object) {
                    self.list.insert(version.key.clone(), (version, standing));
                }
                return true;
            }
            watcher::Event::InitDone => {
                let list = std::mem::take(&mut self.list);
                let (versions, standings): (Vec<_>, BTreeMap<_, _>) = list
                    .into_iter()
                    .map(|(key, (version, standing))| (version, (key, standing)))
                    .unzip();
                self.standings.replace(self.kind, standings);
                Event::Listed(self.kind, versions)
            }
            watcher::Event::Apply(object) => {
                let Some((version, standing)) = read(self.kind, &object) else {
                    return true;
                };
                self.standings.put(version.key.clone(), standing);
                Event::Seen(version)
            }
            watcher::Event::Delete(object) => {
                let Some((version, _)) = read(self.kind, &object) else {
                    return true;
                };
                self.standings.remove(&version.key);
                Event::Gone(version.key)
            }
        };
        self.meter.objects(self.standings.count(self.kind));
        if matches!(event, Event::Listed(..)) {
            self.meter.known(true);
        }
        self.backoff.reset();
        self.missing = 0;
        self.told_none = false;
        if self.said.take().is_some() {
            tracing::info!(kind = self.kind.as_str(), "resources of a kind are watched");
        }
        self.events.send(event).await.is_ok()
    }

    /// Waits after a failure. Gives whether anybody listens still.
    async fn fail(&mut self, error: &watcher::Error) -> bool {
        let kind = self.kind.as_str();
        let code = Failure::of_watch(error).code();
        if code != Some(404) {
            self.missing = 0;
        }
        if !matches!(code, Some(404 | 410)) {
            self.meter.restarted();
        }
        let (reason, pause) = match code {
            // The API server has forgotten what was before: a new list is made, and nothing is wrong.
            Some(410) => return true,
            Some(404) => {
                self.missing += 1;
                (
                    "its definition is not there: `kpolicy export crds` prints it".to_owned(),
                    LOOK_AGAIN,
                )
            }
            Some(403) => (
                "kpolicy may not watch it: its role needs the verbs list and watch".to_owned(),
                LOOK_AGAIN,
            ),
            Some(401) => (
                NOT_KNOWN.to_owned(),
                self.backoff.next().unwrap_or(LOOK_AGAIN),
            ),
            Some(code) => (
                format!("the API server answers {code}"),
                self.backoff.next().unwrap_or(LOOK_AGAIN),
            ),
            None => (error.to_string(), self.backoff.next().unwrap_or(LOOK_AGAIN)),
        };
        if self.said.as_ref() != Some(&reason) {
            if code == Some(404) {
                tracing::info!(kind, reason, "resources of a kind are not watched yet");
            } else {
                tracing::warn!(kind, reason, "resources of a kind cannot be watched");
            }
            self.said = Some(reason);
        }
        // Where a definition is gone, its resources are too; an API server that starts may say so for a moment.
        // Who may not look sees nothing either, but what was seen stays.
        let nothing_known = self.first() && matches!(code, Some(403 | 404));
        if !self.told_none && (self.missing == 2 || nothing_known) {
            self.told_none = true;
            self.standings.replace(self.kind, BTreeMap::new());
            self.meter.objects(0);
            // Who may not look does not know that there is nothing.
            self.meter.known(code == Some(404));
            let none = Event::Listed(self.kind, Vec::new());
            if self.events.send(none).await.is_err() {
                return false;
            }
        }
        tokio::time::sleep(pause).await;
        !self.events.is_closed()
    }

    /// Whether nothing of this kind is known, so that nothing can be lost.
    fn first(&self) -> bool {
        self.standings.is_empty(self.kind)
    }
}

/// A resource as the office reads it, and as it stands in the cluster; `None` where it lacks what every object has.
fn read(kind: Kind, seen: &Seen<false>) -> Option<(Version, Standing)> {
    let mut object = seen.read()?;
    let metadata = object.root().get("metadata")?;
    let text = |key: &str| metadata.get(key).and_then(NodeRef::as_str);
    let key = Key {
        kind,
        namespace: text("namespace").unwrap_or_default().into(),
        name: text("name")?.into(),
    };
    let generation = metadata.get("generation").and_then(NodeRef::as_i64);
    let identity = Identity {
        uid: text("uid")?.into(),
        generation: generation.unwrap_or_default(),
    };
    let resource_version = text("resourceVersion")?.to_owned();
    let status = object.root().get("status").and_then(to_serde);
    let status = status.and_then(|status| serde_json::from_value::<Status>(status).ok());
    let json = if object.root().get("kind").is_some() {
        seen.text().into()
    } else {
        // The items of a list need not say what they are.
        let (root, served) = (object.root().id(), resource(kind));
        for (key, value) in [("apiVersion", served.api_version), ("kind", served.kind)] {
            let value = object.make_string(&value);
            object.set_entry(root, key, value);
        }
        write_json(object.root()).into()
    };
    let version = Version {
        key,
        identity: identity.clone(),
        json,
    };
    let standing = Standing {
        identity,
        resource_version,
        status,
    };
    Some((version, standing))
}
