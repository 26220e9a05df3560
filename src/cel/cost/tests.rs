//! What expressions cost, held to figures of the API server (1.36), and what happens when they cost too much.

use super::super::functions::{self, Group, Style};
use super::super::{
    Activation, Cost, CostEstimate, Environment, EvalErrorKind, Program, StaticType, Type, Value,
    compile,
};
use crate::manifest::{Document, read_json};

/// An object, and what expressions cost on it: the cost, the least and the most of its estimate (`-` where nothing
/// bounds it), and the expression, with tabs between.
const OBJECT: &str = include_str!("../../../testdata/cel/costs.json");
const COSTS: &str = include_str!("../../../testdata/cel/costs.tsv");

fn object() -> Document {
    read_json(None, OBJECT).unwrap()
}

fn environment() -> Environment {
    let mut environment = Environment::new(["object", "authorizer"]).native();
    environment.set_type("authorizer", StaticType::Plain(Type::Authorizer));
    environment
}

fn roots(document: &Document) -> Vec<Value<'_>> {
    let authorizer = Value::authorizer();
    vec![Value::Node(document.root()), authorizer]
}

fn program(source: &str, environment: &Environment) -> Program {
    compile(source, environment).unwrap_or_else(|errors| panic!("{source}: {}", errors[0]))
}

fn cases() -> impl Iterator<Item = (u64, &'static str)> {
    lines().map(|[cost, _, _, source]| (cost.parse().unwrap(), source))
}

fn lines() -> impl Iterator<Item = [&'static str; 4]> {
    COSTS.lines().map(|line| {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        fields.try_into().unwrap()
    })
}

