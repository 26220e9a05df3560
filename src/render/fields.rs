//! Values that a kustomization sets by its own fields: `images`, `replicas`, `namespace`, labels and annotations.

use crate::gitops::Kustomization;
use crate::manifest::NodeRef;
use crate::source::{FieldPath, Segment, Span};

use super::patches::follow;
use super::trace::ObjectName;

/// The part of an image reference that something is said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePart {
    /// Registry and repository.
    Name,
    /// Tag and digest.
    Version,
}

/// The place in a kustomization that gave the value at `path` of the built object its value.
pub(super) fn set_by(
    kustomization: &Kustomization,
    object: &ObjectName<'_>,
    built: NodeRef<'_>,
    path: &FieldPath,
    steps: usize,
    part: Option<ImagePart>,
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
        ("image", _) => image(kustomization, value.as_str()?, part),
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

/// The part of an `images` entry that shows in a built image: its digest, its tag, or its new name. Where one part of
/// the image is meant, only what sets that one: a new name leaves the tag as it was.
fn image(kustomization: &Kustomization, built: &str, part: Option<ImagePart>) -> Option<Span> {
    let entries: Vec<NodeRef<'_>> = kustomization.list("images").collect();
    entries.into_iter().rev().find_map(|entry| {
        let text = |key| entry.get(key).and_then(NodeRef::as_str);
        let name = text("newName").or_else(|| text("name"))?;
        let rest = built.strip_prefix(name)?;
        if !rest.is_empty() && !rest.starts_with([':', '@']) {
            return None;
        }
        let renames = || entry.get("newName");
        match part {
            Some(ImagePart::Name) => renames(),
            Some(ImagePart::Version) => version(entry, rest),
            None => version(entry, rest).or_else(renames),
        }?
        .origin()
    })
}

/// What an `images` entry sets of what follows the name of an image.
fn version<'a>(entry: NodeRef<'a>, rest: &str) -> Option<NodeRef<'a>> {
    let (tag, digest) = rest.split_once('@').unwrap_or((rest, ""));
    let is_digest = |node: &NodeRef<'_>| !digest.is_empty() && node.as_str() == Some(digest);
    let tag = tag.strip_prefix(':');
    let is_tag = |node: &NodeRef<'_>| tag.is_some_and(|tag| scalar_is(*node, tag));
    let set = entry.get("digest").filter(is_digest);
    set.or_else(|| entry.get("newTag").filter(is_tag))
}

/// Whether a scalar reads as this text; tags such as `1.0` are often written without quotes.
fn scalar_is(node: NodeRef<'_>, text: &str) -> bool {
    match node.as_str() {
        Some(written) => written == text,
        None => node.as_map().is_none() && node.as_list().is_none() && !node.is_null(),
    }
}
