//! Any bytes through the manifest readers, in both dialects, and back through JSON.

#![no_main]

use kpolicy::manifest::{Dialect, Document, Limits, View, classify, decode_text, read, read_json, write_json};
use kpolicy::source::{SourceId, Span};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode_text(bytes) else { return };
    for dialect in [Dialect::Kubectl, Dialect::Kustomize] {
        let reading = read(SourceId(0), &text, dialect, &Limits::default());
        for problem in &reading.problems {
            check_span(&text, problem.span);
            check_span(&text, problem.related);
        }
        let mut problems = Vec::new();
        for document in reading.documents {
            check_places(&text, &document);
            let written = write_json(document.root());
            let again = read_json(None, &written).expect("what is written can be read");
            assert!(again.root().same_value(document.root()));
            classify(document, &mut problems);
        }
    }
    let _ = read_json(None, &text);
});

fn check_span(text: &str, span: Option<Span>) {
    if let Some(span) = span {
        assert!(text.get(span.start as usize..span.end as usize).is_some());
    }
}

fn check_places(text: &str, document: &Document) {
    let mut pending = vec![document.root()];
    while let Some(node) = pending.pop() {
        check_span(text, node.origin());
        check_span(text, node.alias());
        match node.view() {
            View::List(list) => pending.extend(list.iter()),
            View::Map(map) => {
                for entry in map.iter() {
                    check_span(text, entry.key_origin);
                    pending.push(entry.value);
                }
            }
            _ => {}
        }
    }
}
