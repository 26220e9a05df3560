//! Functions as expressions call them: for each library values and errors. What the functions do in detail is tested
//! where they are, in `library`.

use super::super::show::show;
use super::super::{Activation, Environment, EvalErrorKind, Value, compile};
use crate::manifest::{Document, DocumentBuilder, read_json};

const OBJECT: &str = r#"{
    "image": "ghcr.io/a/b:1", "bad": "UPPER", "memory": "1Gi", "places": ["ghcr.io/a"], "n": 5, "none": null,
    "labels": {"app": "web"}, "words": ["b", "a", "c"], "mixed": ["a", 1],
    "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]},
    "wrong": {"matchExpressions": [{"key": "x", "operator": "Is"}]},
    "cilium": {"matchLabels": {"k8s:app": "web", "k8s:io.kubernetes.pod.namespace": "shop"}}
}"#;

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
fn values_are_converted_between_types() {
    check(&[
        (
            "[int(5u), int(-1.9), int('-3'), uint(5), uint('7'), uint(1.9)]",
            "[5, -1, -3, 5u, 7u, 1u]",
        ),
        (
            "[double(1), double(2u), double('1e3')]",
            "[1.0, 2.0, 1000.0]",
        ),
        (
            "[string(1), string(1u), string(1e21), string(0.1), string(true), string(b'a')]",
            "['1', '1', '1e+21', '0.1', 'true', 'a']",
        ),
        ("bytes('é')", "b[195, 169]"),
        ("bool('t') && !bool('False')", "true"),
        (
            "[type(1), type(1u), type(null), type([]), type(int), type(o.labels), type(quantity('1'))]",
            "[int, uint, null_type, list, type, map, kubernetes.Quantity]",
        ),
        ("dyn(1) == dyn(1.0)", "true"),
        (
            "int(o.image)",
            "error: `ghcr.io/a/b:1` cannot be read as `int`",
        ),
        ("uint(-o.n)", "error: this number does not fit type `uint`"),
        (
            "int(9223372036854775807u + uint(o.n))",
            "error: this number does not fit type `int`",
        ),
        ("int(1e19)", "compile: this number does not fit type `int`"),
        ("uint('+1')", "compile: `+1` cannot be read as `uint`"),
        (
            "double(o.image)",
            "error: `ghcr.io/a/b:1` cannot be read as `double`",
        ),
        (
            "double('1e999')",
            "compile: this number does not fit type `double`",
        ),
        (
            "bool(o.image)",
            "error: `ghcr.io/a/b:1` cannot be read as `bool`",
        ),
        ("string(o.labels)", "error: `string` does not take `map`"),
        (
            "string(b'\\xff')",
            "compile: these bytes are not UTF-8 text",
        ),
    ]);
}

#[test]
fn images_are_asked_where_they_come_from() {
    check(&[
        ("isImage(o.image) && !isImage(o.bad)", "true"),
        ("image(o.image).isFrom(o.places)", "true"),
        (
            "[image(o.image).registry(), image(o.image).tag()]",
            "['ghcr.io', '1']",
        ),
        ("image('a').hasRegistry()", "false"),
        ("image(o.image) == image('ghcr.io/a/b:1')", "true"),
        ("image(o.image).digest()", "''"),
        ("image(o.bad)", "error: the repository name"),
        ("image(o.image).isFrom(['*'])", "error: an allowed registry"),
        (
            "image(o.image).isFrom(o.mixed)",
            "error: `isFrom` does not take",
        ),
        ("image(o.n)", "error: `image` does not take `int`"),
        ("image('UPPER').tag()", "compile: the repository name"),
    ]);
}

#[test]
fn patterns_are_gos() {
    check(&[
        (
            "o.image.matches('^ghcr[.]io/') && matches(o.image, o.words[1])",
            "true",
        ),
        ("o.image.find('[a-z]+$') + o.image.find('[0-9]')", "'1'"),
        (
            "[o.image.findAll('[a-z]+'), o.image.findAll('[a-z]+', 1)]",
            "[['ghcr', 'io', 'a', 'b'], ['ghcr']]",
        ),
        ("'٣'.matches('^[[:digit:]]$')", "false"),
        ("o.image.matches('(')", "compile: "),
        ("o.image.matches(o.words[0] + '(')", "error: "),
        ("o.n.find('a')", "error: `find` does not take `int`"),
        (
            "o.image.findAll('a', o.image)",
            "error: `findAll` does not take `string`",
        ),
    ]);
}

