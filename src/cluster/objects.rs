//! The objects of one watch, by namespace and name.
//!
//! A store is cheap to copy and then shares everything: who reads keeps a copy, and who writes changes only what lies on
//! the way to the changed object.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::{Document, NodeRef};

/// Objects of one kind, in order of namespaces and names. Those of cluster-scoped kinds have the namespace "".
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    namespaces: BTreeMap<Arc<str>, Arc<Vec<Arc<Document>>>>,
    count: usize,
}

impl Objects {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// The object of this name.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Arc<Document>> {
        let objects = self.namespaces.get(namespace)?;
        objects.get(position(objects, name).ok()?)
    }

    /// The objects of one namespace, or all.
    pub(super) fn within(&self, namespace: Option<&str>) -> impl Iterator<Item = &Arc<Document>> {
        let one = namespace.map(|namespace| self.namespaces.get(namespace));
        let all = one.is_none().then(|| self.namespaces.values());
        let shelves = one.into_iter().flatten().chain(all.into_iter().flatten());
        shelves.flat_map(|objects| objects.iter())
    }

    /// Whether this very object is there, in content.
    pub(super) fn holds(&self, object: &Document) -> bool {
        let (namespace, name) = place_of(object.root());
        let known = self.get(namespace, name);
        known.is_some_and(|known| known.root().same_value(object.root()))
    }

    /// Puts an object in place of the one with its name.
    pub(super) fn put(&mut self, object: Arc<Document>) {
        let (namespace, name) = place_of(object.root());
        let objects = match self.namespaces.get_mut(namespace) {
            Some(objects) => objects,
            None => self.namespaces.entry(namespace.into()).or_default(),
        };
        let at = position(objects, name);
        let objects = Arc::make_mut(objects);
        match at {
            Ok(at) => {
                if let Some(known) = objects.get_mut(at) {
                    *known = object;
                }
            }
            Err(at) => {
                objects.insert(at, object);
                self.count += 1;
            }
        }
    }

    /// Takes an object away.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) {
        let Some(objects) = self.namespaces.get_mut(namespace) else {
            return;
        };
        let Ok(at) = position(objects, name) else {
            return;
        };
        let objects = Arc::make_mut(objects);
        objects.remove(at);
        self.count -= 1;
        if objects.is_empty() {
            self.namespaces.remove(namespace);
        } else if objects.len() * 2 < objects.capacity() {
            objects.shrink_to_fit();
        }
    }
}

fn position(objects: &[Arc<Document>], name: &str) -> Result<usize, usize> {
    objects.binary_search_by(|object| place_of(object.root()).1.cmp(name))
}

/// Namespace and name of an object.
pub(super) fn place_of(object: NodeRef<'_>) -> (&str, &str) {
    let text = |key| object.at(&["metadata", key]).and_then(NodeRef::as_str);
    (
        text("namespace").unwrap_or_default(),
        text("name").unwrap_or_default(),
    )
}
