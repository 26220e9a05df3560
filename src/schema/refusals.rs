//! What the API server refuses before any policy sees it: objects that do not have the structure of their kind.
//!
//! This module owns that comparison, by what `openapi` knows of the kind. It finds what cannot be read into the kind's Go
//! type (or breaks the types of a CustomResourceDefinition), pod templates without a pod, kinds that nobody serves, and
//! fields that nobody reads. It must not know policies: whether values make sense is theirs to say.
//!
//! Upstream: `k8s.io/apimachinery/pkg/runtime/serializer/json` and `sigs.k8s.io/json`, which read null as nothing and
//! refuse any other change of type; `ValidatePodSpec` of `pkg/apis/core/validation` for what a pod needs.

mod kind;
mod value;

use crate::cel::Release;
use crate::manifest::suggest::closest;
use crate::manifest::{ListRef, MapRef, NodeRef};
use crate::source::FieldPath;

use super::kinds;
use super::openapi::{GroupVersionKind, Schema, Schemas, Shape};

/// What happens to an object with the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The API server refuses it, whoever sends it.
    Refused,
    /// Whoever asks for strict validation is refused, as kubectl and Flux do; else the field is dropped.
    Dropped,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What happens.
    pub outcome: Outcome,
    /// Where, from the root of the object; the missing part included.
    pub path: FieldPath,
    /// How many steps of the path exist.
    pub existing: usize,
    /// What is wrong: lower-case start, no final stop. Holds no value of the object.
    pub message: String,
    /// What to do, where that is known.
    pub help: Option<String>,
}

/// What is known around an object.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The kinds of the cluster.
    pub schemas: &'a Schemas,
    /// The release that the cluster runs, where that is known.
    pub release: Option<Release>,
    /// Whether the object is all there: what is completed elsewhere may miss what a pod needs.
    pub is_whole: bool,
}

impl Circumstances<'_> {
    /// Whether the kinds of the cluster's release are known; of any release, where nobody says which it runs.
    fn knows_release(&self) -> bool {
        self.release
            .is_none_or(|release| Schemas::known_releases().contains(&release))
    }
}

/// What is wrong with an object, in the order in which it is written.
pub fn refusals(object: NodeRef<'_>, about: Circumstances<'_>) -> Vec<Refusal> {
    let text = |key: &str| {
        object
            .get(key)
            .and_then(NodeRef::as_str)
            .unwrap_or_default()
    };
    let gvk = GroupVersionKind::of(text("apiVersion"), text("kind"));
    let Some(schema) = about.schemas.kind(&gvk) else {
        let is_meant = object.get("metadata").is_some() && about.knows_release();
        return is_meant
            .then(|| kind::unserved(&gvk, about.release))
            .flatten()
            .into_iter()
            .collect();
    };
    let mut found = compare(object, schema, about);
    if about.is_whole
        && let Some(refusal) = no_pod(object, &gvk)
        && !found.iter().any(|known| known.path == refusal.path)
    {
        found.push(refusal);
    }
    found
}

/// No object is told of more.
const MOST: usize = 20;

/// Compares a value with its structure. Nesting costs no stack.
fn compare(object: NodeRef<'_>, schema: Schema<'_>, about: Circumstances<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut pending = vec![(object, schema)];
    while let Some((node, schema)) = pending.pop() {
        if found.len() >= MOST {
            break;
        }
        if let Some(wrong) = value::wrong(node, schema) {
            found.push(wrong.at(node.path(), 0));
            continue;
        }
        match schema.shape() {
            Shape::List(Some(item)) => {
                let items = node.as_list().into_iter().flat_map(ListRef::iter);
                each(items.map(|value| (value, item)), &mut pending, &mut found);
            }
            Shape::Map(item) => {
                let entries = node.as_map().into_iter().flat_map(MapRef::iter);
                let values = entries.map(|entry| (entry.value, item));
                each(values, &mut pending, &mut found);
            }
            Shape::Object => {
                let first = pending.len();
                for entry in node.as_map().into_iter().flat_map(MapRef::iter) {
                    match schema.field(entry.key) {
                        Some(field) => pending.push((entry.value, field.schema)),
                        None if schema.is_open() || node.is(object) && is_header(entry.key) => {}
                        None => {
                            let unknown = unknown(entry.key, entry.value, schema, about);
                            found.extend(unknown);
                        }
                    }
                }
                if let Some(fields) = pending.get_mut(first..) {
                    fields.reverse();
                }
            }
            _ => {}
        }
    }
    found
}

/// Looks at the elements of a list or the values of a map: the first that is wrong speaks for all.
fn each<'d, 's>(
    values: impl Iterator<Item = (NodeRef<'d>, Schema<'s>)>,
    pending: &mut Vec<(NodeRef<'d>, Schema<'s>)>,
    found: &mut Vec<Refusal>,
) {
    let at = pending.len();
    let mut first: Option<(NodeRef<'d>, value::Wrong)> = None;
    let mut more = 0;
    for (value, schema) in values {
        match value::wrong(value, schema) {
            None => pending.push((value, schema)),
            Some(wrong) if first.is_none() => first = Some((value, wrong)),
            Some(_) => more += 1,
        }
    }
    if let Some(values) = pending.get_mut(at..) {
        values.reverse();
    }
    if let Some((node, wrong)) = first {
        found.push(wrong.at(node.path(), more));
    }
}

/// What every object has, also where its schema does not say so.
fn is_header(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | "metadata")
}

/// A field that its kind does not have; `None` where a release that may be meant has it.
fn unknown(
    key: &str,
    value: NodeRef<'_>,
    schema: Schema<'_>,
    about: Circumstances<'_>,
) -> Option<Refusal> {
    if !about.knows_release() {
        return None;
    }
    let elsewhere = schema.releases_with(key);
    if about.release.is_none() && !elsewhere.is_empty() {
        return None;
    }
    let path = value.path();
    let near = || closest(key, schema.fields().map(|field| field.name));
    let help = match (about.release, elsewhere.first(), elsewhere.last()) {
        (Some(release), Some(first), Some(last)) => Some(format!(
            "Kubernetes {release} does not have it, {} does",
            kind::range(*first, *last)
        )),
        _ => near().map(|near| format!("did you mean `{near}`?")),
    };
    Some(Refusal {
        outcome: Outcome::Dropped,
        message: format!(
            "there is no field `{path}`: kubectl and Flux refuse the object, and without strict validation the field is dropped"
        ),
        existing: path.segments().len(),
        path,
        help,
    })
}

/// Why there is no pod in what must hold one.
fn no_pod(object: NodeRef<'_>, gvk: &GroupVersionKind) -> Option<Refusal> {
    let route = kinds::built_in(&gvk.group, &gvk.kind)?.pod_template?;
    let mut node = object;
    let mut path = FieldPath::root();
    for key in route.iter().chain(&["spec", "containers"]) {
        let map = node.as_map().filter(|map| map.open().is_none())?;
        path.push_key(key);
        let Some(value) = map.get(key).filter(|value| !value.is_null()) else {
            return Some(needed("is not set, and a pod needs it", path));
        };
        node = value;
    }
    let containers = node.as_list()?;
    containers
        .is_empty()
        .then(|| needed("is empty, and a pod needs a container", path))
}

fn needed(what: &str, path: FieldPath) -> Refusal {
    Refusal {
        outcome: Outcome::Refused,
        message: format!("the API server refuses this: `{path}` {what}"),
        existing: path.segments().len(),
        path,
        help: None,
    }
}

#[cfg(test)]
mod tests;
