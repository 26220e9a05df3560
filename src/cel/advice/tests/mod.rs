//! What is said of expressions, and what must not be said.

use std::sync::Arc;

use super::super::{Environment, FieldType, ObjectTypes, Program, StaticType, compile};
use super::*;

mod always;

/// A world of pods. A name with `!` is always there.
#[derive(Debug)]
struct World;

const WORLD: &[(&str, &[(&str, &str)])] = &[
    (
        "Pod",
        &[
            ("kind!", "string"),
            ("metadata!", "Meta"),
            ("spec!", "Spec"),
        ],
    ),
    (
        "Meta",
        &[
            ("name", "string"),
            ("labels", "map"),
            ("owners", "list(Owner)"),
        ],
    ),
    ("Owner", &[("kind!", "string"), ("controller", "bool")]),
    (
        "Spec",
        &[
            ("containers!", "list(Container)"),
            ("initContainers", "list(Container)"),
            ("hostNetwork", "bool"),
            ("replicas", "int"),
            ("selector", "map"),
            ("security", "Security"),
            ("policy", "string"),
            ("any", "dyn"),
        ],
    ),
    (
        "Container",
        &[
            ("name!", "string"),
            ("image", "string"),
            ("security", "Security"),
            ("resources", "Resources"),
            ("probe", "Probe"),
        ],
    ),
    (
        "Security",
        &[("user", "int"), ("root", "bool"), ("deeper", "Security")],
    ),
    ("Resources", &[("limits", "map"), ("requests", "map")]),
    ("Probe", &[("port", "int"), ("period", "int")]),
];

fn kind(word: &str) -> StaticType {
    match word {
        "string" => StaticType::STRING,
        "bool" => StaticType::BOOL,
        "int" => StaticType::INT,
        "dyn" => StaticType::Dyn,
        "map" => StaticType::map(StaticType::STRING, StaticType::STRING),
        other => match other.strip_prefix("list(") {
            Some(element) => StaticType::list(kind(element.trim_end_matches(')'))),
            None => StaticType::object(other),
        },
    }
}

impl ObjectTypes for World {
    fn field(&self, object: &str, field: &str) -> Option<FieldType> {
        let (_, fields) = WORLD.iter().find(|(name, _)| *name == object)?;
        let (name, word) = fields
            .iter()
            .find(|(name, _)| name.trim_end_matches('!') == field)?;
        Some(FieldType {
            kind: kind(word),
            required: name.ends_with('!'),
        })
    }

