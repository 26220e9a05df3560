//! What compiles, and what is said about what does not.

use super::super::{Environment, Release, StaticType};
use super::compile;

fn environment() -> Environment {
    let mut environment = Environment::new(["object", "containers", "", "a.b"]);
    environment.declare_variable("images");
    environment
}

#[test]
fn a_mistake_is_found_at_its_place_with_what_to_do() {
    for (source, place, message) in [
        (
            "objekt.x",
            "objekt",
            "there is no `objekt` here; did you mean `object`?",
        ),
        (
            "nothing",
            "nothing",
            "known are `object`, `containers`, `a.b`",
        ),
        ("images", "images", "did you mean `variables.images`?"),
        (
            "object.app-name == 'a'",
            "name",
            "write a key that holds it as `x['a-b']`",
        ),
        ("object.a.io/name", "name", "`/` is an operator here"),
        ("object.app - name", "name", "known are"),
        ("http.Get('a')", "http", "there is no `http` here"),
        ("http.client.Get('a')", "http", "there is no `http` here"),
        ("object.Get('a')", "Get", "there is no method `Get`"),
        (
            "variables.image",
            "variables.image",
            "did you mean `variables.images`?",
        ),
        ("variables", "variables", "is no value"),
        ("containers.all(c, d.x)", "d", "there is no `d` here"),
        ("containers.all(c, true) && c", "c", "there is no `c` here"),
        ("containers.al(c, true)", "al", "did you mean `all`?"),
        (
            "object.startWith('a')",
            "startWith",
            "did you mean `startsWith`?",
        ),
        ("object.size(1)", "size", "`size` takes 0 arguments, not 1"),
        (
            "startsWith(object, 'a')",
            "startsWith",
            "it is a method: `x.startsWith(...)`",
        ),
        (
            "object.isImage()",
            "isImage",
            "it is not a method: `isImage(x)`",
        ),
        (
            "optional.off(1)",
            "optional.off",
            "did you mean `optional.of`?",
        ),
        ("has(object)", "object", "`has` asks for a field"),
        ("has(object['a'])", "object['a']", "`\"key\" in x`"),
        ("has(object.a, 1)", "has", "takes one argument, not 2"),
        (
            "containers.all(c)",
            "all",
            "write `x.all(element, condition)`",
        ),
        ("containers.all(c.d, true)", "c.d", "binds a name here"),
        ("containers.all(c, c, true)", "c", "bound twice"),
        (
            "containers.filter(c, 1)",
            "1",
            "the condition of `filter` needs a boolean; this is `int`",
        ),
        (
            "JSONPatch{oop: 'add'}",
            "oop",
            "`JSONPatch` has no field `oop`",
        ),
        (
            "Deployment{}",
            "Deployment{}",
            "there is no type `Deployment`",
        ),
        (
            "object.x + 1 + 'a'",
            "object.x + 1 + 'a'",
            "`+` does not take `int` with `string`",
        ),
        (
            "'a' + 1",
            "'a' + 1",
            "`+` does not take `string` with `int`",
        ),
        (
            "object.size() > 'a'",
            "object.size() > 'a'",
            "`>` does not take `int` with `string`",
        ),
        ("object.x && 1", "1", "`&&` needs a boolean; this is `int`"),
        ("!'a'", "'a'", "`!` needs a boolean"),
        ("'a' ? 1 : 2", "'a'", "the condition of `?:`"),
        (
            "object in 'a'",
            "object in 'a'",
            "`in` looks into lists and maps",
        ),
        ("object.x.matches('[')", "'['", "regular expression"),
        ("object == image('A')", "image('A')", "must be lower-case"),
        ("int('x') == 1", "int('x')", "cannot be read as `int`"),
    ] {
        let errors = compile(source, &environment()).expect_err(source);
        let [error] = errors.as_slice() else {
            panic!("{source}: one error");
        };
        assert_eq!(source.get(error.range.clone()), Some(place), "{source}");
        assert!(error.to_string().contains(message), "{source}: {error}");
    }
}

