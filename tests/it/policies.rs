//! Every built-in policy against its fixtures: what passes, what fails and how, what is fixed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kpolicy::config::{Config, Date};
use kpolicy::documents::Documents;
use kpolicy::engine::OtherObjects;
use kpolicy::fixture::{CaseOutcome, Kind, Runner};
use kpolicy::manifest::NodeRef;
use kpolicy::policy::PolicySet;
use kpolicy::source::SourceMap;

use crate::fixtures::{self, Fixture};

pub(crate) use kpolicy::fixture::Others;

/// A day on which no exception of the tests has ended.
pub(crate) const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

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

/// What became of all cases.
fn outcomes() -> Vec<CaseOutcome> {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let config = documents.config();
    let set = documents.take_policies();
    let suites = fixtures::suites(&mut sources);
    let runner = Runner::new(&set, &config, &sources, TODAY);
    suites.iter().flat_map(|suite| runner.run(suite)).collect()
}

/// What its policy says of a fixture: validation, message and place of each finding.
pub(crate) fn findings(fixture: &Fixture, set: &PolicySet, config: &Config) -> Vec<[String; 3]> {
    let sources = SourceMap::new();
    let outcome = Runner::new(set, config, &sources, TODAY).run_case(fixture);
    let found = outcome.found.into_iter();
    found
        .map(|found| [found.validation, found.message, found.field_path])
        .collect()
}

#[test]
fn every_fixture_shows_what_its_folder_says() {
    let outcomes = outcomes();
    let wrong = outcomes.iter().filter(|case| !case.holds());
    let wrong: Vec<String> = wrong
        .map(|case| format!("{}: {:#?}", case.id(), case.failures))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong; `kpolicy test policies testdata/policies` says it with places\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_policy_has_fixtures_and_every_validation_a_case_that_fails() {
    let (set, _) = built_in();
    let outcomes = outcomes();
    let known: BTreeSet<&str> = set.iter().map(|policy| &*policy.name).collect();
    let mut failing: BTreeSet<&str> = BTreeSet::new();
    for case in &outcomes {
        let id = case.id();
        assert!(known.contains(&*case.policy), "{id}: no such policy");
        failing.extend(case.found.iter().map(|found| found.validation.as_str()));
    }
    for policy in set.iter() {
        let has = |kind: Kind| {
            let mut cases = outcomes.iter();
            cases.any(|case| *case.policy == *policy.name && case.kind == kind)
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
                failing.contains(&*validation.id),
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
        asked.replace(
            "variables.level != 'privileged'",
            "!(variables.level in ['privileged', 'baseline'])"
        ),
        restricted["condition asked-for-restricted"]
    );
}
