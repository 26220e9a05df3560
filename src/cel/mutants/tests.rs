//! Cases of mutants: which changes each kind of expression has.

use proptest::prelude::*;

use super::Purpose;
use crate::cel::syntax::parse;
use crate::cel::{Environment, Program, compile};

fn program(source: &str) -> Program {
    compile(source, &Environment::new(["o"]))
        .unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

/// The texts of all mutants but those that replace the expression as a whole.
fn mutants(source: &str, purpose: Purpose) -> Vec<String> {
    let mutants = program(source).mutants(purpose).into_iter();
    let parts = mutants.filter(|mutant| !mutant.change.starts_with("the whole"));
    parts.map(|mutant| mutant.source).collect()
}

#[test]
fn each_kind_of_node_has_its_changes() {
    let cases: &[(&str, &[&str])] = &[
        (
            "o.a && o.b",
            &["o.b", "!(o.a) && o.b", "o.a || o.b", "o.a", "o.a && !(o.b)"],
        ),
        (
            "has(o.a) || has(o.b)",
            &[
                "has(o.b)",
                "true || has(o.b)",
                "has(o.a) && has(o.b)",
                "has(o.a)",
                "has(o.a) || true",
            ],
        ),
        (
            "has(o.a) && has(o.b)",
            &[
                "has(o.b)",
                "false && has(o.b)",
                "has(o.a) || has(o.b)",
                "has(o.a)",
                "has(o.a) && false",
            ],
        ),
        ("!has(o.a)", &["!true", "!false"]),
        ("!o.a", &["(o.a)"]),
        ("o.a == o.b", &["o.a != o.b"]),
        ("o.a != o.b", &["o.a == o.b"]),
        ("o.a < o.b", &["o.a <= o.b", "o.a >= o.b"]),
        ("o.a <= o.b", &["o.a < o.b", "o.a > o.b"]),
        ("o.a > o.b", &["o.a >= o.b", "o.a <= o.b"]),
        ("o.a >= o.b", &["o.a > o.b", "o.a < o.b"]),
        ("o.a in o.b", &["!(o.a in o.b)"]),
        ("[o.a in o.b]", &["[]", "[(!(o.a in o.b))]"]),
        ("o.a - o.b", &["o.a + o.b"]),
        ("o.a * o.b", &["o.a / o.b"]),
        ("o.a + 'b'", &["o.a + 'bx'"]),
        ("o.a == 7", &["o.a != 7", "o.a == 8"]),
        ("o.a == -1", &["o.a != -1", "o.a == 0"]),
        ("o.a == ''", &["o.a != ''", "o.a == 'x'"]),
        ("o.a == '''b'''", &["o.a != '''b'''", "o.a == '''bx'''"]),
        (r"o.a.matches(r'^\d$')", &[r"o.a.matches(r'^\d$x')"]),
        ("o.a == true", &["o.a != true", "o.a == false"]),
        (
            "o.l.all(x, x.a)",
            &["o.l.exists(x, x.a)", "o.l.all(x, !(x.a))"],
        ),
        (
            "o.l.exists(k, v, k == v)",
            &["o.l.all(k, v, k == v)", "o.l.exists(k, v, k != v)"],
        ),
        (
            "o.l.exists_one(x, x == 1)",
            &[
                "o.l.exists(x, x == 1)",
                "o.l.exists_one(x, x != 1)",
                "o.l.exists_one(x, x == 2)",
            ],
        ),
        (
            "o.l.filter(x, x.a)",
            &["o.l.filter(x, true)", "o.l.filter(x, !(x.a))"],
        ),
        (
            "o.l.map(x, x.a, x.b)",
            &["o.l.map(x, true, x.b)", "o.l.map(x, !(x.a), x.b)"],
        ),
        ("o.l.map(x, x.b)", &[]),
        (
            "o.a ? o.b : o.c",
            &[
                "true ? o.b : o.c",
                "false ? o.b : o.c",
                "o.a ? (o.c) : (o.b)",
            ],
        ),
        (
            "o.a ? 1 : o.b ? 2 : 3",
            &[
                "true ? 1 : o.b ? 2 : 3",
                "false ? 1 : o.b ? 2 : 3",
                "o.a ? (o.b ? 2 : 3) : (1)",
                "o.a ? 2 : o.b ? 2 : 3",
                "o.a ? 1 : true ? 2 : 3",
                "o.a ? 1 : false ? 2 : 3",
                "o.a ? 1 : o.b ? (3) : (2)",
                "o.a ? 1 : o.b ? 3 : 3",
                "o.a ? 1 : o.b ? 2 : 4",
            ],
        ),
        ("[o.a, o.b]", &["[o.b]", "[o.a]"]),
        ("[o.a,]", &["[]"]),
        ("[?o.?a, ?o.?b]", &["[?o.?b]", "[?o.?a]"]),
        (
            "{'a': o.a, ?'b': o.?b}",
            &[
                "{?'b': o.?b}",
                "{'ax': o.a, ?'b': o.?b}",
                "{'a': o.a}",
                "{'a': o.a, ?'bx': o.?b}",
            ],
        ),
        (
            "o.a && (o.b || o.c)",
            &[
                "(o.b || o.c)",
                "!(o.a) && (o.b || o.c)",
                "o.a || (o.b || o.c)",
                "o.a",
                "o.a && (o.c)",
                "o.a && (!(o.b) || o.c)",
                "o.a && (o.b && o.c)",
                "o.a && (o.b )",
                "o.a && (o.b || !(o.c))",
            ],
        ),
        (
            "o.a // this && that\n && o.b",
            &[
                "o.b",
                "!(o.a) // this && that\n && o.b",
                "o.a // this && that\n || o.b",
                "o.a",
                "o.a // this && that\n && !(o.b)",
            ],
        ),
    ];
    for (source, expected) in cases {
        let mut found = mutants(source, Purpose::Logic);
        let mut expected: Vec<String> = expected
            .iter()
            .map(|text| text.replace("o.b )", "o.b)"))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{source}");
    }
}

#[test]
fn a_whole_expression_is_replaced_by_what_its_type_allows() {
    let cases: &[(&str, &[&str])] = &[
        ("o.a == 1", &["false", "true"]),
        ("[JSONPatch{op: 'remove', path: o.a}]", &["[]"]),
        ("Object{}", &[]),
        ("Object{spec: Object.spec{a: 1}}", &["Object{}"]),
        ("'a' + string(o.a)", &["''"]),
        ("o.a", &[]),
        ("true", &["false"]),
    ];
    for (source, expected) in cases {
        let mutants = program(source).mutants(Purpose::Logic).into_iter();
        let whole = mutants.filter(|mutant| mutant.change.starts_with("the whole"));
        let mut whole: Vec<String> = whole.map(|mutant| mutant.source).collect();
        whole.sort();
        assert_eq!(whole, *expected, "{source}");
    }
}

#[test]
fn the_wording_of_messages_stays() {
    let source = "'a' + (o.b == 'c' ? 'd' : 'e')";
    assert_eq!(
        mutants(source, Purpose::Prose),
        [
            "'a' + (true ? 'd' : 'e')",
            "'a' + (false ? 'd' : 'e')",
            "'a' + (o.b == 'c' ? ('e') : ('d'))",
            "'a' + (o.b != 'c' ? 'd' : 'e')",
        ]
    );
}

#[test]
fn a_change_is_told_at_its_place() {
    let source = "has(o.a) && o.b.all(x, x == 'y')";
    let program = program(source);
    let mutants = program.mutants(Purpose::Logic);
    let mut told: Vec<String> = mutants
        .iter()
        .map(|mutant| format!("{}: {}", &source[mutant.range.clone()], mutant.change))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "&&: `&&` became `||`",
            "'y': `'y'` became `'yx'`",
            "==: `==` became `!=`",
            "all: `all` became `exists`",
            "has(o.a) && o.b.all(x, x == 'y'): the whole expression became `false`",
            "has(o.a) && o.b.all(x, x == 'y'): the whole expression became `true`",
            "has(o.a): `has(o.a)` became `false`",
            "has(o.a): `has(o.a)` was dropped",
            "o.b.all(x, x == 'y'): `o.b.all(x, x == 'y')` was dropped",
            "o.b.all(x, x == 'y'): `o.b.all(x, x == 'y')` was negated",
        ]
    );
}

