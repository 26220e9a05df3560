//! The forms of native policies: what is read, what mutates, what is Kyverno's, and for which release.

use kpolicy::policy::Release;

use super::native::{VALIDATING, check, read};

const MUTATING: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: label}
spec:
  reinvocationPolicy: IfNeeded
  matchConstraints:
    resourceRules:
      - {apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods]}
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: '[JSONPatch{op: \"add\", path: \"/metadata/labels/\" + jsonpatch.escapeKey(\"a/b\"), value: \"x\"}]'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: label-binding}
spec:
  policyName: label
";

const KYVERNO: &str = "apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: named}
spec:
  validationActions: [Warn]
  matchConstraints:
    resourceRules:
      - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [services]}
  validations: [{expression: has(object.spec.selector)}]
";

#[test]
fn what_the_api_server_takes_is_read() {
    for text in [VALIDATING, MUTATING, KYVERNO] {
        for version in ["v1", "v1beta1", "v1alpha1"] {
            let text = text.replace(".io/v1\nkind: V", &format!(".io/{version}\nkind: V"));
            let (policies, problems) = read(&text, None);
            assert_eq!(problems, [""; 0], "{text}");
            let bindings: Vec<_> = policies
                .iter()
                .map(|policy| policy.native.as_ref().map(|native| native.bindings.len()))
                .collect();
            assert_eq!(bindings, [Some(1)], "{text}");
        }
    }
    // As a list, as `kubectl get -o yaml` writes it.
    let items: Vec<String> = VALIDATING
        .split("---\n")
        .map(|item| format!("- {}\n", item.trim_end().replace('\n', "\n  ")))
        .collect();
    let items = items.concat();
    let (policies, problems) = read(
        &format!("apiVersion: v1\nkind: List\nitems:\n{items}"),
        None,
    );
    assert_eq!((policies.len(), problems), (1, Vec::new()));
    // Two policies of one name, of which one mutates, stand side by side.
    let both = format!(
        "{VALIDATING}---\n{}",
        MUTATING
            .replace("name: label}", "name: limit.example.com}")
            .replace("policyName: label", "policyName: limit.example.com")
    );
    let (policies, problems) = read(&both, None);
    assert_eq!((policies.len(), problems), (2, Vec::new()));
}

#[test]
fn every_error_of_a_mutating_policy_is_placed() {
    check(
        MUTATING,
        &[
            (
                "  reinvocationPolicy: IfNeeded\n",
                "",
                &["spec: `reinvocationPolicy` is missing"],
            ),
            (
                "['*']",
                "[DELETE]",
                &["matchConstraints: a MutatingAdmissionPolicy cannot name `DELETE`"],
            ),
            (
                "patchType: JSONPatch",
                "patchType: Merge",
                &["Merge: `patchType` is `Merge`"],
            ),
            ("value: \"x\"}]", "value: \"x\"}][0]", &["'[JSONPatch"]),
            (
                "policyName: label",
                "policyName: label\n  validationActions: [Deny]",
                &["validationActions: unknown field `validationActions`"],
            ),
            (
                "policyName: label",
                "policyName: label\n  paramRef: {selector: {}, parameterNotFoundAction: Allow}",
                &["paramRef: `label` has no `paramKind`, so `paramRef` means nothing"],
            ),
        ],
    );
}

#[test]
fn kyverno_s_policy_is_read_only_where_it_means_the_same() {
    check(
        KYVERNO,
        &[
            (
                "validationActions: [Warn]",
                "evaluation: {mode: Kubernetes, background: {enabled: true}}",
                &[],
            ),
            (
                "validationActions: [Warn]",
                "evaluation: {mode: JSON}",
                &[
                    "evaluation: kpolicy reads a ValidatingPolicy only where it equals a ValidatingAdmissionPolicy, which has no `evaluation.mode`",
                ],
            ),
            (
                "validationActions: [Warn]",
                "evaluation: {admission: {enabled: false}}",
                &["evaluation: kpolicy reads a ValidatingPolicy only where"],
            ),
            (
                "validationActions: [Warn]",
                "autogen: {podControllers: {controllers: [jobs]}}",
                &["autogen: kpolicy reads a ValidatingPolicy only where"],
            ),
            (
                "validationActions: [Warn]",
                "paramKind: {apiVersion: v1, kind: ConfigMap}",
                &["paramKind: unknown field `paramKind`"],
            ),
            (
                "resources: [services]",
                "resources: [pods]",
                &["matchConstraints: Kyverno also judges the controllers of these pods"],
            ),
            (
                "has(object.spec.selector)",
                "resource.Get() == null",
                &["resource: there is no `resource` here"],
            ),
        ],
    );
}

#[test]
fn a_native_policy_uses_what_the_release_allows_in_a_new_policy() {
    let text = VALIDATING.replace(
        "variables.replicas <= params.most",
        "size([1, 2].slice(0, 1)) == 1",
    );
    for (release, allowed) in [(None, true), (Some(34), false), (Some(35), true)] {
        let (policies, problems) = read(&text, release.map(Release::minor));
        assert_eq!(policies.len() == 1, allowed, "{release:?} {problems:#?}");
    }
}
