//! What is said of whole policies, and that nothing is said of those that ship.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::cel::Release;
use crate::manifest::{Dialect, Document, Limits, NodeRef, read};
use crate::policy::{Form, Policy, PolicyAdvice, advise, built_in_texts, read_native, read_policy};
use crate::schema::openapi::Schemas;
use crate::source::{Source, SourceMap};

const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.io}
spec:
  group: example.io
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer, default: 3}
                color: {type: string}
";

fn documents(text: &str, sources: &mut SourceMap) -> Vec<Document> {
    let text: Arc<str> = Arc::from(text);
    let id = sources.add(Source::new("policy.yaml", text.clone()));
    read(id, &text, Dialect::Kubectl, &Limits::default()).documents
}

fn policy(document: &Document, sources: &SourceMap) -> Policy {
    let mut problems = Vec::new();
    let kind = document.root().get("kind").and_then(NodeRef::as_str);
    let policy = match kind {
        Some("Policy") => read_policy(document, sources, &mut problems),
        Some("MutatingAdmissionPolicy") => {
            read_native(document, Form::Mutating, (sources, None), &mut problems)
        }
        _ => read_native(document, Form::Validating, (sources, None), &mut problems),
    };
    policy.unwrap_or_else(|| panic!("{problems:?}"))
}

/// What is said of a policy, with the words it is about.
fn said(text: &str, minor: u8) -> (Vec<String>, PolicyAdvice) {
    let mut sources = SourceMap::new();
    let mut schemas = Schemas::built_in(Release::minor(minor));
    for document in documents(CRD, &mut sources) {
        schemas.add_crd(&document, &mut Vec::new());
    }
    let documents = documents(text, &mut sources);
    let document = documents.first().expect("a document");
    let policy = policy(document, &sources);
    let advice = advise(&policy, document.root(), &schemas, &sources);
    let words = advice.problems.iter().map(|problem| {
        let place = problem
            .span
            .and_then(|span| sources.text(span))
            .unwrap_or_default();
        format!("{place}: {problem}")
    });
    (words.collect(), advice)
}

/// A policy of ours with these rules, variables and validations.
fn ours(matching: &str, variables: &[&str], validations: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  title: P\n  \
         category: api\n  severity: low\n  matchConstraints: {matching}\n  parameters:\n    type: object\n    \
         properties:\n      least: {{type: integer, default: 1}}\n      most: {{type: integer}}\n    \
         additionalProperties: false\n  variables:\n"
    );
    for (index, variable) in variables.iter().enumerate() {
        let _ = write!(
            text,
            "    - name: v{index}\n      expression: |-\n        {variable}\n"
        );
    }
    if variables.is_empty() {
        text = text.replace("  variables:\n", "");
    }
    text += "  validations:\n";
    for validation in validations {
        let _ = write!(
            text,
            "    - message: m\n      expression: |-\n        {validation}\n"
        );
    }
    text
}

fn rule(group: &str, resources: &str) -> String {
    format!(
        "{{resourceRules: [{{apiGroups: ['{group}'], apiVersions: [v1], resources: [{resources}], operations: [CREATE]}}]}}"
    )
}

#[test]
fn nothing_is_said_of_the_policies_that_ship() {
    for release in Schemas::known_releases() {
        let schemas = Schemas::built_in(release);
        for (name, text) in built_in_texts() {
            let mut sources = SourceMap::new();
            for document in documents(text, &mut sources) {
                if document.root().get("kind").and_then(NodeRef::as_str) == Some("Policy") {
                    let policy = policy(&document, &sources);
                    let advice = advise(&policy, document.root(), &schemas, &sources);
                    assert_eq!(advice.problems, [], "{name} in {release}");
                }
            }
        }
    }
}

#[test]
fn a_guard_that_is_taken_out_of_a_policy_that_ships_is_missed() {
    for (name, guard, instead, missed) in [
        (
            "pod-security-baseline",
            "!has(c.securityContext.privileged)\n",
            "false\n",
            "privileged",
        ),
        (
            "spot-scheduling",
            "has(pod.metadata) && has(pod.metadata.labels) &&",
            "has(pod.metadata) &&",
            "labels",
        ),
        (
            "spot-scheduling",
            "has(object.metadata.ownerReferences)\n",
            "true\n",
            "ownerReferences",
        ),
        (
            "blanket-tolerations",
            "(!has(t.key) || t.key == ''",
            "(t.key == ''",
            "key",
        ),
    ] {
        let texts = built_in_texts();
        let (_, text) = texts
            .into_iter()
            .find(|(file, _)| file.contains(name))
            .expect("a policy");
        assert!(text.contains(guard), "{name}: {guard}");
        let (words, _) = said(&text.replace(guard, instead), 36);
        let expected = format!("{missed}: `{missed}` may be absent");
        assert!(
            words.iter().any(|word| word.starts_with(&expected)),
            "{name}: {words:?}"
        );
    }
}