/// Expressions with every kind of node, whatever they mean.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "o",
        "o.a",
        "o.?a",
        "true",
        "null",
        "1",
        "-7",
        "2u",
        "0.5",
        "'té'",
        "\"\"\"a\"b\"\"\"",
        r"r'\d'",
        "b'x'",
        "[]",
        "{}",
        "has(o.a)",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 48, 3, |inner| {
        let forms = prop::sample::select(vec![
            "A && B && C",
            "A || B // && not this || that\n || C",
            "A ? B : C",
            "A == B",
            "A<B",
            "A >= B",
            "A in B",
            "A + B",
            "A - B",
            "A % B",
            "!A",
            "!!!A",
            "-A",
            "[A, B, C,]",
            "[?A, B]",
            "[A]",
            "{A: B, ?C: A}",
            "o{a: A, ?b: B}",
            "Object{a: A, ?b: B,}",
            "A.b",
            "A[B]",
            "has(A.b)",
            "A.all(x, B)",
            "A.exists(k, v, B)",
            "A.exists_one(x, B)",
            "A.filter(x, B)",
            "A.map(x, B, C)",
            "A.transformMap(k, v, B, C)",
            "A.optMap(x, B)",
            "A.orValue(B)",
            "size(A)",
            "A.startsWith(B)",
        ]);
        (forms, inner.clone(), inner.clone(), inner).prop_map(|(form, a, b, c)| {
            let fill = |piece: char| match piece {
                'A' => format!("({a})"),
                'B' => format!("( {b} )"),
                'C' => format!("({c})"),
                other => other.to_string(),
            };
            form.replace("Object", "O")
                .chars()
                .map(fill)
                .collect::<String>()
                .replace("O{", "Object{")
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn mutants_parse_differ_and_are_told_inside_the_text(source in expression()) {
        if let Ok(program) = compile(&source, &Environment::new(["o"]).unchecked()) {
            let mutants = program.mutants(Purpose::Logic);
            for (index, mutant) in mutants.iter().enumerate() {
                let parsed = parse(&mutant.source, true);
                prop_assert!(parsed.is_ok(), "{}: {}: {:?}", source, mutant.source, parsed);
                prop_assert_ne!(&mutant.source, &source);
                prop_assert!(source.get(mutant.range.clone()).is_some());
                prop_assert!(mutants.iter().take(index).all(|other| other.source != mutant.source));
            }
        }
    }
}
