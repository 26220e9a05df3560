//! What the cluster brings: resources as they come, change and go, and its version.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Identity, Key, Kind, Office};

/// One version of a resource, as JSON.
#[derive(Clone, Debug)]
pub struct Version {
    /// Which resource.
    pub key: Key,
    /// Which version of it.
    pub identity: Identity,
    /// The object.
    pub json: Arc<str>,
}

/// Something that happened in a cluster.
#[derive(Clone, Debug)]
pub enum Event {
    /// All resources of a kind, in place of what was known; none where the kind is not served.
    Listed(Kind, Vec<Version>),
    /// A resource is new or has changed.
    Seen(Version),
    /// A resource is gone.
    Gone(Key),
    /// The API server runs this minor version of Kubernetes.
    Runs(u32),
}

impl Office {
    /// Takes an event in. Gives whether there was anything new in it.
    pub fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Listed(kind, versions) => {
                let keys: BTreeSet<Key> =
                    versions.iter().map(|version| version.key.clone()).collect();
                let mut changed = self.keep_only(*kind, &keys);
                for version in versions {
                    changed |= self.see(version);
                }
                changed
            }
            Event::Seen(version) => self.see(version),
            Event::Gone(key) => self.forget(key),
            Event::Runs(minor) => self.runs(*minor),
        }
    }

    fn see(&mut self, version: &Version) -> bool {
        let Version {
            key,
            identity,
            json,
        } = version;
        self.receive(key.clone(), identity.clone(), json)
    }
}
