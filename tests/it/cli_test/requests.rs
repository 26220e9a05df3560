//! How a case is sent, and what there is around it.

use super::{CONTEXT, Fixtures, POLICY, folder, object, sound};

#[test]
fn a_request_is_what_stands_beside_the_case() {
    let admin = "user: {username: admin, groups: [ops], uid: '1', extra: {a: [b]}}\n";
    let nobody = "user: {username: nobody}\ndryRun: true\n";
    let unknown = r#"{"notJudged": ["tiers/asker"]}"#;
    let special = object("tier: front, special: 'yes'");
    let plain = object("tier: front");
    let deleted = object("tier: gone");
    let update = "params: {tiers: [front]}\noldObject: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n";
    let more = [
        ("policies/tests/tiers/pass/admin.yaml", &*special),
        ("policies/tests/tiers/pass/admin.context.yaml", CONTEXT),
        ("policies/tests/tiers/pass/admin.request.yaml", admin),
        ("policies/tests/tiers/fail/nobody.yaml", &special),
        ("policies/tests/tiers/fail/nobody.context.yaml", CONTEXT),
        ("policies/tests/tiers/fail/nobody.request.yaml", nobody),
        ("policies/tests/tiers/pass/unknown.yaml", &special),
        ("policies/tests/tiers/pass/unknown.context.yaml", CONTEXT),
        ("policies/tests/tiers/pass/unknown.expected.json", unknown),
        ("policies/tests/tiers/fail/deleted.yaml", &deleted),
        ("policies/tests/tiers/fail/deleted.context.yaml", CONTEXT),
        (
            "policies/tests/tiers/fail/deleted.request.yaml",
            "operation: DELETE\n",
        ),
        ("policies/tests/tiers/pass/updated.yaml", &plain),
        ("policies/tests/tiers/pass/updated.context.yaml", update),
        (
            "policies/tests/tiers/pass/updated.request.yaml",
            "operation: UPDATE\n",
        ),
        ("policies/tests/tiers/pass/notes.md", "Notes are no cases."),
        ("policies/tests/tiers/README.md", "Nor here."),
    ];
    let (code, out, _) = folder(&sound(), &more).run(&["test"]);
    assert_eq!((code, &*out), (0, "8 cases of 1 policy: 8 passed\n"));
    let without = folder(&sound(), &more[6..8]);
    let (code, out, _) = without.run(&["test"]);
    assert!(out.contains("`tiers/asker` is not judged: "), "{out}");
    assert!(
        out.contains("under `notJudged` in `<case>.expected.json`"),
        "{out}"
    );
    assert_eq!(code, 1);
}

/// A policy of what is sent to subresources: each request tells what it is in a finding.
const SENT: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: sent}
spec:
  title: Nothing is sent
  category: api
  severity: low
  matchConstraints:
    resourceRules:
      - {apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*']}
  validations:
    - name: sent
      expression: \"request.resource.resource == 'none'\"
      messageExpression: >-
        request.resource.resource + '.' + request.resource.version + '.' + request.resource.group + '/'
        + (has(request.subResource) ? request.subResource : '') + ' ' + (has(request.namespace) ? request.namespace : '-')
";

#[test]
fn a_request_reaches_the_resource_that_the_api_server_would_name() {
    let scale = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: a}}";
    for (object, request, expected) in [
        (
            "{apiVersion: v1, kind: Binding, metadata: {name: a, namespace: shop}}",
            "subresource: binding",
            "pods.v1./binding shop",
        ),
        (
            "{apiVersion: v1, kind: Binding, metadata: {name: a}}",
            "operation: CREATE",
            "bindings.v1./ default",
        ),
        (
            "{apiVersion: policy/v1, kind: Eviction, metadata: {name: a, namespace: shop}}",
            "subresource: eviction",
            "pods.v1./eviction shop",
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: []}}",
            "subresource: ephemeralcontainers",
            "pods.v1./ephemeralcontainers default",
        ),
        (
            "{apiVersion: v1, kind: Node, metadata: {name: a}}",
            "subresource: status",
            "nodes.v1./status -",
        ),
        (
            "{apiVersion: v1, kind: NodeProxyOptions}",
            "{operation: CONNECT, subresource: proxy}",
            "nodes.v1./proxy -",
        ),
        (
            scale,
            "{resource: deployments.apps, subresource: scale}",
            "deployments.v1.apps/scale default",
        ),
        (
            scale,
            "{resource: rollouts.v1alpha1.argoproj.io, subresource: scale}",
            "rollouts.v1alpha1.argoproj.io/scale default",
        ),
    ] {
        let expected = serde_json::json!({
            "findings": [{"validation": "sent/sent", "message": expected, "fieldPath": ""}]
        });
        let files = [
            ("sent.yaml", SENT),
            ("tests/sent/fail/a.yaml", object),
            ("tests/sent/fail/a.request.yaml", request),
            ("tests/sent/fail/a.expected.json", &expected.to_string()),
        ];
        let (code, out, err) = Fixtures::new(&files).run(&["test"]);
        assert_eq!(code, 0, "{object} {request}\n{out}{err}");
    }
}

