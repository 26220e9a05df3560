//! The product's promise: the same object gets the same verdict from both mouths.
//!
//! Every fixture of every policy goes through `lint` and through the webhook's router. Both must name the same
//! validations with the same messages; enforcement may differ only where a policy needs other objects, and then as
//! lint prints it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use kpolicy::config::{Config, Enforcement, NamespaceSetting, PolicyException, PolicySetting};
use kpolicy::documents::Documents;
use kpolicy::engine::OtherObjects;
use kpolicy::finding::{Finding, FindingKind};
use kpolicy::fixture::{Others, namespace_object};
use kpolicy::judge::{Judge, Owner, Owners};
use kpolicy::lint::{self, Options};
use kpolicy::manifest::{Document, NodeRef, write_json};
use kpolicy::policy::{Operation, PolicySet};
use kpolicy::server::{self, ClusterView, Judges, Metrics, Timeouts};
use kpolicy::source::SourceMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixtures::{self, Fixture, Kind, identity};
use crate::policies::{TODAY, findings};

/// What both mouths say of one fixture: validation and message.
pub(crate) type Said = BTreeSet<(String, String)>;

/// Lint sees a new object of an unknown person; other requests are the webhook's alone.
pub(crate) fn only_the_webhook_can_be_asked(fixture: &Fixture) -> bool {
    fixture.operation() != Operation::Create
        || fixture.in_request("user").is_some()
        || !fixture.subresource().is_empty()
        || fixture.in_context("oldObject").is_some()
}

/// One policy alone, at `deny`, without mutations, in a namespace with the labels of the fixture.
pub(crate) fn config(fixture: &Fixture, base: &Config) -> Config {
    let setting = PolicySetting {
        enforcement: Some(Enforcement::Deny),
        params: fixture.params(),
        ..PolicySetting::default()
    };
    let labels = fixture
        .in_context("namespace")
        .and_then(|namespace| namespace.get("labels"));
    let labels = labels.and_then(NodeRef::as_map).map(|labels| {
        let label = |value: NodeRef<'_>| value.as_str().unwrap_or_default().into();
        labels
            .iter()
            .map(|entry| (entry.key.into(), label(entry.value)))
            .collect()
    });
    let namespaces = fixture.namespace().map(|name| NamespaceSetting {
        names: vec![name.into()],
        enforcement: None,
        enforcement_span: None,
        policies: BTreeMap::default(),
        labels: Some(labels.unwrap_or_default()),
    });
    Config {
        profiles: Vec::new(),
        policies: [(fixture.policy.as_str().into(), setting)].into(),
        namespaces: namespaces.into_iter().collect(),
        mutate: false,
        ..base.clone()
    }
}

fn by_lint(
    fixture: &Fixture,
    config: &Config,
    policies: &Arc<PolicySet>,
    warns: bool,
) -> Option<(Said, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let name = if fixture.is_repository {
        "Dockerfile"
    } else {
        "object.yaml"
    };
    write(&root, name, &fixture.text);
    for (at, text) in fixture.further.iter().enumerate() {
        let folder = format!("further-{}", at + 1);
        fs::create_dir(root.join(&folder)).unwrap();
        write(&root, &format!("{folder}/Dockerfile"), text);
    }
    for (number, other) in fixture.others().iter().enumerate() {
        write(
            &root,
            &format!("other-{number}.json"),
            &write_json(other.root()),
        );
    }
    let options = Options::as_written(root, config, policies, TODAY);
    let outcome = lint::run(&options, SourceMap::new());
    assert_eq!(outcome.failures, [""; 0], "{}", fixture.name);
    assert_eq!(outcome.problems, [], "{}", fixture.name);
    let is_invalid = |finding: &&Finding| finding.kind == FindingKind::Invalid;
    let refused = |finding: &Finding| finding.enforcement == Enforcement::Deny;
    if outcome.findings.iter().filter(is_invalid).any(refused) {
        return None;
    }
    let violations = outcome.findings.iter().filter(|one| !is_invalid(one));
    let mine = violations.filter(|finding| {
        let file = finding
            .span
            .and_then(|span| outcome.sources.get(span.source))
            .map(|source| source.name());
        assert_eq!(
            finding.kind,
            FindingKind::Violation,
            "{}: {}",
            fixture.name,
            finding.message
        );
        fixture.is_repository || file == Some(name)
    });
    // A refusal ends each line with the place; a warning has no room for it.
    let said = mine.map(|finding| {
        let path = finding.field_path.as_ref().filter(|path| !path.is_root());
        let place = path
            .filter(|_| !warns)
            .map(|path| format!(" ({path})"))
            .unwrap_or_default();
        (
            finding.validation.to_string(),
            finding.message.clone() + &place,
        )
    });
    let said = said.collect();
    let own = |what: &str| what.starts_with(&fixture.policy);
    Some((
        said,
        outcome
            .not_judged
            .iter()
            .any(|unjudged| own(&unjudged.what)),
    ))
}

fn write(root: &Path, name: &str, text: &str) {
    fs::write(root.join(name), text).unwrap();
}

/// The cluster as the fixture's context describes it.
#[derive(Debug)]
struct View {
    others: Others,
    namespace: Document,
}

impl OtherObjects for View {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        self.others.list(group, kind, namespace)
    }
}

