//! Which files are fixtures of policies: written to be refused or changed in a test, and run by no cluster.
//!
//! By which names fixtures go is not known here: whoever starts a run says that.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::gitops::FILE_NAMES;
use crate::policy::PolicySet;

use super::Options;
use super::discover::count;

/// So many policies are named.
const MOST_NAMES: usize = 3;

/// What makes a file a fixture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    suite_of: fn(&Path) -> Option<PathBuf>,
    policies: &'a PolicySet,
}

impl<'a> Rule<'a> {
    /// That of a run.
    pub(super) fn of(options: &'a Options<'_>) -> Self {
        Self {
            suite_of: options.suite_of,
            policies: options.policies,
        }
    }

    /// Nothing is a fixture.
    #[cfg(test)]
    pub(super) fn none(policies: &'a PolicySet) -> Self {
        Self {
            suite_of: |_| None,
            policies,
        }
    }

    /// The policy that a file below a root is a fixture of. Whoever names a folder of fixtures means what lies there,
    /// and what a kustomization may build is no fixture, whatever its folders are called.
    fn policy(&self, file: &Path, root: &Path) -> Option<String> {
        let suite = (self.suite_of)(file)?;
        let policy = suite.file_name().and_then(OsStr::to_str)?;
        let is_known = self.policies.get(policy).is_some();
        let is_below = suite != root && suite.starts_with(root);
        let builds = |folder: &Path| FILE_NAMES.iter().any(|name| folder.join(name).is_file());
        let is_built = file.parent().is_some_and(builds) || builds(&suite);
        (is_known && is_below && !is_built).then(|| policy.to_owned())
    }
}

/// The fixtures that were passed by, by their policies.
#[derive(Debug, Default)]
pub(super) struct Fixtures(BTreeMap<String, BTreeSet<PathBuf>>);

impl Fixtures {
    /// Passes by a file below a root, if it is a fixture; whether it is one.
    pub(super) fn pass(&mut self, file: &Path, root: &Path, rule: &Rule<'_>) -> bool {
        let policy = rule.policy(file, root);
        let is_one = policy.is_some();
        if let Some(policy) = policy {
            self.0.entry(policy).or_default().insert(file.to_owned());
        }
        is_one
    }

    /// Those that are judged all the same are none: they were named, or lie below another path.
    pub(super) fn without(&mut self, is_judged: impl Fn(&PathBuf) -> bool) {
        for files in self.0.values_mut() {
            files.retain(|file| !is_judged(file));
        }
        self.0.retain(|_, files| !files.is_empty());
    }

    /// What to tell of them; nothing where there are none.
    pub(super) fn remark(&self) -> Option<String> {
        let files: usize = self.0.values().map(BTreeSet::len).sum();
        let names: Vec<String> = self.0.keys().map(|name| format!("`{name}`")).collect();
        let policies = if names.len() > MOST_NAMES {
            format!("{} policies", names.len())
        } else {
            names.join(", ")
        };
        (files > 0).then(|| {
            let files = count(files, "file");
            format!("left out {files} with fixtures of {policies}, which `kpolicy test` reads")
        })
    }
}