#[test]
fn a_program_says_what_it_reads_and_what_it_gives() {
    let source = "containers.all(c, c.image in variables.images) && object.x || a.b";
    let program = compile(source, &environment()).unwrap();
    assert_eq!(program.reads(), [0, 1, 3]);
    assert_eq!(program.reads_variables(), [0]);
    assert_eq!(program.static_type(), &StaticType::BOOL);
    assert_eq!(program.source(), source);
    for (source, kind) in [
        ("object.x", "dyn"),
        ("object.x + 'a'", "string"),
        ("object.x + object.y", "dyn"),
        ("containers.map(c, c.name)", "list(dyn)"),
        ("containers.map(c, c.name + '')", "list(string)"),
        ("containers.filter(c, true)", "list(dyn)"),
        ("[1].filter(x, x > 0)", "list(int)"),
        ("[1].map(x, [x])", "list(list(int))"),
        ("{'a': 1}.map(k, k)", "list(string)"),
        ("{'a': 1}.transformMap(k, v, v > 0)", "map(string, bool)"),
        ("{'a': 1}.transformList(k, v, v)", "list(int)"),
        (
            "[1].transformMapEntry(i, v, {string(v): i})",
            "map(string, int)",
        ),
        ("object.x ? 1 : 2", "int"),
        ("object.x ? 1 : object.y", "dyn"),
        ("object.?x.orValue(1)", "dyn"),
        ("optional.of(1).or(optional.none())", "optional_type(int)"),
        ("[1][?0]", "optional_type(int)"),
        ("{'a': {'b': 1}}.?a.b", "optional_type(int)"),
        ("optional.of(1).optMap(x, x + 1)", "optional_type(int)"),
        ("[]", "list(dyn)"),
        ("[] + [1]", "list(int)"),
        ("[[], ['a']]", "list(list(string))"),
        ("[JSONPatch{op: 'test'}]", "list(JSONPatch)"),
        ("type(1)", "type(int)"),
        ("int", "type(int)"),
        ("[3, 1].sort()", "list(int)"),
        ("[duration('1s')].sum()", "google.protobuf.Duration"),
        ("object.items.min()", "dyn"),
        ("quantity('1').add(2)", "kubernetes.Quantity"),
    ] {
        let program = compile(source, &environment()).expect(source);
        assert_eq!(program.static_type().to_string(), kind, "{source}");
    }
}

#[test]
fn types_that_cannot_meet_are_refused() {
    for source in [
        "1 == 1.0",
        "1 + 1.0",
        "'a' in ['b', 'c'].map(x, size(x))",
        "[1, 'a']",
        "{'a': 1, 'b': 'c'}",
        "{'a': 1, 2: 3}",
        "[1].exists(x, x == 'a')",
        "true ? 1 : 'a'",
        "(1).x",
        "{'a': 1}.a.b",
        "size(1)",
        "[{'a': 1}].sort()",
        "[[1]].sortBy(x, x)",
        "optional.of(1).orValue('a')",
        "(1).optMap(x, x)",
        "optional.of(1).optFlatMap(x, x)",
        "[?1]",
        "'a'.all(x, true)",
        "[1]['a']",
        "{'a': 1}[1]",
        "[1].transformMapEntry(i, v, v)",
    ] {
        compile(source, &environment()).expect_err(source);
    }
    for source in [
        "1 < 1.0 && 1u <= 2",
        "dyn(1) == 1.0",
        "'%s %d'.format(['a', 1])",
        "[dyn(1), dyn('a')]",
        "object.x == 1 || object.x == 'a'",
        "object == null",
        "duration('1s') == null",
        "[null, duration('1s')] == []",
    ] {
        if source.starts_with("[null") {
            // Fit for each other, but not of one type.
            compile(source, &environment()).expect_err(source);
            let mixed = environment().with_mixed_literals();
            compile(source, &mixed).expect(source);
            continue;
        }
        compile(source, &environment()).expect(source);
    }
}

