//! Native policies and bindings are checked as the API server checks them, with every error at its place.

use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::policy::{Policy, Release};
use kpolicy::source::SourceMap;

use super::shown;

pub(super) const VALIDATING: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limit.example.com}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: rules.example.com/v1, kind: Limit}
  matchConstraints:
    matchPolicy: Equivalent
    resourceRules:
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [deployments]
  matchConditions: [{name: example.com/first, expression: object.spec.replicas > params.ignored}]
  variables: [{name: replicas, expression: object.spec.replicas}]
  validations:
    - expression: variables.replicas <= params.most
      message: fewer
      messageExpression: string(params.most)
      reason: Forbidden
  auditAnnotations: [{key: count, valueExpression: string(variables.replicas)}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limit-binding}
spec:
  policyName: limit.example.com
  validationActions: [Deny, Audit]
  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}
  matchResources: {namespaceSelector: {matchLabels: {a: b}}}
";

pub(super) fn read(text: &str, release: Option<Release>) -> (Vec<Arc<Policy>>, Vec<String>) {
    let mut sources = SourceMap::new();
    let mut documents = Documents::default();
    documents.for_release(release);
    documents.add("native.yaml", &Arc::from(text), &mut sources);
    let set = documents.take_policies();
    let policies = set.iter().cloned().collect();
    (policies, shown(text, &documents.problems))
}

/// What is replaced in a text, by what, and the problems that come of it.
pub(super) type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