#[test]
fn a_resource_that_cannot_be_is_told_with_what_to_write() {
    let scale = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: a}}";
    for (request, expected) in [
        (
            "resource: pods/binding",
            "write `resource: pods` and `subresource: binding`",
        ),
        ("resource: Deployment", "`Deployment` is no resource"),
        (
            "subresource: scale",
            "name it under `resource`: `deployments.apps`",
        ),
    ] {
        let files = [
            ("sent.yaml", SENT),
            ("tests/sent/fail/a.yaml", scale),
            ("tests/sent/fail/a.request.yaml", request),
        ];
        let (code, out, _) = Fixtures::new(&files).run(&["test"]);
        assert!(out.contains(expected), "{request}\n{out}");
        assert!(out.contains("a.request.yaml:1:"), "{request}\n{out}");
        assert_eq!(code, 1);
    }
}

/// A policy that asks for a `ConfigMap` in the namespace of what it judges.
const LOOKS: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: looks}
spec:
  title: Namespaces with pods have a ConfigMap
  category: api
  severity: low
  matchConstraints: {podTemplates: true}
  resources:
    - {name: maps, apiGroup: '', kind: ConfigMap, scope: sameNamespace}
  validations:
    - {name: found, expression: resources.maps.size() > 0, message: make a ConfigMap}
";

#[test]
fn another_object_that_names_no_namespace_lives_where_the_case_does() {
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    let elsewhere = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: other}}";
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: []}}";
    let placed = pod.replace("name: a", "name: a, namespace: own");
    let shop = "namespace: {name: shop}";
    for (pod, context, finds) in [
        (pod, format!("resources: [{map}]"), false),
        (&placed, format!("resources: [{map}]"), false),
        (pod, format!("{shop}\nresources: [{map}]"), false),
        (pod, format!("{shop}\nresources: [{elsewhere}]"), true),
        (&placed, format!("resources: [{elsewhere}]"), true),
        (pod, format!("{shop}\nresources: []"), true),
    ] {
        let kind = if finds { "fail" } else { "pass" };
        let case = format!("tests/looks/{kind}/a.yaml");
        let beside = format!("tests/looks/{kind}/a.context.yaml");
        let files = [("looks.yaml", LOOKS), (&*case, pod), (&*beside, &*context)];
        let (code, out, err) = Fixtures::new(&files).run(&["test"]);
        assert_eq!(code, 0, "{context}\n{out}{err}");
    }
}

