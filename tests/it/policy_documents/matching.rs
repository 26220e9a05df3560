//! Which requests a policy applies to.

use kpolicy::manifest::{Document, DocumentBuilder};
use kpolicy::policy::{Match, MatchFacts, Matching, Operation, read_policy};
use kpolicy::source::SourceMap;

use super::document;

fn matching(constraints: &str) -> Matching {
    let text = format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: a}}\nspec:\n  title: A\n  category: api\n  severity: low\n  matchConstraints: {constraints}\n  validations: [{{expression: 'true'}}]\n"
    );
    let mut problems = Vec::new();
    let policy = read_policy(&document(&text), &SourceMap::new(), &mut problems);
    assert_eq!(problems, [], "{constraints}");
    policy.unwrap().matching
}

/// A request for `group/version/resource/subresource name`, with operation and namespace.
fn facts<'a>(operation: Operation, path: &'a str, namespace: Option<&'a str>) -> MatchFacts<'a> {
    let (path, name) = path.split_once(' ').unwrap_or((path, ""));
    let mut parts = path.split('/');
    let mut part = || parts.next().unwrap_or_default();
    MatchFacts {
        operation,
        group: part(),
        version: part(),
        resource: part(),
        subresource: part(),
        name,
        namespace,
        carries_pods: false,
        object: None,
        old_object: None,
        namespace_object: None,
    }
}

#[test]
fn rules_match_as_upstream_says() {
    const APPS: &str = "apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE]";
    for (rule, path, expected) in [
        ("resources: [deployments]", "apps/v1/deployments", true),
        ("resources: [deployments]", "apps/v1/statefulsets", false),
        ("resources: [deployments]", "batch/v1/deployments", false),
        (
            "resources: [deployments]",
            "apps/v1/deployments/scale",
            false,
        ),
        (
            "resources: [deployments/scale]",
            "apps/v1/deployments/scale",
            true,
        ),
        (
            "resources: [deployments/scale]",
            "apps/v1/deployments",
            false,
        ),
        ("resources: ['*']", "apps/v1/statefulsets", true),
        ("resources: ['*']", "apps/v1/statefulsets/scale", false),
        ("resources: ['*/scale']", "apps/v1/statefulsets/scale", true),
        ("resources: ['*/*']", "apps/v1/statefulsets/scale", true),
        ("resources: ['*/*']", "apps/v1/statefulsets", true),
        ("resources: ['deployments/*']", "apps/v1/deployments", true),
        (
            "resources: [deployments], resourceNames: [web]",
            "apps/v1/deployments web",
            true,
        ),
        (
            "resources: [deployments], resourceNames: [web]",
            "apps/v1/deployments api",
            false,
        ),
        (
            "resources: [deployments], resourceNames: [web]",
            "apps/v1/deployments",
            false,
        ),
        (
            "resources: [deployments], scope: Namespaced",
            "apps/v1/deployments",
            true,
        ),
        (
            "resources: [deployments], scope: Cluster",
            "apps/v1/deployments",
            false,
        ),
    ] {
        let matching = matching(&format!("{{resourceRules: [{{{APPS}, {rule}}}]}}"));
        let found = matching.matches(&facts(Operation::Create, path, Some("shop")));
        assert_eq!(
            found,
            if expected { Match::Yes } else { Match::No },
            "{rule} on {path}"
        );
        let found = matching.matches(&facts(Operation::Delete, path, Some("shop")));
        assert_eq!(found, Match::No, "{rule} on DELETE of {path}");
    }
}

#[test]
fn exclusion_wins_and_scope_knows_namespaces() {
    let all = "apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*']";
    let excluding = matching(&format!(
        "{{resourceRules: [{{{all}}}], excludeResourceRules: [{{apiGroups: [''], apiVersions: [v1], resources: [secrets], operations: [CREATE]}}]}}"
    ));
    let secret = |operation| facts(operation, "/v1/secrets", Some("shop"));
    assert_eq!(excluding.matches(&secret(Operation::Create)), Match::No);
    assert_eq!(excluding.matches(&secret(Operation::Update)), Match::Yes);
    for (scope, path, namespace, expected) in [
        ("Cluster", "/v1/namespaces", Some("shop"), Match::Yes),
        ("Namespaced", "/v1/namespaces", Some("shop"), Match::No),
        ("Cluster", "/v1/nodes", None, Match::Yes),
        ("Namespaced", "/v1/pods", Some("shop"), Match::Yes),
    ] {
        let matching = matching(&format!("{{resourceRules: [{{{all}, scope: {scope}}}]}}"));
        let found = matching.matches(&facts(Operation::Create, path, namespace));
        assert_eq!(found, expected, "{scope} {path}");
    }
}

#[test]
fn another_version_is_unknown_unless_the_match_is_exact() {
    let rule = "resourceRules: [{apiGroups: [autoscaling], apiVersions: [v2], resources: [horizontalpodautoscalers], operations: ['*']}]";
    let request = facts(
        Operation::Create,
        "autoscaling/v1/horizontalpodautoscalers",
        Some("shop"),
    );
    let equivalent = matching(&format!("{{{rule}}}")).matches(&request);
    assert_eq!(
        equivalent,
        Match::Unknown(
            "the object is written as `v1`; the API server would judge it as `v2`".into()
        )
    );
    let exact = matching(&format!("{{{rule}, matchPolicy: Exact}}")).matches(&request);
    assert_eq!(exact, Match::No);
}

