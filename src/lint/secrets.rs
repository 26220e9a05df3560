//! Where the values of Secrets stand, so that no source line shows them and no message carries them on.

use crate::finding::Finding;
use crate::manifest::secrets::{
    is_secret, joined, may_speak_of_secret, secret_spans_of, values, values_if_secret,
};
use crate::manifest::{Document, ListRef, NodeRef, View};
use crate::source::Span;

use super::files::{File, Files};

/// Shorter values are not looked for in texts: they occur in other words.
const TELLING: usize = 4;

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
            collect(document.root(), &mut |value| spans.extend(value.origin()));
            for patch in patches_of_secrets(file, document, files) {
                values_of_operations(patch, &mut spans);
            }
        }
    }
    joined(spans)
}

/// Takes from the texts of findings what an alias carried out of a Secret into another object of its file. What other
/// objects hold may be told, but not this.
pub(super) fn withhold(findings: &mut [Finding], files: &Files, masked: &[Span]) {
    let shared = shared(files, masked);
    if shared.is_empty() {
        return;
    }
    let hide = |text: &mut String| {
        for value in &shared {
            if text.contains(value) {
                *text = text.replace(value, "***");
            }
        }
    };
    for finding in findings {
        hide(&mut finding.message);
        finding.notes.iter_mut().for_each(hide);
        finding.help.iter_mut().for_each(hide);
    }
}

/// The values of Secrets that stand in other objects too, the longest first.
fn shared<'f>(files: &'f Files, masked: &[Span]) -> Vec<&'f str> {
    let mut shared = Vec::new();
    let is_masked = |span: Span| {
        let after =
            masked.partition_point(|mask| (mask.source, mask.start) <= (span.source, span.start));
        let mask = after.checked_sub(1).and_then(|at| masked.get(at));
        mask.is_some_and(|mask| mask.source == span.source && span.end <= mask.end)
    };
    let holds_one = |file: &&File| {
        let first = masked.partition_point(|mask| mask.source < file.source);
        masked
            .get(first)
            .is_some_and(|mask| mask.source == file.source)
    };
    let others = files
        .iter()
        .filter(|file| !file.is_broken())
        .filter(holds_one)
        .flat_map(|file| &file.documents);
    for document in others.filter(|document| !is_secret(document.root())) {
        let mut pending = vec![document.root()];
        while let Some(node) = pending.pop() {
            match node.view() {
                View::Map(map) => pending.extend(map.iter().map(|entry| entry.value)),
                View::List(list) => pending.extend(list.iter()),
                View::String(value)
                    if value.len() >= TELLING && node.origin().is_some_and(is_masked) =>
                {
                    shared.push(value);
                }
                _ => {}
            }
        }
    }
    shared.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
    shared.dedup();
    shared
}

/// What of a document is never shown.
fn collect<'d>(root: NodeRef<'d>, hide: &mut impl FnMut(NodeRef<'d>)) {
    if is_secret(root) {
        values_if_secret(root).into_iter().for_each(&mut *hide);
    }
    if root.get("kind").and_then(NodeRef::as_str) == Some("SealedSecret") {
        let sealed = [
            &["spec", "encryptedData"][..],
            &["spec", "template", "data"],
        ];
        let held = sealed.iter().filter_map(|route| root.at(route));
        held.flat_map(values).for_each(&mut *hide);
    }
    // A kustomization may generate Secrets from values that it holds, and patch them inline.
    elements(root, "secretGenerator")
        .filter_map(|generator| generator.get("literals"))
        .for_each(&mut *hide);
    let patches = PATCHES.iter().flat_map(|key| elements(root, key));
    patches
        .filter_map(|patch| {
            let text = patch.get("patch")?;
            (is_for_a_secret(patch) || may_speak_of_secret(text.as_str()?)).then_some(text)
        })
        .chain(
            elements(root, "patchesStrategicMerge")
                .filter(|patch| patch.as_str().is_some_and(may_speak_of_secret)),
        )
        .for_each(&mut *hide);
}

