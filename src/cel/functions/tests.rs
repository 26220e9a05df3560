//! What cannot be known, as functions and operators see it. What functions give and refuse stands in `testdata/cel`.

use super::super::show::show;
use super::super::{Activation, Environment, EvalErrorKind, Value, compile};
use crate::manifest::{Document, DocumentBuilder, read_json};

const OBJECT: &str = r#"{"image": "ghcr.io/a/b:1"}"#;

/// `o` is the object; `p` is a map that may have more than `app: web`, and in which `x` cannot be known.
fn evaluate(source: &str) -> String {
    let object = read_json(None, OBJECT).unwrap();
    let partly: Document = {
        let mut builder = DocumentBuilder::new();
        let app = builder.string("web", None);
        let unknown = builder.unknown("nobody knows");
        let list = builder.list(&[app, unknown], None);
        let map = builder.object(&[("app", app), ("x", unknown), ("l", list)]);
        builder.open(map, "there may be more");
        builder.finish(map)
    };
    let environment = Environment::new(["o", "p"]).with_mixed_literals();
    let program = match compile(source, &environment) {
        Ok(program) => program,
        Err(errors) => return format!("compile: {}", errors[0]),
    };
    let roots = vec![Value::Node(object.root()), Value::Node(partly.root())];
    let activation = Activation::new(roots, &[], 100_000);
    match program.evaluate(&activation) {
        Ok(value) => show(&value),
        Err(error) if error.kind == EvalErrorKind::Unknown => format!("unknown: {}", error.message),
        Err(error) => format!("error: {}", error.message),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (source, wanted) in cases {
        let found = evaluate(source);
        if wanted.starts_with("error:") || wanted.starts_with("compile:") {
            assert!(found.starts_with(wanted), "{source}: {found}");
        } else {
            assert_eq!(found, *wanted, "{source}");
        }
    }
}

#[test]
fn what_cannot_be_known_is_unknown_unless_it_does_not_matter() {
    check(&[
        ("p.x", "unknown: nobody knows"),
        ("p.y.z", "unknown: there may be more"),
        ("has(p.y)", "unknown: there may be more"),
        ("has(p.app) && 'app' in p", "true"),
        ("'y' in p", "unknown: there may be more"),
        ("false && p.x == 1", "false"),
        ("p.x == 1 || true", "true"),
        ("p.x == 1 || o.missing", "unknown: nobody knows"),
        ("o.missing || p.x == 1", "unknown: nobody knows"),
        ("p.all(k, k != 'app')", "false"),
        ("p.all(k, k != 'z')", "unknown: there may be more"),
        ("p.exists(k, k == 'app')", "true"),
        ("p.map(k, k)", "unknown: there may be more"),
        ("p.l.all(i, i == 'x')", "false"),
        ("p.l.exists(i, i == 'x')", "unknown: nobody knows"),
        ("'web' in p.l", "true"),
        ("'x' in p.l", "unknown: nobody knows"),
        ("p.l == ['x', 'y']", "false"),
        ("p.l == ['web', 'y']", "unknown: nobody knows"),
        ("p == {'app': 'web'}", "unknown: there may be more"),
        ("size(p)", "unknown: there may be more"),
        ("p.?y.orValue(1)", "unknown: there may be more"),
        ("p.l.sort()", "unknown: nobody knows"),
        ("string(p.x)", "unknown: nobody knows"),
    ]);
}
