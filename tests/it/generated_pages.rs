//! The pages of the built-in policies (`docs/policies/`) and the examples that the program carries
//! (`policies/examples.json`) are written by the test that checks them, from the policies and their cases: `UPDATE=1`
//! rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kpolicy::config::Config;
use kpolicy::documents::Documents;
use kpolicy::lint::{self, Options};
use kpolicy::manifest::write_json;
use kpolicy::pages::{self, Case, Examples, Outcome, Page, Refused};
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
    let beside = ["context", "request"].iter().filter_map(|what| {
        let text = read(&format!("{what}.yaml"))?;
        Some(((*what).to_owned(), text))
    });
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
        beside: beside.collect(),
        validations,
        fixed: read("fixed.yaml"),
    }
}

/// What kpolicy prints: lint where it can judge the case, else the API server's answer.
fn said(fixture: &Fixture, example: &Refused, set: &Arc<PolicySet>, config: &Config) -> String {
    if parity::only_the_webhook_can_be_asked(fixture) {
        return refusal(fixture, set, config);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a folder");
    let file = example.case.rsplit('/').next().unwrap_or_default();
    let file = format!("{file}{}", fixture.ending());
    fs::write(root.join(file), &example.text).expect("written");
    for (number, other) in fixture.others().iter().enumerate() {
        let text = write_json(other.root());
        fs::write(root.join(format!("other-{number}.json")), text).expect("written");
    }
    let config = parity::config(fixture, config);
    let options = Options::as_written(root, &config, set, TODAY);
    let outcome = lint::run(&options, SourceMap::new());
    if outcome.findings.is_empty() {
        return refusal(fixture, set, &config);
    }
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
            example.said = said(fixture, example, set, config);
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

#[test]
fn every_exception_on_a_page_can_be_copied() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let profiles = documents.profiles.clone();
    let set = documents.take_policies();
    let mut examples = pages::built_in_examples();
    for policy in set.iter() {
        let mut page = Page::new(policy, &profiles);
        page.examples = examples.remove(&page.name).unwrap_or_default();
        page.expires = Some("2027-01-31".to_owned());
        // Exceptions are for objects.
        if page.is_repository {
            assert_eq!(pages::exception(&page), None, "{}", page.name);
            continue;
        }
        let text = pages::exception(&page).expect("a built-in policy can be excepted from");
        let mut sources = SourceMap::new();
        let mut read = Documents::built_in(&mut sources);
        read.add("exception.yaml", &text.as_str().into(), &mut sources);
        assert_eq!(read.problems, [], "{text}");
        let unknown = kpolicy::judge::unknown_policies(&set, &Config::default(), &read.exceptions);
        assert_eq!((unknown, read.exceptions.len()), (Vec::new(), 1), "{text}");
    }
}
