//! The pages of the built-in policies (`docs/policies/`) and the examples that the program carries
//! (`policies/examples.json`) are written by the test that checks them, from the policies and their cases: `UPDATE=1`
//! rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kpolicy::config::{Config, NoException, PolicyException, check_exception};
use kpolicy::documents::Documents;
use kpolicy::finding::Finding;
use kpolicy::lint::{self, Options, Selection};
use kpolicy::manifest::Problem;
use kpolicy::pages::{self, Case, Examples, Exception, Outcome, Page, Refused};
use kpolicy::policy::PolicySet;
use kpolicy::report::{Format, Results, Style};
use kpolicy::source::SourceMap;

use crate::fixtures::{self, Fixture, Kind};
use crate::parity;
use crate::policies::{self, TODAY};

/// The width of what kpolicy prints on a page.
const WIDTH: usize = 100;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The case that a fixture is.
fn case(fixture: &Fixture, set: &Arc<PolicySet>, config: &Config) -> Case {
    let path = fixtures::folder().join(&fixture.name);
    let read = |end: &str| fs::read_to_string(path.with_extension(end)).ok();
    let (context, request) = (read("context.yaml"), read("request.yaml"));
    let (outcome, validations) = match fixture.kind {
        Kind::Pass => (Outcome::Passes, Vec::new()),
        Kind::Fix => (Outcome::Changed, Vec::new()),
        Kind::Fail => {
            let found = policies::findings(fixture, set, config).into_iter();
            let mut ids: Vec<String> = found.map(|[validation, ..]| validation).collect();
            ids.sort();
            ids.dedup();
            (Outcome::Refused, ids)
        }
    };
    let name = fixture.name.split_once('/').expect("a folder").1;
    Case {
        outcome,
        name: name.trim_end_matches(fixture.ending()).to_owned(),
        text: fixture.text.clone(),
        beside: pages::beside(&fixture.policy, context.as_deref(), request.as_deref()),
        validations,
        fixed: read("fixed.yaml"),
    }
}

/// The Config that a page shows beside an example; where it shows none, the policy is at `deny`.
fn shown_config(policy: &str, example: &Refused, more: &str) -> Config {
    let mut beside = example.beside.iter();
    let shown = beside.find(|(what, _)| what == "config");
    let alone = format!("policies:\n  {policy}: {{enforcement: deny}}\n");
    let shown = shown.map_or(&alone, |(_, text)| text);
    let text =
        format!("apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n{shown}{more}");
    let mut sources = SourceMap::new();
    let mut documents = Documents::default();
    documents.add(".kpolicy.yaml", &text.as_str().into(), &mut sources);
    assert_eq!(documents.problems, [], "{text}");
    documents.config()
}

/// What lint says of an example and of what the page shows beside it.
fn lint_example(
    fixture: &Fixture,
    example: &Refused,
    (config, exceptions): (&Config, &[PolicyException]),
    set: &Arc<PolicySet>,
) -> lint::Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a folder");
    let file = example.case.rsplit('/').next().unwrap_or_default();
    let file = format!("{file}{}", fixture.ending());
    fs::write(root.join(file), &example.text).expect("written");
    for (_, text) in example.beside.iter().filter(|(what, _)| what == "objects") {
        fs::write(root.join("objects.yaml"), text).expect("written");
    }
    let options = Options {
        exceptions,
        // A page tells what its policy says, also of what the API server would refuse before.
        selection: Selection::new(&[], &["manifest-invalid".to_owned()], set).expect("known"),
        ..Options::as_written(root, config, set, TODAY)
    };
    let outcome = lint::run(&options, SourceMap::new());
    assert_eq!(outcome.failures, [""; 0], "{}", fixture.name);
    assert_eq!(outcome.problems, [], "{}", fixture.name);
    outcome
}

/// What kpolicy prints of an example with and without mutations: lint where it can judge the case, else the API server's
/// answer. The second is empty where it is the same.
fn said(
    fixture: &Fixture,
    example: &Refused,
    set: &Arc<PolicySet>,
    config: &Config,
) -> (String, String) {
    if parity::only_the_webhook_can_be_asked(fixture) {
        return (refusal(fixture, set, config), String::new());
    }
    let print = |more: &str| {
        let config = shown_config(&fixture.policy, example, more);
        let outcome = lint_example(fixture, example, (&config, &[]), set);
        let mut findings = outcome.findings.iter();
        let is_shown = findings.any(|finding| *finding.validation == *example.validation);
        (printed(&outcome, set), is_shown)
    };
    let (with, _) = print("");
    let (without, is_refused) = print("mutate: disabled\n");
    assert!(
        is_refused,
        "{}: the page shows too little: {without}",
        fixture.name
    );
    let without = if with == without {
        String::new()
    } else {
        without
    };
    (with, without)
}

