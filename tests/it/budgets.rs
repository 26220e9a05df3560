//! The budgets of a policy: what its expressions may cost together, and what becomes of it over them.

use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::engine::{
    Context, Evaluation, Kind, Limits, NoOtherObjects, Request, Resource, evaluate,
};
use kpolicy::manifest::read_json;
use kpolicy::policy::{Operation, Policy};
use kpolicy::source::SourceMap;

/// A policy of these parts, as YAML below `spec`.
fn policy(failure_policy: &str, parts: &str) -> Arc<Policy> {
    let text = format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec:
  failurePolicy: {failure_policy}
  matchConstraints:
    resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}]
{parts}"
    );
    let mut documents = Documents::default();
    documents.add("p.yaml", &Arc::from(text), &mut SourceMap::new());
    assert_eq!(documents.problems, []);
    let policies = documents.take_policies();
    let policy = policies.iter().next().cloned();
    policy.expect("one policy")
}

/// Ten elements: `all` over them costs 53, and the variable of [`VARIABLE`] costs that.
const OBJECT: &str = r#"{"data": {"a": "b"}, "list": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}"#;
const VARIABLE: &str = "  variables: [{name: dear, expression: 'object.list.all(x, x > 0)'}]\n";

fn run(policy: &Policy, limits: &Limits<'_>) -> Evaluation {
    let object = read_json(None, OBJECT).expect("JSON");
    let kind = Kind {
        group: "",
        version: "v1",
        kind: "ConfigMap",
    };
    let resource = Resource {
        group: "",
        version: "v1",
        resource: "configmaps",
    };
    let request = Request {
        object: Some(object.root()),
        ..Request::new(Operation::Create, kind, resource)
    };
    let others = NoOtherObjects("a test");
    evaluate(policy, &Context::new(request, &others, &[]), None, limits)
}

fn said(evaluation: &Evaluation) -> Vec<String> {
    let violations = evaluation.violations.iter();
    let said = |violation: &kpolicy::engine::Violation| {
        format!("{}: {}", violation.validation, violation.message)
    };
    violations.map(said).collect()
}

#[test]
fn an_expression_over_its_budget_is_an_error_of_its_own() {
    let policy = policy(
        "Fail",
        "  validations: [{expression: 'object.list.all(x, x > 0)'}, {expression: 'false', message: denied}]",
    );
    let limits = Limits {
        expression: 52,
        ..Limits::default()
    };
    assert_eq!(
        said(&run(&policy, &limits)),
        [
            "p/0: the expression could not be evaluated: the expression costs more than the 52 that the API server allows",
            "p/1: denied",
        ]
    );
    let limits = Limits {
        expression: 53,
        ..Limits::default()
    };
    assert_eq!(said(&run(&policy, &limits)), ["p/1: denied"]);
}

#[test]
fn over_the_budget_of_the_policy_no_validation_counts() {
    let parts = format!(
        "{VARIABLE}  validations: [{{expression: 'false', message: denied}}, {{expression: variables.dear}}]"
    );
    let within = Limits {
        policy: 55,
        ..Limits::default()
    };
    let over = Limits {
        policy: 54,
        ..Limits::default()
    };
    let fails = policy("Fail", &parts);
    assert_eq!(said(&run(&fails, &within)), ["p/0: denied"]);
    let error =
        "the validations of this policy together cost more than the 54 that the API server allows";
    assert_eq!(said(&run(&fails, &over)), [format!("p: {error}")]);
    let ignores = run(&policy("Ignore", &parts), &over);
    assert_eq!(said(&ignores), [""; 0]);
    assert_eq!(ignores.ignored_errors, [format!("p: {error}")]);
}

#[test]
fn match_conditions_have_a_budget_of_their_own() {
    let dear = "object.list.all(x, x > 0)";
    let parts = format!(
        "  matchConditions: [{{name: first, expression: 'object.data.a == \"c\"'}}, {{name: dear, expression: '{dear}'}}]
  validations: [{{expression: 'false', message: denied}}]"
    );
    let policy = policy("Fail", &parts);
    // 4 for the first condition, which is false, and 53 for the second.
    let over = Limits {
        match_conditions: 56,
        ..Limits::default()
    };
    assert_eq!(
        said(&run(&policy, &over)),
        [
            "p/0: the match conditions failed: the match conditions together cost more than the 56 that the API server allows"
        ]
    );
    let within = Limits {
        match_conditions: 57,
        ..Limits::default()
    };
    assert_eq!(said(&run(&policy, &within)), [""; 0]);
}

#[test]
fn message_expressions_pay_from_what_the_validations_leave() {
    let parts = format!(
        "{VARIABLE}  validations:
    - {{expression: 'variables.dear', messageExpression: 'string(variables.dear)'}}
    - {{expression: 'false', message: denied}}"
    );
    let policy = policy("Fail", &parts);
    // 55 for the validations, and 56 for the message, which pays for the variable again.
    let within = Limits {
        policy: 111,
        ..Limits::default()
    };
    assert_eq!(said(&run(&policy, &within)), ["p/1: denied"]);
    let over = Limits {
        policy: 110,
        ..Limits::default()
    };
    let error = "the validations and the message expressions of this policy together cost more than the 110 that the API server allows";
    assert_eq!(
        said(&run(&policy, &over)),
        [format!("p/0: {error}"), format!("p/1: {error}")]
    );
}

#[test]
fn audit_annotations_have_the_budget_of_a_policy_again() {
    let parts = format!(
        "{VARIABLE}  validations: [{{expression: 'variables.dear'}}, {{expression: 'false', message: denied}}]
  auditAnnotations: [{{key: k, valueExpression: 'string(variables.dear)'}}]"
    );
    let policy = policy("Fail", &parts);
    let within = Limits {
        policy: 56,
        ..Limits::default()
    };
    let evaluation = run(&policy, &within);
    assert_eq!(said(&evaluation), ["p/1: denied"]);
    assert_eq!(evaluation.annotations.len(), 1);
    let over = Limits {
        policy: 55,
        ..Limits::default()
    };
    let evaluation = run(&policy, &over);
    let error = "the audit annotations of this policy together cost more than the 55 that the API server allows";
    assert_eq!(said(&evaluation), [format!("p: {error}")]);
    assert_eq!(evaluation.annotations, []);
}
