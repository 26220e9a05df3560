//! Where the values of Secrets stand in what people wrote, so that nobody who quotes a text shows them.
//!
//! One answer for all that show source lines or values of objects. It is about the text: what a document says may be
//! spelled in ways (`kind: "S\x65cret"`) that no search in the text finds, and what a reader drops, such as the first of
//! two equal keys, stands in the text all the same.

use crate::source::{SourceId, Span};

use super::{Document, MapRef, NodeRef, Problem, Severity, View};

/// `kubectl apply` writes the whole object, values included, into this annotation.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is shown of a Secret: who it is, and what it is for. Any other key, also one that is spelt wrong, may hold a value.
pub const SHOWN: [&str; 5] = ["apiVersion", "kind", "metadata", "type", "immutable"];

/// Whether a map is a Secret, also one that the API server would refuse for how its kind is spelt.
pub fn is_secret(object: NodeRef<'_>) -> bool {
    let kind = object.get("kind").and_then(NodeRef::as_str);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Secret"))
}

/// What a map holds that is secret if the map is a Secret.
pub fn values_if_secret(object: NodeRef<'_>) -> Vec<NodeRef<'_>> {
    let entries = object.as_map().into_iter().flat_map(MapRef::iter);
    let mut values: Vec<NodeRef<'_>> = entries
        .filter(|entry| !SHOWN.contains(&entry.key))
        .flat_map(|entry| values(entry.value))
        .collect();
    values.extend(object.at(&["metadata", "annotations", LAST_APPLIED]));
    values
}

/// The values of a map, so that its keys are shown; all of it where it is none, since what is written wrong is a value all
/// the same.
pub fn values(node: NodeRef<'_>) -> Vec<NodeRef<'_>> {
    match node.as_map() {
        Some(map) => map.iter().map(|entry| entry.value).collect(),
        None => vec![node],
    }
}

/// All Secrets in a value, wherever in it. Does not recurse.
pub fn secrets(root: NodeRef<'_>) -> Vec<NodeRef<'_>> {
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        match node.view() {
            View::Map(map) => {
                if is_secret(node) {
                    found.push(node);
                }
                pending.extend(map.iter().map(|entry| entry.value));
            }
            View::List(list) => pending.extend(list.iter()),
            _ => {}
        }
    }
    found
}

/// Where the values of the Secrets of a document stand, which was read from `text`. `all_is_read`: whether reading it
/// told of nothing; otherwise each Secret counts as a whole, and with a `<<`, which may take a value away without a word and
/// from anywhere, the document.
fn secret_spans(document: &Document, text: &str, all_is_read: bool) -> Vec<Span> {
    let secrets = secrets(document.root());
    if secrets.iter().any(|secret| merges(*secret, text)) {
        return document.root().origin().into_iter().collect();
    }
    let secrets = secrets.into_iter();
    if all_is_read {
        let values = secrets.flat_map(values_if_secret);
        values.filter_map(NodeRef::origin).collect()
    } else {
        secrets.filter_map(NodeRef::origin).collect()
    }
}

/// Whether something is merged into a Secret, as far as its text tells beside its values: the key may be `<<`, and in other
/// spellings with a tag.
fn merges(secret: NodeRef<'_>, text: &str) -> bool {
    const MERGES: [&str; 3] = ["<<", "!!merge", "!<"];
    let Some(origin) = secret.origin() else {
        return false;
    };
    // Any tag may be called anything.
    if text.contains("%TAG") {
        return true;
    }
    let values = values_if_secret(secret)
        .into_iter()
        .filter_map(NodeRef::origin);
    let mut at = origin.start;
    let ends = std::iter::once((origin.end, origin.end));
    let stops = joined(values.collect()).into_iter();
    for (start, end) in stops.map(|span| (span.start, span.end)).chain(ends) {
        let between = text.get(at as usize..start as usize);
        if between.is_some_and(|between| MERGES.iter().any(|sign| between.contains(sign))) {
            return true;
        }
        // What an alias brings stands elsewhere.
        if (at..origin.end).contains(&end) {
            at = end;
        }
    }
    false
}

/// Where the values of Secrets stand in a text, by what came of reading it: `documents`, `problems`, and `templated`, the
/// parts that are templates. Where a part does not load nobody knows, so that all of it counts if it may speak of one.
pub fn secret_spans_of(
    (source, text): (SourceId, &str),
    documents: &[Document],
    problems: &[Problem],
    templated: &[(Span, Problem)],
) -> Vec<Span> {
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    if problems.iter().any(is_error) && may_speak_of_secret(text) {
        return vec![Span::new(source, 0, text.len() as u32)];
    }
    let speaks = |span: &Span| {
        let part = text.get(span.start as usize..span.end as usize);
        part.is_none_or(may_speak_of_secret)
    };
    let templated = templated.iter().map(|(span, _)| *span).filter(speaks);
    let all_is_read = problems.is_empty();
    let documents = documents.iter();
    documents
        .flat_map(|document| secret_spans(document, text, all_is_read))
        .chain(templated)
        .collect()
}

/// Whether a text may speak of a Secret, in any spelling that YAML and JSON have: where it is not said plainly, it takes
/// an escape, or a tag of a binary value.
pub fn may_speak_of_secret(text: &str) -> bool {
    const ESCAPES: [&str; 5] = ["\\x", "\\u", "\\U", "\\\n", "\\\r"];
    const TAGS: [&str; 3] = ["!!binary", "!<", "%TAG"];
    const PLAIN: &[u8] = b"secret";
    let mut signs = ESCAPES.into_iter().chain(TAGS);
    // `secretGenerator` too.
    let mut words = text.as_bytes().windows(PLAIN.len());
    words.any(|word| word.eq_ignore_ascii_case(PLAIN)) || signs.any(|sign| text.contains(sign))
}

/// Spans in order and not overlapping.
pub fn joined(mut spans: Vec<Span>) -> Vec<Span> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read};

    /// The parts of a text that are not shown.
    fn hidden(text: &str) -> Vec<&str> {
        let source = SourceId(0);
        let reading = read(source, text, Dialect::Kubectl, &Limits::default());
        let spans = joined(secret_spans_of(
            (source, text),
            &reading.documents,
            &reading.problems,
            &reading.templated,
        ));
        let part = |span: &Span| text.get(span.start as usize..span.end as usize);
        spans.iter().filter_map(part).map(str::trim_end).collect()
    }

    #[test]
    fn a_value_is_found_however_its_kind_is_spelled_and_wherever_it_stands() {
        for (text, expected) in [
            (
                "kind: Secret\ndata: {a: QQ==, b: Qg==}\n",
                &["QQ==", "Qg=="][..],
            ),
            ("kind: \"S\\x65cret\"\ndata: {a: QQ==}\n", &["QQ=="]),
            ("kind: !!binary U2VjcmV0\ndata: {a: QQ==}\n", &["QQ=="]),
            (
                "kind: Secret\nstringData:\n  a: |\n    x\n    y\n",
                &["|\n    x\n    y"],
            ),
            ("kind: Secret\ndata: QQ==\n", &["QQ=="]),
            ("kind: Secret\ndata: {a: {b: QQ==}}\n", &["{b: QQ==}"]),
            (
                "kind: List\nitems: [{kind: Secret, data: {a: QQ==}}]\n",
                &["QQ=="],
            ),
            ("kind: secret\ndata: {a: QQ==}\n", &["QQ=="]),
            ("kind: Secret\nstringdata: {a: b}\n", &["b"]),
            (
                "kind: Secret\nstringData: {a: 'cat <<EOF!'}\n",
                &["'cat <<EOF!'"],
            ),
            ("kind: ConfigMap\ndata: {a: b}\n", &[]),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }

    #[test]
    fn what_the_reader_drops_is_not_shown_either() {
        for (text, secret) in [
            ("kind: Secret\ndata: {a: QQ==, a: Qg==}\n", "QQ=="),
            ("kind: Secret\ndata: {a: QQ==}\ndata: {a: Qg==}\n", "QQ=="),
            (
                "kind: Secret\ndata:\n  a: QQ==\n  a: Qg==\ntype: Opaque\n",
                "QQ==",
            ),
            ("kind: SECRET\ndata: {a: QQ==, a: Qg==}\n", "QQ=="),
            ("kind: Secret\ndata: {<<: {a: QQ==}, a: Qg==}\n", "QQ=="),
            ("kind: Secret\ndata: {a: Qg==, <<: {a: QQ==}}\n", "QQ=="),
            (
                "kind: Secret\ndata: {!!merge \"<\\x3c\": {a: QQ==}, a: Qg==}\n",
                "QQ==",
            ),
            (
                "x: &x {data: {a: QQ==}}\ny: {<<: *x, kind: Secret, data: {a: Qg==}}\n",
                "QQ==",
            ),
        ] {
            let hidden = hidden(text);
            assert!(
                hidden.iter().any(|part| part.contains(secret)),
                "{text}: {hidden:?}"
            );
        }
    }

    #[test]
    fn a_text_that_does_not_load_is_hidden_if_it_may_speak_of_a_secret() {
        for kind in [
            "Secret",
            "SECRET",
            "\"S\\x65cret\"",
            "\"\\u0053ecret\"",
            "\"Sec\\\n  ret\"",
            "!!binary U2VjcmV0",
        ] {
            let text = format!("kind: {kind}\ndata: {{a: [\n");
            assert_eq!(hidden(&text), [text.trim_end()], "{text}");
        }
        assert_eq!(hidden("kind: ConfigMap\ndata: {a: [\n"), [""; 0]);
    }
}
