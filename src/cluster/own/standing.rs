//! How each resource stands in the cluster: what a status is written on top of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::crds::Status;
use crate::office::{Identity, Key, Kind};

/// A resource as it was seen last.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) identity: Identity,
    /// Changes with every write, that of a status too.
    pub(super) resource_version: String,
    /// What its status says; `None` where it has none that can be read.
    pub(super) status: Option<Status>,
}

/// All resources as they were seen last. All clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings(Arc<Mutex<BTreeMap<Key, Standing>>>);

impl Standings {
    pub(super) fn get(&self, key: &Key) -> Option<Standing> {
        self.with(|all| all.get(key).cloned())
    }

    pub(super) fn put(&self, key: Key, standing: Standing) {
        self.with(|all| all.insert(key, standing));
    }

    pub(super) fn remove(&self, key: &Key) {
        self.with(|all| all.remove(key));
    }

    /// Puts a new list of a kind in place of the old one.
    pub(super) fn replace(&self, kind: Kind, list: BTreeMap<Key, Standing>) {
        self.with(|all| {
            all.retain(|key, _| key.kind != kind);
            all.extend(list);
        });
    }

    /// How many resources of a kind are known.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.with(|all| all.keys().filter(|key| key.kind == kind).count())
    }

    /// Whether no resource of a kind is known.
    pub(super) fn is_empty(&self, kind: Kind) -> bool {
        self.with(|all| all.keys().all(|key| key.kind != kind))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Key, Standing>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
