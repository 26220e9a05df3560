//! What is known of the cluster at one moment. A request holds on to the moment it began in.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::OtherObjects;
use crate::judge::{Owner, Owners};
use crate::manifest::{Document, NodeRef};
use crate::server::ClusterView;

use super::discover::Served;
use super::objects::{Objects, place_of};
use super::owners::OwnersOfKind;
use super::want::{Holds, Watched, Within};

/// What all watches and look-ups have shown so far. Copies share everything but the list of watches.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) slots: Vec<Slot>,
    /// What was asked for because no watch had shown it yet.
    pub(super) recent: Arc<Recent>,
}

/// What one watch has shown.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Names the watch, also when it watches the same as another.
    pub(super) id: u64,
    pub(super) watched: Arc<Watched>,
    pub(super) served: Option<Arc<Served>>,
    pub(super) known: Known,
}

/// The objects of a watch, as far as they are known.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// Not at all, and why.
    Not(Arc<str>),
    /// The cluster does not serve the kind, so there are none.
    NotServed,
    Objects(Arc<Objects>),
    Owners(Arc<OwnersOfKind>),
}

/// Answers of the API server that a watch will show soon.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    pub(super) namespaces: BTreeMap<Box<str>, Arc<Document>>,
    pub(super) owners: BTreeMap<Box<str>, Arc<Owner>>,
}

impl Recent {
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.owners.is_empty()
    }
}

/// Why nothing is known yet.
pub(super) const NOT_YET: &str = "its watch has not shown anything yet";

/// Why a namespace is not known.
const NO_NAMESPACE: &str = "the cluster has shown no namespace of this name";

impl World {
    pub(super) fn slot_mut(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.id == id)
    }

    /// The watches of a kind's objects, each place once: of two watches of the same place the one that knows something.
    fn of_kind(&self, group: &str, kind: &str) -> BTreeMap<&Within, &Slot> {
        let mut places: BTreeMap<&Within, &Slot> = BTreeMap::new();
        let slots = self.slots.iter().filter(|slot| {
            let watched = &slot.watched;
            (&*watched.group, &*watched.kind) == (group, kind) && watched.holds != Holds::Owners
        });
        for slot in slots {
            let place = places.entry(&slot.watched.within).or_insert(slot);
            if matches!(place.known, Known::Not(_)) {
                *place = slot;
            }
        }
        places
    }
}

impl OtherObjects for World {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        let places = self.of_kind(group, kind);
        let here = |within: &&Within| {
            let place = within.namespace.as_deref();
            namespace.is_none() || place.is_none() || place == namespace
        };
        let mut here: Vec<_> = places.iter().filter(|(within, _)| here(within)).collect();
        if here.is_empty() {
            let place = namespace.map_or(String::new(), |name| format!(" in namespace `{name}`"));
            return Err(format!("kpolicy does not watch {kind}{place}"));
        }
        let mut found = Vec::new();
        let several = here.len() > 1;
        for (_, slot) in here.drain(..) {
            match &slot.known {
                Known::Not(reason) => return Err(format!("{kind} is not known: {reason}")),
                Known::Objects(objects) => {
                    found.extend(objects.within(namespace).map(|object| object.root()));
                }
                Known::NotServed | Known::Owners(_) => {}
            }
        }
        if several {
            found.sort_by(|a, b| place_of(*a).cmp(&place_of(*b)));
            found.dedup_by(|a, b| place_of(*a) == place_of(*b));
        }
        Ok(found)
    }

    fn is_namespaced(&self, group: &str, kind: &str) -> Option<bool> {
        let places = self.of_kind(group, kind);
        let served = places.values().find_map(|slot| slot.served.as_ref());
        served.map(|served| served.namespaced)
    }
}

impl Owners for World {
    fn owner(&self, uid: &str) -> Option<Arc<Owner>> {
        let watched = self.slots.iter().find_map(|slot| match &slot.known {
            Known::Owners(owners) => owners.get(uid),
            _ => None,
        });
        watched.or_else(|| self.recent.owners.get(uid)).cloned()
    }
}

impl ClusterView for World {
    fn namespace(&self, name: &str) -> Result<Arc<Document>, &str> {
        let places = self.of_kind("", "Namespace");
        let slot = places.into_values().next();
        let found = match slot.map(|slot| &slot.known) {
            Some(Known::Objects(objects)) => objects.get("", name).ok_or(NO_NAMESPACE),
            Some(Known::Not(reason)) => Err(&**reason),
            _ => Err(NO_NAMESPACE),
        };
        match (found, self.recent.namespaces.get(name)) {
            (Ok(found), _) | (Err(_), Some(found)) => Ok(found.clone()),
            (Err(reason), None) => Err(reason),
        }
    }
}
