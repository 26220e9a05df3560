//! Where the values of Secrets stand, so that no source line shows them.

use crate::manifest::{Document, NodeRef};
use crate::source::Span;

use super::files::{File, Files};

/// `kubectl apply` writes the whole object, values included, into this annotation.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The spans of all values of Secrets, in order and not overlapping. A file that does not load and speaks of a Secret
/// is masked as a whole: where its values stand is not known.
pub(super) fn masked(files: &Files) -> Vec<Span> {
    let mut spans = Vec::new();
    for file in files.iter() {
        if file.is_broken() && file.text.contains("Secret") {
            spans.push(Span::new(file.source, 0, file.text.len() as u32));
            continue;
        }
        for document in &file.documents {
            collect(file, document, &mut spans);
        }
    }
    spans.sort();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.source == span.source && span.start <= last.end => {
                last.end = last.end.max(span.end);
            }
            _ => joined.push(span),
        }
    }
    joined
}

fn collect(file: &File, document: &Document, spans: &mut Vec<Span>) {
    let root = document.root();
    if root.get("kind").and_then(NodeRef::as_str) != Some("Secret") {
        return;
    }
    let entries = ["data", "stringData"]
        .into_iter()
        .filter_map(|key| root.get(key).and_then(NodeRef::as_map))
        .flat_map(|map| map.iter().map(|entry| entry.value));
    let note = root.at(&["metadata", "annotations", LAST_APPLIED]);
    for value in entries.chain(note) {
        if let Some(span) = value.origin().filter(|span| span.source == file.source) {
            spans.push(span);
        }
    }
}
