//! The schemas of a cluster: Kubernetes' own kinds in one release, and the custom kinds that were added.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cel::Release;

use super::bundle::Bundle;
use super::gvk::GroupVersionKind;
use super::model::{Arena, DefinitionId, NodeId};
use super::release::Releases;
use super::schema::Schema;

/// The schemas of the kinds of a cluster.
///
/// Kubernetes' own are read once for the whole process; what is added belongs to this value and comes before them.
#[derive(Clone, Debug)]
pub struct Schemas {
    release: Release,
    /// Its position in the bundle.
    index: usize,
    added: Vec<Arc<Added>>,
}

/// Kinds from one document.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) arena: Arena,
    pub(super) kinds: BTreeMap<GroupVersionKind, AddedKind>,
}

/// A kind from a document.
#[derive(Debug)]
pub(super) struct AddedKind {
    pub(super) node: NodeId,
    /// The plural name; empty where the document does not say it.
    pub(super) resource: Box<str>,
    pub(super) namespaced: bool,
}

/// Where a schema is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// Among the added ones; `None` for the built-in.
    added: Option<usize>,
    node: NodeId,
    pub(super) definition: Option<DefinitionId>,
}

/// A kind, with what serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served<'s> {
    /// The kind.
    pub kind: &'s GroupVersionKind,
    /// The plural name in URLs and rules; with a subresource where only that takes the kind, empty where unknown.
    pub resource: &'s str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

impl Schemas {
    /// Kubernetes' own kinds in a release; in the nearest known one for a release that is not known.
    pub fn built_in(release: Release) -> Self {
        Self {
            release,
            index: Bundle::shipped().nearest(release),
            added: Vec::new(),
        }
    }

    /// The releases whose kinds are known, oldest first.
    pub fn known_releases() -> Vec<Release> {
        Bundle::shipped().names(Releases::ALL)
    }

    /// The version that the built-in kinds are from, such as `1.36.3`.
    pub fn version(&self) -> &'static str {
        let version = Bundle::shipped().releases.get(self.index);
        version.map_or("", |version| &version.text)
    }

    /// The release that was asked for.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Adds kinds; of two with one name those that come later count.
    pub(super) fn add(&mut self, added: Added) {
        if !added.kinds.is_empty() {
            self.added.push(Arc::new(added));
        }
    }

    /// Where a schema of these is kept.
    pub(super) fn locate(&self, schema: Schema<'_>) -> Location {
        let (arena, node, definition) = schema.key();
        let added = self
            .added
            .iter()
            .position(|added| std::ptr::eq(&raw const added.arena, arena));
        Location {
            added,
            node,
            definition,
        }
    }

    /// The schema that is kept there.
    pub(super) fn at(&self, location: Location) -> Schema<'_> {
        let arena = location
            .added
            .and_then(|index| self.added.get(index))
            .map_or(&Bundle::shipped().arena, |added| &added.arena);
        let at = Releases::only(self.index);
        Schema::found(arena, location.node, location.definition, at)
    }

    /// The schema of a kind.
    pub fn kind(&self, kind: &GroupVersionKind) -> Option<Schema<'_>> {
        let at = Releases::only(self.index);
        let added = self.added.iter().rev().find_map(|added| {
            let node = added.kinds.get(kind)?.node;
            Some(Schema::new(&added.arena, node, at))
        });
        added.or_else(|| {
            let shipped = Bundle::shipped();
            let facts = shipped.kinds.get(kind)?;
            let definition = facts
                .iter()
                .find(|facts| facts.releases.meets(at))?
                .definition;
            Schema::defined(&shipped.arena, definition, at)
        })
    }

    /// A built-in definition that is no kind of its own, such as `core.v1.PodTemplateSpec`.
    pub fn definition(&self, name: &str) -> Option<Schema<'static>> {
        let at = Releases::only(self.index);
        let arena = &Bundle::shipped().arena;
        Schema::defined(arena, arena.definition(name)?, at)
    }

    /// The releases that serve a built-in kind, oldest first.
    pub fn releases_with(kind: &GroupVersionKind) -> Vec<Release> {
        let shipped = Bundle::shipped();
        let facts = shipped.kinds.get(kind).map_or(&[][..], |facts| facts);
        let releases = facts
            .iter()
            .fold(Releases(0), |all, facts| all.and(facts.releases));
        shipped.names(releases)
    }

    /// All kinds, by group, version and name.
    pub fn kinds(&self) -> Vec<Served<'_>> {
        let at = Releases::only(self.index);
        let mut all: BTreeMap<&GroupVersionKind, Served<'_>> = BTreeMap::new();
        for (kind, facts) in &Bundle::shipped().kinds {
            if let Some(facts) = facts.iter().find(|facts| facts.releases.meets(at)) {
                let served = Served {
                    kind,
                    resource: &facts.resource,
                    namespaced: facts.namespaced,
                };
                all.insert(kind, served);
            }
        }
        for (kind, added) in self.added.iter().flat_map(|added| &added.kinds) {
            let served = Served {
                kind,
                resource: &added.resource,
                namespaced: added.namespaced,
            };
            all.insert(kind, served);
        }
        all.into_values().collect()
    }

    /// What serves a kind.
    pub fn served(&self, kind: &GroupVersionKind) -> Option<Served<'_>> {
        let all = self.kinds();
        all.into_iter().find(|served| served.kind == kind)
    }
}
