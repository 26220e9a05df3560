//! Every built-in policy against its fixtures, through the judge: what passes, what fails and how, what is fixed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kpolicy::config::{Config, Date, Enforcement, PolicySetting};
use kpolicy::documents::Documents;
use kpolicy::engine::{
    Kind as ObjectKind, Limits, NoOtherObjects, OtherObjects, Request, Resource,
};
use kpolicy::judge::{Judge, Lineage, Mutation, Verdict};
use kpolicy::manifest::{Document, DocumentBuilder, NodeRef, write_json};
use kpolicy::policy::{Operation, PolicySet};
use kpolicy::schema::kinds;
use kpolicy::source::SourceMap;

use crate::fixtures::{self, Fixture, Kind, identity};

/// A day on which no exception of the tests has ended.
pub(crate) const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

/// The objects of a fixture's context; every kind that is not there is known to be empty.
#[derive(Debug)]
pub(crate) struct Others(pub(crate) Vec<Document>);

impl OtherObjects for Others {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        let matches = |root: &NodeRef<'_>| {
            let (own_group, _, own_kind) = identity(*root);
            let own_namespace = root
                .at(&["metadata", "namespace"])
                .and_then(NodeRef::as_str);
            own_group == group
                && own_kind == kind
                && (namespace.is_none() || own_namespace == namespace)
        };
        Ok(self.0.iter().map(Document::root).filter(matches).collect())
    }
}

/// A cluster that says whether its kinds live in namespaces.
pub(crate) struct Discovered(pub(crate) Others, pub(crate) Option<bool>);

impl OtherObjects for Discovered {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        self.0.list(group, kind, namespace)
    }

    fn is_namespaced(&self, _: &str, _: &str) -> Option<bool> {
        self.1
    }
}

fn built_in() -> (Arc<PolicySet>, Config) {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let config = documents.config();
    assert_eq!(documents.problems, [], "the built-in documents are right");
    (Arc::new(documents.take_policies()), config)
}

/// A judge that runs one policy alone, at `deny`, with the parameters of the fixture.
pub(crate) fn judge(fixture: &Fixture, set: &Arc<PolicySet>, config: &Config) -> Judge {
    let setting = PolicySetting {
        enforcement: Some(Enforcement::Deny),
        params: fixture.in_context("params").map(fixtures::own),
        ..PolicySetting::default()
    };
    let config = Config {
        profiles: Vec::new(),
        policies: [(fixture.policy.as_str().into(), setting)].into(),
        ..config.clone()
    };
    Judge::new(set, &config, &[], None, TODAY)
        .unwrap_or_else(|problems| panic!("{}: {problems:?}", fixture.name))
}