#[test]
fn optionals_are_made_and_opened() {
    check(&[
        (
            "[optional.of(1), optional.none(), optional.ofNonZeroValue(0), optional.ofNonZeroValue('a')]",
            "[of(1), none, none, of('a')]",
        ),
        (
            "[o.?image.hasValue(), o.?missing.hasValue()]",
            "[true, false]",
        ),
        ("o.?image.value()", "'ghcr.io/a/b:1'"),
        ("optional.unwrap([optional.of(1), o.?missing])", "[1]"),
        ("o.?missing.value()", "error: the optional has no value"),
        (
            "o.image.hasValue()",
            "error: `hasValue` does not take `string`",
        ),
        (
            "optional.unwrap(o.words)",
            "error: `optional.unwrap` does not take `list`",
        ),
    ]);
}

#[test]
fn quantities_are_compared_and_added_exactly() {
    check(&[
        ("quantity(o.memory) == quantity('1024Mi')", "true"),
        ("quantity(o.memory).isGreaterThan(quantity('1G'))", "true"),
        (
            "quantity('50k').add(20).sub(quantity('10'))",
            "quantity(50010)",
        ),
        (
            "[sign(quantity('-1')), quantity('2').compareTo(quantity('1'))]",
            "[-1, 1]",
        ),
        (
            "quantity('1.5').isInteger() || quantity('2').isLessThan(quantity('1'))",
            "false",
        ),
        ("quantity('2k').asInteger()", "2000"),
        ("quantity('500m').asApproximateFloat()", "0.5"),
        ("isQuantity(o.memory) && !isQuantity(o.bad)", "true"),
        (
            "quantity(o.bad)",
            "error: a quantity is a number and a suffix",
        ),
        (
            "quantity(o.memory).asInteger() + quantity(string(o.n / 10.0 == 1.0) + 'x').sign()",
            "compile: `sign` is not called",
        ),
        ("quantity('1 GB').isInteger()", "compile: a quantity is"),
        ("quantity(o.n)", "error: `quantity` does not take `int`"),
        (
            "quantity(o.memory) < quantity('1')",
            "compile: `<` does not take `kubernetes.Quantity`",
        ),
    ]);
}

#[test]
fn strings_are_cut_joined_and_formatted() {
    check(&[
        (
            "o.image.charAt(0) + o.image.substring(1, 4) + ' a '.trim()",
            "'ghcra'",
        ),
        (
            "[o.image.indexOf('/'), o.image.indexOf('/', 8), o.image.lastIndexOf('/')]",
            "[7, 9, 9]",
        ),
        ("o.words.join('-') + ['x'].join()", "'b-a-cx'"),
        ("'aB'.lowerAscii() + 'aB'.upperAscii()", "'abAB'"),
        (
            "o.image.replace('/', '|').split('|')",
            "['ghcr.io', 'a', 'b:1']",
        ),
        (
            "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'aaa'.replace('a', 'b', 2) == 'bba'",
            "true",
        ),
        (
            "'%s has %d of %.1f and %s'.format([o.words, o.n, 0.5, o.none])",
            "'[\"b\", \"a\", \"c\"] has 5 of 0.5 and null'",
        ),
        ("strings.quote('a\"b')", "'\"a\\\"b\"'"),
        ("jsonpatch.escapeKey('a/b~c')", "'a~1b~0c'"),
        ("o.image.charAt(99)", "error: index out of range: 99"),
        ("o.mixed.join()", "error: `join` does not take `list`"),
        ("p.l.join()", "unknown: nobody knows"),
        ("'%d'.format([o.image])", "error: the clause `%d` takes"),
        ("'%s'.format([p.l])", "unknown: nobody knows"),
        ("o.n.trim()", "error: `trim` does not take `int`"),
    ]);
}

#[test]
fn lists_are_sorted_summed_and_compared_as_sets() {
    check(&[
        (
            "[o.words.sort(), o.words.reverse(), [1, [2]].flatten()]",
            "[['a', 'b', 'c'], ['c', 'a', 'b'], [1, 2]]",
        ),
        ("o.words.isSorted() || [2, 1].isSorted()", "false"),
        ("[[1, 2].sum(), [1, 3, 2].max(), [2, 1].min()]", "[3, 3, 1]"),
        (
            "[o.words.indexOf('a'), o.words.lastIndexOf('x')]",
            "[1, -1]",
        ),
        ("[1, 1.0, 2u, 2].distinct()", "[1, 2u]"),
        ("o.words.slice(1, 3)", "['a', 'c']"),
        ("lists.range(3)", "[0, 1, 2]"),
        ("[[[1]]].flatten(2)", "[1]"),
        ("[o.words.first(), [].last()]", "[of('b'), none]"),
        (
            "sets.contains(o.words, ['a']) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])",
            "true",
        ),
        ("[optional.of(1), optional.none()].unwrapOpt()", "[1]"),
        (
            "[2, 1.5, 3u, double('NaN'), -1].sort()",
            "[NaN, -1, 1.5, 2, 3u]",
        ),
        (
            "[9007199254740993, 9007199254740992.0, 9007199254740994].sort()",
            "[9007199254740992.0, 9007199254740993, 9007199254740994]",
        ),
        ("o.words.slice(1, 4)", "error: cannot slice"),
        ("[].max()", "compile: `max` of an empty list"),
        ("o.words.sum()", "error: `sum` does not take `list`"),
        ("o.mixed.sort()", "error: `sort` does not take `list`"),
        (
            "lists.range(99999999 + o.n)",
            "error: the result has more than",
        ),
        ("o.words.flatten(-o.n)", "error: `flatten` needs a level"),
    ]);
}

