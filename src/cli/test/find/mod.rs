//! Finding fixtures, and the policies that they are about, in the file system.
//!
//! A folder with `pass`, `fail` or `fix` in it has the fixtures of the policy of its name. The policy stands beside the
//! folder `tests` in which it lies, or in a file of its name anywhere in the given paths; otherwise it is built in, or
//! Config or `--policy` names its file.

mod suite;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::fixture::{Kind, case_of_file};
use crate::gitops::shown;
use crate::manifest::{Document, Problem, Severity};
use crate::source::{Source, Span};

use super::super::suites::{entries, is_suite, name};
use super::Setup;
use walk::{Walk, is_manifest, read_text};

use suite::is_left_alone;
pub(super) use suite::{Only, SuiteFolder};

/// What the paths lead to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The folders with fixtures, in order of their paths.
    pub(super) suites: Vec<SuiteFolder>,
    /// Files that hold the policies of those folders, and what belongs to them.
    pub(super) policies: Vec<PathBuf>,
    /// What could not be looked at.
    pub(super) troubles: Vec<Trouble>,
    /// Whether something could not be read.
    pub(super) unreadable: bool,
    /// Whether only a part of the fixtures was asked for.
    pub(super) is_part: bool,
    /// Folders that have no fixtures.
    others: Vec<PathBuf>,
}

/// Something wrong with a file or a folder, of which there is no text.
#[derive(Debug)]
pub(super) struct Trouble {
    path: PathBuf,
    message: String,
    help: Option<String>,
}

impl Trouble {
    pub(super) fn new(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// It at a place that can be shown.
    pub(super) fn problem(&self, setup: &mut Setup) -> Problem {
        let name = shown(&self.path, &setup.root);
        let source = setup.sources.add(Source::new(name, ""));
        let mut problem = Problem::error(self.message.clone(), Some(Span::new(source, 0, 0)));
        problem.help.clone_from(&self.help);
        problem
    }
}

/// Looks through the paths.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut finder = Finder::default();
    for path in paths {
        let cannot = || format!("cannot read `{}`", path.display());
        let path = fs::canonicalize(path).with_context(cannot)?;
        if path.is_dir() {
            finder.directory(&path);
        } else {
            finder.file(&path);
        }
    }
    finder.find_policies();
    Ok(finder.finish())
}

#[derive(Debug, Default)]
struct Finder {
    suites: BTreeMap<PathBuf, SuiteFolder>,
    policies: BTreeSet<PathBuf>,
    by_stem: BTreeMap<String, BTreeSet<PathBuf>>,
    found: Found,
}

impl Finder {
    fn suite(&mut self, path: &Path, only: Only) {
        let suite = self.suites.entry(path.to_owned());
        let suite = suite.or_insert_with(|| SuiteFolder::new(path.to_owned()));
        suite.only.push(only);
    }

    /// A case, with whatever of its files is named; or a policy.
    fn file(&mut self, path: &Path) {
        self.found.is_part = true;
        let folder = path.parent();
        let kind = folder.and_then(|folder| Kind::of_folder(&name(folder)));
        let suite = folder.and_then(Path::parent);
        if let (Some(kind), Some(suite), Some(case)) = (kind, suite, case_of_file(&name(path))) {
            self.suite(suite, Only::Case(kind, case.to_owned()));
            return;
        }
        self.policies.insert(path.to_owned());
        let tests = folder.map(|folder| folder.join("tests"));
        for suite in tests
            .iter()
            .flat_map(|tests| entries(tests).unwrap_or_default())
        {
            if is_suite(&suite) {
                self.suite(&suite, Only::PolicyOf(path.to_owned()));
            }
        }
    }

    fn directory(&mut self, path: &Path) {
        if let (Some(kind), Some(suite)) = (Kind::of_folder(&name(path)), path.parent())
            && !is_suite(path)
        {
            self.found.is_part = true;
            self.suite(suite, Only::Kind(kind));
            return;
        }
        self.found.is_part |= is_suite(path);
        let walk = Walk::through(path);
        self.found.unreadable |= !walk.troubles.is_empty();
        self.found.troubles.extend(walk.troubles);
        self.found.others.extend(walk.others);
        if walk.suites.is_empty() {
            // A folder of policies.
            for file in &walk.manifests {
                self.policy(file);
            }
        }
        for file in walk.manifests {
            if let Some(stem) = file.file_stem().and_then(OsStr::to_str) {
                let files = self.by_stem.entry(stem.to_owned()).or_default();
                files.insert(file);
            }
        }
        for suite in walk.suites {
            self.suite(&suite, Only::All);
        }
    }

    /// Takes a file with policies; whether it is one that takes parameters from objects.
    fn policy(&mut self, path: &Path) -> bool {
        match read_text(path) {
            Ok(text) => {
                let is_one = GROUPS.iter().any(|group| text.contains(group));
                if is_one {
                    self.policies.insert(path.to_owned());
                }
                is_one && text.contains("paramKind")
            }
            Err(reason) => {
                self.found.unreadable = true;
                let message = format!("the file cannot be read: {reason}");
                self.found.troubles.push(Trouble::new(path, message));
                false
            }
        }
    }