pub(super) fn check(text: &str, cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (old, new, expected) in cases {
        assert!(text.contains(old), "{old}");
        let changed = text.replacen(old, new, 1);
        let (_, problems) = read(&changed, None);
        let starts = problems.len() == expected.len()
            && problems
                .iter()
                .zip(*expected)
                .all(|(found, start)| found.starts_with(start));
        if !starts {
            wrong.push(format!("{old} -> {new}\n{problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_error_of_a_validating_policy_is_placed() {
    check(
        VALIDATING,
        &[
            (
                "limit.example.com}",
                "Limit}",
                &[
                    "Limit: `Limit` cannot be the name of this object",
                    "count: `Limit/count`, the name of the annotation, is no qualified name",
                    "limit.example.com: there is no ValidatingAdmissionPolicy `limit.example.com`",
                ],
            ),
            (
                "failurePolicy: Fail",
                "failurePolicy: Deny",
                &["Deny: `failurePolicy` is `Deny`; it must be one of"],
            ),
            (
                "apiVersion: rules.example.com/v1, ",
                "",
                &["paramKind: `apiVersion` is missing"],
            ),
            (
                "rules.example.com/v1",
                "a/b/v1",
                &["a/b/v1: `a/b/v1` is no API version"],
            ),
            (
                "rules.example.com/v1",
                "rules.example.com/1",
                &["rules.example.com/1: `rules.example.com/1` is no API version"],
            ),
            (
                "kind: Limit}",
                "kind: Li mit}",
                &["Li mit: `Li mit` is no kind"],
            ),
            (
                "matchPolicy: Equivalent",
                "matchPolicy: Same",
                &["Same: `matchPolicy` is `Same`"],
            ),
            (
                "apiGroups: [apps]",
                "apiGroups: [apps, '*']",
                &["'*': `*` stands for all"],
            ),
            (
                "apiVersions: [v1]",
                "apiVersions: []",
                &["[]: `apiVersions` is empty"],
            ),
            (
                "[CREATE, UPDATE]",
                "[CREATE, '*']",
                &["'*': `*` stands for all: nothing else may be in `operations`"],
            ),
            (
                "[CREATE, UPDATE]",
                "[PATCH]",
                &["PATCH: an entry of `operations` is `PATCH`"],
            ),
            (
                "[deployments]",
                "['*/*', pods]",
                &["pods: `pods` is part of `*/*`"],
            ),
            (
                "[deployments]",
                "['pods/*', pods/status]",
                &["pods/status: `pods/status` is part of `pods/*`"],
            ),
            (
                "[deployments]",
                "['*/scale', deployments/scale]",
                &["deployments/scale: `deployments/scale` is part of `*/scale`"],
            ),
            ("[deployments]", "[pods, 'pods/*']", &[]),
            (
                "[deployments]",
                "[deployments]\n        resourceNames: [a, a, b/c]",
                &[
                    "a: `a` is named twice",
                    "b/c: `b/c` is no name of an object",
                ],
            ),
            (
                "[deployments]",
                "[deployments]\n        scope: Everywhere",
                &["Everywhere: `scope` is `Everywhere`"],
            ),
            (
                "example.com/first",
                "first of all",
                &["first of all: `first of all` is no qualified name"],
            ),
            (
                "object.spec.replicas > params.ignored",
                "variables.replicas > 1",
                &["variables.replicas: there is no variable `replicas` before this expression"],
            ),
            (
                "name: replicas,",
                "name: package,",
                &[
                    "package: `package` is no name that an expression can spell (it is a word of the language)",
                    "variables.replicas: ",
                    "variables.replicas: ",
                ],
            ),
            (
                "expression: object.spec.replicas}",
                "expression: image(object.spec.image)}",
                &["image: there is no function `image`"],
            ),
            (
                "variables.replicas <= params.most",
                "object.spec.paused",
                &["object.spec.paused: this expression must give a `bool`, not a `dyn`"],
            ),
            (
                "variables.replicas <= params.most",
                "size([JSONPatch{}]) > 0",
                &["JSONPatch{}: there is no type `JSONPatch` here"],
            ),
            (
                "variables.replicas <= params.most",
                "resources.x == 1",
                &["resources: there is no `resources` here"],
            ),
            (
                "message: fewer",
                "message: \"a\\rb\"",
                &["\"a\\rb\": `message` must be one line"],
            ),
            (
                "message: fewer",
                "message: ' '",
                &["' ': `message` is empty"],
            ),
            (
                "string(params.most)",
                "string(authorizer)",
                &["authorizer: there is no `authorizer` here"],
            ),
            (
                "string(params.most)",
                "params.most",
                &["params.most: this expression must give a `string`, not a `dyn`"],
            ),
            (
                "reason: Forbidden",
                "reason: Unauthorized",
                &["Unauthorized: `reason` is `Unauthorized`"],
            ),
            (
                "      reason: Forbidden\n",
                "      name: first\n",
                &["name: unknown field `name`"],
            ),
            (
                "key: count",
                "key: coun t",
                &[
                    "coun t: `limit.example.com/coun t`, the name of the annotation, is no qualified name",
                ],
            ),
            (
                "string(variables.replicas)",
                "variables.replicas > 1",
                &["variables.replicas > 1: this expression must give a `string`, not a `bool`"],
            ),
            (
                "failurePolicy: Fail",
                "parameters: {}",
                &["parameters: unknown field `parameters`"],
            ),
        ],
    );
    // One that cannot be read has nothing more said of it or of its binding.
    let nothing = VALIDATING.replace(
        "  paramKind: {apiVersion: rules.example.com/v1, kind: Limit}\n",
        "",
    );
    let (_, problems) = read(&nothing, None);
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.ends_with("(name their kind under `paramKind`)")),
        "{problems:#?}"
    );
}

#[test]
fn every_error_of_a_binding_is_placed() {
    check(
        VALIDATING,
        &[
            (
                "policyName: limit.example.com",
                "policyName: Limit",
                &[
                    "limit.example.com: no binding names `limit.example.com`",
                    "Limit: `Limit` is no name of a policy",
                ],
            ),
            (
                "policyName: limit.example.com",
                "policyName: limits.example.com",
                &[
                    "limit.example.com: no binding names `limit.example.com`, so it judges nothing (bind it with a ValidatingAdmissionPolicyBinding)",
                    "limits.example.com: there is no ValidatingAdmissionPolicy `limits.example.com`, so this binding does nothing (did you mean `limit.example.com`?)",
                ],
            ),
            (
                "  validationActions: [Deny, Audit]\n",
                "",
                &["spec: `validationActions` is missing"],
            ),
            ("[Deny, Audit]", "[]", &["[]: `validationActions` is empty"]),
            (
                "[Deny, Audit]",
                "[Deny, Warn]",
                &["[Deny, Warn]: `Deny` and `Warn` cannot stand together"],
            ),
            (
                "[Deny, Audit]",
                "[Deny, Deny]",
                &["Deny: `Deny` is named twice"],
            ),
            (
                "[Deny, Audit]",
                "[deny]",
                &["deny: an entry of `validationActions` is `deny`"],
            ),
            (
                "name: limits, ",
                "",
                &["paramRef: `paramRef` has neither `name` nor `selector`"],
            ),
            (
                "name: limits",
                "name: limits, selector: {}",
                &["limits: `selector` cannot stand beside `name`"],
            ),
            (
                "name: limits",
                "name: a/b",
                &["a/b: `a/b` is no name of an object"],
            ),
            (
                ", parameterNotFoundAction: Deny",
                "",
                &["paramRef: `parameterNotFoundAction` is missing"],
            ),
            (
                "parameterNotFoundAction: Deny",
                "parameterNotFoundAction: Warn",
                &["Warn: `parameterNotFoundAction` is `Warn`"],
            ),
            (
                "{matchLabels: {a: b}}",
                "{matchLabels: {a: b c}}",
                &["b c: `b c` is no valid label value"],
            ),
            (
                "  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}\n",
                "",
                &["limit-binding: `limit.example.com` gets no parameters from this binding"],
            ),
        ],
    );
    let older = VALIDATING
        .replace(
            "v1\nkind: ValidatingAdmissionPolicyB",
            "v1alpha1\nkind: ValidatingAdmissionPolicyB",
        )
        .replace(", parameterNotFoundAction: Deny", "");
    assert_eq!(read(&older, None).1, [""; 0], "v1alpha1 had a default");
}
