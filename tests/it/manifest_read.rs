//! Reading YAML: values, places, problems, as kubectl and kustomize have them.

use std::fmt::Write as _;

use kpolicy::manifest::{Dialect, Limits, MapRef, NodeRef, Reading, Severity, View, read};
use kpolicy::source::{SourceId, Span};

fn kubectl(text: &str) -> Reading {
    read(SourceId(0), text, Dialect::Kubectl, &Limits::default())
}

fn kustomize(text: &str) -> Reading {
    read(SourceId(0), text, Dialect::Kustomize, &Limits::default())
}

fn under(text: &str, span: Option<Span>) -> &str {
    let span = span.expect("a place");
    &text[span.start as usize..span.end as usize]
}

/// `key=value` for each node below the root, by the source text of its key and value.
fn places(text: &str) -> Vec<String> {
    let reading = kubectl(text);
    assert_eq!(reading.problems, [], "{text:?}");
    let mut lines = Vec::new();
    for document in &reading.documents {
        let mut pending = vec![document.root()];
        while let Some(node) = pending.pop() {
            match node.view() {
                View::Map(map) => {
                    for entry in map.iter() {
                        let key = under(text, entry.key_origin);
                        lines.push(format!("{key}={}", under(text, entry.value.origin())));
                    }
                    pending.extend(map.iter().rev().map(|entry| entry.value));
                }
                View::List(list) => {
                    for item in list.iter() {
                        lines.push(format!("-{}", under(text, item.origin())));
                    }
                    pending.extend(list.iter().rev());
                }
                _ => {}
            }
        }
    }
    lines
}

fn string<'a>(reading: &'a Reading, keys: &[&str]) -> Option<&'a str> {
    reading.documents.first()?.root().at(keys)?.as_str()
}

#[test]
fn every_key_and_value_knows_its_bytes() {
    assert_eq!(
        places("a: 1\nb:\n  - x # c\n  - 'y'\n# end\nc: {d: [e]}\n"),
        [
            "a=1",
            "b=- x # c\n  - 'y'",
            "c={d: [e]}",
            "-x",
            "-'y'",
            "d=[e]",
            "-e"
        ]
    );
    assert_eq!(
        places("spec:\n  list:\n  - a: 1\n    b: 2\n\n# tail\nlast: z\n"),
        [
            "spec=list:\n  - a: 1\n    b: 2",
            "last=z",
            "list=- a: 1\n    b: 2",
            "-a: 1\n    b: 2",
            "a=1",
            "b=2"
        ]
    );
}

#[test]
fn places_are_bytes_of_the_text_as_it_is_also_with_bom_crlf_and_several_documents() {
    assert_eq!(
        places("\u{FEFF}---\r\nä: ö\r\nb: |\r\n  x\r\n  y\r\n---\r\nc:\r\n- d\r\n"),
        ["ä=ö", "b=|\r\n  x\r\n  y", "c=- d", "-d"]
    );
    let reading = kubectl("b: |\r\n  x\r\n  y\r\n");
    assert_eq!(string(&reading, &["b"]), Some("x\ny\n"));
}

#[test]
fn an_omitted_value_stands_after_its_colon_and_a_block_of_text_begins_at_its_header() {
    let text = "a:  # nothing\nb: >- # why\n\n  folded\n  text\nc: {d, e: }\n";
    let reading = kubectl(text);
    let root = reading.documents[0].root();
    let at = |node: Option<NodeRef<'_>>| node.and_then(NodeRef::origin).map(|span| span.start);
    assert_eq!(at(root.get("a")), Some(2));
    assert_eq!(
        under(text, root.get("b").and_then(NodeRef::origin)),
        ">- # why\n\n  folded\n  text"
    );
    let c = root
        .get("c")
        .and_then(NodeRef::origin)
        .map_or(0, |span| span.start);
    assert_eq!(at(root.at(&["c", "d"])), Some(c + 2));
    assert_eq!(at(root.at(&["c", "e"])), Some(c + 6));
}