/// The findings as lint prints them.
fn printed(outcome: &lint::Outcome, set: &Arc<PolicySet>) -> String {
    let results = Results {
        findings: &outcome.findings,
        sources: &outcome.sources,
        not_judged: &[],
        summary: outcome.summary,
        remarks: &[],
        masked: &[],
        single: &**set,
    };
    let style = Style {
        width: WIDTH,
        ..Style::default()
    };
    let mut text = Vec::new();
    let report = Format::Full.report();
    report.write(&results, style, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    // The closing lines count a repository, which this is none of.
    let findings = text
        .rsplit_once("\n\n")
        .map_or(&*text, |(findings, _)| findings);
    format!("{}\n", findings.trim_end())
}

/// What the API server answers.
fn refusal(fixture: &Fixture, set: &Arc<PolicySet>, config: &Config) -> String {
    let lines = policies::findings(fixture, set, config).into_iter();
    let lines = lines.map(|[id, message, path]| match path.as_str() {
        "" => format!("[{id}] {message}\n"),
        path => format!("[{id}] {message} ({path})\n"),
    });
    lines.collect()
}

fn examples(set: &Arc<PolicySet>, config: &Config) -> BTreeMap<String, Examples> {
    let fixtures = fixtures::all();
    let of_policy = |policy: &Arc<kpolicy::policy::Policy>| {
        let own = fixtures.iter().filter(|one| *one.policy == *policy.name);
        let cases: Vec<(Case, &Fixture)> = own.map(|one| (case(one, set, config), one)).collect();
        let ids: Vec<&str> = policy.validations.iter().map(|one| &*one.id).collect();
        let only: Vec<Case> = cases.iter().map(|(case, _)| case.clone()).collect();
        let mut examples = pages::choose(&ids, &only);
        for example in &mut examples.refused {
            let found = cases.iter().find(|(case, _)| case.name == example.case);
            let (_, fixture) = found.expect("a case of the policy");
            (example.said, example.unmutated) = said(fixture, example, set, config);
        }
        (policy.name.to_string(), examples)
    };
    set.iter().map(of_policy).collect()
}

/// Where a page comes from.
fn note(page: &Page) -> String {
    format!(
        "[Its text](../../policies/{}/{name}.yaml) · [its cases](../../testdata/policies/{name}) · \
         [all policies](README.md)\n\n",
        page.category,
        name = page.name
    )
}

const TOP: &str = "\
Written by a test from the policies and their cases (`make generated`). `kpolicy policies` lists the same in a terminal,
with what holds in your repository; `kpolicy policies NAME` is a page, `kpolicy policies --profile NAME` says what a
profile turns on. [Writing policies](../writing-policies.md) says how to add your own.

";

#[test]
fn the_pages_of_the_policies_tell_what_the_policies_and_their_cases_do() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let config = documents.config();
    let profiles = documents.profiles.clone();
    let set = Arc::new(documents.take_policies());
    let examples = examples(&set, &config);
    let mut wanted: BTreeMap<PathBuf, String> = BTreeMap::new();
    let file = root().join("policies/examples.json");
    wanted.insert(file, pages::examples_json(&examples));
    let folder = root().join("docs/policies");
    let mut all = Vec::new();
    for policy in set.iter() {
        let mut page = Page::new(policy, &profiles);
        page.examples = examples[&*policy.name].clone();
        page.put_exception(&Config::default(), None);
        let file = folder.join(format!("{}.md", page.name));
        wanted.insert(file, pages::markdown(&page, &note(&page)));
        all.push(page);
    }
    wanted.insert(folder.join("README.md"), pages::index(&all, &profiles, TOP));
    let there = fs::read_dir(&folder).into_iter().flatten();
    let there = there.map(|entry| entry.expect("readable").path());
    let stale: Vec<PathBuf> = there.filter(|path| !wanted.contains_key(path)).collect();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&folder).expect("a folder");
        for (path, text) in &wanted {
            fs::write(path, text).expect("written");
        }
        for path in &stale {
            fs::remove_file(path).expect("removed");
        }
        return;
    }
    let written = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
    let old = wanted.iter().filter(|(path, text)| written(path) != **text);
    let old: Vec<_> = old.map(|(path, _)| path).chain(&stale).collect();
    assert!(old.is_empty(), "run `make generated`; old are {old:#?}");
}

