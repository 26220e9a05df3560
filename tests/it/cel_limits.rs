//! No expression and no document brings the process down: everything has a limit that is an error.
//!
//! Each test runs on a stack of 2 MiB, which is what a thread gets, also where frames are not optimised.

use std::time::{Duration, Instant};

use kpolicy::cel::{Activation, Budget, Environment, EvalErrorKind, Program, Value, compile};
use kpolicy::manifest::{Document, read_json};

use super::generate::used;

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

/// What no attack may take of the processor, also where nothing is optimised.
const LONGEST: Duration = Duration::from_secs(30);

/// What an attack may cost: in `make soak` what the API server allows, else less, as nothing is optimised then.
const ALLOWED: u64 = if cfg!(feature = "soak") {
    1_000_000
} else {
    20_000
};

/// Compiles, evaluates within [`ALLOWED`], and blames; all in bounded time.
fn attack(source: &str, document: &Document) -> Result<(), EvalErrorKind> {
    let shown: String = source.chars().take(80).collect();
    let start = Instant::now();
    let before = used(start);
    let outcome = match compile(source, &Environment::new(["o"])) {
        Ok(program) => {
            let roots = vec![Value::Node(document.root())];
            let activation = Activation::new(roots, &[], ALLOWED);
            let outcome = program.evaluate(&activation).map(drop);
            program.blame(&activation);
            outcome.map_err(|error| error.kind)
        }
        Err(_) => Ok(()),
    };
    let taken = used(start).saturating_sub(before);
    assert!(taken < LONGEST, "{shown} took {taken:?}");
    outcome
}

#[test]
fn expressions_of_a_megabyte_are_compiled_or_refused_in_bounded_time() {
    on_a_small_stack(|| {
        let document = document();
        for (piece, join, open, close) in [
            ("o.l[0]", " && ", "", ""),
            ("o.l[1]", " || ", "", ""),
            ("o.n", " + ", "", " > 0"),
            ("o.s", ", ", "[", "].size() > 0"),
            ("1", ",", "[", "].all(x, x == 1)"),
            ("'k': o.n", ", ", "{", "}.size() == 1"),
            ("o.l.all(x, x)", " && ", "", ""),
            ("(o.n)", " * ", "", " > 0"),
            ("o.n == 3 ? true", " : ", "", " : false"),
            ("'a'", " + ", "", " == ''"),
            ("// comment\n", "", "", "true"),
            ("!", "", "", "true"),
            ("-", "", "", "1 == 1"),
        ] {
            let count = 1_000_000 / (piece.len() + join.len());
            let source = format!("{open}{}{close}", vec![piece; count].join(join));
            let _ = attack(&source, &document);
        }
    });
}

#[test]
fn loops_in_loops_end_with_the_budget() {
    let document = document();
    let ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    for (start, end) in [
        (".all(x, ", ")"),
        (".map(x, ", ").size() >= 0"),
        (".exists(x, !", ")"),
    ] {
        let mut source = "o.l[0]".to_owned();
        for _ in 0..12 {
            source = format!("{ten}{start}{source}{end}");
        }
        assert_eq!(
            attack(&source, &document),
            Err(EvalErrorKind::Budget),
            "{start}"
        );
    }
    for source in [
        "lists.range(1000).map(i, lists.range(1000).map(j, o.s + string(i * j))).size() == 0",
        "lists.range(1000).map(i, o.s.replace('', o.s).replace('', o.s).replace('', o.s)).join().size() == 0",
        "lists.range(100000).map(i, '%s %s %s'.format([o, o, o])).size() == 0",
        "lists.range(100000).filter(i, lists.range(100000).exists(j, j == i)).size() == 0",
        "lists.range(1000).map(i, lists.range(1000)).flatten().distinct().size() == 0",
        "lists.range(500).sortBy(i, lists.range(5000).map(j, j * i).sum()).size() == 0",
    ] {
        let _ = attack(source, &document);
    }
}

#[test]
fn a_list_of_a_hundred_thousand_elements_is_judged_in_bounded_time() {
    let elements =
        |make: &dyn Fn(usize) -> String| (0..100_000).map(make).collect::<Vec<_>>().join(",");
    let text = format!(
        r#"{{"n": [{}], "s": [{}], "m": {{{}}}}}"#,
        elements(&|i| (i * 7 % 100_003).to_string()),
        elements(&|i| format!("\"item-{i}\"")),
        elements(&|i| format!("\"key-{i}\": {i}")),
    );
    let document = read_json(None, &text).expect("JSON");
    for source in [
        "o.n.all(x, x >= 0)",
        "o.n.exists(x, x < 0)",
        "o.n.exists_one(x, x == 5)",
        "o.n.map(x, x + 1).size() == 5",
        "o.n.filter(x, x > 5).all(x, x > 6)",
        "o.n.filter(x, x > 5).size() == 0",
        "o.n == o.n.map(x, x)",
        "o.n.all(x, x in o.n)",
        "o.s.all(x, x in o.m)",
        "o.m.all(k, o.m[k] in o.n)",
        "o.m.all(k, v, k == '')",
        "o.m.transformMap(k, v, v + 1).size() == 0",
        "o.m.transformMapEntry(k, v, {k: v}).size() == 0",
        "o.n.distinct().size() == 0",
        "o.n.sort() == o.n",
        "o.n.sortBy(x, -x) == o.n",
        "o.n.isSorted() || o.n.sum() == 0 || o.n.max() == 0",
        "sets.contains(o.n, o.n)",
        "sets.equivalent(o.n, o.s)",
        "sets.intersects(o.n, o.s)",
        "o.s.join(',').split(',') == o.s && false",
        "o.s.join(',').matches('(item-[0-9]+,?)+x')",
        "o.s.join().find('9+$') == ''",
        "o.n.reverse().slice(1, 99999).lastIndexOf(7) == 0",
        "'%s'.format([o]).size() == 0",
        "string(o.n.size()) == o.s.map(x, x.upperAscii())[99999]",
        "[o.n, o.n, o.n].flatten().size() == 0",
        "o.s.map(x, [x]).flatten().map(x, x.charAt(0)).distinct() == []",
        "o.n.all(x, o.n[x % 100000] == o.n.indexOf(x))",
    ] {
        let _ = attack(source, &document);
    }
}

#[test]
fn patterns_take_time_in_proportion_to_the_text() {
    let text = format!(r#"{{"a": "{}", "p": "(a|aa)+$"}}"#, "a".repeat(100_000));
    let document = read_json(None, &text).expect("JSON");
    for source in [
        "o.a.matches('^(a+)+$')",
        "o.a.matches('^(a+)+b')",
        "o.a.matches('(a|a|a)*b')",
        "o.a.matches('(a*)*(a*)*(a*)*b')",
        "o.a.matches('(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x')",
        "o.a.matches('^(((a?){20}){20})+$')",
        "o.a.matches('((a{1,100}){1,100}){1,100}')",
        "o.a.matches('(?:a{1000}){1000}')",
        "o.a.matches('a?'.replace('a?', 'a?a?a?a?a?a?a?a?') + 'aaaaaaaa$')",
        "o.a.findAll('a*?').size() == 0",
        "o.a.findAll('(a|b)').size() == 0",
        "o.a.find(o.p) == ''",
        "lists.range(1000).all(i, o.a.matches('(a|aa)+' + string(i)))",
        "o.a.matches(o.a + o.a)",
        "o.a.replace('a', o.a).size() == 0",
        "o.a.replace('', o.a).size() == 0",
        "o.a.split('').map(x, o.a).join().size() == 0",
    ] {
        let _ = attack(source, &document);
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