#[test]
fn expressions_are_checked_against_the_kinds_that_a_policy_matches() {
    let deployments = rule("apps", "deployments");
    let both = rule("apps", "deployments, daemonsets");
    let widgets = rule("example.io", "widgets");
    let anything = rule("*", "'*'");
    for (matching, expression, expected) in [
        (
            &deployments,
            "object.spec.replcas > 1",
            &["replcas: `apps.v1.DeploymentSpec` has no field `replcas`"][..],
        ),
        (
            &deployments,
            "object.spec.replicas == '3'",
            &["object.spec.replicas == '3': `==` does not take `int` with `string`"],
        ),
        (&deployments, "object.spec.replicas >= params.least", &[]),
        (
            &deployments,
            "object.spec.replicas <= params.most",
            &["most: `most` may be absent, and reading it is an error then"],
        ),
        (
            &deployments,
            "object.metadata.name != '' && object.metadata.namespace != ''",
            &[],
        ),
        (
            &deployments,
            "object.spec.template.spec.containers.all(c, c.image != '')",
            &[],
        ),
        (
            &deployments,
            "request.namespace != '' && request.userInfo.username != ''",
            &[],
        ),
        (&deployments, "object.kind == 'Deployment'", &[]),
        (&deployments, "object.kind != 'Deployment'", &[]),
        (
            &deployments,
            "object.kind == 'Pod' ? object.spec.containers.size() > 1 : object.spec.replicas > 1",
            &[],
        ),
        (
            &deployments,
            "['Pod'].all(k, object.kind != k) || object.spec.containers.size() > 1",
            &[],
        ),
        (
            &deployments,
            "!(object.kind in ['Pod', 'Job']) || object.spec.containers.size() > 1",
            &[],
        ),
        (
            &deployments,
            "object.kind == 'Pod' ? object.spec.containers.size() > 1 : object.spec.replcas > 1",
            &["replcas: `apps.v1.DeploymentSpec` has no field `replcas`"],
        ),
        (&deployments, "object.spec.replicas == null", &[]),
        (
            &anything,
            "request.namespace == 'a' && object.anything == 1",
            &[],
        ),
        // What one of two kinds lacks may stand behind a test of the kind.
        (
            &both,
            "object.kind == 'DaemonSet' || object.spec.replicas > 1",
            &[],
        ),
        (
            &both,
            "object.spec.replicas > 1",
            &["replicas: for apps/v1 DaemonSet: `apps.v1.DaemonSetSpec` has no field `replicas`"],
        ),
        (
            &both,
            "object.spec.replcas > 1 || true == false",
            &[
                "replcas: `apps.v1.DaemonSetSpec` has no field `replcas`",
                "replcas: `apps.v1.DeploymentSpec` has no field `replcas`",
            ],
        ),
        (&both, "object.kind == 'Deployment'", &[]),
        (
            &widgets,
            "object.spec.size > 1",
            &["spec: `spec` may be absent, and reading it is an error then"],
        ),
        (&widgets, "has(object.spec) && object.spec.size > 1", &[]),
        (
            &widgets,
            "has(object.spec) && object.spec.color.size() > 1",
            &["color: `color` may be absent, and reading it is an error then"],
        ),
        (
            &widgets,
            "has(object.spec) && object.spec.colour == 'a'",
            &["colour: `example.io/v1 Widget.spec` has no field `colour`"],
        ),
        (&widgets, "object.metadata.name != ''", &[]),
    ] {
        let (words, _) = said(&ours(matching, &[], &[expression]), 36);
        assert_eq!(words, expected, "{expression}");
    }
}

#[test]
fn what_a_variable_reads_may_be_guarded_where_the_variable_is_read() {
    let deployments = rule("apps", "deployments");
    let labels = "object.metadata.labels.app";
    for (variables, validations, expected) in [
        (
            &["object.metadata.labels"][..],
            &["has(object.metadata.labels) && 'a' in variables.v0"][..],
            &[][..],
        ),
        (
            &["object.metadata.labels"],
            &["'a' in variables.v0"],
            &["labels"],
        ),
        (
            &["object.metadata.labels"],
            &[
                "has(object.metadata.labels) && 'a' in variables.v0",
                "variables.v0.size() > 1",
            ],
            &["labels"],
        ),
        (
            &[labels, "variables.v0 + 'x'"],
            &[
                "has(object.metadata.labels) && 'app' in object.metadata.labels && variables.v1 != ''",
            ],
            &[],
        ),
        (
            &[labels, "variables.v0 + 'x'"],
            &["has(object.metadata.labels) && variables.v1 != ''"],
            &["app"],
        ),
    ] {
        let (words, _) = said(&ours(&deployments, variables, validations), 36);
        let words: Vec<&str> = words
            .iter()
            .filter_map(|word| word.split(':').next())
            .collect();
        assert_eq!(words, expected, "{variables:?} {validations:?}");
    }
}