impl Owners for View {
    fn owner(&self, _: &str) -> Option<Arc<Owner>> {
        None
    }
}

impl ClusterView for View {
    fn namespace(&self, _: &str) -> Result<Arc<Document>, &str> {
        Ok(Arc::new(self.namespace.clone()))
    }
}

pub(crate) async fn by_webhook(
    fixture: &Fixture,
    config: &Config,
    policies: &Arc<PolicySet>,
    exceptions: &[PolicyException],
) -> (Said, Value) {
    let judge = Judge::new(policies, config, exceptions, None, TODAY).unwrap();
    let name = fixture.namespace().unwrap_or_default();
    let view = View {
        others: Others(fixture.others()),
        namespace: namespace_object(name, fixture.in_context("namespace")),
    };
    let judges = Arc::new(Judges::with_cluster(judge, Arc::new(Arc::new(view))));
    let timeouts = Timeouts {
        webhook: Duration::from_mins(1),
        ..Timeouts::default()
    };
    let router = server::admission(judges, Metrics::new(), server::Limits::default(), timeouts);
    let request = Request::post("/validate?timeout=60s")
        .header("content-type", "application/json")
        .body(Body::from(review(fixture).to_string()))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    let response = answer["response"].clone();
    assert_eq!(response["uid"], "fixture", "{}: {answer}", fixture.name);
    let mut said = Said::new();
    let message = response["status"]["message"].as_str().unwrap_or_default();
    let warnings = response["warnings"].as_array().cloned().unwrap_or_default();
    let lines = message
        .lines()
        .chain(warnings.iter().filter_map(Value::as_str));
    for line in lines {
        if let Some((id, text)) = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("] "))
        {
            said.insert((id.to_owned(), text.to_owned()));
        }
    }
    (said, response)
}

/// The review that the API server would send for the fixture.
fn review(fixture: &Fixture) -> Value {
    let object = fixture.defaulted();
    let root = object.root();
    let (group, version, kind) = identity(root);
    let json = |node: NodeRef<'_>| serde_json::from_str::<Value>(&write_json(node)).unwrap();
    let kind_json = json!({"group": group, "version": version, "kind": kind});
    let named = fixture.resource();
    let resource =
        json!({"group": named.group, "version": named.version, "resource": named.resource});
    let subresource = fixture.subresource();
    let user = fixture
        .in_request("user")
        .map_or_else(|| json!({"username": "dev@example.com"}), json);
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "fixture",
            "kind": kind_json, "resource": resource, "subResource": subresource,
            "requestKind": kind_json, "requestResource": resource, "requestSubResource": subresource,
            "name": root.at(&["metadata", "name"]).and_then(NodeRef::as_str),
            "namespace": fixture.namespace().unwrap_or_default(),
            "operation": fixture.operation().as_str(),
            "userInfo": user,
            "object": json(root),
            "oldObject": fixture.old_object().map(|old| json(old.root())),
            "dryRun": fixture.dry_run(),
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        }
    })
}

#[tokio::test]
async fn every_fixture_gets_the_same_verdict_from_lint_and_from_the_webhook() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let base = documents.config();
    let policies = Arc::new(documents.take_policies());
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    let (mut both, mut alone, mut never) = (0, 0, 0);
    for fixture in fixtures::all()
        .iter()
        .filter(|fixture| fixture.kind != Kind::Fix)
    {
        let config = config(fixture, &base);
        // The webhook never sees a repository. Lint must say what the policy says of the case.
        if fixture.is_repository {
            never += 1;
            let found = findings(fixture, &policies, &base).into_iter();
            let policy: Said = found
                .map(|[id, message, place]| (id, format!("{message} ({place})")))
                .collect();
            let (lint, _) = by_lint(fixture, &config, &policies, false).unwrap();
            if lint != policy {
                wrong.push(format!(
                    "{}:\n  lint {lint:#?}\n  {policy:#?}",
                    fixture.name
                ));
            }
            continue;
        }
        let (webhook, response) = by_webhook(fixture, &config, &policies, &[]).await;
        let found = !webhook.is_empty();
        if found != (fixture.kind == Kind::Fail) {
            wrong.push(format!("{}: the webhook says {response}", fixture.name));
        }
        let needs_others = policies
            .get(&fixture.policy)
            .is_some_and(|policy| !policy.resources.is_empty());
        let allowed = response["allowed"] == json!(true);
        if found && allowed != needs_others {
            wrong.push(format!(
                "{}: allowed is {allowed}: {response}",
                fixture.name
            ));
        }
        if only_the_webhook_can_be_asked(fixture) {
            alone += 1;
            continue;
        }
        // What the API server refuses before it asks never reaches the webhook; there it must not be let pass either.
        let Some((lint, not_judged)) = by_lint(fixture, &config, &policies, needs_others) else {
            refused.push(fixture.name.clone());
            continue;
        };
        both += 1;
        // What depends on who asks, lint cannot know; it says so instead of guessing.
        if lint != webhook && !(not_judged && lint.is_empty()) {
            wrong.push(format!(
                "{}:\n  lint    {lint:#?}\n  webhook {webhook:#?}",
                fixture.name
            ));
        }
    }
    println!(
        "{both} fixtures through both mouths, {alone} through the webhook alone, {never} through lint alone, {} are refused before: {refused:#?}",
        refused.len()
    );
    assert!(both > alone, "most fixtures go through both mouths");
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
