//! Policies: what is read, and where every error is placed.

use kpolicy::manifest::Problem;
use kpolicy::policy::{FailurePolicy, Policy, Reason, Safety, Severity, read_policy};
use kpolicy::source::{Source, SourceMap};

use super::{document, shown};

const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: sample}
spec:
  title: A sample
  category: images
  severity: high
  description: >-
    Why.
  remediation: How.
  references: [https://example.com]
  matchConstraints:
    podTemplates: true
  matchConditions:
    - name: not-windows
      expression: has(pod.spec)
  parameters:
    type: object
    required: [allowed]
    properties:
      allowed: {type: array, items: {type: string}}
      strict: {type: boolean, default: true}
  resources:
    - {name: networkPolicies, apiGroup: networking.k8s.io, kind: NetworkPolicy, scope: sameNamespace}
  variables:
    - name: images
      expression: containers.map(c, c.image)
    - name: first
      expression: variables.images.size() > 0
  validations:
    - name: registry
      expression: |-
        variables.first
          ? variables.images.all(i, i in params.allowed)
          : true
      message: use an allowed image
      messageExpression: \"'use one of ' + string(params.allowed.size())\"
      reason: Forbidden
    - expression: resources.networkPolicies.size() >= 0
  mutations:
    - name: add
      safety: unsafe
      patchType: JSONPatch
      jsonPatch:
        expression: \"[JSONPatch{op: 'add', path: '/spec/x', value: 1}]\"
  failurePolicy: Ignore
";

fn read(text: &str) -> (Option<Policy>, Vec<Problem>) {
    let mut sources = SourceMap::new();
    sources.add(Source::new("sample.yaml", text));
    let mut problems = Vec::new();
    let policy = read_policy(&document(text), &sources, &mut problems);
    (policy, problems)
}

/// The problems of the sample with one text replaced by another.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(POLICY.contains(from), "{from}");
    let text = POLICY.replacen(from, to, 1);
    let (policy, problems) = read(&text);
    assert_eq!(policy.is_none(), !problems.is_empty(), "{to}");
    shown(&text, &problems)
}

#[test]
fn a_full_policy_is_read() {
    let (policy, found) = read(POLICY);
    assert_eq!(shown(POLICY, &found), [""; 0]);
    let policy = policy.unwrap();
    assert_eq!(&*policy.name, "sample");
    assert_eq!(policy.about.severity, Severity::High);
    assert_eq!(&*policy.about.description, "Why.");
    assert_eq!(policy.failure_policy, FailurePolicy::Ignore);
    assert_eq!(policy.variables.len(), 2);
    assert_eq!(policy.match_conditions.len(), 1);
    let ids: Vec<&str> = policy
        .validations
        .iter()
        .map(|validation| &*validation.id)
        .collect();
    assert_eq!(ids, ["sample/registry", "sample/1"]);
    assert_eq!(policy.validations[0].reason, Reason::Forbidden);
    assert!(policy.validations[0].message_expression.is_some());
    assert_eq!(&*policy.mutations[0].id, "sample/add");
    assert_eq!(policy.mutations[0].safety, Safety::Unsafe);
    let names: Vec<_> = policy
        .parameters
        .iter()
        .map(|one| (one.name, one.required))
        .collect();
    assert_eq!(names, [("allowed", true), ("strict", false)]);
    assert!(policy.span.is_some() && policy.validations[0].span.is_some());
}