#[test]
fn every_validation_and_every_policy_that_changes_something_has_an_example() {
    let set = Documents::built_in(&mut SourceMap::new()).take_policies();
    let examples = pages::built_in_examples();
    for policy in set.iter() {
        let own = &examples[&*policy.name];
        let shown = |id: &str| own.refused.iter().any(|one| one.validation == *id);
        for validation in &policy.validations {
            assert!(shown(&validation.id), "{} has no example", validation.id);
        }
        for one in &own.refused {
            assert!(!one.said.is_empty(), "{}: nothing is said", one.case);
        }
        assert!(own.passes.is_some(), "{} lets nothing pass", policy.name);
        assert_eq!(
            own.changed.is_some(),
            !policy.mutations.is_empty(),
            "{}",
            policy.name
        );
    }
}

#[tokio::test]
async fn the_exception_on_a_page_lifts_what_its_example_is_refused_for() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let profiles = documents.profiles.clone();
    let set = Arc::new(documents.take_policies());
    let examples = pages::built_in_examples();
    let fixtures = fixtures::all();
    let mut drafted = [0, 0];
    for (mode, rules) in [
        "",
        "exceptions: {maxLifetimeDays: 30, allowedNamespaces: [\"on\", b]}\n",
    ]
    .into_iter()
    .enumerate()
    {
        for policy in set.iter() {
            let mut page = Page::new(policy, &profiles);
            page.examples = examples[&page.name].clone();
            let example = page.examples.refused[0].clone();
            let config = shown_config(&page.name, &example, &format!("mutate: disabled\n{rules}"));
            page.put_exception(&config, Some(TODAY));
            let exception = page.exception.expect("a policy that refuses something");
            if page.is_repository {
                let repository = Exception {
                    text: None,
                    but: Some(NoException::Repository),
                };
                assert_eq!(exception, repository, "{}", page.name);
                continue;
            }
            let text = exception.text.expect("a draft");
            let mut sources = SourceMap::new();
            let mut read = Documents::default();
            read.add("exception.yaml", &text.as_str().into(), &mut sources);
            let exceptions = &read.exceptions;
            let unknown = kpolicy::judge::unknown_policies(&set, &config, exceptions);
            let checked = exceptions
                .iter()
                .flat_map(|one| check_exception(one, &config, TODAY));
            let wrong = || read.problems.iter().chain(&unknown).cloned();
            let wrong: Vec<Problem> = wrong().chain(checked).collect();
            if exception.but.is_some() {
                // Nothing is wrong but where it stands.
                assert_eq!(
                    (exception.but, mode),
                    (Some(NoException::OfCluster), 0),
                    "{text}"
                );
                continue;
            }
            assert_eq!(wrong, [], "{text}");
            assert_eq!(exceptions.len(), 1, "{text}");
            drafted[mode] += 1;
            let id = |one: &&Fixture| {
                let case = format!("{}/{}{}", page.name, example.case, one.ending());
                one.name == case
            };
            let fixture = fixtures.iter().find(id).expect("its case");
            if parity::only_the_webhook_can_be_asked(fixture) {
                let (before, _) = parity::by_webhook(fixture, &config, &set, &[]).await;
                assert!(!before.is_empty(), "{}", fixture.name);
                let (after, _) = parity::by_webhook(fixture, &config, &set, exceptions).await;
                assert_eq!(after, parity::Said::new(), "{}: {text}", fixture.name);
                continue;
            }
            let with = (&config, &exceptions[..]);
            let outcome = lint_example(fixture, &example, with, &set);
            let own = |finding: &&Finding| *finding.policy == *page.name;
            let (lifted, left): (Vec<_>, Vec<_>) = outcome
                .findings
                .iter()
                .filter(own)
                .partition(|finding| finding.exception.is_some());
            let left: Vec<&str> = left.iter().map(|finding| &*finding.message).collect();
            assert!(!lifted.is_empty() && left.is_empty(), "{text}: {left:#?}");
            assert_eq!(outcome.warnings, [], "{text}");
        }
    }
    let [own, central] = drafted;
    assert!(own > 0 && central > own, "{drafted:?}");
}
