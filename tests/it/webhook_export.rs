//! `kpolicy export webhook`: every request that a policy judges is sent once, and none that no policy judges.
//!
//! `UPDATE=1` rewrites the expected configuration.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use kpolicy::config::{Config, Enforcement};
use kpolicy::documents::Documents;
use kpolicy::export::webhook::{Rule, Settings, WebhookRules, configurations, rules};
use kpolicy::judge::Judge;
use kpolicy::manifest::{Dialect, Limits, NodeRef, read};
use kpolicy::policy::{FailurePolicy, Match, MatchFacts, Operation, Policy};
use kpolicy::schema::kinds;
use kpolicy::schema::templates::{PodTemplateCrd, TemplateStep};
use kpolicy::source::{SourceId, SourceMap};

use crate::webhook::TODAY;

type Running = Vec<(Arc<Policy>, Enforcement)>;

/// The built-in policies under `recommended`, or those of `testdata/admission`.
fn running(own: bool) -> (Running, Config) {
    let mut sources = SourceMap::new();
    let mut documents = if own {
        Documents::default()
    } else {
        Documents::built_in(&mut sources)
    };
    if own {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission");
        for name in ["policies.yaml", "native.yaml"] {
            let text = fs::read_to_string(folder.join(name)).expect("policies");
            documents.add(name, &Arc::from(text), &mut sources);
        }
    }
    let config = documents.config();
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let policies = Arc::new(documents.take_policies());
    let judge = Judge::new(&policies, &config, &[], None, TODAY).expect("a judge");
    (judge.hardest(), config)
}

fn rules_of(running: &Running, crds: &[PodTemplateCrd]) -> WebhookRules {
    rules(
        running
            .iter()
            .map(|(policy, enforcement)| (&**policy, *enforcement)),
        crds,
    )
}

/// A request, as far as rules look at it.
#[derive(Clone, Debug)]
struct Sent {
    group: String,
    resource: String,
    subresource: &'static str,
    operation: Operation,
    carries_pods: bool,
}

/// Every kind of request that these policies could care about, and some that none should.
fn requests(crds: &[PodTemplateCrd]) -> Vec<Sent> {
    let mut resources: Vec<(String, String, bool)> = kinds::pod_kinds()
        .map(|kind| (kind.group.to_owned(), kind.resource.to_owned(), true))
        .collect();
    let crds = crds.iter().map(|crd| {
        (
            crd.group.to_string(),
            kinds::resource(&crd.group, &crd.kind),
            true,
        )
    });
    resources.extend(crds);
    for (group, resource) in [
        ("", "namespaces"),
        ("", "secrets"),
        ("", "configmaps"),
        ("", "services"),
        ("", "endpoints"),
        ("", "persistentvolumeclaims"),
        ("", "nodes"),
        ("coordination.k8s.io", "leases"),
        ("networking.k8s.io", "networkpolicies"),
        ("networking.k8s.io", "ingresses"),
        ("policy", "poddisruptionbudgets"),
        ("rbac.authorization.k8s.io", "roles"),
    ] {
        resources.push((group.to_owned(), resource.to_owned(), false));
    }
    let subresources = [
        "",
        "status",
        "scale",
        "ephemeralcontainers",
        "resize",
        "exec",
        "binding",
        "log",
    ];
    let operations = [
        Operation::Create,
        Operation::Update,
        Operation::Delete,
        Operation::Connect,
    ];
    let mut all = Vec::new();
    for (group, resource, carries_pods) in resources {
        for subresource in subresources {
            for operation in operations {
                let (group, resource) = (group.clone(), resource.clone());
                all.push(Sent {
                    group,
                    resource,
                    subresource,
                    operation,
                    carries_pods,
                });
            }
        }
    }
    all
}

impl Sent {
    /// Whether a request of this kind can exist.
    fn exists(&self) -> bool {
        let pod = self.group.is_empty() && self.resource == "pods";
        match self.subresource {
            "" => self.operation != Operation::Connect,
            "ephemeralcontainers" | "resize" => pod && self.operation == Operation::Update,
            "exec" | "log" => pod && self.operation == Operation::Connect,
            "binding" => pod && self.operation == Operation::Create,
            _ => self.operation == Operation::Update,
        }
    }

    fn is_judged_by(&self, policy: &Policy) -> bool {
        !policy.validations.is_empty() && self.is_matched_by(policy)
    }

    fn is_matched_by(&self, policy: &Policy) -> bool {
        let facts = MatchFacts {
            operation: self.operation,
            group: &self.group,
            version: "v1",
            resource: &self.resource,
            subresource: self.subresource,
            name: "x",
            namespace: Some("shop"),
            carries_pods: self.carries_pods,
            object: None,
            old_object: None,
            namespace_object: None,
        };
        policy.matching.matches(&facts) != Match::No
    }

