//! The kinds of a bundle: which definition each is, and which resource serves it.

use std::collections::BTreeMap;

use crate::manifest::{ListRef, MapRef, NodeRef};

use super::super::gvk::GroupVersionKind;
use super::super::model::DefinitionId;
use super::super::release::Releases;

/// What is known of a kind in some releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct KindFacts {
    pub(in super::super) releases: Releases,
    pub(in super::super) definition: DefinitionId,
    /// The plural name in URLs and rules, with a subresource (`pods/eviction`) where only that takes the kind.
    pub(in super::super) resource: Box<str>,
    pub(in super::super) namespaced: bool,
}

/// Kinds by group, version and name.
pub(in super::super) type Kinds = BTreeMap<GroupVersionKind, Vec<KindFacts>>;

/// What serves a kind.
pub(in super::super) struct Resource {
    pub(in super::super) name: String,
    pub(in super::super) namespaced: bool,
}

/// The kinds that can be created or replaced, by the paths that take them.
pub(in super::super) fn collect_resources(
    root: NodeRef<'_>,
) -> BTreeMap<GroupVersionKind, Resource> {
    let mut resources: BTreeMap<GroupVersionKind, Resource> = BTreeMap::new();
    let paths = root.get("paths").and_then(NodeRef::as_map);
    for path in paths.into_iter().flat_map(MapRef::iter) {
        for verb in ["post", "put"] {
            let Some(gvk) = path
                .value
                .at(&[verb, "x-kubernetes-group-version-kind"])
                .and_then(gvk)
            else {
                continue;
            };
            let namespaced = path.key.contains("/namespaces/{namespace}/");
            // What follows the group and version, without the namespace.
            let rest = path
                .key
                .trim_start_matches('/')
                .split('/')
                .skip(if path.key.starts_with("/api/") { 2 } else { 3 });
            let names: Vec<&str> = rest
                .skip(if namespaced { 2 } else { 0 })
                .filter(|segment| !segment.starts_with('{'))
                .collect();
            let name = names.join("/");
            let better = |known: &Resource| {
                (name.matches('/').count(), &name) < (known.name.matches('/').count(), &known.name)
            };
            if resources.get(&gvk).is_none_or(better) {
                resources.insert(gvk, Resource { name, namespaced });
            }
        }
    }
    resources
}

/// The kinds that a definition says it is.
pub(in super::super) fn gvks(schema: NodeRef<'_>) -> Vec<GroupVersionKind> {
    let list = schema
        .get("x-kubernetes-group-version-kind")
        .and_then(NodeRef::as_list);
    list.into_iter()
        .flat_map(ListRef::iter)
        .filter_map(gvk)
        .collect()
}

fn gvk(node: NodeRef<'_>) -> Option<GroupVersionKind> {
    let text = |key: &str| node.get(key).and_then(NodeRef::as_str);
    Some(GroupVersionKind::new(
        text("group")?,
        text("version")?,
        text("kind")?,
    ))
}