#[test]
fn a_function_is_offered_from_the_release_after_its_own() {
    let sets = "sets.contains([1], [1])";
    let error = |environment: Environment| {
        compile(sets, &environment)
            .expect_err(sets)
            .remove(0)
            .to_string()
    };
    let target = |minor| environment().native().for_release(Release::minor(minor));
    compile(sets, &target(30)).expect(sets);
    assert!(error(target(29)).contains("from Kubernetes 1.30 on; this one is for 1.29"));
    for (source, from) in [
        ("[1].all(i, v, true)", 33),
        ("[1].sortBy(x, x)", 35),
        ("[1].reverse()", 35),
    ] {
        compile(source, &target(from)).expect(source);
        compile(source, &target(from - 1)).expect_err(source);
    }
    let source = "isImage('a')";
    compile(source, &environment()).expect(source);
    let errors = compile(source, &target(37)).expect_err(source);
    assert!(
        errors[0].to_string().contains("kpolicy's own"),
        "{}",
        errors[0]
    );
    let source = "JSONPatch{op: 'add'}";
    compile(source, &target(37)).expect(source);
    let errors = compile(source, &target(37).without_mutation()).expect_err(source);
    assert!(
        errors[0]
            .to_string()
            .contains("only the expressions of mutations")
    );
}

/// What a live API server (1.36) says to each of these when a policy is created; `quantity('x')` it only finds at
/// run time, as does a native policy here.
#[test]
fn a_native_policy_is_refused_what_the_api_server_refuses_and_no_more() {
    let native = || environment().native().without_mutation();
    for (source, message) in [
        (
            "'%s'.format([1, 2])",
            "the format has 1 clauses, but there are 2 arguments",
        ),
        ("'%d'.format([object.x, 1])", "1 clauses"),
        ("'%d'.format(['a'])", "takes integers, was given string"),
        ("'%s'.format([object.?x])", "was given optional_type"),
        ("'%y'.format([1])", "unrecognized formatting clause `y`"),
        ("object[[1]]", "is no index"),
        ("object[?null]", "is no index"),
        ("{'a': 1}.sortBy(k, k)", "`sortBy` orders lists"),
        ("[?object]", "marks an optional"),
        ("object.`a-b`", "no names in backticks"),
        ("has(variables.other)", "no variable `other`"),
        ("int('x')", "cannot be read as `int`"),
        ("duration('x')", "duration"),
    ] {
        let errors = compile(source, &native()).expect_err(source);
        assert!(
            errors[0].to_string().contains(message),
            "{source}: {}",
            errors[0]
        );
    }
    for source in [
        "quantity('x')",
        "[].min()",
        "!dyn(1)",
        "optional.none().value()",
        "object['a' + 'b']",
        "'a'.matches('[' + 'a')",
        "'%s'.trim().format([1, 2])",
        "'%d'.format([dyn('a')])",
        "has(variables.images) && variables.?images.hasValue()",
    ] {
        compile(source, &native()).expect(source);
    }
    compile("quantity('x')", &environment()).expect_err("a mistake in any case");
}

#[test]
fn a_program_names_the_members_of_a_root_that_it_reads() {
    let source = "object.a && c.object.b == 'object.c' // object.d\n || object.?e.orValue(object . f) && object.size() > 0 \
                  && has((object).g) && object['h'] == (object.i) && [1].all(object, object.x)";
    let source = source.replace("c.object.b", "containers.object.b");
    let mixed = environment().with_mixed_literals().unchecked();
    let program = compile(&source, &mixed).unwrap();
    let members = program.members(0);
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["a", "e", "f", "g", "h", "i"]);
    for (name, range) in members {
        assert_eq!(&source[range], name);
    }
}

#[test]
fn a_program_says_whether_it_reads_more_of_a_root_than_some_routes() {
    let routes: &[&[&str]] = &[&["kind"], &["metadata", "name"]];
    for (source, beyond) in [
        ("object.kind + object.metadata.name", false),
        (
            "has(object.data) && has(object.data.token) && containers.size() > 0",
            false,
        ),
        ("object.metadata.labels.app", true),
        ("object.data.token", true),
        ("object.kind + string(object)", true),
        ("[object].map(x, x.metadata.name)", true),
        ("object['kind']", true),
        ("has(object.data[object.data.a].b)", true),
    ] {
        let program = compile(source, &environment()).expect(source);
        assert_eq!(program.reads_beyond(0, routes), beyond, "{source}");
    }
}
