//! Cases of coverage: what expressions ask for, what evaluations show, what is said of the rest.

use super::{Outcome, Recording};
use crate::cel::{Activation, Environment, Program, Value, compile};
use crate::manifest::{Document, read_json};

fn environment() -> Environment {
    Environment::new(["object"])
}

fn program(source: &str) -> Program {
    compile(source, &environment()).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

fn document(json: &str) -> Document {
    read_json(None, json).unwrap()
}

fn evaluate(program: &Program, json: &str, recording: &Recording<'_>) {
    let document = document(json);
    let roots = vec![Value::Node(document.root())];
    let activation = Activation::new(roots, &[], 100_000).with_recorder(Some(recording));
    let _ = program.evaluate(&activation);
}

/// What is lacking after these objects, as it would be listed.
fn lacking(source: &str, objects: &[&str]) -> Vec<String> {
    let program = program(source);
    let recording = Recording::new([&program]);
    for object in objects {
        evaluate(&program, object, &recording);
    }
    let gaps = program.gaps(&recording).into_iter();
    gaps.map(|gap| format!("{} {}", &source[gap.range], gap.outcome.never()))
        .collect()
}

#[test]
fn what_no_object_showed_is_lacking() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "has(object.a) && object.a == 1",
            &[],
            &["has(object.a) && object.a == 1 was never evaluated"],
        ),
        (
            "has(object.a) && object.a == 1",
            &["{}"],
            &[
                "has(object.a) was never true",
                "has(object.a) && object.a == 1 was never true",
                "object.a == 1 was never evaluated",
            ],
        ),
        (
            "has(object.a) && object.a == 1",
            &["{}", r#"{"a": 1}"#],
            &["object.a == 1 was never false"],
        ),
        (
            "has(object.a) && object.a == 1",
            &["{}", r#"{"a": 1}"#, r#"{"a": 2}"#],
            &[],
        ),
        // The left decides, so the right shows nothing.
        (
            "object.a == 1 || object.b == 1",
            &[r#"{"a": 1, "b": 1}"#],
            &[
                "object.a == 1 was never false",
                "object.a == 1 || object.b == 1 was never false",
                "object.b == 1 was never evaluated",
            ],
        ),
        // An error is neither; the other operand decides.
        (
            "object.gone == 1 || object.b == 1",
            &[r#"{"b": 1}"#, r#"{"b": 2}"#],
            &[
                "object.gone == 1 was never evaluated",
                "object.gone == 1 || object.b == 1 was never false",
            ],
        ),
        (
            "!(has(object.a) && has(object.b))",
            &[r#"{"a": 1, "b": 2}"#],
            &[
                "!(has(object.a) && has(object.b)) was never true",
                "has(object.a) was never false",
                "has(object.b) was never false",
            ],
        ),
        (
            "has(object.a) ? object.a.b : 'none'",
            &[r#"{"a": {"b": 1}}"#],
            &["has(object.a) was never false"],
        ),
        (
            "has(object.a) ? (has(object.b) ? 1 : 2) : 3",
            &["{}"],
            &[
                "has(object.a) was never true",
                "(has(object.b) ? 1 : 2) was never evaluated",
            ],
        ),
        (
            "object.l.all(x, x > 1)",
            &[r#"{"l": [2]}"#],
            &[
                "object.l was never empty",
                "object.l.all(x, x > 1) was never false",
                "x > 1 was never false",
            ],
        ),
        (
            "object.l.all(x, x > 1)",
            &[r#"{"l": []}"#],
            &[
                "object.l.all(x, x > 1) was never false",
                "x > 1 was never evaluated",
            ],
        ),
        (
            "object.l.exists(k, v, k == 'a' && v == 1)",
            &[r#"{"l": {"a": 1}}"#, r#"{"l": {}}"#],
            &["k == 'a' was never false", "v == 1 was never false"],
        ),
        // The second element is not looked at.
        (
            "object.l.exists_one(x, x == 1) || object.l.exists(x, x == 2)",
            &[r#"{"l": [2, 3]}"#, r#"{"l": []}"#],
            &[
                "object.l.exists_one(x, x == 1) was never true",
                "x == 1 was never true",
                "x == 2 was never false",
            ],
        ),
        (
            "object.l.filter(x, x != 'a').map(x, x + 'b')",
            &[r#"{"l": ["c"]}"#],
            &[
                "object.l was never empty",
                "object.l.filter(x, x != 'a') was never empty",
                "x != 'a' was never false",
            ],
        ),
        (
            "['a', 'b'].exists(x, x == object.a)",
            &[r#"{"a": "b"}"#, r#"{"a": "c"}"#],
            &[],
        ),
        // A root is filled by whoever makes it, and a sum is as empty as its parts.
        (
            "object.all(k, k != 'b') && ([1] + object.l).all(x, x == 1)",
            &[r#"{"l": [1]}"#, r#"{"l": [2]}"#, r#"{"b": 1}"#],
            &[],
        ),
        (
            "object.?a.?b.orValue('x') == 'x'",
            &[r#"{"a": {"b": "y"}}"#],
            &[
                "object.?a.?b always had a value",
                "object.?a.?b.orValue('x') == 'x' was never true",
            ],
        ),
        (
            "object.?a.optMap(v, v == 1 && object.b == 2).orValue(false)",
            &[r#"{"a": 1, "b": 2}"#, r#"{"a": 2}"#, "{}"],
            &["object.b == 2 was never false"],
        ),
        ("true", &[], &[]),
    ];
    for (source, objects, expected) in cases {
        assert_eq!(
            lacking(source, objects),
            *expected,
            "{source} on {objects:?}"
        );
    }
}

#[test]
fn a_variable_is_recorded_where_it_is_read_and_only_then() {
    let mut environment = environment();
    let variables = [compile("has(object.a) && object.a == 1", &environment).unwrap()];
    environment.declare_variable("v");
    let program = compile("has(object.b) && variables.v", &environment).unwrap();
    let recording = Recording::new([&program, &variables[0]]);
    let run = |json: &str| {
        let document = document(json);
        let roots = vec![Value::Node(document.root())];
        let activation = Activation::new(roots, &variables, 1_000).with_recorder(Some(&recording));
        let _ = program.evaluate(&activation);
    };
    run(r#"{"a": 1}"#);
    assert!(!recording.has_evaluated(&variables[0]), "it was not read");
    run(r#"{"a": 2, "b": 1}"#);
    let (shown, of) = recording.share(&variables[0]);
    assert_eq!(
        (shown, of),
        (3, 6),
        "`has` true, `==` false, and the whole false"
    );
}

#[test]
fn a_patch_is_asked_whether_it_changes_anything() {
    let program = program("has(object.a) ? [] : [JSONPatch{op: 'remove', path: '/b'}]");
    let outcomes: Vec<_> = program
        .points()
        .into_iter()
        .map(|point| point.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [
            Outcome::True,
            Outcome::False,
            Outcome::Changed,
            Outcome::Unchanged
        ]
    );
}

/// Test threads have a small stack.
#[test]
fn a_hundred_levels_are_recorded_and_more_do_no_harm() {
    for levels in [50, 120] {
        let (open, close) = ("!(true && ".repeat(levels), ")".repeat(levels));
        let program = program(&format!("{open}object.a == 1{close}"));
        let recording = Recording::new([&program]);
        evaluate(&program, r#"{"a": 1}"#, &recording);
        assert!(recording.has_evaluated(&program));
    }
}
