//! Where the values of Secrets stand, so that no source line shows them.

use crate::manifest::secrets::{joined, may_speak_of_secret, secret_spans_of};
use crate::manifest::{Document, ListRef, NodeRef};
use crate::source::Span;

use super::files::Files;

/// The spans of all values of Secrets, in order and not overlapping.
pub(super) fn masked(files: &Files) -> Vec<Span> {
    let mut spans = Vec::new();
    for file in files.iter() {
        if may_speak_of_secret(&file.text) {
            let text = (file.source, &*file.text);
            spans.extend(secret_spans_of(
                text,
                &file.documents,
                &file.problems,
                &file.templated,
            ));
        }
        for document in &file.documents {
            kustomization(document, &mut spans);
        }
    }
    joined(spans)
}

/// A kustomization may generate Secrets from values that it holds, and patch them inline.
fn kustomization(document: &Document, spans: &mut Vec<Span>) {
    let root = document.root();
    let mut hide = |value: NodeRef<'_>| spans.extend(value.origin());
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
        .filter(|patch| patch.as_str().is_some_and(may_speak_of_secret))
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
            (
                "kind: \"S\\x65cret\"\ndata: {a: [\n",
                &["kind: \"S\\x65cret\"\ndata: {a: [\n"],
            ),
            (
                "patches: [{patch: 'kind: \"S\\x65cret\"'}]\n",
                &["'kind: \"S\\x65cret\"'"],
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
