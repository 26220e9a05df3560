//! JSON in and out, by Go's rules.

use kpolicy::manifest::{Dialect, Limits, NodeRef, View, read, read_json, to_serde, write_json};
use kpolicy::source::SourceId;

fn again(text: &str) -> Result<String, String> {
    read_json(None, text)
        .map(|document| write_json(document.root()))
        .map_err(|problem| problem.message)
}

#[test]
fn values_are_read_by_gos_rules_and_written_back() {
    for (text, expected) in [
        (
            r#" {"a" : [ 1 , true,null,"x" ] } "#,
            r#"{"a":[1,true,null,"x"]}"#,
        ),
        ("{}", "{}"),
        ("[[],{}]", "[[],{}]"),
        (
            r#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00""#,
            "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\tAé😀\"",
        ),
        (
            r#""\ud83d x \ude00 \ud83d\u0041""#,
            "\"\u{FFFD} x \u{FFFD} \u{FFFD}A\"",
        ),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854776000"),
        ("-0", "0"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("0.1", "0.1"),
        ("1e21", "1e+21"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("1e-7", "1e-7"),
        ("0.000001", "0.000001"),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"b":2,"a":3}"#),
    ] {
        assert_eq!(again(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "[1",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "[1,]",
        "{a:1}",
        "01",
        "-",
        "1.",
        "1e",
        ".5",
        "+1",
        "tru",
        "nul",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\n\"",
        "1e400",
        "1 2",
        "{\"a\" 1}",
        "[1}",
        "{\"a\":1]",
        "\u{FEFF}{}",
        "é",
        "'a'",
    ] {
        assert!(read_json(None, text).is_err(), "{text}");
        assert!(
            read_json(Some(SourceId(3)), text).is_err_and(|problem| problem.span.is_some()),
            "{text}"
        );
    }
}

#[test]
fn a_source_gives_places_and_none_leaves_them_out() {
    let text = "{\n  \"a\": [1, \"x\\ty\"]\n}";
    let with = read_json(Some(SourceId(0)), text).expect("json");
    let entry = with
        .root()
        .as_map()
        .and_then(|map| map.entry("a"))
        .expect("a");
    let under =
        |span: Option<kpolicy::source::Span>| span.map(|s| &text[s.start as usize..s.end as usize]);
    assert_eq!(under(entry.key_origin), Some("\"a\""));
    assert_eq!(under(entry.value.origin()), Some("[1, \"x\\ty\"]"));
    assert_eq!(
        under(entry.value.item(1).and_then(NodeRef::origin)),
        Some("\"x\\ty\"")
    );
    assert_eq!(under(with.root().origin()), Some(text));
    let without = read_json(None, text).expect("json");
    assert_eq!(without.root().origin(), None);
}

#[test]
fn nesting_costs_no_stack_and_is_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let document = read_json(None, &deep(10_000)).expect("10,000 levels");
    assert_eq!(write_json(document.root()), deep(10_000));
    assert!(to_serde(document.root()).is_none());
    let copy = document.clone();
    assert!(copy.root().same_value(document.root()));
    assert!(read_json(None, &deep(10_001)).is_err());
    let maps = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    assert_eq!(again(&maps).as_deref(), Ok(&*maps));
    assert!(read_json(None, &"[".repeat(100_000)).is_err());
}

#[test]
fn a_file_that_begins_with_a_brace_is_json_if_it_can_be() {
    let all = |text: &str| {
        let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        let values: Vec<_> = reading
            .documents
            .iter()
            .map(|document| write_json(document.root()))
            .collect();
        (values.join(" "), reading.problems.len())
    };
    assert_eq!(
        all(" {\"a\":\t1}{\"b\":\"\\/\"}\n"),
        (r#"{"a":1} {"b":"/"}"#.into(), 0)
    );
    assert_eq!(
        all("{\"a\":1}\n---\n{\"b\":2}\n---\nc: 3\n"),
        (r#"{"a":1} {"b":2} {"c":3}"#.into(), 0)
    );
    assert_eq!(all("{a: 1,}\n"), (r#"{"a":1}"#.into(), 0));
    assert_eq!(all("{\"a\":1,\"a\":2}\n"), (r#"{"a":2}"#.into(), 1));
    assert_eq!(all("{\"a\": \"b\"\n"), (String::new(), 1));
    assert_eq!(all("{}{}\n---\na: 1\n"), ("{} {}".into(), 1));
}

#[test]
fn serde_values_carry_the_same_numbers() {
    let text = r#"{"a":[1,0.5,9223372036854775807],"b":null,"c":{"d":false}}"#;
    let document = read_json(None, text).expect("json");
    let value = to_serde(document.root()).expect("small");
    assert_eq!(value.to_string(), text);
    assert!(matches!(
        document.root().get("b").map(NodeRef::view),
        Some(View::Null)
    ));
}

#[test]
fn a_document_of_too_many_values_is_refused_before_it_takes_the_memory() {
    let text = format!("[{}1]", "1,".repeat(2_100_000));
    let problem = kpolicy::manifest::read_json(None, &text).expect_err("too many values");
    assert_eq!(problem.message, "the document has more than 2000000 values");
}
