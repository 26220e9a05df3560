//! The objects that may own others, by uid: of each only what the judge asks of an owner.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::judge::{Owner, OwnerReference};
use crate::manifest::{ListRef, NodeRef};

/// How many parts the owners of a kind are kept in. A change copies its part where a request still looks at the old one.
const PARTS: usize = 64;

/// The owners of one kind. Cheap to copy: copies share what has not changed since.
#[derive(Clone, Debug)]
pub(super) struct OwnersOfKind {
    parts: Vec<Arc<HashSet<ByUid>>>,
    count: usize,
}

impl Default for OwnersOfKind {
    fn default() -> Self {
        Self {
            parts: vec![Arc::default(); PARTS],
            count: 0,
        }
    }
}

impl OwnersOfKind {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Arc<Owner>> {
        let part = self.parts.get(part_of(uid))?;
        part.get(uid).map(|ByUid(owner)| owner)
    }

    pub(super) fn put(&mut self, owner: Arc<Owner>) {
        if let Some(part) = self.parts.get_mut(part_of(&owner.uid)) {
            let is_new = Arc::make_mut(part).replace(ByUid(owner)).is_none();
            self.count += usize::from(is_new);
        }
    }

    pub(super) fn remove(&mut self, uid: &str) {
        if let Some(part) = self.parts.get_mut(part_of(uid))
            && part.contains(uid)
        {
            let was_there = Arc::make_mut(part).remove(uid);
            self.count -= usize::from(was_there);
        }
    }
}

/// Uids are random, so any of their bytes spread.
fn part_of(uid: &str) -> usize {
    let sum = uid.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31) + usize::from(byte)
    });
    sum % PARTS
}

#[derive(Clone, Debug)]
struct ByUid(Arc<Owner>);

impl PartialEq for ByUid {
    fn eq(&self, other: &Self) -> bool {
        self.0.uid == other.0.uid
    }
}

impl Eq for ByUid {}

impl Hash for ByUid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (*self.0.uid).hash(state);
    }
}

impl Borrow<str> for ByUid {
    fn borrow(&self) -> &str {
        &self.0.uid
    }
}

/// An object as an owner; `None` where it has no uid.
pub(super) fn owner(object: NodeRef<'_>, group: &str, kind: &str) -> Option<Owner> {
    let metadata = object.get("metadata")?;
    let text = |node: NodeRef<'_>, key| node.get(key).and_then(NodeRef::as_str).map(Box::from);
    let references = metadata.get("ownerReferences").and_then(NodeRef::as_list);
    let is_controller = |reference: &NodeRef<'_>| {
        reference.get("controller").and_then(NodeRef::as_bool) == Some(true)
    };
    let controller = references
        .into_iter()
        .flat_map(ListRef::iter)
        .find(is_controller)
        .and_then(|reference| {
            Some(OwnerReference {
                api_version: text(reference, "apiVersion")?,
                kind: text(reference, "kind")?,
                name: text(reference, "name")?,
                uid: text(reference, "uid")?,
            })
        });
    Some(Owner {
        group: group.into(),
        kind: kind.into(),
        namespace: text(metadata, "namespace"),
        name: text(metadata, "name")?,
        uid: text(metadata, "uid")?,
        controller,
    })
}