#[test]
fn a_case_of_fix_may_say_what_remains() {
    let remains = r#"{"findings": [{"validation": "tiers/tier", "fieldPath": "metadata.labels.tier",
        "message": "`metadata.labels.tier` is `middle`: say which tier this is in"}]}"#;
    let object = object("tier: middle");
    let case = [
        ("policies/tests/tiers/fix/other.yaml", &*object),
        ("policies/tests/tiers/fix/other.fixed.yaml", &*object),
        ("policies/tests/tiers/fix/other.context.yaml", CONTEXT),
    ];
    let (code, out, _) = folder(&sound(), &case).run(&["test"]);
    for expected in [
        "the mutated object should pass: `tiers/tier`",
        "what is meant to remain is listed under `findings` in `<case>.expected.json`",
    ] {
        assert!(out.contains(expected), "{out}");
    }
    assert_eq!(code, 1);
    let expected = "policies/tests/tiers/fix/other.expected.json";
    let all = [&case[..], &[(expected, remains)]].concat();
    let (code, out, _) = folder(&sound(), &all).run(&["test"]);
    assert_eq!((code, &*out), (0, "4 cases of 1 policy: 4 passed\n"));
    let none = ("policies/tests/tiers/fix/none.expected.json", remains);
    let (code, out, _) = folder(&sound(), &[none]).run(&["test"]);
    assert!(
        out.contains("expected and not found: `tiers/tier`"),
        "{out}"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_custom_kind_is_mutated_where_config_says_so_and_why_not_is_told() {
    let policy = POLICY.replace("resourceRules:", "podTemplates: true").replace(
        "      - {apiGroups: [\"\"], apiVersions: [v1], resources: [pods, configmaps, secrets], operations: [CREATE, UPDATE, DELETE]}\n",
        "",
    );
    let policy = policy
        .replace(
            "(request.operation == 'DELETE' ? oldObject : object)",
            "pod",
        )
        .replace("has(object.", "has(pod.");
    let rollout = |labels: &str| {
        format!(
            "{{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {{name: a}}, \
             spec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: []}}}}}}}}"
        )
    };
    let (before, after) = (rollout("app: a"), rollout("app: a, tier: front"));
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n\
                  podTemplateCrds: [{group: argoproj.io, kind: Rollout, paths: [spec.template]}]\n";
    let files = [
        ("tiers.yaml", &*policy),
        ("tests/tiers/fix/rollout.yaml", &*before),
        ("tests/tiers/fix/rollout.fixed.yaml", &after),
        ("tests/tiers/fix/rollout.context.yaml", CONTEXT),
        (".kpolicy.yaml", config),
    ];
    let (code, out, err) = Fixtures::new(&files).run(&["test"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = Fixtures::new(&files[..4]).run(&["test"]);
    assert!(
        out.contains("only where `podTemplateCrds` of Config names them"),
        "{out}{err}"
    );
    assert_eq!(code, 1);
}

#[test]
fn what_reading_a_case_warns_of_is_expected_or_fails_it() {
    let twice =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {tier: front, tier: back}}\n";
    let case = [
        ("policies/tests/tiers/pass/twice.yaml", twice),
        ("policies/tests/tiers/pass/twice.context.yaml", CONTEXT),
    ];
    let run = |expected: Option<&str>| {
        let file = "policies/tests/tiers/pass/twice.expected.json";
        let expected = expected.map(|text| (file, text));
        let all: Vec<(&str, &str)> = case.into_iter().chain(expected).collect();
        let (code, out, _) = folder(&sound(), &all).run(&["test"]);
        (code, out)
    };
    let (code, out) = run(None);
    assert!(out.contains("key `tier` is set twice"), "{out}");
    assert!(
        out.contains("list the message under `warnings` in `<case>.expected.json`"),
        "{out}"
    );
    assert_eq!(code, 1);
    let (code, out) = run(Some(r#"{"warnings": ["key `tier` is set twice"]}"#));
    assert_eq!((code, &*out), (0, "4 cases of 1 policy: 4 passed\n"));
    let (code, out) = run(Some(r#"{"warnings": ["key `tier` is set twice", "more"]}"#));
    assert!(
        out.contains("reading the case does not warn that more"),
        "{out}"
    );
    assert_eq!(code, 1);
    let (code, out) = run(Some(
        r#"{"warnings": ["key `tier` is set twice", "key `tier` is set twice"]}"#,
    ));
    assert!(out.contains("does not warn that key `tier`"), "{out}");
    assert_eq!(code, 1);
}