    /// Finds the files with the policies of all folders.
    fn find_policies(&mut self) {
        let suites: Vec<PathBuf> = self.suites.keys().cloned().collect();
        let mut looked = BTreeSet::new();
        for suite in suites {
            let policy = name(&suite);
            let tests = suite.parent().filter(|tests| name(tests) == "tests");
            let beside = tests.and_then(Path::parent);
            let mut is_beside = false;
            if let Some(beside) = beside {
                let files = entries(beside).unwrap_or_default();
                let mut files: Vec<_> =
                    files.into_iter().filter(|file| is_manifest(file)).collect();
                is_beside = files
                    .iter()
                    .any(|file| file.file_stem() == Some(OsStr::new(&policy)));
                if !looked.insert(beside.to_owned()) {
                    files.clear();
                }
                let parameters = files.iter().map(|file| self.policy(file));
                let parameters: Vec<bool> = parameters.collect();
                if parameters.contains(&true) {
                    self.policies.extend(files);
                }
            }
            let elsewhere = self.by_stem.get(&policy).filter(|_| !is_beside);
            for file in elsewhere.cloned().unwrap_or_default() {
                self.policy(&file);
            }
        }
    }

    fn finish(self) -> Found {
        Found {
            suites: self.suites.into_values().collect(),
            policies: self.policies.into_iter().collect(),
            ..self.found
        }
    }
}

/// Whether a file was read for what stands in it: a folder of Config has all of its files read, whatever they hold.
fn is_read(path: &Path, setup: &Setup) -> bool {
    let known = shown(path, &setup.root);
    let mut natives = setup
        .policies
        .iter()
        .filter_map(|policy| policy.native.as_ref());
    let takes_parameters = natives.any(|native| native.param_kind.is_some());
    let mut sources = setup.sources.iter();
    sources.any(|(id, source): (_, &Arc<Source>)| {
        let is_ours = || GROUPS.iter().any(|group| source.text().contains(group));
        let mut objects = setup.policies.objects().iter().filter(|_| takes_parameters);
        let holds = |object: &Document| object.root().origin().is_some_and(|at| at.source == id);
        source.name() == known && (is_ours() || objects.any(holds))
    })
}

/// Where fixtures lie below the working directory, as somebody would type it: most of them, where they lie in several
/// places.
pub(super) fn elsewhere() -> Option<PathBuf> {
    let here = fs::canonicalize(".").ok()?;
    let suites = Walk::through(&here).suites;
    let place = place(suites.iter())?.strip_prefix(&here).ok()?;
    (!place.as_os_str().is_empty()).then(|| place.to_owned())
}

/// The folder in which most of these folders lie.
fn place<'p>(suites: impl Iterator<Item = &'p PathBuf>) -> Option<&'p Path> {
    let mut places: BTreeMap<&Path, usize> = BTreeMap::new();
    for place in suites.filter_map(|suite| suite.parent()) {
        *places.entry(place).or_default() += 1;
    }
    // Of equals the first.
    let most = places.into_iter().rev().max_by_key(|(_, suites)| *suites);
    most.map(|(place, _)| place)
}

/// What a file with policies names: our group, or one of native policies.
const GROUPS: [&str; 3] = [
    "kpolicy.io/",
    "admissionregistration.k8s.io/",
    "policies.kyverno.io/",
];

impl Found {
    /// Where a policy without fixtures would have them.
    pub(super) fn place_for(&self, policy: &str, setup: &Setup) -> String {
        let place = place(self.suites.iter().map(|suite| &suite.path));
        let place = place.map_or_else(|| "tests".to_owned(), |place| shown(place, &setup.root));
        format!("{place}/{policy}")
    }

    /// Files beside the folders of fixtures that look like a case and are read by nobody.
    pub(super) fn unread(&self, setup: &mut Setup) -> Vec<Problem> {
        let parents = self.suites.iter().filter_map(|suite| suite.path.parent());
        let tests: BTreeSet<&Path> = parents.filter(|parent| name(parent) == "tests").collect();
        let beside = tests.iter().filter(|_| !self.is_part);
        let beside = beside.flat_map(|tests| entries(tests).unwrap_or_default());
        let mut problems = Vec::new();
        for path in beside {
            let file = name(&path);
            let is_case = case_of_file(&file).is_some() && path.is_file();
            let is_read = is_read(&path, setup);
            if is_case && !is_left_alone(&file) && !is_read {
                let message = format!("`{file}` is no part of the fixtures, and nothing reads it");
                let help = "cases lie in `tests/<policy>/pass`, `fail` and `fix`";
                let problem = Trouble::new(&path, message).with_help(help).problem(setup);
                problems.push(Problem {
                    severity: Severity::Warning,
                    ..problem
                });
            }
        }
        problems
    }

    /// Folders that have the name of a policy and stand where fixtures do, but hold none.
    pub(super) fn without_cases(&self, names: &[String], setup: &mut Setup) -> Vec<Problem> {
        let stands_there = |path: &&PathBuf| {
            let parent = path.parent();
            let siblings = self
                .suites
                .iter()
                .any(|suite| suite.path.parent() == parent);
            names.contains(&name(path))
                && (siblings || parent.is_some_and(|parent| name(parent) == "tests"))
        };
        let empty: Vec<&PathBuf> = self.others.iter().filter(stands_there).collect();
        let problem = |path: &&PathBuf| {
            let message = "there are no cases in folders `pass`, `fail` and `fix` here";
            Trouble::new(path, message).problem(setup)
        };
        empty.iter().map(problem).collect()
    }
}
