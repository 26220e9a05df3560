//! What a watch makes of the objects it sees: documents of which parts are kept, or owners.

use std::sync::Arc;

use crate::cel::Reads;
use crate::manifest::{Document, NodeRef};

use super::objects::{Objects, place_of};
use super::owners::{OwnersOfKind, owner};
use super::prune::prune;
use super::world::Known;

/// What a watch makes of the objects it sees.
pub(super) trait Store {
    type Held: Default;

    fn put(&self, held: &mut Self::Held, object: NodeRef<'_>);
    fn remove(&self, held: &mut Self::Held, object: NodeRef<'_>);
    /// Whether putting the object would change nothing.
    fn holds(&self, held: &Self::Held, object: NodeRef<'_>) -> bool;
    fn count(held: &Self::Held) -> usize;
    fn known(held: Self::Held) -> Known;
    fn held(known: &Known) -> Option<&Self::Held>;
    fn held_mut(known: &mut Known) -> Option<&mut Self::Held>;
}

/// Keeps the parts of objects that are read.
pub(super) struct Kept<'w> {
    pub(super) reads: &'w Reads,
    pub(super) api_version: &'w str,
    pub(super) kind: &'w str,
}

impl Kept<'_> {
    fn prune(&self, object: NodeRef<'_>) -> Document {
        prune(object, self.api_version, self.kind, self.reads)
    }
}

impl Store for Kept<'_> {
    type Held = Objects;

    fn put(&self, held: &mut Objects, object: NodeRef<'_>) {
        held.put(Arc::new(self.prune(object)));
    }

    fn remove(&self, held: &mut Objects, object: NodeRef<'_>) {
        let (namespace, name) = place_of(object);
        held.remove(namespace, name);
    }

    fn holds(&self, held: &Objects, object: NodeRef<'_>) -> bool {
        held.holds(&self.prune(object))
    }

    fn count(held: &Objects) -> usize {
        held.len()
    }

    fn known(held: Objects) -> Known {
        Known::Objects(Arc::new(held))
    }

    fn held(known: &Known) -> Option<&Objects> {
        match known {
            Known::Objects(objects) => Some(objects),
            _ => None,
        }
    }

    fn held_mut(known: &mut Known) -> Option<&mut Objects> {
        match known {
            Known::Objects(objects) => Some(Arc::make_mut(objects)),
            _ => None,
        }
    }
}

/// Keeps whom objects belong to.
pub(super) struct Owning<'w> {
    pub(super) group: &'w str,
    pub(super) kind: &'w str,
}

impl Store for Owning<'_> {
    type Held = OwnersOfKind;

    fn put(&self, held: &mut OwnersOfKind, object: NodeRef<'_>) {
        if let Some(owner) = owner(object, self.group, self.kind) {
            held.put(Arc::new(owner));
        }
    }

    fn remove(&self, held: &mut OwnersOfKind, object: NodeRef<'_>) {
        if let Some(owner) = owner(object, self.group, self.kind) {
            held.remove(&owner.uid);
        }
    }

    fn holds(&self, held: &OwnersOfKind, object: NodeRef<'_>) -> bool {
        owner(object, self.group, self.kind)
            .is_some_and(|owner| held.get(&owner.uid).is_some_and(|known| **known == owner))
    }

    fn count(held: &OwnersOfKind) -> usize {
        held.len()
    }

    fn known(held: OwnersOfKind) -> Known {
        Known::Owners(Arc::new(held))
    }

    fn held(known: &Known) -> Option<&OwnersOfKind> {
        match known {
            Known::Owners(owners) => Some(owners),
            _ => None,
        }
    }

    fn held_mut(known: &mut Known) -> Option<&mut OwnersOfKind> {
        match known {
            Known::Owners(owners) => Some(Arc::make_mut(owners)),
            _ => None,
        }
    }
}
