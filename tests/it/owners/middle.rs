//! The middle of a chain: a Job tells the truth of its owner only to a policy that judged the Job itself. Anybody may
//! make one that says it belongs to an excepted CronJob, and the honest job controller makes its Pods.

use std::sync::Arc;

use serde_json::Value;

use super::{JANE, JOBS, REPLICA_SETS, Webhook, annotation, cluster, object, review};

const CONFIG: &str = "
apiVersion: kpolicy.io/v1alpha1
kind: Config
profiles: []
exceptions: {allowedNamespaces: [policy-exceptions]}
";

/// A policy of Kubernetes against privileged containers of Pods; it looks at the Jobs of the second rule as well.
fn native(rules: &str, more: &str) -> String {
    format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec:
  matchConstraints:
    {more}
    resourceRules:
      - {{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}}
      {rules}
  validations:
    - expression: >-
        (object.kind == 'Job' ? object.spec.template.spec : object.spec).containers.all(c, c.?securityContext.?privileged.orValue(false) == false)
      message: not privileged
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: p}}
spec: {{policyName: p, validationActions: [Deny]}}
"#
    )
}

/// The same as a policy of ours.
fn ours(matching: &str) -> String {
    format!(
        r"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {{name: p}}
spec:
  title: Containers are not privileged
  category: pod-security
  severity: critical
  description: Test.
  remediation: Test.
  matchConstraints: {{{matching}}}
  validations:
    - name: privileged
      expression: >-
        containers.all(c, c.?securityContext.?privileged.orValue(false) == false)
      message: not privileged
"
    )
}

fn exception(kind: &str, name: &str) -> String {
    format!(
        r#"
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {{name: nightly, namespace: policy-exceptions}}
spec:
  policies: [p]
  match: {{namespaces: [shop], kinds: [{kind}], names: [{name}]}}
  reason: it mounts disks
  owner: team-batch
  expires: "2027-02-28"
"#
    )
}

#[test]
fn an_exception_for_the_top_owner_lifts_only_what_a_policy_that_judges_the_middle_finds() {
    let jobs = |operations: &str| {
        format!(
            "- {{apiGroups: [batch], apiVersions: [v1], operations: [{operations}], resources: [jobs]}}"
        )
    };
    let both = jobs("CREATE, UPDATE");
    let excluded = "excludeResourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: [jobs], \
                    resourceNames: [x]}]";
    let labelled = "objectSelector: {matchLabels: {app: x}}";
    let unlabelled = "objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}";
    for (what, policy, lifted) in [
        ("Pods alone", native("", ""), false),
        ("Jobs when they come", native(&jobs("CREATE"), ""), false),
        ("Jobs when they change", native(&jobs("UPDATE"), ""), false),
        ("both", native(&both, ""), true),
        (
            "all",
            native(&both.replace("jobs", "'*'").replace("batch", "'*'"), ""),
            true,
        ),
        ("all Jobs but one", native(&both, excluded), true),
        ("Jobs without a label", native(&both, unlabelled), false),
        ("templates", ours("podTemplates: true"), true),
        (
            "labelled templates",
            ours(&format!("podTemplates: true, {labelled}")),
            false,
        ),
        (
            "unless the Job says otherwise",
            native(&both, "").replace(
                "  validations:",
                "  matchConditions:\n    - {name: c, expression: \"!('x' in object.metadata.?annotations.orValue({}))\"}\n  \
                 validations:",
            ),
            false,
        ),
        (
            "Pods alone, ours",
            ours(
                "resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]",
            )
            .replace("containers.all", "object.spec.containers.all"),
            false,
        ),
    ] {
        for (kind, name, reached) in [
            ("CronJob", "nightly", lifted),
            ("Job", "nightly-1", !lifted),
        ] {
            let documents = [CONFIG, &policy, &exception(kind, name)].join("---");
            let webhook = Webhook::with(&documents, Arc::new(Arc::new(cluster())));
            let mut pod = object("Pod", "nightly-1-*", Some("Job nightly-1 j1"), true);
            pod["metadata"]["labels"] = serde_json::json!({"app": "x"});
            let answer = webhook.validate(&review(&pod, None, JOBS));
            assert_eq!(answer["allowed"], reached, "{what}, {kind}: {answer}");
            let said = annotation(&answer, "owner-not-believed");
            let doubted = said[0]["reason"].as_str().unwrap_or_default();
            assert_eq!(
                doubted.contains("`Job/nightly-1` is in between"),
                kind == "CronJob" && !lifted,
                "{what}, {kind}: {answer}"
            );
            let owner = annotation(&answer, "owner");
            assert_ne!(owner, Value::Null, "{what}, {kind}: {answer}");
        }
    }
}

/// The API server takes any text as the name and the uid of an owner, up to the size of an object.
#[test]
fn what_a_reference_says_floods_no_log_and_moves_no_cursor() {
    let long = "x".repeat(100_000);
    for odd in [long.as_str(), "a\u{202e}b", "a\nb", "\u{1b}[31m"] {
        for (field, user) in [
            ("kind", JANE),
            ("name", JANE),
            ("name", JOBS),
            ("uid", JOBS),
        ] {
            let webhook = Webhook::new();
            let mut pod = object("Pod", "x", Some("Job nightly-1 j1"), true);
            pod["metadata"]["ownerReferences"][0][field] = odd.into();
            let answer = webhook.validate(&review(&pod, None, user));
            let said = annotation(&answer, "owner-not-believed");
            let said = said[0]["reason"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"));
            assert!(said.len() < 1000 && !said.contains(odd), "{said}");
            assert!(said.contains("(no name)"), "{said}");
        }
    }
}

#[test]
fn an_exception_for_a_deployment_lifts_what_each_built_in_policy_finds_in_its_pods() {
    let policies = [
        include_str!("../../../policies/pod-security/pod-security-baseline.yaml"),
        include_str!("../../../policies/pod-security/pod-security-restricted.yaml"),
        include_str!("../../../policies/resources/require-limits.yaml"),
        include_str!("../../../policies/resources/require-requests.yaml"),
        include_str!("../../../policies/probes/require-probes.yaml"),
        include_str!("../../../policies/images/immutable-tags.yaml"),
    ];
    for policy in policies {
        let name = policy
            .lines()
            .find_map(|line| line.strip_prefix("  name: "));
        let name = name.expect("a name").split(' ').next().expect("a word");
        for (excepted, allowed) in [("web", true), ("other", false)] {
            let exception = exception("Deployment", excepted);
            let exception = exception.replace("[p]", &format!("[{name}]"));
            // The policy that the other supersedes has to be there.
            let baseline = policies.first().filter(|baseline| **baseline != policy);
            let baseline = baseline.filter(|_| policy.contains("supersedes:"));
            let quiet = CONFIG.replace(
                "profiles: []",
                "profiles: []\npolicies: {pod-security-baseline: {enforcement: disabled}}",
            );
            let config = if baseline.is_some() { &quiet } else { CONFIG };
            let mut documents = vec![config, policy, &exception];
            documents.extend(baseline);
            let webhook = Webhook::with(&documents.join("\n---\n"), Arc::new(Arc::new(cluster())));
            let mut pod = object("Pod", "web-1-*", Some("ReplicaSet web-1 r1"), true);
            pod["spec"]["containers"][0]["image"] = "a:latest".into();
            let answer = webhook.validate(&review(&pod, None, REPLICA_SETS));
            assert_eq!(answer["allowed"], allowed, "{name}: {answer}");
        }
    }
}