#[test]
fn every_error_of_a_policy_is_placed() {
    for (from, to, expected) in [
        (
            "  title: A sample\n",
            "",
            &["spec: `title` is missing (write one line: what holds where nobody is refused)"][..],
        ),
        (
            "title:",
            "titel:",
            &[
                "spec: `title` is missing (write one line: what holds where nobody is refused)",
                "titel: unknown field `titel` (did you mean `title`?)",
            ],
        ),
        (
            "  category: images\n",
            "",
            &[
                "spec: `category` is missing (it is one of `pod-security`, `resources`, `probes`, `images`, `scheduling`, `availability`, `network`, `identity`, `secrets`, `storage`, `gitops`, `observability`, `api`)",
            ],
        ),
        (
            "  severity: high\n",
            "",
            &[
                "spec: `severity` is missing (it is `critical` for a way into the cluster, `high` for an outage or a weakness waiting to happen, `medium` for what costs something some day, `low` for what is untidy)",
            ],
        ),
        (
            "category: images",
            "category: image",
            &[
                "image: `category` is `image`; it must be one of `pod-security`, `resources`, `probes`, `images`, `scheduling`, `availability`, `network`, `identity`, `secrets`, `storage`, `gitops`, `observability`, `api` (did you mean `images`?)",
            ],
        ),
        (
            "severity: high",
            "severity: hihg",
            &[
                "hihg: `severity` is `hihg`; it must be one of `critical`, `high`, `medium`, `low` (did you mean `high`?)",
            ],
        ),
        (
            "{name: sample}",
            "{name: Sample}",
            &[
                "Sample: `Sample` cannot be the name of a policy (use up to 63 lower-case letters, digits and `-`, with a letter or digit at both ends)",
            ],
        ),
        ("{name: sample}", "{}", &["metadata: `name` is missing"]),
        (
            "kpolicy.io/v1alpha1",
            "kpolicy.io/v1",
            &["kpolicy.io/v1: `apiVersion` is `kpolicy.io/v1`; it must be `kpolicy.io/v1alpha1`"],
        ),
        (
            "failurePolicy: Ignore",
            "failurePolicy: ignore",
            &[
                "ignore: `failurePolicy` is `ignore`; it must be one of `Fail`, `Ignore` (did you mean `Ignore`?)",
            ],
        ),
        (
            "category: images",
            "category: images\n  supersedes: [sample, other]",
            &["sample: a policy cannot supersede itself"],
        ),
        (
            "reason: Forbidden",
            "reason: Unauthorized",
            &[
                "Unauthorized: `reason` is `Unauthorized`; it must be one of `Invalid`, `Forbidden`, `RequestEntityTooLarge`",
            ],
        ),
        (
            "safety: unsafe",
            "safe: unsafe",
            &[
                "name: add: `safety` is missing (it is `safe` for what is right wherever it applies, `unsafe` for what somebody should look at before it is written into Git, `display` for what is only shown)",
                "safe: unknown field `safe` (did you mean `safety`?)",
            ],
        ),
        (
            "patchType: JSONPatch",
            "patchType: ApplyConfiguration",
            &[
                "name: add: `applyConfiguration` is missing",
                "jsonPatch: `jsonPatch` is not for this `patchType`",
            ],
        ),
        (
            "patchType: JSONPatch\n      jsonPatch:\n        expression: \"[JSONPatch{op: 'add', path: '/spec/x', value: 1}]\"",
            "patchType: ApplyConfiguration\n      applyConfiguration:\n        expression: \"Object{spec: Object.spce{x: 1}}\"",
            &[
                "Object.spce{x: 1}: `Object.spce` stands where `Object.spec` is needed (a type is named after the fields that lead to it)",
            ],
        ),
        (
            "patchType: JSONPatch\n      jsonPatch:",
            "patchType: ApplyConfiguration\n      applyConfiguration:",
            &[
                "\"[JSONPatch{op: 'add', path: '/spec/x', value: 1}]\": this expression must give a `Object`, not a `list(JSONPatch)`",
            ],
        ),
        (
            "- expression: resources",
            "- name: registry\n      expression: resources",
            &["registry: there is another validation `registry`"],
        ),
        (
            "name: add",
            "name: registry",
            &["registry: there is another validation or mutation `registry`"],
        ),
        (
            "name: registry",
            "name: \"1\"",
            &[
                "\"1\": `1` cannot be a name (use up to 63 letters, digits, `-`, `_` and `.`, and not only digits)",
            ],
        ),
        (
            "name: first",
            "name: images",
            &[
                "images: there is another variable `images`",
                "variables.first: there is no variable `first` before this expression (known are `images`)",
            ],
        ),
        (
            "name: images",
            "name: the-images",
            &[
                "the-images: `the-images` is no name that an expression can spell (use letters, digits and `_`, with a letter first)",
                "variables.images: there is no variable `images` before this expression",
                "variables.images: there is no variable `images` before this expression (known are `first`)",
            ],
        ),
        (
            "scope: sameNamespace",
            "scope: namespace",
            &["namespace: `scope` is `namespace`; it must be one of `sameNamespace`, `cluster`"],
        ),
        (
            "apiGroup: networking.k8s.io, ",
            "",
            &[
                "{name: networkPolicies, kind: NetworkPolicy, scope: sameNamespace}: `apiGroup` is missing (write `\"\"` for the core group)",
            ],
        ),
        (
            "type: object",
            "type: array",
            &["array: `parameters` must be a schema with `type: object`"],
        ),
        (
            "message: use an allowed image",
            "message: ''",
            &["'': `message` is empty"],
        ),
        (
            "message: use an allowed image",
            "message: \"a\\nb\"",
            &["\"a\\nb\": `message` must be one line"],
        ),
    ] {
        let found = problems(from, to);
        let shortened: Vec<String> = found
            .iter()
            .map(|problem| {
                // The place of an entry is the whole entry: its first line will do.
                let (place, rest) = problem.split_once(": `").unwrap_or((problem, ""));
                let first = place.lines().next().unwrap_or_default();
                if rest.is_empty() || !place.contains('\n') {
                    problem.clone()
                } else {
                    format!("{first}: `{rest}")
                }
            })
            .collect();
        assert_eq!(shortened, expected, "{to}");
    }
}

