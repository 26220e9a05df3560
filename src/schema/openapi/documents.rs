//! The kinds of OpenAPI v3 documents that a user brings: what `kubectl get --raw /openapi/v3/apis/<group>/<version>`
//! gives.

use crate::manifest::{Document, MapRef, NodeRef, Problem};

use super::GroupVersionKind;
use super::bundle::{collect_resources, gvks};
use super::model::{Arena, DefinitionId, Kind, NodeId};
use super::read::{Reader, Source};
use super::release::Releases;
use super::schema::Schema;
use super::schemas::{Added, AddedKind, Schemas};

/// Whether a document is an OpenAPI v3 document.
pub fn is_openapi(root: NodeRef<'_>) -> bool {
    let version = root.get("openapi").and_then(NodeRef::as_str);
    version.is_some_and(|version| version.starts_with("3."))
        && root.at(&["components", "schemas"]).is_some()
}

impl Schemas {
    /// Adds the kinds of an OpenAPI v3 document. What is wrong with it is a warning at its place, and what it says
    /// there is not known.
    pub fn add_openapi(&mut self, document: &Document, problems: &mut Vec<Problem>) {
        let root = document.root();
        let mut added = Added::default();
        let resources = collect_resources(root);
        let keep = |name: &str| name.to_owned();
        let schemas = root
            .at(&["components", "schemas"])
            .and_then(NodeRef::as_map);
        let mut reader = Reader::new(&mut added.arena, Source::OpenApi, &keep, problems);
        let mut kinds = Vec::new();
        for entry in schemas.into_iter().flat_map(MapRef::iter) {
            let node = reader.schema(entry.value);
            let id = reader.define(entry.key, node);
            let found = gvks(entry.value);
            kinds.extend(found.into_iter().map(|gvk| (gvk, id)));
        }
        for (gvk, id) in kinds {
            let resource = resources.get(&gvk);
            // A document may come without its paths; then what has metadata is taken for a kind.
            let is_kind =
                resource.is_some() || resources.is_empty() && has_metadata(&added.arena, id);
            if !is_kind {
                continue;
            }
            let served = AddedKind {
                node: added.arena.add(Kind::Reference(id).into()),
                resource: resource.map_or_else(Box::default, |known| known.name.as_str().into()),
                namespaced: resource.is_none_or(|known| known.namespaced),
            };
            added.kinds.insert(gvk, served);
        }
        self.add(added);
    }
}

impl Schemas {
    /// Adds something that is no kind of a cluster, described by a JSON Schema: the parameters of a policy, say. What
    /// is not understood of it is not known.
    pub fn add_described(&mut self, name: &GroupVersionKind, schema: NodeRef<'_>) {
        let mut added = Added::default();
        let keep = |name: &str| name.to_owned();
        let mut ignored = Vec::new();
        let mut reader = Reader::new(&mut added.arena, Source::JsonSchema, &keep, &mut ignored);
        let described = AddedKind {
            node: reader.schema(schema),
            resource: Box::default(),
            namespaced: false,
        };
        added.kinds.insert(name.clone(), described);
        self.add(added);
    }
}

/// Whether a definition is an object with metadata, and no list of such objects.
fn has_metadata(arena: &Arena, id: DefinitionId) -> bool {
    let schema = arena
        .meaning(id, Releases::ALL)
        .map(|node| Schema::new(arena, node, Releases::ALL));
    schema
        .is_some_and(|schema| schema.field("metadata").is_some() && schema.field("items").is_none())
}

impl Reader<'_> {
    fn define(&mut self, name: &str, node: NodeId) -> DefinitionId {
        let arena = self.arena();
        let id = arena.define(name);
        arena.mean(id, Releases::ALL, node);
        id
    }
}
