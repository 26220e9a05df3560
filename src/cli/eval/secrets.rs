//! What Secrets hold, so that no output shows it: neither values, nor what is computed of them, nor source lines.

use std::collections::BTreeSet;

use crate::cel::Sensitive;
use crate::manifest::secrets::{self, LAST_APPLIED, SHOWN, is_secret, joined};
use crate::manifest::{Document, MapRef, NodeId, NodeRef, View};
use crate::source::Span;

/// The values of the Secrets of some documents.
#[derive(Debug, Default)]
pub(super) struct SecretValues {
    /// The values, all below them, and all that they lie in: by address of the document, then node.
    nodes: BTreeSet<(usize, NodeId)>,
    spans: Vec<Span>,
}

impl SecretValues {
    /// The values of all Secrets in these documents, wherever in them.
    pub(super) fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut values = Self::default();
        for document in documents {
            values.search(document.root());
        }
        values.spans = joined(std::mem::take(&mut values.spans));
        values
    }

    /// The same, with more places that are not shown: a text holds more than the documents that were read from it.
    pub(super) fn with_spans(mut self, more: &[Span]) -> Self {
        self.spans.extend_from_slice(more);
        self.spans = joined(self.spans);
        self
    }

    /// Where the values stand, in order and not overlapping.
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    fn search(&mut self, root: NodeRef<'_>) {
        // Every collection with the place of the one around it.
        let mut seen = vec![(root, None)];
        let mut at = 0;
        while let Some(&(node, _)) = seen.get(at) {
            for (way, value) in values(node) {
                self.nodes.extend(way.into_iter().map(key));
                self.all(value);
                self.spans.extend(value.origin());
                let mut next = Some(at);
                while let Some(&(outer, around)) = next.and_then(|next| seen.get(next)) {
                    // What lies around a node that is known is known.
                    let is_new = self.nodes.insert(key(outer));
                    next = around.filter(|_| is_new);
                }
            }
            let mut add = |child: NodeRef<'_>| {
                matches!(child.view(), View::List(_) | View::Map(_)).then_some(child.id())
            };
            let children: Vec<NodeId> = match node.view() {
                View::List(list) => list.iter().filter_map(&mut add).collect(),
                View::Map(map) => map.iter().filter_map(|entry| add(entry.value)).collect(),
                _ => Vec::new(),
            };
            let document = node.document();
            let children = children.into_iter();
            seen.extend(children.map(|id| (document.node(id), Some(at))));
            at += 1;
        }
    }

    /// Marks a node and all below it.
    fn all(&mut self, node: NodeRef<'_>) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            self.nodes.insert(key(node));
            match node.view() {
                View::List(list) => pending.extend(list.iter()),
                View::Map(map) => pending.extend(map.iter().map(|entry| entry.value)),
                _ => {}
            }
        }
    }
}

impl Sensitive for SecretValues {
    fn any(&self) -> bool {
        !self.nodes.is_empty()
    }

    fn holds(&self, node: NodeRef<'_>) -> bool {
        self.nodes.contains(&key(node))
    }
}

fn key(node: NodeRef<'_>) -> (usize, NodeId) {
    (std::ptr::from_ref(node.document()) as usize, node.id())
}

/// The values that a map holds if it is a Secret, each with the maps between.
fn values(node: NodeRef<'_>) -> Vec<(Vec<NodeRef<'_>>, NodeRef<'_>)> {
    if !is_secret(node) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let entries = node.as_map().into_iter().flat_map(MapRef::iter);
    for entry in entries.filter(|entry| !SHOWN.contains(&entry.key)) {
        let way = || entry.value.as_map().map(|_| entry.value);
        let held = secrets::values(entry.value).into_iter();
        found.extend(held.map(|value| (way().into_iter().collect(), value)));
    }
    let metadata = node.get("metadata");
    let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
    let applied = annotations.and_then(|annotations| annotations.get(LAST_APPLIED));
    if let (Some(metadata), Some(annotations), Some(applied)) = (metadata, annotations, applied) {
        found.push((vec![metadata, annotations], applied));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    #[test]
    fn values_of_secrets_are_found_wherever_a_secret_is() {
        let text = "\
items:
- kind: Secret
  data: {a: QQ==}
  stringData: [odd]
  metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: x, b: c}}
- kind: ConfigMap
  data: {a: plain}
- {kind: secret, data: {b: Qg==}, datta: {c: d}}
";
        let reading = read_one(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        let document = reading.documents.first().unwrap();
        let values = SecretValues::of([document]);
        let texts: Vec<&str> = values
            .spans()
            .iter()
            .filter_map(|span| text.get(span.start as usize..span.end as usize))
            .collect();
        assert_eq!(texts, ["QQ==", "[odd]", "x", "Qg==", "d"]);
        let item = |at: usize| document.root().get("items").unwrap().item(at).unwrap();
        for (keys, expected) in [
            (&["data", "a"][..], true),
            (&["data"], true),
            (&["stringData"], true),
            (&["kind"], false),
            (&["metadata"], true),
            (&["metadata", "name"], false),
            (&["metadata", "annotations", "b"], false),
            (&["metadata", "annotations", LAST_APPLIED], true),
            (&[], true),
        ] {
            assert_eq!(
                values.holds(item(0).at(keys).unwrap()),
                expected,
                "{keys:?}"
            );
        }
        for keys in [&["data", "b"][..], &["data"], &["datta", "c"]] {
            assert!(values.holds(item(2).at(keys).unwrap()), "{keys:?}");
        }
        assert!(values.holds(document.root()));
        assert!(!values.holds(item(1).at(&["data", "a"]).unwrap()));
        assert!(!values.holds(item(1)));
        assert!(values.any() && !SecretValues::of([]).any());
    }
}