#[test]
fn an_estimate_is_the_one_that_cel_go_makes_with_the_prices_of_the_api_server() {
    let environment = environment();
    for [_, min, max, source] in lines() {
        let bound = |text: &str| text.parse().unwrap_or(u64::MAX);
        let expected = CostEstimate {
            min: bound(min),
            max: bound(max),
        };
        assert_eq!(
            program(source, &environment).estimate(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn an_expression_costs_to_the_unit_what_it_costs_in_the_api_server() {
    let (document, environment) = (object(), environment());
    for (cost, source) in cases() {
        let program = program(source, &environment);
        let activation = Activation::new(roots(&document), &[], 1_000_000);
        let _ = program.evaluate(&activation);
        assert_eq!(activation.cost().expression, cost, "{source}");
    }
}

#[test]
fn every_function_of_the_api_server_has_a_case() {
    for function in functions::all().filter(|function| function.group == Group::Kubernetes) {
        let call = match function.style {
            Style::Global => format!("{}(", function.name),
            Style::Method => format!(".{}(", function.name),
        };
        assert!(
            cases().any(|(_, source)| source.contains(&call)),
            "testdata/cel/costs.tsv says of no call of `{}` what it costs in the API server",
            function.name
        );
    }
}

#[test]
fn an_expression_may_cost_its_budget_and_no_more() {
    let (document, environment) = (object(), environment());
    // A `has` on a conditional takes back one in the end.
    let rises = |source: &str| !source.contains("has((");
    for (cost, source) in cases().filter(|(cost, source)| *cost > 0 && rises(source)) {
        let program = program(source, &environment);
        let within = |budget: u64| {
            let activation = Activation::new(roots(&document), &[], budget);
            program.evaluate(&activation).map_err(|error| error.kind)
        };
        assert_ne!(within(cost).err(), Some(EvalErrorKind::Budget), "{source}");
        let less = within(cost - 1).err();
        // What the API server gives up at ends before its last price is counted.
        let ended = [Some(EvalErrorKind::Budget), Some(EvalErrorKind::Internal)];
        assert!(ended.contains(&less), "{source}: {less:?}");
    }
}

#[test]
fn what_costs_too_much_is_named_and_no_operator_absorbs_it() {
    let (document, environment) = (object(), environment());
    let program = program(
        "object.list.all(x, x > 0) || true || object.t",
        &environment,
    );
    let activation = Activation::new(roots(&document), &[], 5);
    let error = program.evaluate(&activation).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::Budget);
    assert_eq!(
        error.message,
        "the expression costs more than the 5 that the API server allows"
    );
}

#[test]
fn a_cost_below_zero_is_over_every_budget_as_in_the_api_server() {
    let (document, environment) = (object(), environment());
    let program = program(
        "has((true ? object.?missing : object.?spec).name) || true",
        &environment,
    );
    let activation = Activation::new(roots(&document), &[], 1_000_000);
    let error = program.evaluate(&activation).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::Budget);
    assert_eq!(activation.cost().expression, u64::MAX);
}

#[test]
fn a_variable_has_a_budget_of_its_own_and_its_exhaustion_is_absorbed() {
    let document = object();
    let mut environment = environment();
    let variables = [program("object.list.all(x, x > 0)", &environment)];
    environment.declare("dear", variables[0].static_type().clone());
    let absorbs = program("variables.dear || true", &environment);
    let fails = program("variables.dear", &environment);
    let activation = Activation::new(roots(&document), &variables, 10);
    assert!(absorbs.evaluate(&activation).is_ok());
    let error = fails.evaluate(&activation).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::VariableBudget);
    assert_eq!(
        error.message,
        "a variable costs more than the 10 that the API server allows"
    );
}

#[test]
fn a_variable_is_paid_once_and_again_after_a_restart() {
    let document = object();
    let mut environment = environment();
    let variables = [program("object.n + 1", &environment)];
    environment.declare("one", variables[0].static_type().clone());
    let program = program("variables.one == 3 && variables.one > 1", &environment);
    let activation = Activation::new(roots(&document), &variables, 100);
    let cost = || {
        assert!(program.evaluate(&activation).is_ok());
        activation.cost()
    };
    let (expression, variables) = (6, 3);
    let first = Cost {
        expression,
        variables,
        total: 9,
    };
    assert_eq!(cost(), first);
    let second = Cost {
        expression,
        variables: 0,
        total: 15,
    };
    assert_eq!(cost(), second);
    activation.restart();
    assert_eq!(cost(), first);
}

#[test]
fn a_variable_that_blame_read_first_is_paid_when_an_expression_reads_it() {
    let document = object();
    let mut environment = environment();
    let variables = [program("object.n + 1", &environment)];
    environment.declare("one", variables[0].static_type().clone());
    let shy = program("object.n == 3 && variables.one == 3", &environment);
    let reads = program("variables.one == 3", &environment);
    let activation = Activation::new(roots(&document), &variables, 100);
    assert!(shy.evaluate(&activation).is_ok());
    let before = activation.cost();
    let _ = shy.blame(&activation);
    assert_eq!(activation.cost(), before);
    assert!(reads.evaluate(&activation).is_ok());
    assert_eq!(activation.cost().variables, 3);
}

#[test]
fn structs_of_mutations_cost_what_they_cost_in_the_api_server() {
    let (document, environment) = (object(), Environment::new(["object"]));
    for (cost, source) in [
        (40, "Object{}"),
        (80, "Object{spec: Object.spec{replicas: 1}}"),
        (77, "Object{spec: {'a': object.spec.name}}.spec == object"),
        (50, "[JSONPatch{op: 'remove', path: '/a'}]"),
        (
            52,
            "[JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c'), value: 1}]",
        ),
        (
            94,
            "[JSONPatch{op: 'add', path: '/a', value: Object.spec{a: object.spec.name + 'x'}}]",
        ),
    ] {
        let program = program(source, &environment);
        let activation = Activation::new(roots(&document), &[], 1_000_000);
        let _ = program.evaluate(&activation);
        assert_eq!(activation.cost().expression, cost, "{source}");
    }
}
