//! Values of expressions, and errors with their kinds and places.

use super::super::show::show;
use super::super::{Activation, Environment, EvalErrorKind, Program, Value, compile};
use crate::manifest::{Document, read_json};

const OBJECT: &str = r#"{
    "kind": "Deployment", "replicas": 3, "ratio": 1.0, "none": null, "paused": false,
    "labels": {"app": "web", "tier/x": "front"}, "empty": {},
    "containers": [{"name": "a", "image": "nginx", "cpu": 1}, {"name": "b", "image": "nginx:1"}],
    "big": 18446744073709551615
}"#;

fn object() -> Document {
    read_json(None, OBJECT).unwrap()
}

fn environment() -> Environment {
    let mut environment = Environment::new(["object", "x.y"]).with_mixed_literals();
    environment.declare_variable("one");
    environment.declare_variable("bad");
    environment
}

fn program(source: &str) -> Program {
    compile(source, &environment()).unwrap_or_else(|errors| panic!("{source}: {}", errors[0]))
}

/// The value, or `! kind: message`.
fn evaluate(source: &str) -> String {
    let document = object();
    let variables = [program("1"), program("object.missing")];
    let program = program(source);
    let roots = vec![Value::Node(document.root()), Value::Bool(true)];
    let activation = Activation::new(roots, &variables, 10_000);
    match program.evaluate(&activation) {
        Ok(value) => show(&value),
        Err(error) => format!("! {:?}: {}", error.kind, error.message),
    }
}

