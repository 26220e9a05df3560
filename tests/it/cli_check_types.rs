//! `kpolicy check` with the types of what policies match.

use super::cli_check::Folder;

const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: widgets}
spec:
  title: Widgets are small
  category: api
  severity: low
  matchConstraints:
    resourceRules:
      - {apiGroups: [example.io], apiVersions: [v1], resources: [widgets], operations: [CREATE]}
  validations:
    - name: size
      expression: >-
        object.spec.size < 3
        && object.spec.colour != ''
      message: make it small
";

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.io}
spec:
  group: example.io
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              properties: {size: {type: integer}, color: {type: string}}
";

const OPENAPI: &str = r#"{"openapi": "3.0.0",
"paths": {"/apis/example.io/v1/namespaces/{namespace}/widgets": {"post": {
    "x-kubernetes-group-version-kind": {"group": "example.io", "version": "v1", "kind": "Widget"}}}},
"components": {"schemas": {"io.example.v1.Widget": {
    "type": "object", "required": ["spec"],
    "properties": {"spec": {"type": "object", "required": ["size", "colour"],
        "properties": {"size": {"type": "integer"}, "colour": {"type": "string"}}}},
    "x-kubernetes-group-version-kind": [{"group": "example.io", "version": "v1", "kind": "Widget"}]}}}}"#;

const WRONG_FIELD: &str = "\
warning: `example.io/v1 Widget.spec` has no field `colour`
  --> policies/widgets.yaml:15:24
   |
15 |         && object.spec.colour != ''
   |                        ^^^^^^
   |
   = help: did you mean `color`?

checked 1 document and the built-in policies: 1 warning
";

#[test]
fn custom_resources_of_the_repository_are_known() {
    let folder = Folder::new(&[
        ("policies/widgets.yaml", POLICY),
        ("base/crds/widgets.yaml", CRD),
    ]);
    let (code, out, err) = folder.run(&["check", "policies"]);
    assert_eq!((&*out, &*err, code), (WRONG_FIELD, "", 0));
}

#[test]
fn schemas_can_be_named() {
    let folder = Folder::new(&[
        ("policies/widgets.yaml", POLICY),
        ("other/api.json", OPENAPI),
        (
            "none.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
        ),
    ]);
    let (_, out, _) = folder.run(&["check", "policies"]);
    assert_eq!(
        out,
        "`widgets` is not checked against all that it matches: no schema is known for `widgets` of example.io\n\
         checked 1 document and the built-in policies: no problems\n"
    );
    let (code, out, err) = folder.run(&["check", "policies", "--schemas", "other"]);
    assert_eq!(
        (&*out, &*err, code),
        (
            "checked 1 document and the built-in policies: no problems\n",
            "",
            0
        )
    );
    for nothing in ["none.yaml", "policies", "policies/widgets.yaml"] {
        let (code, _, err) = folder.run(&["check", "policies", "--schemas", nothing]);
        let why =
            format!("`{nothing}` holds no CustomResourceDefinition and no OpenAPI v3 document");
        assert!(err.contains(&why), "{err}");
        assert_eq!(code, 2);
    }
}

#[test]
fn what_is_wrong_with_a_schema_is_shown_at_its_line() {
    let broken = CRD.replace("size: {type: integer}", "size: {type: whole}");
    let folder = Folder::new(&[("policies/widgets.yaml", POLICY), ("crd.yaml", &broken)]);
    let (code, out, _) = folder.run(&["check", "policies", "--schemas", "crd.yaml"]);
    let problem = "warning: a schema has no type `whole`\n  --> crd.yaml:19:41\n";
    assert_eq!(out.matches(problem).count(), 1, "{out}");
    assert_eq!(code, 0);
}

#[test]
fn a_message_may_read_what_its_validation_read_in_any_case() {
    let policy = |expression: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\n\
             kind: ValidatingAdmissionPolicy\n\
             metadata: {{name: a}}\n\
             spec:\n  \
               matchConstraints:\n    \
                 resourceRules: [{{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}}]\n  \
               validations:\n    \
                 - expression: {expression}\n      \
                   messageExpression: object.metadata.labels.team + ' is no team'\n"
        )
    };
    for (expression, times) in [
        ("object.metadata.labels.team == 'a'", 1),
        (
            "object.metadata.name == 'a' || object.metadata.labels.team == 'a'",
            2,
        ),
        ("object.metadata.name == 'a'", 1),
    ] {
        let folder = Folder::new(&[("policy.yaml", &policy(expression))]);
        let (_, out, _) = folder.run(&["check", "policy.yaml"]);
        for absent in ["`labels` may be absent", "`team` may be absent"] {
            assert_eq!(out.matches(absent).count(), times, "{expression}: {out}");
        }
    }
}

#[test]
fn a_policy_about_replicas_that_does_not_see_kubectl_scale_is_told_so() {
    let policy = |resources: &str, operations: &str, expression: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: few}}\nspec:\n  title: T\n  category: api\n  \
             severity: low\n  matchConstraints:\n    resourceRules:\n      - {{apiGroups: [apps], apiVersions: [v1], \
             resources: [{resources}], operations: [{operations}]}}\n  validations:\n    - name: few\n      \
             expression: {expression}\n      message: too many\n"
        )
    };
    let reads = "object.spec.?replicas.orValue(1) < 9";
    for (text, told) in [
        (policy("deployments", "CREATE, UPDATE", reads), true),
        (policy("deployments", "CREATE", reads), false),
        (policy("\"*\"", "CREATE, UPDATE", reads), true),
        (
            policy("deployments, deployments/scale", "CREATE, UPDATE", reads),
            false,
        ),
        (
            policy("deployments, \"*/scale\"", "CREATE, UPDATE", reads),
            false,
        ),
        (policy("\"*/*\"", "CREATE, UPDATE", reads), false),
        (
            policy(
                "daemonsets",
                "CREATE, UPDATE",
                "object.spec.minReadySeconds < 9",
            ),
            false,
        ),
        (
            policy(
                "deployments",
                "CREATE, UPDATE",
                "object.spec.paused == false",
            ),
            false,
        ),
    ] {
        let folder = Folder::new(&[("few.yaml", &text)]);
        let (_, output, _) = folder.run(&["check", "few.yaml"]);
        assert_eq!(
            output.contains("`kubectl scale` is not judged"),
            told,
            "{text}\n{output}"
        );
    }
}