#[test]
fn an_error_in_an_expression_stands_inside_the_expression() {
    for (from, to, expected) in [
        (
            "i in params.allowed",
            "i in params.allowedd",
            "allowedd: the policy declares no parameter `allowedd` (did you mean `allowed`?)",
        ),
        (
            "resources.networkPolicies.size",
            "resources.policies.size",
            "policies: the policy declares no resource `policies` (known here: `networkPolicies`)",
        ),
        (
            "? variables.images.all",
            "? variables.imges.all",
            "variables.imges: there is no variable `imges` before this expression (did you mean `variables.images`?)",
        ),
        (
            "containers.map(c, c.image)",
            "variables.first",
            "variables.first: there is no variable `first` before this expression (a variable may only read those above it)",
        ),
        (
            "has(pod.spec)",
            "repository.clusters.size() > 0",
            "repository: there is no `repository` here (only a policy with `matchConstraints.repository: true` sees the repository)",
        ),
        (
            "has(pod.spec)",
            "dockerfile.stages.size() > 0",
            "dockerfile: there is no `dockerfile` here (only a policy with `matchConstraints.dockerfiles: true` sees Dockerfiles one by one)",
        ),
        (
            "'use one of '",
            "string(authorizer) + ''",
            "authorizer: there is no `authorizer` here (a message cannot ask the authorizer, as in the API server)",
        ),
        ("path: '/spec/x'", "paht: '/spec/x'", "paht"),
        (
            "has(pod.spec)",
            "size('pod')",
            "size('pod'): this expression must give a `bool`, not a `int`",
        ),
        (
            "'use one of ' + string(params.allowed.size())",
            "params.allowed.size()",
            "\"params.allowed.size()\": this expression must give a `string`, not a `int`",
        ),
        (
            ": true\n      message: use",
            ": tru\n      message: use",
            "tru: there is no `tru` here",
        ),
    ] {
        let found = problems(from, to);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{to}: {found:?}");
    }
}

