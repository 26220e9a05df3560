//! No expression and no document brings the process down: everything has a limit that is an error.
//!
//! Each test runs on a stack of 2 MiB, which is what a thread gets, also where frames are not optimised.

use kpolicy::cel::{Activation, Budget, Environment, EvalErrorKind, Program, Value, compile};
use kpolicy::manifest::{Document, read_json};

fn on_a_small_stack(check: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(check)
        .expect("a thread")
        .join()
        .expect("the check holds");
}

fn document() -> Document {
    let text = r#"{"a": {"b": [1, 2, {"c": "x"}]}, "l": [true, false], "n": 3, "s": "text"}"#;
    read_json(None, text).expect("JSON")
}

/// Estimates, evaluates and blames, whatever comes of it.
fn run(program: &Program, document: &Document, variables: &[Program]) -> Option<EvalErrorKind> {
    let activation = Activation::new(vec![Value::Node(document.root())], variables, 200_000);
    program.estimate();
    let outcome = program.evaluate(&activation);
    program.blame(&activation);
    outcome.err().map(|error| error.kind)
}

#[test]
fn deep_expressions_compile_and_evaluate_or_are_refused() {
    on_a_small_stack(|| {
        let environment = Environment::new(["o"]);
        let document = document();
        let nested = |open: &str, core: &str, close: &str, levels: usize| {
            open.repeat(levels) + core + &close.repeat(levels)
        };
        for (open, core, close) in [
            ("(", "o.n", ")"),
            ("[", "o.n", "]"),
            ("{'k': ", "o.n", "}"),
            ("!(", "o.l[1]", ")"),
            ("-(", "o.n", ")"),
            ("1 + (", "o.n", ")"),
            ("true && (", "o.l[1]", ")"),
            ("false || (", "o.l[1]", ")"),
            ("o.l[0] ? (", "o.l[1]", ") : true"),
            ("o.l[1] ? true : (", "o.l[1]", ")"),
            ("size([", "o.n", "])"),
            ("string(", "o.n", ")"),
            ("o.l.map(x, ", "o.n", ")"),
            ("o.l.all(x, ", "o.l[1]", ")"),
            ("[1].exists(x, ", "o.l[1]", ")"),
            ("[1].filter(x, ", "o.l[1]", ").size() > 9"),
            ("optional.of(1).optMap(x, ", "o.n", ")"),
            ("o.?missing.orValue(", "o.n", ")"),
            ("JSONPatch{value: ", "o.n", "}"),
            ("o[", "'a'", "]"),
            ("o.s.replace(", "o.s", ", '')"),
        ] {
            let mut compiled = 0;
            for levels in [20, 80, 124, 240, 248, 249, 5_000] {
                let Ok(inner) = compile(&nested(open, core, close, levels), &environment) else {
                    continue;
                };
                run(&inner, &document, &[]);
                // The same inside a variable, so that both are on the stack.
                let mut environment = environment.clone();
                environment.declare_variable("inner");
                let outer = nested(open, "variables.inner", close, levels);
                compiled += 1;
                if let Ok(outer) = compile(&outer, &environment) {
                    run(&outer, &document, &[inner]);
                }
            }
            assert!(compiled > 1, "{open}");
        }
        for (start, link) in [
            ("o", ".a"),
            ("o", "[0]"),
            ("o", ".?a"),
            ("o.s", ".trim()"),
            ("o.l", ".map(x, x)"),
            ("o.n", " + 1"),
            ("o.n", " == true"),
        ] {
            for links in [100, 240, 250, 100_000] {
                let source = start.to_owned() + &link.repeat(links);
                match compile(&source, &environment) {
                    Ok(program) => drop(run(&program, &document, &[])),
                    Err(errors) => assert!(links >= 250, "{source}: {}", errors[0]),
                }
            }
        }
    });
}

#[test]
fn long_expressions_are_evaluated_or_refused() {
    on_a_small_stack(|| {
        let environment = Environment::new(["o"]);
        let document = document();
        for (source, fits) in [
            ("o.l[0]".to_owned() + &" && o.l[0]".repeat(5_000), true),
            ("o.l[1]".to_owned() + &" || o.l[1]".repeat(5_000), true),
            (format!("[{}].size() == 1", "1,".repeat(10_000)), true),
            ("o.n".to_owned() + &" + 1".repeat(100_000), false),
            ("x".repeat(1_000_000), false),
            (" ".repeat(1_000_000), false),
            ("'".to_owned() + &"x".repeat(1_000_000) + "'", false),
            ("[".repeat(50_000), false),
        ] {
            match compile(&source, &environment) {
                Ok(program) => drop(run(&program, &document, &[])),
                Err(_) => assert!(!fits, "{}", &source[..20]),
            }
        }
    });
}