    fn is_named_by(&self, rule: &Rule) -> bool {
        let whole = match self.subresource {
            "" => self.resource.clone(),
            subresource => format!("{}/{subresource}", self.resource),
        };
        *rule.group == *self.group
            && rule.resources.iter().any(|resource| **resource == *whole)
            && rule
                .operations
                .iter()
                .any(|operation| &**operation == self.operation.as_str())
    }

    fn count(&self, rules: &[Rule]) -> usize {
        rules.iter().filter(|rule| self.is_named_by(rule)).count()
    }
}

fn rollouts() -> Vec<PodTemplateCrd> {
    let path = vec![
        TemplateStep::Key("spec".into()),
        TemplateStep::Key("template".into()),
    ];
    vec![PodTemplateCrd {
        group: "argoproj.io".into(),
        kind: "Rollout".into(),
        paths: vec![path],
        controllers: Vec::new(),
    }]
}

#[test]
fn what_a_policy_judges_is_sent_once_and_what_none_judges_is_not_sent() {
    let crds = rollouts();
    for own in [true, false] {
        let (running, _) = running(own);
        let rules = rules_of(&running, &crds);
        for sent in requests(&crds).into_iter().filter(Sent::exists) {
            let judging = running
                .iter()
                .filter(|(policy, _)| sent.is_judged_by(policy))
                .collect::<Vec<_>>();
            let refuses = judging.iter().any(|(policy, enforcement)| {
                *enforcement == Enforcement::Deny
                    && policy.failure_policy == FailurePolicy::Fail
                    && policy.resources.is_empty()
            });
            let (fail, ignore) = (sent.count(&rules.fail), sent.count(&rules.ignore));
            assert_eq!(fail, usize::from(refuses), "{sent:?}");
            assert_eq!(
                ignore,
                usize::from(!judging.is_empty() && !refuses),
                "{sent:?}"
            );
        }
    }
}

#[test]
fn each_rule_is_needed_by_a_policy() {
    for own in [true, false] {
        let (running, _) = running(own);
        let rules = rules_of(&running, &[]);
        let all = requests(&[]);
        for rule in rules.fail.iter().chain(&rules.ignore) {
            for resource in &rule.resources {
                let one = Rule {
                    resources: vec![resource.clone()],
                    ..rule.clone()
                };
                let needed = all.iter().any(|sent| {
                    sent.is_named_by(&one)
                        && running.iter().any(|(policy, _)| sent.is_judged_by(policy))
                });
                assert!(needed, "{one:?}");
            }
        }
    }
}

#[test]
fn mutations_are_asked_for_only_where_an_object_may_change() {
    let (running, _) = running(true);
    let mutate = rules_of(&running, &rollouts()).mutate;
    // A native policy mutates what it names.
    let native = |sent: &Sent| {
        running.iter().any(|(policy, _)| {
            policy.native.is_some() && !policy.mutations.is_empty() && sent.is_matched_by(policy)
        })
    };
    for sent in requests(&rollouts()).into_iter().filter(Sent::exists) {
        let immutable = matches!(sent.resource.as_str(), "pods" | "jobs");
        let expected = sent.carries_pods
            && sent.subresource.is_empty()
            && (sent.operation == Operation::Create
                || sent.operation == Operation::Update && !immutable)
            || native(&sent);
        assert_eq!(sent.count(&mutate), usize::from(expected), "{sent:?}");
    }
}

#[test]
fn disabled_policies_are_not_registered() {
    let (mut running, _) = running(false);
    for (_, enforcement) in &mut running {
        *enforcement = Enforcement::Disabled;
    }
    let rules = rules_of(&running, &[]);
    assert!(rules.fail.is_empty() && rules.ignore.is_empty() && rules.mutate.is_empty());
}

#[test]
fn the_configuration_is_as_expected() {
    let (running, config) = running(true);
    let settings = Settings {
        namespace: "kpolicy-system",
        service: "kpolicy",
        port: 443,
        ca_bundle: Some(b"-----BEGIN CERTIFICATE-----\n"),
        excluded_namespaces: &["flux-system"],
    };
    let policies = running
        .iter()
        .map(|(policy, enforcement)| (&**policy, *enforcement));
    let text = configurations(policies, &config.pod_template_crds, settings);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission/webhook.yaml");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).expect("a file");
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap_or_default());
    let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let names: Vec<_> = reading
        .documents
        .iter()
        .flat_map(|document| {
            document
                .root()
                .get("webhooks")
                .and_then(NodeRef::as_list)
                .into_iter()
        })
        .flat_map(|webhooks| {
            webhooks
                .iter()
                .filter_map(|webhook| webhook.get("name")?.as_str())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        names,
        [
            "mutate.kpolicy.io",
            "validate.kpolicy.io",
            "validate-ignore.kpolicy.io"
        ]
    );
}