#[test]
fn an_expression_has_the_value_that_cel_go_gives_it() {
    for (source, value) in [
        ("1 + 2 * 3", "7"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("1.0 / 0.0", "inf"),
        ("'a' + 'b'", "'ab'"),
        ("b'a' + b'b'", "b[97, 98]"),
        ("[1] + [2]", "[1, 2]"),
        ("object.replicas + 1", "4"),
        (
            "object.replicas == 3.0 && object.ratio == 1 && object.ratio == 1u",
            "true",
        ),
        ("object.kind == 3", "false"),
        ("object.replicas in [1, 3u]", "true"),
        ("'app' in object.labels", "true"),
        ("object.labels['tier/x']", "'front'"),
        ("object.labels.`tier/x`", "'front'"),
        ("object.containers[1].name", "'b'"),
        ("object.containers[dyn(1.0)].name", "'b'"),
        ("object.containers.map(c, c.name)", "['a', 'b']"),
        ("object.containers.map(c, has(c.cpu), c.name)", "['a']"),
        ("object.containers.filter(c, !has(c.cpu)).size()", "1"),
        ("object.labels.map(k, k)", "['app', 'tier/x']"),
        (
            "object.labels.exists(k, v, k == 'app' && v == 'web')",
            "true",
        ),
        (
            "object.labels.transformMap(k, v, v + k)",
            "{'app': 'webapp', 'tier/x': 'fronttier/x'}",
        ),
        ("[3, 1, 2].sortBy(i, -i)", "[3, 2, 1]"),
        ("[[1, 2], [3]].map(l, l.map(i, i * 2))", "[[2, 4], [6]]"),
        ("[1].map(a, [2].map(b, [3].map(a, a + b)))", "[[[5]]]"),
        ("object.containers.exists_one(c, has(c.cpu))", "true"),
        ("[1, 2].all(i, i > 0) ? 'yes' : 'no'", "'yes'"),
        ("has(object.none) && !has(object.empty.x)", "true"),
        ("object.none == null", "true"),
        ("true || 1 / 0 > 0", "true"),
        ("1 / 0 > 0 || true", "true"),
        ("object.missing.x && false", "false"),
        ("[1, 0].exists(i, 1 / i > 0)", "true"),
        ("[0, 1].all(i, 1 / i > 5)", "false"),
        ("object.?missing.?x.orValue('d')", "'d'"),
        ("object.?missing.x.hasValue()", "false"),
        ("object.?labels.app", "of('web')"),
        ("object.?labels['app'].value()", "'web'"),
        ("object.containers[?7].hasValue()", "false"),
        ("[1, ?optional.none(), ?optional.of(2)]", "[1, 2]"),
        (
            "{'a': 1, ?'b': optional.none(), ?'c': object.?kind}",
            "{'a': 1, 'c': 'Deployment'}",
        ),
        ("optional.none().or(optional.of(1))", "of(1)"),
        ("optional.of(1).orValue(1 / 0)", "1"),
        (
            "object.replicas.orValue(object.missing) == object.replicas",
            "true",
        ),
        ("optional.of(2).optMap(i, i * 2)", "of(4)"),
        ("optional.of(2).optFlatMap(i, optional.none())", "none"),
        (
            "JSONPatch{op: 'add', path: '/a', ?value: object.?missing}",
            "JSONPatch{op: 'add', path: '/a'}",
        ),
        (
            "Object{spec: Object.spec{replicas: 1}}",
            "Object{spec: Object.spec{replicas: 1}}",
        ),
        ("JSONPatch{op: 'add'}.op", "'add'"),
        (
            "type(1) == int && type(object.kind) == string && type(int) == type",
            "true",
        ),
        ("{1: 'a', 2u: 'b', true: 'c'}[2]", "'b'"),
        (
            "dyn({'a': 1}) == {'a': 1.0} && dyn([1, [2]]) == [1u, [2.0]]",
            "true",
        ),
        ("object.labels == {'tier/x': 'front', 'app': 'web'}", "true"),
        (
            "dyn('a') < dyn('b') && dyn(1) < dyn(1.5) && dyn(2u) > dyn(1)",
            "true",
        ),
        ("x.y && .x.y", "true"),
        ("[true].all(object, object)", "true"),
        ("variables.one + variables.one", "2"),
        ("true || variables.bad", "true"),
        ("size('äö') + size([1]) + size({}) + size(b'ä')", "5"),
        ("object.big > 1.0", "true"),
        (
            "'nginx:1'.matches('^[a-z]+(:[0-9]+)?$') && object.kind.matches('D.*')",
            "true",
        ),
        ("'a1b22'.findAll('[0-9]+')", "['1', '22']"),
        (
            "image('nginx:1').registry() + '/' + image('nginx:1').repository()",
            "'docker.io/library/nginx'",
        ),
        (
            "int('-5') + int(5u) + int(1.9) + int(true ? '1' : '2')",
            "2",
        ),
        (
            "[string(1.0), string(1.5), string(2u), string(b'a'), string(true)]",
            "['1', '1.5', '2', 'a', 'true']",
        ),
    ] {
        assert_eq!(evaluate(source), value, "{source}");
    }
}

#[test]
fn an_error_has_the_kind_that_cel_go_gives_it() {
    for (source, error) in [
        ("1 / 0", "! DivisionByZero: division by zero"),
        ("object.replicas % 0", "! DivisionByZero: modulus by zero"),
        ("9223372036854775807 + 1", "! Overflow: "),
        ("object.missing", "! NoSuchKey: no such key: `missing`"),
        (
            "object.missing.further",
            "! NoSuchKey: no such key: `missing`",
        ),
        (
            "object.kind.x",
            "! NoSuchKey: no such key: `x`; the value is `string`",
        ),
        (
            "object.containers.x",
            "! NoSuchOverload: a list has no field `x`",
        ),
        (
            "object.containers[2]",
            "! IndexOutOfBounds: index 2 is out of bounds: the list has 2 elements",
        ),
        (
            "object.kind + 1",
            "! NoSuchOverload: `+` does not take `string` with `int`",
        ),
        (
            "object.kind < 1",
            "! NoSuchOverload: `<` does not take `string` with `int`",
        ),
        (
            "object.kind && true",
            "! NoSuchOverload: `&&` needs booleans, not `string`",
        ),
        (
            "object.replicas.startsWith('a')",
            "! NoSuchOverload: `startsWith` does not take `int` with `string`",
        ),
        ("1 / 0 > 0 || object.missing", "! DivisionByZero: "),
        ("object.missing || 1 / 0 > 0", "! NoSuchKey: "),
        (
            "object.replicas.all(x, true)",
            "! NoSuchOverload: only lists and maps",
        ),
        ("optional.of(object.missing)", "! NoSuchKey"),
        (
            "object.?missing.value()",
            "! InvalidArgument: the optional has no value",
        ),
        (
            "object.kind.optMap(x, 1)",
            "! NoSuchOverload: an optional value is needed here",
        ),
        ("[1].exists_one(i, object.missing)", "! NoSuchKey"),
        (
            "{object.none: 1}",
            "! NoSuchOverload: a value of type `null_type` cannot be a key",
        ),
        (
            "{'a': 1}.transformMapEntry(k, v, {'b': 1, 'c': object.missing})",
            "! NoSuchKey",
        ),
        (
            "['a', 'b'].transformMapEntry(i, v, {'same': v})",
            "! InvalidArgument: two entries",
        ),
        (
            "int(object.kind)",
            "! InvalidArgument: `Deployment` cannot be read as `int`",
        ),
        ("variables.bad", "! NoSuchKey: no such key: `missing`"),
        (
            "object.kind.matches(object.kind + '(')",
            "! InvalidArgument: ",
        ),
    ] {
        let found = evaluate(source);
        assert!(found.starts_with(error), "{source}: {found}");
    }
}

#[test]
fn an_error_knows_its_place_and_the_whole_missing_route() {
    let document = object();
    for (source, range, missing) in [
        ("object.a.b['c'].d == 1", "object.a", "a/b/c/d"),
        ("has(object.a.b.c)", "object.a", "a/b/c"),
        ("object.labels.none + 'x'", "object.labels.none", "none"),
        ("string(object.a).size()", "object.a", "a"),
        ("variables.bad.more", "variables.bad", "missing/more"),
    ] {
        let compiled = program(source);
        let variables = [program("1"), program("object.missing")];
        let roots = vec![Value::Node(document.root()), Value::Null];
        let activation = Activation::new(roots, &variables, 1000);
        let error = compiled.evaluate(&activation).unwrap_err();
        assert_eq!(error.kind, EvalErrorKind::NoSuchKey, "{source}");
        assert_eq!(&source[error.range.clone()], range, "{source}");
        assert_eq!(error.place.unwrap().missing.join("/"), missing, "{source}");
    }
}

#[test]
fn a_value_stays_small() {
    assert!(size_of::<Value<'_>>() <= 24);
}