/// Where a kustomization names patches with a target.
const PATCHES: [&str; 2] = ["patches", "patchesJson6902"];

fn elements<'d>(root: NodeRef<'d>, key: &str) -> impl Iterator<Item = NodeRef<'d>> {
    let list = root.get(key).and_then(NodeRef::as_list);
    list.into_iter().flat_map(ListRef::iter)
}

/// Whether the target of a patch may be a Secret: it says so, or says no kind at all.
fn is_for_a_secret(patch: NodeRef<'_>) -> bool {
    let kind = patch.at(&["target", "kind"]).and_then(NodeRef::as_str);
    // The kind of a target is a regular expression.
    patch.get("target").is_some()
        && kind.is_none_or(|kind| kind.contains("ecret") || !is_plain(kind))
}

fn is_plain(word: &str) -> bool {
    word.chars().all(char::is_alphanumeric)
}

/// The files of patches with operations that a kustomization applies to Secrets.
fn patches_of_secrets<'f>(
    file: &'f File,
    document: &'f Document,
    files: &'f Files,
) -> Vec<&'f File> {
    let Some(directory) = file.path.as_deref().and_then(std::path::Path::parent) else {
        return Vec::new();
    };
    let named = PATCHES
        .iter()
        .flat_map(|key| elements(document.root(), key));
    named
        .filter(|patch| is_for_a_secret(*patch))
        .filter_map(|patch| {
            let path = patch.get("path").and_then(NodeRef::as_str)?;
            files.get(&directory.join(path).canonicalize().ok()?)
        })
        .collect()
}

/// The values of the operations of a patch.
fn values_of_operations(patch: &File, spans: &mut Vec<Span>) {
    for document in &patch.documents {
        let operations = document.root().as_list();
        let operations = operations.into_iter().flat_map(ListRef::iter);
        spans.extend(operations.filter_map(|operation| operation.get("value")?.origin()));
    }
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
            // However a Secret is spelt, and whatever its keys are called.
            ("kind: \"S\\x65cret\"\ndata: {a: QQ==}\n", &["QQ=="]),
            ("kind: secret\ndata: {a: QQ==}\n", &["QQ=="]),
            (
                "kind: \"S\\x65cret\"\ndata: {a: [\n",
                &["kind: \"S\\x65cret\"\ndata: {a: [\n"],
            ),
            (
                "kind: Secret\ndata: hush\nstringdata: {a: b}\n",
                &["hush", "b"],
            ),
            ("kind: Secret\nstringData: [hush]\n", &["[hush]"]),
            // In lists, and in lists of lists.
            (
                "apiVersion: v1\nkind: SecretList\nitems: [{data: {a: QQ==}}]\n",
                &["QQ=="],
            ),
            (
                "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: \
                 Secret, data: {a: QQ==}}]}]\n",
                &["QQ=="],
            ),
            // Where an alias brings the value from.
            ("x: &d {a: QQ==}\nkind: Secret\ndata: *d\n", &["QQ=="]),
            (
                "x: &d {a: QQ==}\nkind: Secret\ndata: {<<: *d, b: Qg==}\n",
                &["x: &d {a: QQ==}\nkind: Secret\ndata: {<<: *d, b: Qg==}"],
            ),
            (
                "kind: SealedSecret\nspec: {encryptedData: {a: Ag}, template: {type: x, data: {b: c}}}\n",
                &["Ag", "c"],
            ),
            (
                "secretGenerator: [{literals: [\n",
                &["secretGenerator: [{literals: [\n"],
            ),
            (
                "patches: [{target: {kind: Secret}, patch: 'a'}, {target: {kind: Pod}, patch: 'b'}, {target: {name: x}, \
                 patch: 'c'}, {patch: 'kind: \\x53'}]\n",
                &["'a'", "'c'", "'kind: \\x53'"],
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