    fn fields(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn environment() -> Environment {
    let mut environment = Environment::new(["o", "c", "free"]).with_objects(Arc::new(World));
    environment.set_type("o", StaticType::object("Pod"));
    environment.set_type("c", StaticType::list(StaticType::object("Container")));
    environment
}

/// What is said of an expression that may read variables and follows conditions: the words it is about.
fn said(
    source: &str,
    variables: &[&str],
    given: &[&str],
    known: &[(usize, &[&str], &str)],
) -> Vec<String> {
    let mut environment = environment();
    let mut programs: Vec<Program> = Vec::new();
    for (index, source) in variables.iter().enumerate() {
        let program =
            compile(source, &environment).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
        environment.declare(&format!("v{index}"), program.static_type().clone());
        programs.push(program);
    }
    let compile = |source: &str| {
        compile(source, &environment).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
    };
    let given: Vec<Program> = given.iter().map(|source| compile(source)).collect();
    let program = compile(source);
    let advice = advise(
        &program,
        &Surroundings {
            environment: &environment,
            variables: &programs.iter().map(Some).collect::<Vec<_>>(),
            unguarded: &[],
            given: &given.iter().collect::<Vec<_>>(),
            known,
            decides: true,
        },
    );
    let word = |advice: &Advice| {
        let text = &source[advice.range.clone()];
        match advice.kind {
            AdviceKind::MayBeAbsent => text.to_owned(),
            AdviceKind::AlwaysTrue => format!("true: {text}"),
            AdviceKind::AlwaysFalse => format!("false: {text}"),
        }
    };
    advice.advice.iter().map(word).collect()
}

fn check(source: &str, expected: &[&str]) {
    assert_eq!(said(source, &[], &[], &[]), expected, "{source}");
}

#[test]
fn a_read_of_what_may_be_absent_is_named() {
    for (source, expected) in [
        ("o.spec.replicas > 1", &["replicas"][..]),
        (
            "o.spec.security.deeper.root",
            &["security", "deeper", "root"],
        ),
        ("has(o.spec.security.deeper)", &["security"]),
        (
            "has(o.spec.security) || o.spec.security.root",
            &["security", "root"],
        ),
        ("has(o.spec.security) && o.spec.security.root", &["root"]),
        (
            "has(o.spec.security) ? true : o.spec.security.user == 0",
            &["security", "user"],
        ),
        (
            "o.spec.containers.all(c, c.security.root)",
            &["security", "root"],
        ),
        (
            "o.spec.initContainers.all(c, has(c.image))",
            &["initContainers"],
        ),
        (
            "c.all(x, has(x.security)) || c.all(x, x.security.user == 1)",
            &["security", "user"],
        ),
        ("o.metadata.labels['a'] == 'b'", &["labels", "'a'"]),
        (
            "has(o.metadata.labels) && o.metadata.labels.app == 'b'",
            &["app"],
        ),
        (
            "has(o.metadata.labels) && 'x' in o.metadata.labels && o.metadata.labels['a'] == 'b'",
            &["'a'"],
        ),
        ("o.spec.replicas > 1 && o.spec.replicas < 5", &["replicas"]),
        ("o.spec.security.?root.orValue(false)", &["security"]),
        ("size(o.metadata.name) > 0", &["name"]),
        (
            "c.exists(x, has(x.image)) && c.exists(y, y.image == 'a')",
            &["image"],
        ),
    ] {
        check(source, expected);
    }
}

#[test]
fn a_read_that_is_guarded_is_left_alone() {
    for source in [
        "has(o.spec.replicas) && o.spec.replicas > 1",
        // `&&` forgives errors on either side.
        "o.spec.replicas > 1 && has(o.spec.replicas)",
        "!has(o.spec.replicas) || o.spec.replicas > 1",
        "o.spec.replicas > 1 || !has(o.spec.replicas)",
        "has(o.spec.replicas) ? o.spec.replicas > 1 : false",
        "!has(o.spec.replicas) ? false : o.spec.replicas > 1",
        "has(o.spec.security) && has(o.spec.security.deeper) && has(o.spec.security.deeper.root) && o.spec.security.deeper.root",
        "!(has(o.spec.security) && has(o.spec.security.root)) || o.spec.security.root",
        "!(!has(o.spec.replicas) || o.spec.replicas < 3)",
        "o.spec.?replicas.orValue(0) > 1",
        "o.?spec.?security.?deeper.?root.orValue(false)",
        "o.spec.?security.?root.orValue(false) && o.spec.security.root",
        "o.spec.?policy.orValue('') == 'a' && o.spec.policy.startsWith('a')",
        "o.spec.?policy.orValue('a') != 'a' && o.spec.policy.startsWith('b')",
        "o.spec.?replicas.hasValue() && o.spec.replicas > 1",
        "o.spec.?security.optMap(s, has(s.root) && s.root).orValue(false)",
        "c.all(x, has(x.security) && has(x.security.user) && x.security.user > 0)",
        "c.filter(x, has(x.security)).all(x, has(x.security.user))",
        "c.filter(x, has(x.security) && has(x.security.user)).map(y, y.security.user).all(u, u > 0)",
        "c.filter(x, has(x.image)).filter(x, x.image != '').exists(x, x.image == 'a')",
        "c.map(x, has(x.image), x.image).exists(i, i == 'a')",
        "c.all(x, has(x.security)) && c.all(y, has(y.security.user))",
        "!c.exists(x, !has(x.image)) && c.exists(y, y.image == 'a')",
        "(has(o.spec.security) ? has(o.spec.security.root) : false) && o.spec.security.root",
        "has(o.metadata.labels) && 'a' in o.metadata.labels && o.metadata.labels['a'] == 'b'",
        "has(o.metadata.labels) && 'a' in o.metadata.labels && o.metadata.labels.a == 'b'",
        "has(o.metadata.labels) && has(o.metadata.labels.a) && o.metadata.labels['a'] == 'b'",
        "has(o.metadata.labels) && o.metadata.labels.all(k, o.metadata.labels[k] != '')",
        "has(o.metadata.labels) && o.metadata.labels.all(k, v, o.metadata.labels[k] + v != 'a')",
        "has(o.metadata.labels) && ['a'].filter(k, k in o.metadata.labels).all(k, o.metadata.labels[k] == 'b')",
        "has(o.metadata.labels) && o.metadata.labels[?'a'].orValue('') == 'b'",
        // Nothing is known of these.
        "o.spec.?any.orValue({}).x.y == 1",
        "free.x.y.z == 1",
        "{'a': 1}.a == 1",
        "has(o.spec.initContainers) ? (o.spec.containers + o.spec.initContainers).all(c, c.name != '') : true",
        "[o.spec.?security, o.spec.?security][0].hasValue()",
        "has(o.spec.security) && has(o.spec.security.user) && o.spec.security.user in [1, 2]",
    ] {
        check(source, &[]);
    }
}

#[test]
fn variables_and_earlier_conditions_are_guards_too() {
    for (source, variables, given, expected) in [
        (
            "variables.v0 && o.spec.replicas > 1",
            &["has(o.spec.replicas)"][..],
            &[][..],
            &[][..],
        ),
        (
            "!variables.v0 || o.spec.replicas > 1",
            &["has(o.spec.replicas)"],
            &[],
            &[],
        ),
        (
            "variables.v0 || o.spec.replicas > 1",
            &["has(o.spec.replicas)"],
            &[],
            &["replicas"],
        ),
        (
            "variables.v1 && o.spec.security.root",
            &[
                "has(o.spec.security)",
                "variables.v0 && has(o.spec.security.root)",
            ],
            &[],
            &[],
        ),
        (
            "has(variables.v0.replicas) && o.spec.replicas > 1",
            &["o.spec"],
            &[],
            &[],
        ),
        (
            "has(o.spec.replicas) && variables.v0.replicas > 1",
            &["o.spec"],
            &[],
            &[],
        ),
        (
            "variables.v0.all(x, x.image != '')",
            &["c.filter(k, has(k.image))"],
            &[],
            &[],
        ),
        (
            "variables.v0.all(x, x.image != '')",
            &["c"],
            &[],
            &["image"],
        ),
        (
            "variables.v0.exists(x, x.security.root)",
            &["c.filter(k, has(k.security))"],
            &[],
            &["root"],
        ),
        ("o.spec.replicas > 1", &[], &["has(o.spec.replicas)"], &[]),
        (
            "o.spec.replicas > 1",
            &[],
            &["has(o.spec.security)"],
            &["replicas"],
        ),
        (
            "c.all(x, x.security.root)",
            &[],
            &["c.all(y, has(y.security) && has(y.security.root))"],
            &[],
        ),
    ] {
        assert_eq!(said(source, variables, given, &[]), expected, "{source}");
    }
}

#[test]
fn advice_says_what_to_do() {
    let environment = environment();
    let help = |source: &str| {
        let program = compile(source, &environment).expect("an expression");
        let surroundings = Surroundings {
            environment: &environment,
            variables: &[],
            unguarded: &[],
            given: &[],
            known: &[],
            decides: true,
        };
        let advice = advise(&program, &surroundings);
        let first = advice.advice.first().expect("advice");
        format!(
            "{}; {}",
            first.message,
            first.help.as_deref().unwrap_or_default()
        )
    };
    for (source, expected) in [
        (
            "o.spec.replicas > 1",
            "`replicas` may be absent, and reading it is an error then; \
             ask `has(o.spec.replicas)` first, or read `o.spec.?replicas`",
        ),
        (
            "c.all(x, has(x.resources) && has(x.resources.limits) && x.resources.limits['cpu'] == '1')",
            "`cpu` may be absent, and reading it is an error then; \
             ask `'cpu' in x.resources.limits` first, or read `x.resources.limits[?'cpu']`",
        ),
        (
            "o.kind != 'Pod' || o.kind != 'Job'",
            "this is always true; `o.kind` always differs from one of \"Pod\" and \"Job\"; did you mean `&&`?",
        ),
    ] {
        assert_eq!(help(source), expected);
    }
}

#[test]
fn hostile_expressions_end_soon() {
    let deep = |depth: usize| {
        (0..depth).fold("has(o.spec.policy)".to_owned(), |inner, _| {
            format!("({inner} ? has(o.spec.policy) : has(o.spec.replicas))")
        })
    };
    let wide = vec!["o.spec.replicas > 1 && has(o.spec.security)"; 1500].join(" && ");
    let conditions = (0..100).fold("c".to_owned(), |inner, _| {
        format!("{inner}.filter(x, has(x.image))")
    });
    for source in [
        deep(80),
        wide,
        format!("{conditions}.all(x, x.image == '')"),
    ] {
        let environment = environment();
        // What is too large to compile is none of this module's business.
        if let Ok(program) = compile(&source, &environment) {
            let surroundings = Surroundings {
                environment: &environment,
                variables: &[],
                unguarded: &[],
                given: &[],
                known: &[],
                decides: true,
            };
            assert!(advise(&program, &surroundings).advice.len() <= 51);
        }
    }
}
