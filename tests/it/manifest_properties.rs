//! What must hold of every text: no panic, places inside the text, values that agree with what stands there.

use proptest::prelude::*;

use kpolicy::manifest::patch::{Operation, Pointer, apply};
use kpolicy::manifest::{
    Content, Dialect, Document, Limits, NodeRef, Reading, View, classify, decode_text, read,
    read_json, read_one, to_serde, write_json,
};
use kpolicy::source::{SourceId, Span};

const MANIFESTS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # name\n  labels: {app: web, \"tier\": 'front'}\nspec:\n  \
     replicas: 3\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27\n        args:\n        \
     - --flag=on\n        - |-\n          text\n            more\n        - >\n          folded\n          text\n",
    "base: &base\n  a: 0x1F\n  b: [1, 2.5, ~, yes]\nuse:\n  <<: *base\n  c: *base\n---\n# comment\n- 'it''s'\n- \"tab\\t\"\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}, {}]}\n",
    "a: 'x\n  y'\r\nb: !!str 1\r\nc: !!binary aGk=\r\nd:\r\n? e\r\n: f\r\n...\r\n",
];

const TOKENS: &[&str] = &[
    " ", "  ", "\n", "\r\n", "\t", "- ", ": ", ":", "? ", "a", "b: ", "1", "0x1", "on", "~", "'",
    "\"", "[", "]", "{", "}", ",", "# ", "#", "&a ", "*a", "!", "!!int ", "|", ">", "|-\n", "%",
    "---", "...", "<<: ", "\\", "\\u12", "\u{FEFF}", "é", "😀", "\u{2028}", "\0", "{{", "}}",
    "\"a\":", "null", "1e3", "-", "\n  ", "\n    ",
];

/// Real manifests, edited at random, or heaps of tokens, or any text at all.
fn texts() -> impl Strategy<Value = String> {
    let token = prop::sample::select(TOKENS);
    let edit = (any::<prop::sample::Index>(), 0..6usize, token.clone());
    let edited = (
        prop::sample::select(MANIFESTS),
        prop::collection::vec(edit, 0..6),
    )
        .prop_map(|(manifest, edits)| {
            let mut text: Vec<char> = manifest.chars().collect();
            for (at, removed, token) in edits {
                let at = at.index(text.len() + 1);
                let end = (at + removed).min(text.len());
                text.splice(at..end, token.chars());
            }
            text.into_iter().collect()
        });
    let heap = prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat());
    prop_oneof![4 => edited, 3 => heap, 1 => any::<String>()]
}

fn both(text: &str) -> [Reading; 4] {
    let limits = Limits::default();
    [
        read(SourceId(0), text, Dialect::Kubectl, &limits),
        read(SourceId(0), text, Dialect::Kustomize, &limits),
        read_one(SourceId(0), text, Dialect::Kubectl, &limits),
        read_one(SourceId(0), text, Dialect::Kustomize, &limits),
    ]
}

/// Every node with the key it stands under.
fn nodes(document: &Document) -> Vec<(Option<Span>, NodeRef<'_>)> {
    let mut nodes = vec![(None, document.root())];
    let mut next = 0;
    while let Some(&(_, node)) = nodes.get(next) {
        next += 1;
        match node.view() {
            View::List(list) => nodes.extend(list.iter().map(|item| (None, item))),
            View::Map(map) => nodes.extend(map.iter().map(|entry| (entry.key_origin, entry.value))),
            _ => {}
        }
    }
    nodes
}

