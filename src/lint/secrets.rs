//! Where the values of Secrets stand, so that no source line shows them.

use crate::manifest::{Document, ListRef, NodeRef};
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
    let mut hide = |value: NodeRef<'_>| {
        spans.extend(value.origin().filter(|span| span.source == file.source));
    };
    if root.get("kind").and_then(NodeRef::as_str) == Some("Secret") {
        ["data", "stringData"]
            .into_iter()
            .filter_map(|key| root.get(key).and_then(NodeRef::as_map))
            .flat_map(|map| map.iter().map(|entry| entry.value))
            .chain(root.at(&["metadata", "annotations", LAST_APPLIED]))
            .for_each(&mut hide);
    }
    // A kustomization may generate Secrets from values that it holds, and patch them inline.
    let elements = |key: &str| {
        let list = root.get(key).and_then(NodeRef::as_list);
        list.into_iter().flat_map(ListRef::iter)
    };
    elements("secretGenerator")
        .filter_map(|generator| generator.get("literals"))
        .for_each(&mut hide);
    let patches = elements("patches").chain(elements("patchesJson6902"));
    patches
        .filter_map(|patch| patch.get("patch"))
        .chain(elements("patchesStrategicMerge"))
        .filter(|patch| patch.as_str().is_some_and(|text| text.contains("Secret")))
        .for_each(&mut hide);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn values_of_secrets_are_masked_wherever_they_are_written() {
        for (text, expected) in [
            (
                "kind: Secret\ndata: {a: QQ==, b: Qg==}\n",
                &["QQ==", "Qg=="][..],
            ),
            (
                "kind: Secret\nstringData:\n  a: |\n    x\n    y\n",
                &["|\n    x\n    y"],
            ),
            ("kind: ConfigMap\ndata: {a: b}\n", &[]),
            (
                "secretGenerator: [{name: s, literals: [a=b]}]\n",
                &["[a=b]"],
            ),
            (
                "patches: [{patch: 'kind: Secret'}, {patch: 'kind: Pod'}]\n",
                &["'kind: Secret'"],
            ),
            (
                "kind: Secret\ndata: {a: [\n",
                &["kind: Secret\ndata: {a: [\n"],
            ),
        ] {
            let files = Files::of_text(text, SourceMap::new());
            let found: Vec<String> = masked(&files)
                .into_iter()
                .filter_map(|span| files.sources.text(span).map(str::to_owned))
                .map(|text| {
                    if text.starts_with('|') {
                        text.trim_end().to_owned()
                    } else {
                        text
                    }
                })
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
