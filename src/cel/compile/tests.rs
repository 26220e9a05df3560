//! What compiles, and what is said about what does not.

use super::super::{Environment, Type};
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
        ("JSONPatch{op: 'add', op: 'add'}", "op", "set twice"),
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
    assert_eq!(program.result_type(), Some(Type::Bool));
    assert_eq!(program.source(), source);
    for (source, kind) in [
        ("object.x", None),
        ("object.x + 'a'", Some(Type::String)),
        ("containers.map(c, c.name)", Some(Type::List)),
        ("object.x ? 1 : 2", Some(Type::Int)),
        ("[JSONPatch{op: 'test'}]", Some(Type::List)),
    ] {
        let program = compile(source, &environment()).unwrap();
        assert_eq!(program.result_type(), kind, "{source}");
    }
}
