//! Cases of explanation: what is shown of an expression, in which order, and what is marked as sensitive.

use super::{Detail, NothingSensitive, Sensitive, StepOutcome, Subject};
use crate::cel::{Activation, Environment, Printer, Program, Value, compile};
use crate::manifest::{Document, NodeRef, read_json};

const OBJECT: &str = r#"{"a": {"b": [1, 2, 3], "c": "text"}, "flag": true,
    "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}, {"n": "z"}],
    "secret": {"key": "hunter2"}}"#;

/// Everything under `secret`, and what is around it.
struct Secret<'a>(NodeRef<'a>);

impl Sensitive for Secret<'_> {
    fn any(&self) -> bool {
        true
    }

    fn holds(&self, node: NodeRef<'_>) -> bool {
        let secret = self.0.get("secret").unwrap();
        node.is(self.0) || node.is(secret) || node.is(secret.get("key").unwrap())
    }
}

fn program(source: &str, environment: &Environment) -> Program {
    compile(source, environment).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

fn explain(source: &str, detail: Detail, hides: bool) -> Vec<String> {
    let document: Document = read_json(None, OBJECT).unwrap();
    let mut environment = Environment::new(["object"]);
    let variables = [
        ("sum", "object.a.b[0] + object.a.b[1]"),
        ("again", "variables.sum * 2"),
    ];
    let mut programs = Vec::new();
    for (name, text) in variables {
        programs.push(program(text, &environment));
        environment.declare_variable(name);
    }
    let program = program(source, &environment);
    let activation = Activation::new(vec![Value::Node(document.root())], &programs, 100_000);
    let _ = program.evaluate(&activation);
    let spent = activation.cost();
    let secret = Secret(document.root());
    let sensitive: &dyn Sensitive = if hides { &secret } else { &NothingSensitive };
    let explanation = program.explain(&activation, detail, sensitive);
    assert_eq!(activation.cost(), spent, "{source}");
    let mut lines: Vec<String> = explanation
        .steps
        .iter()
        .map(|step| {
            let printer = Printer {
                most: 40,
                sensitive,
                hides_computed: step.is_sensitive,
            };
            let subject = match &step.subject {
                Subject::Part(text) => (*text).to_owned(),
                Subject::Definition(text) => format!("is {text}"),
                Subject::Element { names, key } => {
                    let key = Printer {
                        hides_computed: false,
                        ..printer
                    }
                    .print(key)
                    .0;
                    format!("{names} at {key}")
                }
                Subject::Elements(count) => format!("{count} more"),
            };
            let outcome = match &step.outcome {
                StepOutcome::Value(value) => printer.print(value).0,
                StepOutcome::Error(_) => "error".to_owned(),
                StepOutcome::Skipped => "skipped".to_owned(),
                StepOutcome::Nothing => String::new(),
            };
            format!("{}{subject} = {outcome}", "  ".repeat(step.level))
        })
        .collect();
    if explanation.is_cut {
        lines.push("cut".to_owned());
    }
    lines
}

#[test]
fn every_part_is_shown_with_its_value() {
    for (source, expected) in [
        ("1 + 2", vec!["1 + 2 = 3"]),
        ("object.a.c", vec!["object.a.c = \"text\""]),
        (
            "object.flag && object.a.b[0] > 1",
            vec![
                "object.flag && object.a.b[0] > 1 = false",
                "  object.flag = true",
                "  object.a.b[0] > 1 = false",
                "    object.a.b[0] = 1",
            ],
        ),
        (
            "!object.flag && object.none.x == 1",
            vec![
                "!object.flag && object.none.x == 1 = false",
                "  !object.flag = false",
                "    object.flag = true",
                "  object.none.x == 1 = skipped",
            ],
        ),
        (
            "object.flag ? object.a.c : object.none",
            vec![
                "object.flag ? object.a.c : object.none = \"text\"",
                "  object.flag = true",
                "  object.a.c = \"text\"",
                "  object.none = skipped",
            ],
        ),
        (
            "object.none.x.size() > object.a.b[0]",
            vec![
                "object.none.x.size() > object.a.b[0] = error",
                "  object.none.x.size() = error",
                "    object.none.x = error",
                "      object.none = error",
                "  object.a.b[0] = skipped",
            ],
        ),
        (
            "object.?none.orValue(object.a.c)",
            vec![
                "object.?none.orValue(object.a.c) = \"text\"",
                "  object.?none = optional.none()",
                "  object.a.c = \"text\"",
            ],
        ),
        (
            "object.?flag.optMap(f, !f)",
            vec![
                "object.?flag.optMap(f, !f) = optional.of(false)",
                "  object.?flag = optional.of(true)",
                "  f at null = true",
                "    !f = false",
                "      f = true",
            ],
        ),
    ] {
        assert_eq!(explain(source, Detail::default(), false), expected);
    }
}

#[test]
fn macros_show_the_elements_that_were_looked_at() {
    assert_eq!(
        explain("object.a.b.all(n, n < 2)", Detail::default(), false),
        [
            "object.a.b.all(n, n < 2) = false",
            "  object.a.b = [1, 2, 3]",
            "  n at 0 = 1",
            "    n < 2 = true",
            "      n = 1",
            "  n at 1 = 2",
            "    n < 2 = false",
            "      n = 2",
        ]
    );
    assert_eq!(
        explain(
            "object.list.filter(e, has(e.v)).map(e, e.n)",
            Detail::default(),
            false
        ),
        [
            "object.list.filter(e, has(e.v)).map(e, e.n) = [\"x\", \"y\"]",
            "  object.list.filter(e, has(e.v)) = [{\"n\": \"x\", \"v\": 1}, {\"n\": \"y\", \"v\": 2}]",
            "    object.list = [{\"n\": \"x\", \"v\": 1}, {\"n\": \"y\", \"v\": 2}, …]",
            "    e at 0 = {\"n\": \"x\", \"v\": 1}",
            "      has(e.v) = true",
            "    e at 1 = {\"n\": \"y\", \"v\": 2}",
            "      has(e.v) = true",
            "    e at 2 = {\"n\": \"z\"}",
            "      has(e.v) = false",
            "  e at 0 = {\"n\": \"x\", \"v\": 1}",
            "    e.n = \"x\"",
            "  e at 1 = {\"n\": \"y\", \"v\": 2}",
            "    e.n = \"y\"",
        ]
    );
    let few = Detail {
        elements: 1,
        ..Detail::default()
    };
    assert_eq!(
        explain("object.a.b.all(n, n < 3)", few, false),
        [
            "object.a.b.all(n, n < 3) = false",
            "  object.a.b = [1, 2, 3]",
            "  n at 0 = 1",
            "    n < 3 = true",
            "      n = 1",
            "  1 more = ",
            "  n at 2 = 3",
            "    n < 3 = false",
            "      n = 3",
        ]
    );
    assert_eq!(
        explain("object.list[0].all(k, v, k != v)", few, false),
        [
            "object.list[0].all(k, v, k != v) = true",
            "  object.list[0] = {\"n\": \"x\", \"v\": 1}",
            "  k, v at \"n\" = \"x\"",
            "    k != v = true",
            "      k = \"n\"",
            "      v = \"x\"",
            "  1 more = ",
        ]
    );
}

#[test]
fn a_variable_is_explained_where_it_is_named_first() {
    assert_eq!(
        explain("variables.again == variables.sum", Detail::default(), false),
        [
            "variables.again == variables.sum = false",
            "  variables.again = 6",
            "    is variables.sum * 2 = 6",
            "      variables.sum = 3",
            "        is object.a.b[0] + object.a.b[1] = 3",
            "          object.a.b[0] = 1",
            "          object.a.b[1] = 2",
            "  variables.sum = 3",
        ]
    );
}

#[test]
fn what_is_computed_from_something_sensitive_is_marked_wherever_it_goes() {
    for source in [
        "object.secret.key",
        "object.secret.key + '!'",
        "[object.secret.key]",
        "{object.secret.key: 1}",
        "{object.secret.key: 1}.map(k, k)",
        "object.secret.map(k, object.secret[k])",
        "object.secret.map(k, object.secret[k] + 'x').map(v, v + 'y')",
        "object.?secret.?key.optMap(v, v + 'x').orValue('')",
        "object.flag ? object.secret.key + '' : ''",
        "object.secret.transformList(k, v, v + '')[0]",
        "object.secret.key.size() == 7 && object.secret.key.replace('2', '') == ''",
        "[object.secret.key + '', 'a'].filter(s, s != 'a')",
        "object.a.b.map(n, object.secret.key + string(n))",
    ] {
        for detail in [
            Detail::default(),
            Detail {
                elements: 0,
                ..Detail::default()
            },
            Detail {
                steps: 1,
                ..Detail::default()
            },
        ] {
            let lines = explain(source, detail, true).join("\n");
            assert!(!lines.contains("hunter"), "{source}: {lines}");
        }
        assert!(
            explain(source, Detail::default(), true)
                .iter()
                .any(|line| line.contains("‹hidden›")),
            "{source}"
        );
    }
    let harmless = "object.a.c + string(size(object.secret)) + string(object.secret.key == '')";
    let lines = explain(harmless, Detail::default(), true);
    assert_eq!(
        lines.first().map(String::as_str),
        Some(&*format!("{harmless} = \"text1false\""))
    );
}

#[test]
fn an_explanation_is_bounded_and_says_so() {
    let few = Detail {
        steps: 5,
        ..Detail::default()
    };
    let lines = explain("object.a.b.map(n, object.a.b.map(m, m * n))", few, false);
    assert_eq!(
        (lines.len(), lines.last().map(String::as_str)),
        (6, Some("cut"))
    );
    let shallow = Detail {
        levels: 2,
        ..Detail::default()
    };
    assert_eq!(
        explain("!(!(!object.flag))", shallow, false),
        [
            "!(!(!object.flag)) = false",
            "  (!(!object.flag)) = true",
            "cut"
        ]
    );
}