#[test]
fn deep_documents_are_read_compared_and_built() {
    on_a_small_stack(|| {
        let environment = Environment::new(["o"]);
        let deep = "{\"a\": [".repeat(4_000) + "1" + &"]}".repeat(4_000);
        let Ok(document) = read_json(None, &deep) else {
            return;
        };
        for source in [
            "o == o",
            "o != {'a': [1]}",
            "o in [o]",
            "[o, o].distinct().size() == 1",
            "'%s'.format([o]) == ''",
            "[o] == [o] && false",
            "!has(o.a)",
        ] {
            let program = compile(source, &environment).expect(source);
            let activation = Activation::new(vec![Value::Node(document.root())], &[], 100_000);
            let outcome = program.evaluate(&activation);
            program.blame(&activation);
            if source.starts_with("o ==") {
                assert_eq!(outcome.ok().and_then(|value| value.as_bool()), Some(true));
            }
        }
    });
}

#[test]
fn variables_that_nest_without_end_are_refused() {
    on_a_small_stack(|| {
        let document = document();
        let mut environment = Environment::new(["o"]);
        let mut variables = vec![compile("[o.n]", &environment).expect("it compiles")];
        environment.declare_variable("v0");
        for index in 1..2_000 {
            let source = format!("[variables.v{}, -(-(o.n))]", index - 1);
            variables.push(compile(&source, &environment).expect("it compiles"));
            environment.declare_variable(&format!("v{index}"));
        }
        let last = compile("variables.v1999 == []", &environment).expect("it compiles");
        assert_eq!(
            run(&last, &document, &variables),
            Some(EvalErrorKind::Budget)
        );

        // Read one after the other they do not nest on the stack, but their values do.
        let readers: Vec<Program> = (0..2_000)
            .map(|index| format!("variables.v{index} == []"))
            .map(|source| compile(&source, &environment).expect("it compiles"))
            .collect();
        let activation = Activation::new(vec![Value::Node(document.root())], &variables, 1_000_000);
        let refused = readers.iter().any(|reader| {
            let outcome = reader.evaluate(&activation);
            outcome.is_err_and(|error| error.kind == EvalErrorKind::Budget)
        });
        assert!(refused);
    });
}

#[test]
fn values_that_grow_without_end_are_refused() {
    let document = document();
    let mut environment = Environment::new(["o"]);
    for first in ["o.s", "[o.s]", "b'text'"] {
        let mut variables = vec![compile(first, &environment).expect("it compiles")];
        environment.declare_variable("v0");
        for index in 1..60 {
            let source = format!("variables.v{0} + variables.v{0}", index - 1);
            variables.push(compile(&source, &environment).expect("it compiles"));
            environment.declare_variable(&format!("v{index}"));
        }
        let last = compile("size(variables.v59) == 0", &environment).expect("it compiles");
        assert_eq!(
            run(&last, &document, &variables),
            Some(EvalErrorKind::Budget),
            "{first}"
        );
        environment = Environment::new(["o"]);
    }
    for source in [
        "lists.range(o.n * 1000000000).size() > 0",
        "lists.range(10000).map(i, lists.range(10000)).flatten().size() > 0",
        "'%.1000000000f'.format([1.5]) == ''",
        "lists.range(1000).map(i, o.s).join(',').replace('', lists.range(1000).map(i, o.s).join(',')) == ''",
    ] {
        if let Ok(program) = compile(source, &environment) {
            assert!(run(&program, &document, &[]).is_some(), "{source}");
        }
    }
}

#[test]
fn an_evaluation_ends_when_its_budget_does_or_when_it_is_cancelled() {
    let document = document();
    let environment = Environment::new(["o"]);
    let endless = "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))";
    let program = compile(endless, &environment).expect("it compiles");
    assert_eq!(run(&program, &document, &[]), Some(EvalErrorKind::Budget));

    let absorbing = compile(&format!("{endless} || true"), &environment).expect("it compiles");
    assert_eq!(run(&absorbing, &document, &[]), Some(EvalErrorKind::Budget));

    let asked = std::cell::Cell::new(0);
    let cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let budget = Budget::new(u64::MAX).with_cancel(&cancelled);
    let activation = Activation::new(vec![Value::Node(document.root())], &[], budget);
    let error = program.evaluate(&activation).expect_err("cancelled");
    assert_eq!(error.kind, EvalErrorKind::Cancelled);
    assert!(asked.get() < 10);
}
