//! Values that a kustomization sets by its own fields: `images`, `replicas`, `namespace`, labels and annotations.

use crate::gitops::Kustomization;
use crate::manifest::NodeRef;
use crate::source::{FieldPath, Segment, Span};

use super::patches::follow;
use super::trace::ObjectName;

/// The place in a kustomization that gave the value at `path` of the built object its value.
pub(super) fn set_by(
    kustomization: &Kustomization,
    object: &ObjectName<'_>,
    built: NodeRef<'_>,
    path: &FieldPath,
    steps: usize,
) -> Option<Span> {
    let value = follow(built, path, steps)?;
    let keys: Vec<&str> = path
        .segments()
        .iter()
        .take(steps)
        .filter_map(|segment| match segment {
            Segment::Key(key) => Some(&**key),
            Segment::Index(_) => None,
        })
        .collect();
    let Some(Segment::Key(last)) = path.segments().get(steps.checked_sub(1)?) else {
        return None;
    };
    match (&**last, keys.as_slice()) {
        ("image", _) => image(kustomization, value.as_str()?),
        ("replicas", ["spec", "replicas"]) => kustomization
            .list("replicas")
            .find(|entry| {
                let name = entry.get("name").and_then(NodeRef::as_str);
                name.is_some_and(|name| object.names.contains(&name))
            })?
            .get("count")
            .filter(|count| count.same_value(value))?
            .origin(),
        ("namespace", ["metadata", "namespace"]) => {
            same(kustomization.root().get("namespace")?, value)
        }
        ("name", ["metadata", "name"]) => ["namePrefix", "nameSuffix"]
            .iter()
            .find_map(|key| kustomization.root().get(key)?.origin()),
        (key, [.., "labels" | "matchLabels" | "selector", _]) => {
            let pairs = kustomization
                .list("labels")
                .filter_map(|entry| entry.get("pairs"));
            pairs
                .chain(kustomization.root().get("commonLabels"))
                .find_map(|pairs| same(pairs.get(key)?, value))
        }
        (key, [.., "annotations", _]) => same(
            kustomization.root().get("commonAnnotations")?.get(key)?,
            value,
        ),
        _ => None,
    }
}

fn same(written: NodeRef<'_>, built: NodeRef<'_>) -> Option<Span> {
    written.same_value(built).then(|| written.origin())?
}

/// The part of an `images` entry that shows in a built image: its digest, its tag, or its new name.
fn image(kustomization: &Kustomization, built: &str) -> Option<Span> {
    let entries: Vec<NodeRef<'_>> = kustomization.list("images").collect();
    entries.into_iter().rev().find_map(|entry| {
        let text = |key| entry.get(key).and_then(NodeRef::as_str);
        let name = text("newName").or_else(|| text("name"))?;
        let rest = built.strip_prefix(name)?;
        let key = match (rest.chars().next(), text("digest")) {
            (Some('@'), Some(digest)) if rest.get(1..) == Some(digest) => "digest",
            (Some(':'), _) => {
                let tag = rest.get(1..)?.split('@').next()?;
                let written = entry.get("newTag");
                match written {
                    Some(written) if scalar_is(written, tag) => "newTag",
                    None => "newName",
                    Some(_) => return None,
                }
            }
            (None, _) => "newName",
            _ => return None,
        };
        entry.get(key)?.origin()
    })
}

/// Whether a scalar reads as this text; tags such as `1.0` are often written without quotes.
fn scalar_is(node: NodeRef<'_>, text: &str) -> bool {
    match node.as_str() {
        Some(written) => written == text,
        None => node.as_map().is_none() && node.as_list().is_none() && !node.is_null(),
    }
}
