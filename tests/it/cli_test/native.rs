//! Fixtures of native policies.

use super::Fixtures;

const VALIDATING: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
  validations:
    - expression: object.spec.replicas <= int(params.data.most)
      messageExpression: \"'at most ' + params.data.most\"
";

const BINDING: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: shop}
spec:
  policyName: replicas
  validationActions: [Audit]
  matchResources: {namespaceSelector: {matchLabels: {team: shop}}}
  paramRef: {name: limits, namespace: rules, parameterNotFoundAction: Allow}
";

const MUTATING: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: replicas}
spec:
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules: [{apiGroups: [example.com], apiVersions: [v1], resources: [gadgets], operations: [CREATE]}]
  mutations:
    - patchType: ApplyConfiguration
      applyConfiguration: {expression: 'Object{spec: Object.spec{parts: [Object.spec.parts{name: ''b''}]}}'}
";

fn deployment(replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
         spec: {{containers: [{{name: web, image: web}}]}}\n"
    )
}

const PARAMS: &str =
    "params: {apiVersion: v1, kind: ConfigMap, metadata: {name: p}, data: {most: '3'}}\n";

#[test]
fn a_policy_without_a_binding_is_bound_for_its_test() {
    let (few, many) = (deployment(3), deployment(4));
    let files = [
        ("replicas.yaml", VALIDATING),
        ("tests/replicas/pass/few.yaml", &few),
        ("tests/replicas/pass/few.context.yaml", PARAMS),
        ("tests/replicas/fail/many.yaml", &many),
        ("tests/replicas/fail/many.context.yaml", PARAMS),
    ];
    let (code, out, err) = Fixtures::new(&files).run(&["test"]);
    assert_eq!(
        (code, &*out, &*err),
        (0, "2 cases of 1 policy: 2 passed\n", "")
    );
    for (params, expected) in [
        (
            "params: {apiVersion: v1, kind: Secret}\n",
            "`params` is no v1 ConfigMap",
        ),
        ("{}\n", "there is no ConfigMap in namespace `default`"),
    ] {
        let mut files = files;
        files[2].1 = params;
        let (code, out, _) = Fixtures::new(&files).run(&["test"]);
        assert!(out.contains(expected), "{out}");
        assert_eq!(code, 1);
    }
}

#[test]
fn bindings_and_parameters_beside_the_policy_hold() {
    let many = deployment(4);
    let limits = "{apiVersion: v1, kind: ConfigMap, metadata: {name: limits, namespace: rules}, data: {most: '3'}}";
    let shop = "namespace: {name: shop, labels: {team: shop}}\n";
    let files = [
        ("rules/replicas.yaml", VALIDATING),
        ("rules/binding.yaml", BINDING),
        ("rules/limits.yaml", limits),
        ("rules/tests/replicas/fail/in-shop.yaml", &many),
        ("rules/tests/replicas/fail/in-shop.context.yaml", shop),
        ("rules/tests/replicas/pass/elsewhere.yaml", &many),
    ];
    let (code, out, err) = Fixtures::new(&files).run(&["test"]);
    assert_eq!(
        (code, &*out, &*err),
        (0, "2 cases of 1 policy: 2 passed\n", "")
    );
}

#[test]
fn a_mutating_policy_is_merged_by_the_definition_in_the_context() {
    let definition = "\
resources:
  - apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: gadgets.example.com}
    spec:
      group: example.com
      scope: Cluster
      names: {kind: Gadget, plural: gadgets}
      versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec:
                  type: object
                  properties:
                    parts:
                      type: array
                      x-kubernetes-list-type: map
                      x-kubernetes-list-map-keys: [name]
                      items: {type: object, required: [name], properties: {name: {type: string}}}
";
    let gadget = "{apiVersion: example.com/v1, kind: Gadget, metadata: {name: a}, spec: {parts: [{name: a}]}}";
    let fixed = "{apiVersion: example.com/v1, kind: Gadget, metadata: {name: a}, spec: {parts: [{name: a}, {name: b}]}}";
    let files = [
        ("replicas.yaml", MUTATING),
        ("tests/replicas/fix/gadget.yaml", gadget),
        ("tests/replicas/fix/gadget.fixed.yaml", fixed),
        ("tests/replicas/fix/gadget.context.yaml", definition),
    ];
    let (code, out, err) = Fixtures::new(&files).run(&["test"]);
    assert_eq!(
        (code, &*out, &*err),
        (0, "1 case of 1 policy: 1 passed\n", "")
    );
    let (code, out, _) = Fixtures::new(&files[..3]).run(&["test"]);
    assert_eq!(
        code, 1,
        "without its definition nobody knows how it is merged: {out}"
    );
    let pass = [files[0], ("tests/replicas/pass/gadget.yaml", gadget)];
    let (code, out, _) = Fixtures::new(&pass).run(&["test"]);
    assert!(out.contains("the policy has no validations"), "{out}");
    assert_eq!(code, 1);
}
