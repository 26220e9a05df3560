//! Whatever the text: compiling, evaluating and blaming end in a value or an error, never in a panic.

use kpolicy::cel::{Activation, Environment, Program, Recording, Value, compile};
use kpolicy::manifest::{Document, read_json};
use proptest::prelude::*;

fn document() -> Document {
    let text = r#"{"a": {"b": [1, 2, {"c": "x"}]}, "l": [true, false], "n": 3, "s": "text"}"#;
    read_json(None, text).expect("JSON")
}

/// Evaluates and blames, whatever comes of it.
fn run(program: &Program, document: &Document, variables: &[Program]) {
    let activation = Activation::new(vec![Value::Node(document.root())], variables, 20_000);
    drop(program.evaluate(&activation));
    program.blame(&activation);
}

/// Texts that are nearly expressions.
fn nearly_an_expression() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "o",
        ".a",
        ".b",
        "[0]",
        "[?0]",
        ".?a",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        " + ",
        " - ",
        " * ",
        " / ",
        " % ",
        " == ",
        " < ",
        " in ",
        " && ",
        " || ",
        "!",
        "-",
        " ? ",
        " : ",
        ",",
        "1",
        "0",
        "2u",
        "1.5",
        "'s'",
        "b'x'",
        "null",
        "true",
        "o.l",
        "o.n",
        "o.s",
        "x",
        "has(o.a)",
        ".all(x, ",
        ".map(x, ",
        ".filter(x, x)",
        ".exists(x, ",
        ".size()",
        "size(",
        "string(",
        "int(",
        ".matches('",
        "')",
        ".split('",
        ".format([",
        ".orValue(",
        "optional.of(",
        "optional.none()",
        "JSONPatch{op: ",
        "type(",
        "dyn(",
        "[1, 2]",
        "{'a': 1}",
        ".sort()",
        ".flatten()",
        ".slice(0, 1)",
        "quantity('1Gi')",
        ".add(1)",
        "image('a:b')",
        ".tag()",
        "9223372036854775807",
        "variables.v",
        "\"",
        "\\",
        "'''",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Expressions that are well formed, whatever their types.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "o",
        "o.a",
        "o.a.b",
        "o.l",
        "o.n",
        "o.s",
        "o.none",
        "o.?a",
        "variables.v",
        "true",
        "false",
        "null",
        "1",
        "-7",
        "2u",
        "0.5",
        "'text'",
        "b'x'",
        "[]",
        "{}",
        "[1, 2]",
        "{'k': o.n}",
        "optional.none()",
        "duration('1h')",
        "timestamp(0)",
        "quantity('1Gi')",
        "image('a:b')",
        "int",
        "has(o.a)",
        "has(o.none)",
        "'b' in o.a",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 64, 4, |inner| {
        let forms = prop::sample::select(vec![
            "(A + B)",
            "(A - B)",
            "(A * B)",
            "(A / B)",
            "(A % B)",
            "(A == B)",
            "(A != B)",
            "(A < B)",
            "(A >= B)",
            "(A in B)",
            "(A && B)",
            "(A || B)",
            "(A ? B : C)",
            "!A",
            "-A",
            "[A, B]",
            "[?A]",
            "{A: B}",
            "{?A: B}",
            "A.b",
            "A.?b",
            "A[B]",
            "A[?B]",
            "has(A.b)",
            "A.all(x, B)",
            "A.exists(x, B == x)",
            "A.exists_one(x, x == B)",
            "A.map(x, B)",
            "A.map(x, B, x)",
            "A.filter(x, B)",
            "A.all(k, v, B)",
            "A.transformMap(k, v, B)",
            "A.transformList(k, v, B, [k, v])",
            "A.transformMapEntry(k, v, {v: B})",
            "A.sortBy(x, B)",
            "A.optMap(x, B)",
            "A.optFlatMap(x, B)",
            "A.orValue(B)",
            "A.or(B)",
            "A.hasValue()",
            "A.value()",
            "size(A)",
            "string(A)",
            "int(A)",
            "double(A)",
            "type(A)",
            "dyn(A)",
            "bytes(A)",
            "timestamp(A)",
            "duration(A)",
            "A.startsWith(B)",
            "A.matches(B)",
            "A.find(B)",
            "A.split(B)",
            "A.join()",
            "A.replace(B, C)",
            "A.format([B, C])",
            "A.sort()",
            "A.sum()",
            "A.max()",
            "A.distinct()",
            "A.flatten()",
            "A.reverse()",
            "A.slice(0, 1)",
            "A.indexOf(B)",
            "sets.contains(A, B)",
            "quantity(A)",
            "A.add(B)",
            "A.isLessThan(B)",
            "isImage(A)",
            "json(A)",
            "A.registry()",
            "A.getHours()",
            "selects(A, B)",
            "tolerates(A, B)",
            "JSONPatch{op: A, value: B}",
            "optional.of(A)",
            "optional.ofNonZeroValue(A)",
        ]);
        (forms, inner.clone(), inner.clone(), inner).prop_map(|(form, a, b, c)| {
            let fill = |piece: char| match piece {
                'A' => format!("({a})"),
                'B' => format!("({b})"),
                'C' => format!("({c})"),
                other => other.to_string(),
            };
            if form.starts_with("JSONPatch") {
                format!("JSONPatch{{op: ({a}), value: ({b})}}")
            } else {
                form.chars().map(fill).collect()
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_is_an_error_inside_it(source in "\\PC{0,60}") {
        if let Err(errors) = compile(&source, &Environment::new(["o"])) {
            prop_assert!(errors.iter().all(|error| source.get(error.range.clone()).is_some()));
        }
    }

    #[test]
    fn whatever_compiles_can_be_evaluated_and_blamed(source in nearly_an_expression()) {
        let mut environment = Environment::new(["o"]);
        let variables = [compile("o.a.b", &environment).expect("it compiles")];
        environment.declare_variable("v");
        match compile(&source, &environment) {
            Ok(program) => run(&program, &document(), &variables),
            Err(errors) => {
                prop_assert!(errors.iter().all(|error| source.get(error.range.clone()).is_some()));
            }
        }
    }

    #[test]
    fn well_formed_expressions_can_be_evaluated_and_blamed(source in expression()) {
        let mut environment = Environment::new(["o"]);
        let variables = [compile("o.a.b", &environment).expect("it compiles")];
        environment.declare_variable("v");
        if let Ok(program) = compile(&source, &environment) {
            let document = document();
            let roots = || vec![Value::Node(document.root())];
            let activation = Activation::new(roots(), &variables, 20_000);
            let first = format!("{:?}", program.evaluate(&activation).map_err(|error| error.message));
            for place in program.blame(&activation) {
                prop_assert!(source.get(place.range).is_some());
            }
            let activation = Activation::new(roots(), &variables, 20_000);
            let again = format!("{:?}", program.evaluate(&activation).map_err(|error| error.message));
            prop_assert_eq!(first, again);
        }
    }

    #[test]
    fn to_record_an_evaluation_changes_neither_its_value_nor_its_cost(source in expression()) {
        let mut environment = Environment::new(["o"]);
        let variables = [compile("has(o.a) && o.a.b.all(x, x != 7)", &environment).expect("it compiles")];
        environment.declare_variable("v");
        if let Ok(program) = compile(&source, &environment) {
            let document = document();
            let recording = Recording::new([&program, &variables[0]]);
            let [plain, recorded] = [None, Some(&recording)].map(|recording| {
                let activation = Activation::new(vec![Value::Node(document.root())], &variables, 20_000)
                    .with_recorder(recording.map(|recording| recording as _));
                let value = format!("{:?}", program.evaluate(&activation));
                let blamed = format!("{:?}", program.blame(&activation));
                // Once more: what was read and paid is as it was.
                let again = format!("{:?}", program.evaluate(&activation));
                (value, blamed, again, activation.cost())
            });
            prop_assert_eq!(plain, recorded);
            for range in program.points().into_iter().map(|point| point.range)
                .chain(program.gaps(&recording).into_iter().map(|gap| gap.range)) {
                prop_assert!(source.get(range).is_some());
            }
            let (shown, points) = recording.share(&program);
            prop_assert_eq!(points, program.points().len());
            prop_assert_eq!(shown == points, program.gaps(&recording).is_empty());
        }
    }
}