#[test]
fn a_block_of_text_ends_where_its_last_line_does() {
    for (text, expected) in [
        ("a: >-\n  one\n  two\nb: 1\n", ">-\n  one\n  two"),
        ("a: >-\n  one\n\n\nb: 1\n", ">-\n  one"),
        ("a: |\n  one  \n\n# no text\nb: 1\n", "|\n  one  "),
        ("a: |2\r\n  one\r\n\r\nb: 1\r\n", "|2\r\n  one"),
        ("a: |-\n  one", "|-\n  one"),
        ("a: |+\n  one\n\nb: 1\n", "|+\n  one\n\n"),
        ("a: >\nb: 1\n", ">"),
        ("a: >-  # why\n\nb: 1\n", ">-  # why"),
        ("a: '> x'\nb: 1\n", "'> x'"),
    ] {
        let reading = kubectl(text);
        let value = reading.documents[0].root().get("a");
        assert_eq!(
            under(text, value.and_then(NodeRef::origin)),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn an_alias_copies_the_value_and_remembers_both_places() {
    let text = "a: &x {k: v}\nb: *x\nc:\n  <<: *x\n  n: 1\n";
    let reading = kubectl(text);
    let root = reading.documents[0].root();
    let b = root.get("b").expect("b");
    assert_eq!(under(text, b.origin()), "{k: v}");
    assert_eq!(under(text, b.alias()), "*x");
    let merged = root.at(&["c", "k"]).expect("merged");
    assert_eq!(under(text, merged.origin()), "v");
    assert_eq!(under(text, merged.alias()), "*x");
    assert!(
        root.at(&["a", "k"])
            .is_some_and(|node| node.alias().is_none())
    );
    assert_eq!(merged.path().to_string(), "c.k");
}

#[test]
fn of_equal_keys_kubectl_takes_the_last_with_a_warning_and_kustomize_none() {
    let text = "a: 1\nb: 2\na: 3\n";
    let reading = kubectl(text);
    let value = reading.documents[0]
        .root()
        .get("a")
        .and_then(NodeRef::as_i64);
    assert_eq!(value, Some(3));
    let problem = &reading.problems[0];
    assert_eq!(problem.severity, Severity::Warning);
    assert_eq!(problem.message, "key `a` is set twice");
    assert_eq!(problem.span.map(|span| span.start), Some(10));
    assert_eq!(problem.related.map(|span| span.start), Some(0));
    let reading = kustomize(text);
    assert!(reading.has_errors() && reading.documents.is_empty());
}

#[test]
fn equal_keys_are_found_in_large_maps_too() {
    let mut text = String::new();
    for n in 0..200 {
        let _ = writeln!(text, "key-{n}: {n}");
    }
    text.push_str("key-7: last\n");
    let reading = kubectl(&text);
    assert_eq!(string(&reading, &["key-7"]), Some("last"));
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(
        reading.documents[0].root().as_map().map(MapRef::len),
        Some(200)
    );
}

#[test]
fn merge_keys_follow_the_dialect() {
    let text = "x: &a {p: 1, q: 2}\nm:\n  p: 3\n  <<: *a\n";
    let p = |reading: &Reading| reading.documents[0].root().at(&["m", "p"])?.as_i64();
    assert_eq!(p(&kubectl(text)), Some(1));
    assert_eq!(p(&kustomize(text)), Some(3));
    let twice = "a: {<<: {b: 1}, <<: {c: 2}}\n";
    assert_eq!(kubectl(twice).documents.len(), 1);
    assert!(kustomize(twice).has_errors());
}

#[test]
fn the_dialects_differ_in_booleans_dates_and_keys() {
    let text = "a: on\nb: 2001-12-14\n";
    assert_eq!(string(&kubectl(text), &["a"]), None);
    assert_eq!(string(&kustomize(text), &["a"]), Some("on"));
    assert_eq!(string(&kubectl(text), &["b"]), Some("2001-12-14"));
    assert_eq!(
        string(&kustomize(text), &["b"]),
        Some("2001-12-14T00:00:00Z")
    );
    assert_eq!(string(&kubectl("on: x\n"), &["true"]), Some("x"));
    assert!(kustomize("1: x\n").has_errors());
}

#[test]
fn a_document_that_does_not_load_is_a_problem_and_its_neighbours_are_read() {
    let text = "a: 1\n---\nb: [\n---\nc: 3\n";
    let reading = kubectl(text);
    assert_eq!(reading.documents.len(), 2);
    assert_eq!(reading.problems.len(), 1);
    assert!(reading.problems[0].span.is_some_and(|span| span.start >= 9));
}

#[test]
fn templates_are_set_apart_unless_they_load() {
    let reading = kubectl("a: {{ .Values.x }}\n---\nb: '{{ x }}'\n---\nc: [\n");
    assert_eq!(reading.documents.len(), 1);
    assert_eq!(reading.templated.len(), 1);
    assert_eq!(reading.problems.len(), 1);
}

#[test]
fn what_follows_the_document_is_told() {
    for text in ["a: 1\n...\nb: 2\n", " a: 1\nb: 2\n"] {
        let reading = kubectl(text);
        assert_eq!(reading.documents.len(), 1, "{text:?}");
        assert_eq!(reading.problems[0].severity, Severity::Warning, "{text:?}");
    }
    assert_eq!(kubectl("a: 1\n...\n# c\n").problems, []);
}

#[test]
fn bombs_are_stopped() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let alias = format!("*a{}", n - 1);
        let row = [alias.as_str(); 10].join(", ");
        let _ = writeln!(laughs, "a{n}: &a{n} [{row}]");
    }
    let deep_blocks: String = (0..10_001).map(|_| "- ").collect();
    for text in [
        laughs,
        "[".repeat(100_000),
        "[".repeat(10_001) + &"]".repeat(10_001),
        "{a: ".repeat(100_000),
        deep_blocks,
    ] {
        let reading = kubectl(&text);
        assert!(reading.has_errors(), "{}", &text[..40]);
        assert!(reading.documents.is_empty());
    }
    let deep = "[".repeat(9_999) + &"]".repeat(9_999);
    assert_eq!(kubectl(&deep).documents.len(), 1);
}

#[test]
fn a_text_above_the_limit_is_refused_plainly() {
    let limits = Limits {
        bytes: 10,
        ..Limits::default()
    };
    let reading = read(SourceId(0), "a: 12345678\n", Dialect::Kubectl, &limits);
    assert_eq!(
        reading.problems[0].message,
        "the text has 12 bytes, more than the limit of 10"
    );
}
