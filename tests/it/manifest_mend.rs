//! Texts that Kubernetes reads and a YAML 1.2 parser refuses, and the other way round.

use kpolicy::manifest::{Dialect, Limits, NodeRef, Reading, Severity, read, write_json};
use kpolicy::source::SourceId;

fn kubectl(text: &str) -> Reading {
    read(SourceId(0), text, Dialect::Kubectl, &Limits::default())
}

#[test]
fn what_only_kubernetes_reads_is_read_with_a_warning_and_its_true_places() {
    for (text, value) in [
        (
            "a:\n  b: \"x\ny\"\n  c: last\n",
            r#"{"a":{"b":"x y","c":"last"}}"#,
        ),
        (
            "a:\r\n  b: 'x\r\n\r\ny'\r\n  c: last\r\n",
            r#"{"a":{"b":"x\ny","c":"last"}}"#,
        ),
        (
            "# isn't\na:\n  k: don't\n  b: 'x\n\ty'\n  c: last\n",
            r#"{"a":{"k":"don't","b":"x y","c":"last"}}"#,
        ),
        (
            "a:\n  b: {\n\t\"x\": 1,\n\t\tz: 2\n  }\n  c: last\n",
            r#"{"a":{"b":{"x":1,"z":2},"c":"last"}}"#,
        ),
        (
            "a:\n  b: 'x'# c\n  c: last\n",
            r#"{"a":{"b":"x","c":"last"}}"#,
        ),
        (
            "a:\n  b: |# c\n    x\n  c: last\n",
            r#"{"a":{"b":"x\n","c":"last"}}"#,
        ),
        (
            "a:\n  b: \"it\\'s \\\\'\"\n  c: last\n",
            r#"{"a":{"b":"it's \\'","c":"last"}}"#,
        ),
        (
            "a:\n  b: ['x\ny'# c\n  , \"it\\'s\"]\n  c: last\n",
            r#"{"a":{"b":["x y","it's"],"c":"last"}}"#,
        ),
    ] {
        let reading = kubectl(text);
        let document = reading
            .documents
            .first()
            .unwrap_or_else(|| panic!("{text:?}: {:?}", reading.problems));
        assert_eq!(write_json(document.root()), value, "{text:?}");
        assert_eq!(reading.problems.len(), 1, "{text:?}");
        assert_eq!(reading.problems[0].severity, Severity::Warning, "{text:?}");
        let last = document
            .root()
            .at(&["a", "c"])
            .and_then(NodeRef::origin)
            .expect("a place");
        assert_eq!(
            &text[last.start as usize..last.end as usize],
            "last",
            "{text:?}"
        );
    }
}

#[test]
fn what_kubernetes_refuses_is_refused() {
    for text in [
        "%YAML 1.2\n",
        "%FOO\n",
        "a: \"\\/\"\n",
        "a: \"\\ud83d\\ude00\"\n",
        "a: \u{7}\n",
        "a: \u{80}\n",
        "a: \u{FFFE}\n",
        "a:\n\tb: 1\n",
        "a:\n  - b\n\t\n",
        "a: b\n\t# c\n",
        "a: x\n\ty\n",
        "-\ta\n",
        "a: |\n \tx\n",
        "a: |\n  x\n\ty\n",
        "a: &x.y 1\n",
        "a: *é\n",
        "a: [x?]\n",
        "a: [:x]\n",
        "a: {b\n: c}\n",
        "a: {'b\n c': d}\n",
        "a: .inf\n",
        "a: !!int x\n",
        "a: !!binary '@'\n",
        "~: a\n",
        "[a]: b\n",
        "9223372036854775808: a\n",
        "a: &x [*x]\n",
        "a: *x\n",
        "<<: 1\n",
        "--- {a: 1}\n",
        "a: 'x\n---\ny'\n",
        "a: \"x\n...\ny\"\n",
    ] {
        let reading = kubectl(text);
        assert!(reading.has_errors(), "{text:?}");
        assert!(
            reading
                .problems
                .iter()
                .all(|problem| problem.span.is_some()),
            "{text:?}"
        );
    }
}

#[test]
fn tabs_between_tokens_are_fine() {
    for text in [
        "a:\tb\n",
        "a: b\t\n",
        "a: b\t# c\n",
        "a: {\tb: 1}\n",
        "a: 'x'\t# c\n",
        "a: |\n  x\ty\n  \tz\n",
        "# \t\na: 1\n",
    ] {
        assert_eq!(kubectl(text).problems, [], "{text:?}");
    }
}

#[test]
fn a_line_separator_is_told() {
    let reading = kubectl("a: 'x\u{2028}y'\n");
    assert_eq!(
        reading.problems[0].message,
        "Kubernetes may take the character U+2028 for a line break"
    );
    assert_eq!(reading.documents.len(), 1);
}
