//! What is kept of an object for expressions is all that they can see: value, error and cost are those of the whole.

use kpolicy::cel::{Activation, Environment, Program, Reads, Value, compile, reads};
use kpolicy::documents::Documents;
use kpolicy::manifest::{Document, DocumentBuilder, read_json, write_json};
use kpolicy::policy::Root;
use kpolicy::source::SourceMap;

use super::cel_differential::own;
use super::generate::{Kind, OBJECT, Random, WIDE};

fn object(text: &str) -> Document {
    read_json(None, text).expect("JSON")
}

fn pruned(document: &Document, reads: &Reads) -> Document {
    let mut builder = DocumentBuilder::new();
    let root = reads.copy(&mut builder, document.root());
    builder.finish(root)
}

/// The value or the error of an expression, and what it cost.
fn outcome(program: &Program, variables: &[Program], document: &Document) -> (String, u64) {
    let activation = Activation::new(vec![Value::Node(document.root())], variables, 1_000_000);
    let outcome = match program.evaluate(&activation) {
        Ok(value) => own(&value),
        Err(error) => format!("{:?}: {}", error.kind, error.message),
    };
    (outcome, activation.cost().total)
}

#[test]
fn generated_expressions_cannot_tell_what_is_kept_from_the_whole() {
    let environment = Environment::new(["object"])
        .unchecked()
        .with_mixed_literals();
    let whole = object(OBJECT);
    let mut random = Random::new(4711);
    let (mut smaller, mut done) = (0, 0);
    while done < 4_000 {
        let source = WIDE.expression(&mut random, Kind::Any, 2 + done % 4);
        let Ok(program) = compile(&source, &environment) else {
            continue;
        };
        done += 1;
        let reads = reads(0, &[], std::iter::once(&program));
        let kept = pruned(&whole, &reads);
        assert_eq!(
            outcome(&program, &[], &kept),
            outcome(&program, &[], &whole),
            "{source}\nkept: {}",
            write_json(kept.root())
        );
        smaller += usize::from(kept.node_count() < whole.node_count() / 2);
    }
    assert!(smaller > 2_000, "{smaller} of {done} keep less than half");
}

#[test]
fn of_an_object_only_what_is_read_is_kept() {
    let whole = object(
        r#"{"a": {"b": [{"c": 1, "d": {"x": 1, "y": 2}}, {"d": {"x": 3}}], "e": "text", "m": {"k": {"v": 1}}}, "z": 1}"#,
    );
    for (variables, source, expected) in [
        (&[][..], "true", "{}"),
        (&[], "has(object.a)", r#"{"a":{}}"#),
        (
            &[],
            "has(object.a.b) && object.?z.hasValue()",
            r#"{"a":{"b":[{},{}]},"z":1}"#,
        ),
        // What comparing costs depends on all that is compared.
        (&[], "object.a.m != null", r#"{"a":{"m":{"k":{"v":1}}}}"#),
        // What is counted or walked over may be a map, whose keys then count; those of a list's elements are kept with it.
        (
            &[],
            "object.a.b.size() > 1",
            r#"{"a":{"b":[{"c":1,"d":{}},{"d":{}}]}}"#,
        ),
        (
            &[],
            "object.a.b.exists(b, has(b.c) && b.d.x == 1)",
            r#"{"a":{"b":[{"c":1,"d":{"x":1}},{"d":{"x":3}}]}}"#,
        ),
        (
            &[],
            "object.a.b.filter(b, has(b.c)).map(b, b.d)[0].y == 2",
            r#"{"a":{"b":[{"c":1,"d":{"y":2}},{"d":{}}]}}"#,
        ),
        (
            &[],
            "object.a.m.all(k, k != 'x')",
            r#"{"a":{"m":{"k":{"v":1}}}}"#,
        ),
        (
            &[],
            "object.a.m.exists(k, v, v.v == 1)",
            r#"{"a":{"m":{"k":{"v":1}}}}"#,
        ),
        (
            &[],
            "object['a'].m[object.a.e].v == 1",
            r#"{"a":{"e":"text","m":{"k":{"v":1}}}}"#,
        ),
        (
            &["object.a", "variables.a.b"],
            "variables.b.exists(b, has(b.c))",
            r#"{"a":{"b":[{"c":1,"d":{}},{"d":{}}]}}"#,
        ),
        // A variable that is used as a whole.
        (
            &["object.a.m"],
            "string(variables.a.size()) + string(variables.a)",
            r#"{"a":{"m":{"k":{"v":1}}}}"#,
        ),
        (
            &[],
            "(object.?a.m.orValue({}) == {}) || [object.z] == [1]",
            r#"{"a":{"m":{"k":{"v":1}}},"z":1}"#,
        ),
    ] {
        let mut environment = Environment::new(["object"]).unchecked();
        let mut programs = Vec::new();
        for (text, name) in variables.iter().zip(["a", "b"]) {
            programs.push(compile(text, &environment).expect("a variable"));
            environment.declare_variable(name);
        }
        let program = compile(source, &environment).expect(source);
        let reads = reads(0, &programs, std::iter::once(&program));
        let kept = pruned(&whole, &reads);
        assert_eq!(write_json(kept.root()), expected, "{source}");
        assert_eq!(
            outcome(&program, &programs, &kept),
            outcome(&program, &programs, &whole),
            "{source}"
        );
        assert!(reads.covers(&reads) && Reads::everything().covers(&reads));
        assert!(!reads.covers(&Reads::everything()));
    }
}

#[test]
fn of_a_network_policy_the_built_in_policy_has_little_kept() {
    let policies = Documents::built_in(&mut SourceMap::new()).take_policies();
    let policy = policies.get("require-network-policy").expect("a policy");
    let reads = policy.reads_of(Root::Resources);
    let one = reads.below("networkPolicies").expect("it reads some");
    let whole = object(
        r#"{"metadata": {"name": "a", "annotations": {"long": "text"}}, "spec": {
            "podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "other"}}}], "ports": [{"port": 80}]}],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}}"#,
    );
    assert_eq!(
        write_json(pruned(&whole, &one).root()),
        r#"{"metadata":{},"spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"other"}}}],"ports":[{"port":80}]}]}}"#
    );
}