fn under(text: &str, span: Span) -> Option<&str> {
    text.get(span.start as usize..span.end as usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn every_place_lies_in_the_text(text in texts()) {
        for reading in both(&text) {
            for document in &reading.documents {
                prop_assert!(document.root().origin().is_some());
                for (key, node) in nodes(document) {
                    for span in [key, node.origin(), node.alias()].into_iter().flatten() {
                        prop_assert!(under(&text, span).is_some(), "{span:?} in {text:?}");
                    }
                }
                let written = write_json(document.root());
                let again = read_json(None, &written).expect("what is written can be read");
                prop_assert!(again.root().same_value(document.root()), "{written}");
            }
            let templated = reading.templated.iter().map(|(_, problem)| problem);
            for problem in reading.problems.iter().chain(templated) {
                for span in problem.span.into_iter().chain(problem.related) {
                    prop_assert!(under(&text, span).is_some(), "{problem:?} in {text:?}");
                }
            }
            let mut problems = Vec::new();
            for document in reading.documents {
                for content in classify(document, &mut problems) {
                    if let Content::Object(manifest) = content {
                        prop_assert!(!manifest.kind().is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn a_plain_scalar_reads_the_same_where_it_stands_alone(text in texts()) {
        // A tag stands outside the span of its value.
        prop_assume!(!text.contains('!'));
        let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
        for document in &reading.documents {
            for (_, node) in nodes(document) {
                let Some(span) = node.origin() else { continue };
                let scalar = under(&text, span).unwrap_or_default();
                let plain = !scalar.is_empty()
                    && !scalar.contains(['\n', '\r', '"', '\'', '\u{2028}'])
                    && !scalar.starts_with(['[', '{', '|', '>'])
                    && !matches!(node.view(), View::List(_) | View::Map(_));
                if plain {
                    let alone = read_one(SourceId(0), &format!("- {scalar}\n"), Dialect::Kubectl, &Limits::default());
                    let same = alone.documents.first().and_then(|document| document.root().item(0))
                        .is_some_and(|alone| alone.same_value(node));
                    prop_assert!(same, "{scalar:?} in {text:?}");
                }
            }
        }
    }

    #[test]
    fn line_ends_do_not_matter(text in texts()) {
        let text = text.replace('\r', "");
        let values = |text: &str| -> Vec<String> {
            let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
            reading.documents.iter().map(|document| write_json(document.root())).collect()
        };
        if !text.contains('\\') {
            prop_assert_eq!(values(&text), values(&text.replace('\n', "\r\n")));
        }
    }

    #[test]
    fn json_is_read_as_serde_reads_it(text in texts()) {
        let ours = read_json(None, &text);
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(theirs) => {
                let again = read_json(None, &theirs.to_string()).expect("json");
                prop_assert!(ours.is_ok_and(|ours| ours.root().same_value(again.root())), "{text:?}");
            }
            Err(_) => prop_assert!(ours.is_err() || text.contains("\\u"), "{text:?}"),
        }
    }

    #[test]
    fn a_value_survives_json(numbers in prop::collection::vec(any::<f64>(), 0..4), words in prop::collection::vec(any::<String>(), 0..4), int in any::<i64>()) {
        let numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        let value = serde_json::json!({"n": numbers, "w": words, "i": int});
        let document = read_json(Some(SourceId(0)), &value.to_string()).expect("json");
        let again = read_json(None, &write_json(document.root())).expect("json");
        prop_assert!(again.root().same_value(document.root()));
        let back = to_serde(document.root()).expect("small");
        prop_assert_eq!(&back["w"], &value["w"]);
        prop_assert_eq!(&back["i"], &value["i"]);
    }

    #[test]
    fn any_bytes_are_text_or_a_problem(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = decode_text(&bytes) {
            both(&text);
        }
    }

    #[test]
    fn no_patch_breaks_a_document(paths in prop::collection::vec("(/(spec|template|0|1|-|items|a|~1)){0,4}", 1..6), kinds in prop::collection::vec(0..6u8, 6)) {
        let before = read_json(None, r#"{"spec":{"template":{"a":[1,{"a":2}]},"items":[[0],1]},"a":{}}"#).expect("json");
        let pointers: Vec<Pointer> = paths.iter().filter_map(|path| Pointer::parse(path).ok()).collect();
        let operations: Vec<Operation> = pointers.iter().zip(pointers.iter().rev()).zip(kinds).map(|((path, from), kind)| {
            let (path, from) = (path.clone(), from.clone());
            let value = || before.clone();
            match kind {
                0 => Operation::Add { path, value: value() },
                1 => Operation::Remove { path },
                2 => Operation::Replace { path, value: value() },
                3 => Operation::Move { from, path },
                4 => Operation::Copy { from, path },
                _ => Operation::Test { path, value: value() },
            }
        }).collect();
        if let Ok(after) = apply(&before, &operations) {
            let again = read_json(None, &write_json(after.root())).expect("json");
            prop_assert!(again.root().same_value(after.root()));
        }
    }
}
