//! From a field path to the text that people look at: the value itself, or the key that holds a map or a list.

use crate::manifest::{ListRef, NodeRef, View};
use crate::source::{FieldPath, Segment, Span};

/// How far a path leads in a document, and what stands there.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The last node on the way that was written (not defaulted, not made).
    pub node: NodeRef<'a>,
    /// Where its key was written; `None` for elements of lists and for the root.
    pub key: Option<Span>,
    /// How many steps of the path led to it.
    pub steps: usize,
}

impl<'a> Found<'a> {
    /// The root of a document.
    pub const fn root(node: NodeRef<'a>) -> Self {
        Self {
            node,
            key: None,
            steps: 0,
        }
    }

    /// What to show: a scalar itself, the key of a map or list, the name of an element or object.
    pub fn span(&self) -> Option<Span> {
        match self.node.view() {
            View::Map(map) => self.key.or_else(|| {
                let name = match self.steps {
                    0 => self
                        .node
                        .at(&["metadata", "name"])
                        .or_else(|| map.get("kind")),
                    _ => None,
                };
                let named = || {
                    let entry = map.entry("name").or_else(|| map.entry_at(0))?;
                    let (key, value) = (entry.key_origin?, entry.value.origin()?);
                    let is_scalar =
                        entry.value.as_map().is_none() && entry.value.as_list().is_none();
                    Some(
                        if is_scalar && key.source == value.source && key.start < value.end {
                            Span::new(key.source, key.start, value.end)
                        } else {
                            key
                        },
                    )
                };
                name.and_then(NodeRef::origin)
                    .or_else(named)
                    .or_else(|| self.node.origin())
            }),
            View::List(_) => self.key.or_else(|| self.node.origin()),
            _ => self.node.origin().or(self.key),
        }
    }
}

/// Follows a path as far as it leads over nodes that were written.
pub fn find<'a>(root: NodeRef<'a>, path: &FieldPath) -> Found<'a> {
    let mut node = root;
    let mut found = Found::root(root);
    for (at, segment) in path.segments().iter().enumerate() {
        let next = match segment {
            Segment::Key(key) => node
                .as_map()
                .and_then(|map| map.entry(key))
                .map(|entry| (entry.value, entry.key_origin)),
            Segment::Index(index) => node.item(*index).map(|item| (item, None)),
        };
        let Some((next, key)) = next else { break };
        node = next;
        if node.origin().is_some() {
            found = Found {
                node,
                key,
                steps: at + 1,
            };
        }
    }
    found
}

/// Follows a path of the document `model` in another document that says the same, or a part of it: elements of lists
/// are found by what identifies them, not by their position.
pub(super) fn find_alike<'a>(
    root: NodeRef<'a>,
    model: NodeRef<'_>,
    path: &FieldPath,
    steps: usize,
) -> Found<'a> {
    let mut found = Found::root(root);
    let mut like = model;
    for (at, segment) in path.segments().iter().take(steps).enumerate() {
        let next = match segment {
            Segment::Key(key) => {
                let Some(deeper) = like.get(key) else { break };
                like = deeper;
                found
                    .node
                    .as_map()
                    .and_then(|map| map.entry(key))
                    .map(|entry| (entry.value, entry.key_origin))
            }
            Segment::Index(index) => {
                let length = like.as_list().map_or(0, ListRef::len);
                let Some(element) = like.item(*index) else {
                    break;
                };
                like = element;
                alike(found.node, element, *index, length).map(|item| (item, None))
            }
        };
        let Some((node, key)) = next else { break };
        found = Found {
            node,
            key,
            steps: at + 1,
        };
    }
    found
}

/// The keys that identify an element of a list, as Kubernetes' strategic merge knows them.
const MERGE_KEYS: [&str; 8] = [
    "name",
    "mountPath",
    "devicePath",
    "containerPort",
    "port",
    "key",
    "topologyKey",
    "ip",
];

fn alike<'a>(
    list: NodeRef<'a>,
    element: NodeRef<'_>,
    index: usize,
    length: usize,
) -> Option<NodeRef<'a>> {
    let list = list.as_list()?;
    if let Some(map) = element.as_map() {
        for key in MERGE_KEYS {
            if let Some(value) = map.get(key) {
                return list
                    .iter()
                    .find(|item| item.get(key).is_some_and(|other| other.same_value(value)));
            }
        }
    }
    list.iter()
        .find(|item| item.same_value(element))
        .or_else(|| list.get(index).filter(|_| list.len() == length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Document, Limits, read_one};
    use crate::source::SourceId;

    const TEXT: &str = "kind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: a\n    \
                        resources:\n      limits: {cpu: 1}\n  - image: x\n    name: b\n";

    fn document(text: &str) -> Document {
        let reading = read_one(SourceId(0), text, Dialect::Kustomize, &Limits::default());
        reading.documents.into_iter().next().unwrap()
    }

    #[test]
    fn people_are_shown_the_value_the_key_or_the_name() {
        let document = document(TEXT);
        for (path, expected) in [
            ("", "web"),
            ("spec", "spec"),
            ("spec.containers[1].image", "x"),
            ("spec.containers[0]", "name: a"),
            ("spec.containers[0].resources.limits.memory", "limits"),
            ("spec.containers[0].resources.limits.cpu", "1"),
            ("spec.containers[7].image", "containers"),
        ] {
            let path = FieldPath::parse(path).unwrap();
            let span = find(document.root(), &path).span().unwrap();
            let text = &TEXT[span.start as usize..span.end as usize];
            assert_eq!(text, expected, "{path}");
        }
    }

    #[test]
    fn elements_are_found_by_name_also_where_the_order_differs() {
        let built = document("spec: {containers: [{name: sidecar}, {name: b, image: x}]}");
        let source = document(TEXT);
        let path = FieldPath::parse("spec.containers[1].image").unwrap();
        let found = find_alike(source.root(), built.root(), &path, 4);
        assert_eq!((found.steps, found.node.as_str()), (4, Some("x")));
        let path = FieldPath::parse("spec.containers[0].image").unwrap();
        assert_eq!(find_alike(source.root(), built.root(), &path, 4).steps, 2);
    }
}
