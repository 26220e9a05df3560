//! Watching one of kpolicy's own kinds. Its definition may come later, and may go.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use kube::api::DynamicObject;
use kube::core::TypeMeta;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff};
use kube::{Api, Client};
use tokio::sync::mpsc;

use crate::crds::Status;
use crate::office::{Event, Identity, Key, Kind, Version};

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
) {
    let api: Api<DynamicObject> = Api::all_with(client, &resource(kind));
    let mut follower = Follower {
        kind,
        events,
        standings,
        list: BTreeMap::new(),
        backoff: DefaultBackoff::default(),
        said: None,
        missing: 0,
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
}

impl Follower {
    /// Takes in what the watch brings. Gives whether anybody listens still.
    async fn take(&mut self, event: watcher::Event<DynamicObject>) -> bool {
        let event = match event {
            watcher::Event::Init => {
                self.list.clear();
                return true;
            }
            watcher::Event::InitApply(object) => {
                if let Some((version, standing)) = read(self.kind, object) {
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
                let Some((version, standing)) = read(self.kind, object) else {
                    return true;
                };
                self.standings.put(version.key.clone(), standing);
                Event::Seen(version)
            }
            watcher::Event::Delete(object) => {
                let Some((version, _)) = read(self.kind, object) else {
                    return true;
                };
                self.standings.remove(&version.key);
                Event::Gone(version.key)
            }
        };
        self.backoff.reset();
        self.missing = 0;
        if self.said.take().is_some() {
            tracing::info!(kind = self.kind.as_str(), "resources of a kind are watched");
        }
        self.events.send(event).await.is_ok()
    }

    /// Waits after a failure. Gives whether anybody listens still.
    async fn fail(&mut self, error: &watcher::Error) -> bool {
        let kind = self.kind.as_str();
        let code = code(error);
        if code != Some(404) {
            self.missing = 0;
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
                "kpolicy may not watch it: its role needs the verbs get, list and watch".to_owned(),
                LOOK_AGAIN,
            ),
            Some(code) => (
                format!("the API server answers {code}"),
                self.backoff.next().unwrap_or(LOOK_AGAIN),
            ),
            None => (error.to_string(), self.backoff.next().unwrap_or(LOOK_AGAIN)),
        };
        if self.said.as_ref() != Some(&reason) {
            match code {
                Some(404) => {
                    tracing::info!(kind, reason, "resources of a kind are not watched yet")
                }
                _ => tracing::warn!(kind, reason, "resources of a kind cannot be watched"),
            }
            self.said = Some(reason);
        }
        // Where a definition is gone, its resources are too; an API server that starts may say so for a moment.
        if self.missing == 2 || self.missing == 1 && self.first() {
            self.standings.replace(self.kind, BTreeMap::new());
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

/// The HTTP code of a failure, where the API server gave one.
fn code(error: &watcher::Error) -> Option<u16> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status.code),
        _ => None,
    }
}

/// A resource as the office reads it, and as it stands in the cluster; `None` where it lacks what every object has.
fn read(kind: Kind, mut object: DynamicObject) -> Option<(Version, Standing)> {
    let metadata = &mut object.metadata;
    // Half of many objects, and nobody's business.
    metadata.managed_fields = None;
    let key = Key {
        kind,
        namespace: metadata.namespace.clone().unwrap_or_default().into(),
        name: metadata.name.clone()?.into(),
    };
    let identity = Identity {
        uid: metadata.uid.clone()?.into(),
        generation: metadata.generation.unwrap_or_default(),
    };
    let resource_version = metadata.resource_version.clone()?;
    let status = object.data.get_mut("status").map(serde_json::Value::take);
    let status = status.and_then(|status| serde_json::from_value::<Status>(status).ok());
    // The items of a list do not say what they are.
    let served = resource(kind);
    object.types = Some(TypeMeta {
        api_version: served.api_version,
        kind: served.kind,
    });
    let json = serde_json::to_string(&object).ok()?.into();
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