#[test]
fn pod_templates_come_in_by_few_ways() {
    let matching = matching("{podTemplates: true}");
    for (operation, path, carries_pods, expected) in [
        (Operation::Create, "/v1/pods", true, Match::Yes),
        (Operation::Update, "/v1/pods", true, Match::Yes),
        (Operation::Delete, "/v1/pods", true, Match::No),
        (Operation::Connect, "/v1/pods/exec", true, Match::No),
        (
            Operation::Update,
            "/v1/pods/ephemeralcontainers",
            true,
            Match::Yes,
        ),
        (Operation::Update, "/v1/pods/resize", true, Match::Yes),
        (Operation::Update, "/v1/pods/status", true, Match::No),
        (Operation::Create, "/v1/pods/binding", true, Match::No),
        (Operation::Create, "apps/v1/deployments", true, Match::Yes),
        (
            Operation::Update,
            "apps/v1/deployments/scale",
            true,
            Match::No,
        ),
        (
            Operation::Update,
            "apps/v1/deployments/resize",
            true,
            Match::No,
        ),
        (Operation::Create, "/v1/services", false, Match::No),
    ] {
        let facts = MatchFacts {
            carries_pods,
            ..facts(operation, path, Some("shop"))
        };
        assert_eq!(matching.matches(&facts), expected, "{operation:?} {path}");
    }
}

fn open_namespace() -> Document {
    let mut builder = DocumentBuilder::new();
    let name = builder.string("shop", None);
    let labels = builder.object(&[("kubernetes.io/metadata.name", name)]);
    builder.open(labels, "namespace `shop` is not in Git");
    let metadata = builder.object(&[("labels", labels)]);
    let root = builder.object(&[("metadata", metadata)]);
    builder.finish(root)
}

#[test]
fn a_namespace_selector_asks_the_namespace() {
    let team = matching("{podTemplates: true, namespaceSelector: {matchLabels: {team: shop}}}");
    let named = matching(
        "{podTemplates: true, namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}",
    );
    let ours = document("{metadata: {labels: {team: shop}}}");
    let theirs = document("{metadata: {labels: {team: bank}}}");
    let open = open_namespace();
    let pod = MatchFacts {
        carries_pods: true,
        ..facts(Operation::Create, "/v1/pods", Some("shop"))
    };
    for (selecting, namespace, expected) in [
        (&team, Some(&ours), Match::Yes),
        (&team, Some(&theirs), Match::No),
        (
            &team,
            Some(&open),
            Match::Unknown("namespace `shop` is not in Git".into()),
        ),
        (&named, Some(&open), Match::No),
        (
            &team,
            None,
            Match::Unknown("the labels of the namespace are not known here".into()),
        ),
    ] {
        let facts = MatchFacts {
            namespace_object: namespace.map(Document::root),
            ..pod
        };
        assert_eq!(selecting.matches(&facts), expected);
    }
    // What does not match anyway is not unknown.
    let service = MatchFacts {
        carries_pods: false,
        ..pod
    };
    assert_eq!(team.matches(&service), Match::No);
}

#[test]
fn a_namespace_selector_ignores_what_has_no_namespace_and_tests_a_namespace_itself() {
    let team = matching(
        "{resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*']}], namespaceSelector: {matchLabels: {team: shop}}}",
    );
    let node = facts(Operation::Create, "/v1/nodes", None);
    assert_eq!(team.matches(&node), Match::Yes);
    let (old, new) = (
        document("{metadata: {}}"),
        document("{metadata: {labels: {team: shop}}}"),
    );
    let namespace = |operation, object: Option<&Document>, old: Option<&Document>| {
        let facts = facts(operation, "/v1/namespaces shop", Some("shop"));
        let facts = MatchFacts {
            object: object.map(|document| document.root()),
            old_object: old.map(|document| document.root()),
            ..facts
        };
        team.matches(&facts)
    };
    assert_eq!(namespace(Operation::Create, Some(&new), None), Match::Yes);
    assert_eq!(namespace(Operation::Create, Some(&old), None), Match::No);
    assert_eq!(
        namespace(Operation::Update, Some(&new), Some(&old)),
        Match::Yes
    );
    assert_eq!(
        namespace(Operation::Update, Some(&old), Some(&new)),
        Match::No
    );
    assert_eq!(namespace(Operation::Delete, None, Some(&new)), Match::Yes);
}

#[test]
fn an_object_selector_asks_the_object_or_the_old_one() {
    let spot = matching("{podTemplates: true, objectSelector: {matchLabels: {spot: 'true'}}}");
    let (with, without) = (
        document("{metadata: {labels: {spot: 'true'}}}"),
        document("{a: 1}"),
    );
    for (object, old, expected) in [
        (Some(&with), None, Match::Yes),
        (Some(&without), None, Match::No),
        (Some(&without), Some(&with), Match::Yes),
        (Some(&with), Some(&without), Match::Yes),
        (None, None, Match::No),
    ] {
        let facts = MatchFacts {
            carries_pods: true,
            object: object.map(Document::root),
            old_object: old.map(Document::root),
            ..facts(Operation::Update, "/v1/pods", Some("shop"))
        };
        assert_eq!(spot.matches(&facts), expected);
    }
}
