//! What scalars and keys mean, for kubectl (go-yaml v2) and for kustomize (go-yaml v3).

use kpolicy::manifest::{Dialect, Limits, read, write_json};
use kpolicy::source::SourceId;

/// The document as JSON, or `error`.
fn json(text: &str, dialect: Dialect) -> String {
    let reading = read(SourceId(0), text, dialect, &Limits::default());
    match reading.documents.first() {
        Some(document) if !reading.has_errors() => write_json(document.root()),
        _ => "error".to_owned(),
    }
}

fn both(text: &str) -> (String, String) {
    (json(text, Dialect::Kubectl), json(text, Dialect::Kustomize))
}

/// A scalar as the only item of a list.
fn check(scalars: &[&str], kubectl: &str, kustomize: &str) {
    for scalar in scalars {
        let wrap = |value: &str| match value {
            "error" => "error".to_owned(),
            "text" => format!("[\"{scalar}\"]"),
            value => format!("[{value}]"),
        };
        let expected = (wrap(kubectl), wrap(kustomize));
        assert_eq!(both(&format!("- {scalar}\n")), expected, "{scalar}");
    }
}

#[test]
fn words() {
    check(&["true", "True", "TRUE"], "true", "true");
    check(&["false", "False", "FALSE"], "false", "false");
    check(
        &["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"],
        "true",
        "text",
    );
    check(
        &["n", "N", "no", "No", "NO", "off", "Off", "OFF"],
        "false",
        "text",
    );
    check(
        &[
            "yEs", "tRue", "nUll", "oN", "=", "inf", "NaN", "<<", "nil", "none", "yess",
        ],
        "text",
        "text",
    );
    check(&["~", "null", "Null", "NULL", ""], "null", "null");
}

#[test]
fn integers() {
    check(
        &[
            "511",
            "0777",
            "0o777",
            "0O777",
            "0x1FF",
            "0X1ff",
            "0b111111111",
            "+511",
            "5_1_1",
            "511_",
            "0x_1FF",
        ],
        "511",
        "511",
    );
    check(&["-8", "-010", "-0x8", "-0b1000", "-0o10"], "-8", "-8");
    check(&["08", "8.0", "8.", "0.8e1", "80e-1"], "8", "8");
    check(&["0", "-0", "+0", "00", "-0.0", "0x0"], "0", "0");
    check(
        &["9223372036854775807"],
        "9223372036854775807",
        "9223372036854775807",
    );
    check(
        &["-9223372036854775808"],
        "-9223372036854775808",
        "-9223372036854775808",
    );
    check(
        &["9223372036854775808", "0x8000000000000000"],
        "9223372036854776000",
        "9223372036854776000",
    );
    check(
        &[
            "_1",
            "0x",
            "0b2",
            "0o8",
            "1__x",
            "+0x8000000000000000",
            "1,000",
            "0xG",
            "--1",
            "+-1",
            "1:30",
            "190:20:30",
        ],
        "text",
        "text",
    );
}

#[test]
fn floats() {
    check(&[".5", "+.5", "0.5", "5e-1", ".5_0", "0.5_0"], "0.5", "0.5");
    check(&["1e3", "1E3", "1e+3", "1_000.0"], "1000", "1000");
    check(
        &[
            "1e400", "1e", ".e1", ".", "..", "0x1p-2", "1.2.3", ".5_", "._5", "1e1.5", "100m",
            "1Gi",
        ],
        "text",
        "text",
    );
    check(&["1e21"], "1e+21", "1e+21");
    check(&["1e-400"], "0", "0");
    check(
        &[".inf", "-.INF", "+.Inf", ".nan", ".NaN"],
        "error",
        "error",
    );
}

#[test]
fn dates_and_quotes() {
    check(&["2001-12-14"], "text", "\"2001-12-14T00:00:00Z\"");
    check(
        &["2001-12-14t21:59:43.10-05:00"],
        "text",
        "\"2001-12-14T21:59:43.1-05:00\"",
    );
    check(&["2001-13-14", "2001-12"], "text", "text");
    for quoted in ["'12'", "\"12\"", "|-\n  12", ">-\n  12", "!!str 12"] {
        assert_eq!(
            both(&format!("- {quoted}\n")),
            ("[\"12\"]".into(), "[\"12\"]".into()),
            "{quoted}"
        );
    }
}

#[test]
fn tags() {
    check(
        &["!!int \"1\"", "!!int 0x1", "!!float 1", "!!float \"1.0\""],
        "1",
        "1",
    );
    check(&["!!float 0777"], "511", "511");
    check(
        &[
            "!!int 1.5",
            "!!int x",
            "!!int ''",
            "!!float ''",
            "!!float x",
            "!!bool 1",
            "!!null x",
            "!!timestamp x",
            "!!binary '@@'",
        ],
        "error",
        "error",
    );
    check(&["!!bool yes", "!!bool 'on'"], "true", "error");
    check(&["!!null ~", "!!null ''"], "null", "null");
    check(&["!!str", "!foo", "!!str ''"], "\"\"", "\"\"");
    check(&["!foo 12", "!!str 12"], "\"12\"", "\"12\"");
    check(&["! 12"], "\"12\"", "12");
    check(&["!!binary aGVsbG8="], "\"hello\"", "\"hello\"");
    check(&["!!binary /w=="], "\"\u{FFFD}\"", "\"\u{FFFD}\"");
    check(&["!!set {a}"], "{\"a\":null}", "{\"a\":\"\"}");
    check(&["!!int [a]", "!x [a]"], "[\"a\"]", "[\"a\"]");
}

#[test]
fn keys() {
    for (key, kubectl, kustomize) in [
        ("on", "true", Some("on")),
        ("true", "true", None),
        ("1", "1", None),
        ("0x10", "16", None),
        ("1e3", "1000", None),
        ("1.5", "1.5", None),
        ("1.23456789012345", "1.2345679", None),
        ("1000000.0", "1e+06", None),
        ("123456.0", "123456", None),
        ("0.00001", "1e-05", None),
        ("0.0001", "0.0001", None),
        ("12345678901234567890123", "1.2345679e+22", None),
        (".inf", ".inf", None),
        ("-.inf", "-.inf", None),
        (".nan", ".nan", None),
        ("2001-01-01", "2001-01-01", None),
        ("'1'", "1", Some("1")),
        ("\"\"", "", Some("")),
    ] {
        let expected =
            |key: Option<&str>| key.map_or("error".into(), |key| format!("{{\"{key}\":\"v\"}}"));
        let (as_kubectl, as_kustomize) = both(&format!("{key}: v\n"));
        assert_eq!(as_kubectl, expected(Some(kubectl)), "{key}");
        assert_eq!(as_kustomize, expected(kustomize), "{key}");
    }
    for key in [
        "~",
        "null",
        "9223372036854775808",
        "[a]",
        "{a: b}",
        "? [a]\n",
    ] {
        assert_eq!(
            both(&format!("{key}: v\n")),
            ("error".into(), "error".into()),
            "{key}"
        );
    }
}

#[test]
fn an_omitted_value_inside_brackets_is_an_empty_string_for_kustomize() {
    assert_eq!(
        both("a: {b, c: , d: ~}\n"),
        (
            r#"{"a":{"b":null,"c":null,"d":null}}"#.into(),
            r#"{"a":{"b":"","c":"","d":null}}"#.into()
        )
    );
}