#[test]
fn times_are_read_added_and_asked_for_their_parts() {
    check(&[
        (
            "timestamp('2026-01-02T03:04:05Z') + duration('1h')",
            "2026-01-02T04:04:05Z",
        ),
        (
            "duration('1h') + timestamp('2026-01-02T03:04:05Z') - duration('1h') == timestamp('2026-01-02T03:04:05Z')",
            "true",
        ),
        (
            "timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')",
            "86400s",
        ),
        (
            "[duration('90m').getHours(), duration('90s').getMinutes()]",
            "[1, 1]",
        ),
        ("timestamp('2026-01-02T23:04:05Z').getHours('+02:00')", "1"),
        (
            "[timestamp('2026-03-01T00:00:07.5Z')].map(t, [t.getFullYear(), t.getDate(), t.getDayOfMonth(), t.getDayOfWeek(), t.getDayOfYear(), t.getSeconds(), t.getMilliseconds()])",
            "[[2026, 1, 0, 0, 59, 7, 500]]",
        ),
        ("timestamp('2026-03-01T00:00:00Z').getMonth()", "2"),
        ("timestamp(0) < timestamp('1970-01-01T00:00:01Z')", "true"),
        (
            "duration('1h') > duration('59m') && duration('0s') - duration('1s') < duration('0s')",
            "true",
        ),
        (
            "[int(timestamp(5)), string(duration('1h30m')), string(timestamp(0))]",
            "[5, '5400s', '1970-01-01T00:00:00Z']",
        ),
        ("[duration('1s'), duration('2s')].sum()", "3s"),
        (
            "timestamp('2026-13-01T00:00:00Z')",
            "compile: a timestamp is written",
        ),
        ("duration('1d')", "compile: a duration is"),
        ("timestamp(o.image)", "error: a timestamp is written"),
        (
            "timestamp('9999-12-31T23:59:59Z') + duration(string(o.n) + 's')",
            "error: timestamp overflow",
        ),
        ("timestamp(0).getHours(o.image)", "error: unknown time zone"),
        ("duration(o.n)", "error: `duration` does not take `int`"),
        ("timestamp(0) + 1", "compile: `+` does not take"),
    ]);
}

#[test]
fn selectors_select_labels_known_or_not() {
    check(&[
        ("selects(o.selector, o.labels)", "true"),
        ("selects(o.selector, {'app': 'web', 'x': '1'})", "false"),
        ("selects(o.none, o.labels)", "false"),
        ("selects({}, o.none)", "true"),
        ("selects({'matchLabels': {'app': 'web'}}, p)", "true"),
        ("selects({'matchLabels': {'app': 'api'}}, p)", "false"),
        (
            "selects({'matchLabels': {'x': '1'}}, p)",
            "unknown: nobody knows",
        ),
        (
            "selects({'matchLabels': {'y': '1'}}, p)",
            "unknown: there may be more",
        ),
        ("ciliumSelects(o.cilium, o.labels, 'shop')", "true"),
        ("ciliumSelects(o.cilium, o.labels, 'bank')", "false"),
        (
            "selects(o.wrong, o.labels)",
            "error: `Is` is not a valid label selector operator",
        ),
        (
            "selects(o.n, o.labels)",
            "error: `selects` does not take `int`",
        ),
        (
            "selects({'matchLabels': {'a': 1}}, o.labels)",
            "error: the keys, operators and values",
        ),
    ]);
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

#[test]
fn every_function_has_a_case() {
    const TESTS: [&str; 3] = [
        include_str!("tests.rs"),
        include_str!("../evaluate/tests.rs"),
        include_str!("../blame/tests.rs"),
    ];
    for function in super::all() {
        let call = format!("{}(", function.name);
        let found = TESTS.iter().any(|tests| tests.contains(&call));
        assert!(found, "no test calls `{}`", function.name);
    }
}