#[test]
fn pods_and_containers_have_types_in_policies_of_pod_templates() {
    let pods = "{podTemplates: true}".to_owned();
    for (expression, expected) in [
        (
            "containers.all(c, c.imagePullPolcy == 'Always')",
            &["imagePullPolcy"][..],
        ),
        (
            "containers.all(c, c.securityContext.runAsNonRoot == true)",
            &["securityContext", "runAsNonRoot"],
        ),
        (
            "containers.all(c, c.imagePullPolicy == 'Always' && c.name != '')",
            &[],
        ),
        ("pod.spec.restartPolicy == 'Always'", &[]),
        ("pod.spec.hostNetwork == false", &["hostNetwork"]),
        ("pod.metadata.labels['a'] == 'b'", &["labels", "'a'"]),
    ] {
        let (words, advice) = said(&ours(&pods, &[], &[expression]), 36);
        let words: Vec<&str> = words
            .iter()
            .filter_map(|word| word.split(':').next())
            .collect();
        assert_eq!(words, expected, "{expression}");
        assert_eq!(advice.kinds.len(), 9);
    }
}

#[test]
fn a_field_of_another_release_is_told_with_that_release() {
    let text = ours(
        &rule("", "pods"),
        &[],
        &["!has(object.spec.containers[0].restartPolicyRules)"],
    );
    let (words, advice) = said(&text, 33);
    assert_eq!(
        words,
        ["restartPolicyRules: `core.v1.Container` has no field `restartPolicyRules`"]
    );
    let help = advice.problems[0].help.as_deref();
    assert_eq!(
        help,
        Some("Kubernetes has it from 1.34 on; this is checked for 1.33")
    );
    assert_eq!(said(&text, 34).0, Vec::<String>::new());
}

#[test]
fn native_policies_are_checked_with_their_parameters() {
    let native = |conditions: &str, expression: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\n\
             spec:\n  paramKind: {{apiVersion: v1, kind: ConfigMap}}\n  matchConstraints:\n    resourceRules:\n    \
             - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}\n{conditions}  \
             validations:\n  - expression: |-\n      {expression}\n"
        )
    };
    let condition = "  matchConditions:\n  - {name: a, expression: has(object.spec.paused)}\n";
    for (conditions, expression, expected) in [
        (
            "",
            "object.spec.replicas < int(params.data.most)",
            &["data", "most"][..],
        ),
        (
            "",
            "has(params.data) && has(params.data.most) && object.spec.replicas < int(params.data.most)",
            &[],
        ),
        ("", "params.spec.size > 1", &["spec"]),
        ("", "object.spec.paused == true", &["paused"]),
        (condition, "object.spec.paused == true", &[]),
    ] {
        let (words, _) = said(&native(conditions, expression), 36);
        let words: Vec<&str> = words
            .iter()
            .filter_map(|word| word.split(':').next())
            .collect();
        assert_eq!(words, expected, "{expression}");
    }
}

#[test]
fn what_is_not_checked_is_said() {
    for (matching, kinds, incomplete) in [
        (rule("apps", "deployments"), 1, None),
        (rule("*", "deployments"), 0, Some("it matches kinds by `*`")),
        (rule("apps", "'*'"), 0, Some("it matches kinds by `*`")),
        (rule("", "pods, pods/ephemeralcontainers"), 1, None),
        (rule("apps", "deployments/status"), 1, None),
        (
            rule("apps", "deployments/scale"),
            0,
            Some("no schema is known for `deployments/scale`"),
        ),
        (
            rule("nobody.io", "things"),
            0,
            Some("no schema is known for `things` of nobody.io"),
        ),
        (
            rule(
                "",
                "pods, services, secrets, configmaps, nodes, namespaces, endpoints, events, limitranges, serviceaccounts, resourcequotas",
            ),
            10,
            Some("it matches 11 kinds, and the first 10 are looked at"),
        ),
    ] {
        let (_, advice) = said(&ours(&matching, &[], &["params.least > 0"]), 36);
        assert_eq!(advice.kinds.len(), kinds, "{matching}");
        assert_eq!(advice.incomplete.as_deref(), incomplete, "{matching}");
    }
}