/// Runs something with the fixture as a request for `object`.
fn with_request<T>(fixture: &Fixture, object: &Document, run: impl FnOnce(&Request<'_>) -> T) -> T {
    let root = object.root();
    let (group, version, kind) = identity(root);
    let resource = kinds::resource(group, kind);
    let old = fixture.old_object();
    let namespace = fixture
        .namespace()
        .map(|name| namespace_object(name, fixture.in_context("namespace")));
    let kind = ObjectKind {
        group,
        version,
        kind,
    };
    let resource = Resource {
        group,
        version,
        resource: &resource,
    };
    let subresource = fixture
        .in_request("subresource")
        .and_then(NodeRef::as_str)
        .unwrap_or_default();
    run(&Request {
        subresource,
        request_subresource: subresource,
        name: root
            .at(&["metadata", "name"])
            .and_then(NodeRef::as_str)
            .unwrap_or_default(),
        namespace: fixture.namespace(),
        object: Some(root),
        old_object: old.as_ref().map(Document::root),
        namespace_object: namespace.as_ref().map(Document::root),
        user_info: fixture.in_request("user"),
        dry_run: fixture
            .in_request("dryRun")
            .and_then(NodeRef::as_bool)
            .unwrap_or_default(),
        ..Request::new(
            Operation::parse(fixture.operation()).expect("a known operation"),
            kind,
            resource,
        )
    })
}

/// A Namespace with the labels of the context, and the one that the API server sets.
pub(crate) fn namespace_object(name: &str, context: Option<NodeRef<'_>>) -> Document {
    let mut builder = DocumentBuilder::new();
    let own = builder.string(name, None);
    let again = builder.string(name, None);
    let mut labels = vec![("kubernetes.io/metadata.name", own)];
    let given = context
        .and_then(|context| context.get("labels"))
        .and_then(NodeRef::as_map);
    for entry in given.iter().flat_map(|map| map.iter()) {
        labels.push((entry.key, builder.copy(entry.value)));
    }
    let labels = builder.object(&labels);
    let metadata = builder.object(&[("name", again), ("labels", labels)]);
    let root = builder.object(&[("metadata", metadata)]);
    builder.finish(root)
}

pub(crate) fn validate(fixture: &Fixture, judge: &Judge, object: &Document) -> Verdict {
    let others = Others(fixture.others());
    with_request(fixture, object, |request| {
        judge.validate(request, &Lineage::default(), &others, &Limits::default())
    })
}

fn mutate(fixture: &Fixture, judge: &Judge, object: &Document) -> Mutation {
    with_request(fixture, object, |request| {
        judge.mutate(
            request,
            &Lineage::default(),
            &NoOtherObjects("a fixture"),
            &Limits::default(),
        )
    })
}

pub(crate) fn findings(verdict: &Verdict) -> Vec<[String; 3]> {
    let finding = |decision: &kpolicy::judge::Decision| {
        let violation = &decision.violation;
        [
            violation.validation.to_string(),
            violation.message.clone(),
            violation.field_path.to_string(),
        ]
    };
    verdict.decisions.iter().map(finding).collect()
}

#[test]
fn every_fixture_shows_what_its_folder_says() {
    let (set, config) = built_in();
    let mut wrong = Vec::new();
    for fixture in fixtures::all()
        .iter()
        .filter(|fixture| fixture.kind != Kind::Fix)
    {
        let judge = judge(fixture, &set, &config);
        let verdict = validate(fixture, &judge, &fixture.defaulted());
        let found = findings(&verdict);
        if !verdict.not_judged.is_empty() || !verdict.ignored_errors.is_empty() {
            wrong.push(format!(
                "{}: not judged: {:?}",
                fixture.name,
                (&verdict.not_judged, &verdict.ignored_errors)
            ));
        }
        match fixture.kind {
            Kind::Pass if !found.is_empty() => wrong.push(format!("{}: {found:#?}", fixture.name)),
            Kind::Fail if found.is_empty() => {
                wrong.push(format!("{}: nothing is found", fixture.name));
            }
            _ => {}
        }
        let mut sorted = found.clone();
        sorted.sort();
        if let Some(expected) = &fixture.expected {
            let mut expected = expected.clone();
            expected.sort();
            if sorted != expected {
                wrong.push(format!(
                    "{}:\n  found    {sorted:#?}\n  expected {expected:#?}",
                    fixture.name
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_fix_gives_the_fixed_object_changes_nothing_twice_and_passes() {
    let (set, config) = built_in();
    let mut wrong = Vec::new();
    for fixture in fixtures::all()
        .iter()
        .filter(|fixture| fixture.kind == Kind::Fix)
    {
        let judge = judge(fixture, &set, &config);
        let fixed = fixture
            .fixed
            .as_ref()
            .unwrap_or_else(|| panic!("{}: no fixed.yaml", fixture.name));
        let first = mutate(fixture, &judge, &fixture.object);
        let after = first.document.as_ref().unwrap_or(&fixture.object);
        if !after.root().same_value(fixed.root()) {
            wrong.push(format!(
                "{}:\n  made  {}\n  fixed {}",
                fixture.name,
                write_json(after.root()),
                write_json(fixed.root())
            ));
            continue;
        }
        if !first.errors.is_empty() || !first.not_judged.is_empty() {
            wrong.push(format!(
                "{}: {:?} {:?}",
                fixture.name, first.errors, first.not_judged
            ));
        }
        if mutate(fixture, &judge, after).document.is_some() {
            wrong.push(format!("{}: a second run changes it again", fixture.name));
        }
        let verdict = validate(fixture, &judge, after);
        if !verdict.decisions.is_empty() {
            wrong.push(format!(
                "{}: the fixed object fails: {:#?}",
                fixture.name,
                findings(&verdict)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_policy_has_fixtures_and_every_validation_a_case_that_fails() {
    let (set, config) = built_in();
    let fixtures = fixtures::all();
    let known: BTreeSet<&str> = set.iter().map(|policy| &*policy.name).collect();
    let mut failing: BTreeMap<String, usize> = BTreeMap::new();
    for fixture in &fixtures {
        assert!(
            known.contains(fixture.policy.as_str()),
            "{}: there is no such policy",
            fixture.name
        );
        if fixture.kind == Kind::Fail {
            let judge = judge(fixture, &set, &config);
            for [validation, ..] in findings(&validate(fixture, &judge, &fixture.defaulted())) {
                *failing.entry(validation).or_default() += 1;
            }
        }
    }
    for policy in set.iter() {
        let has = |kind: Kind| {
            fixtures
                .iter()
                .any(|fixture| fixture.policy == *policy.name && fixture.kind == kind)
        };
        assert!(has(Kind::Pass), "{} has no case that passes", policy.name);
        assert!(has(Kind::Fail), "{} has no case that fails", policy.name);
        assert!(
            policy.mutations.is_empty() || has(Kind::Fix),
            "{} has no case that is fixed",
            policy.name
        );
        for validation in &policy.validations {
            assert!(
                failing.contains_key(&*validation.id),
                "no case fails `{}`",
                validation.id
            );
        }
    }
}

#[test]
fn what_both_pod_security_policies_have_stands_in_both_in_the_same_words() {
    let (set, _) = built_in();
    let [baseline, restricted] = ["pod-security-baseline", "pod-security-restricted"]
        .map(|name| set.get(name).expect("a built-in policy"));
    let parts = |policy: &kpolicy::policy::Policy| {
        let mut parts: BTreeMap<String, String> = BTreeMap::new();
        for condition in &policy.match_conditions {
            let text = condition.expression.source().to_owned();
            parts.insert(format!("condition {}", condition.name), text);
        }
        for (name, program) in policy.variable_names.iter().zip(&policy.variables) {
            parts.insert(format!("variable {name}"), program.source().to_owned());
        }
        for validation in &policy.validations {
            let (_, name) = validation.id.split_once('/').expect("an id");
            let text = format!(
                "{} {:?}",
                validation.expression.source(),
                validation.message
            );
            parts.insert(name.to_owned(), text);
        }
        parts
    };
    let (baseline, restricted) = (parts(baseline), parts(restricted));
    let differ: Vec<&str> = baseline
        .iter()
        .filter(|(name, text)| restricted.get(*name) != Some(*text))
        .map(|(name, _)| name.as_str())
        .collect();
    // The checks that restricted ones take the place of, from some version on.
    assert_eq!(
        differ,
        [
            "capabilities_baseline",
            // Which level must be asked for.
            "condition asked-for-at-least-baseline",
            "hostPathVolumes",
            "procMount",
            "seccompProfile_baseline"
        ]
    );
    let capabilities = &restricted["capabilities_baseline"];
    let prefix = "variables.minor >= 22 ? true : ";
    assert_eq!(
        capabilities.strip_prefix(prefix),
        Some(&*baseline["capabilities_baseline"])
    );
    assert!(!restricted.contains_key("hostPathVolumes"));
    let asked = &baseline["condition asked-for-at-least-baseline"];
    assert_eq!(
        asked.replace("!= 'privileged'", "== 'restricted'"),
        restricted["condition asked-for-restricted"]
    );
}