#[test]
fn an_expression_sees_what_the_policy_declares() {
    let found = problems(
        "podTemplates: true",
        "resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: ['*']}]",
    );
    assert_eq!(
        found,
        [
            "pod: there is no `pod` here (only a policy with `matchConstraints.podTemplates: true` sees pods and containers)",
            "containers: there is no `containers` here (only a policy with `matchConstraints.podTemplates: true` sees pods and containers)",
        ]
    );
    let start = POLICY.find("  parameters:").unwrap();
    let end = POLICY.find("  variables:").unwrap();
    let text = format!("{}{}", &POLICY[..start], &POLICY[end..]);
    let (_, found) = read(&text);
    assert_eq!(
        shown(&text, &found),
        [
            "params: there is no `params` here (declare the parameters of the policy under `parameters`)",
            "params: there is no `params` here (declare the parameters of the policy under `parameters`)",
            "resources: there is no `resources` here (declare the other objects that the policy reads under `resources`)",
        ]
    );
}

#[test]
fn a_message_cannot_ask_the_authorizer_through_a_variable_either() {
    let text = POLICY
        .replace(
            "containers.map(c, c.image)",
            "authorizer.path('/x').check('get').reason().split(',')",
        )
        .replace("string(params.allowed.size())", "string(variables.first)");
    let (_, found) = read(&text);
    let found = shown(&text, &found);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("a message cannot ask the authorizer, also not through a variable"));
}

#[test]
fn a_policy_judges_something_by_something() {
    for (constraints, expected) in [
        (
            "{}",
            "matchConstraints: `matchConstraints` names nothing to judge (say what is judged: `podTemplates: true` for all that makes pods, `resourceRules` for other kinds, `dockerfiles: true` for each Dockerfile, or `repository: true`)",
        ),
        (
            "{podTemplates: true, resourceRules: []}",
            "resourceRules: `resourceRules` cannot stand beside `podTemplates`",
        ),
        (
            "{podTemplates: true, excludeResourceRules: []}",
            "excludeResourceRules: `excludeResourceRules` needs `resourceRules` (leave objects out with `matchConditions`)",
        ),
        (
            "{repository: true, podTemplates: true}",
            "repository: `repository` cannot stand beside `podTemplates`",
        ),
        (
            "{repository: true, dockerfiles: true}",
            "dockerfiles: `dockerfiles` cannot stand beside `repository`",
        ),
        ("{resourceRules: []}", "[]: `resourceRules` is empty"),
        (
            "{resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE]}]}",
            "{apiGroups: [''], apiVersions: [v1], operations: [CREATE]}: `resources` is missing",
        ),
        (
            "{resourceRules: [{apiGroups: ['*', apps], apiVersions: [v1], resources: [a], operations: [CREATE]}]}",
            "'*': `*` stands for all: nothing else may be in `apiGroups`",
        ),
        (
            "{resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [a], operations: [create]}]}",
            "create: an entry of `operations` is `create`; it must be one of `CREATE`, `UPDATE`, `DELETE`, `CONNECT`, `*` (did you mean `CREATE`?)",
        ),
        (
            "{podTemplates: true, objectSelector: {matchExpressions: [{key: a, operator: In}]}}",
            "{key: a, operator: In}: `values` must not be empty with `In` and `NotIn`",
        ),
        (
            "{podTemplates: true, namespaceSelector: {matchLabel: {a: b}}}",
            "matchLabel: unknown field `matchLabel` (did you mean `matchLabels`?)",
        ),
    ] {
        let text = format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: a}}\nspec:\n  title: A\n  category: api\n  severity: low\n  matchConstraints: {constraints}\n  validations: [{{expression: 'true'}}]\n"
        );
        let (_, found) = read(&text);
        assert_eq!(shown(&text, &found), [expected], "{constraints}");
    }
    let start = POLICY.find("  validations:").unwrap();
    let end = POLICY.find("  failurePolicy").unwrap();
    let text = format!("{}{}", &POLICY[..start], &POLICY[end..]);
    let (_, found) = read(&text);
    assert_eq!(
        shown(&text, &found),
        ["spec: the policy has neither `validations` nor `mutations`"]
    );
}
