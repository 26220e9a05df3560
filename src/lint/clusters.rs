//! The clusters of a run, each with its judge and the directory that Flux reconciles for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Enforcement;
use crate::finding::ClusterVerdict;
use crate::judge::Judge;
use crate::manifest::Problem;
use crate::policy::Release;
use crate::schema::defaults::NEWEST_MINOR;

use super::Options;
use super::world::Case;

/// One cluster to judge for.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Its name; `None` where Config names no clusters.
    pub(super) name: Option<Arc<str>>,
    /// Its judge.
    pub(super) judge: Judge,
    /// The minor version of Kubernetes that it runs.
    pub(super) minor: u32,
    /// The release that it runs, where Config says so.
    pub(super) release: Option<Release>,
    /// Whether any policy runs there at all; without, no namespace is an exception.
    pub(super) runs_something: bool,
}

impl Cluster {
    /// How hard a finding is here; nothing where there is no cluster to name.
    pub(super) fn verdict(
        &self,
        enforcement: Enforcement,
        at_admission: Enforcement,
    ) -> Vec<ClusterVerdict> {
        let name = self.name.clone();
        name.map(|name| ClusterVerdict {
            name,
            enforcement,
            at_admission,
        })
        .into_iter()
        .collect()
    }
}

/// The clusters of a run.
#[derive(Debug)]
pub(super) struct Clusters {
    list: Vec<Cluster>,
    /// The directories of all clusters of Config, with the index of those that are judged.
    areas: Vec<(PathBuf, Option<usize>)>,
}

impl Clusters {
    /// The clusters that are judged.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Cluster> {
        self.list.iter()
    }

    /// Tells each judge of the custom kinds among the objects of its cluster.
    pub(super) fn learn_kinds(&mut self, cases: &[Vec<Case<'_>>]) {
        for (cluster, cases) in self.list.iter_mut().zip(cases) {
            for case in cases {
                cluster.judge.learn_kind(&case.document);
            }
        }
    }

    /// The clusters that run what stands at a canonical path: those whose directory holds it; all, where none does.
    pub(super) fn of(&self, path: Option<&Path>) -> Vec<usize> {
        let within = |area: &Path| path.is_some_and(|path| path.starts_with(area));
        let depth = |area: &Path| area.components().count();
        let deepest = self
            .areas
            .iter()
            .filter(|(area, _)| within(area))
            .map(|(area, _)| depth(area))
            .max();
        match deepest {
            None => (0..self.list.len()).collect(),
            Some(deepest) => self
                .areas
                .iter()
                .filter(|(area, _)| within(area) && depth(area) == deepest)
                .filter_map(|(_, index)| *index)
                .collect(),
        }
    }
}

/// What `--select` and `--ignore` leave out, by its ids.
pub(super) fn unasked<'a>(options: &'a Options<'_>) -> impl Iterator<Item = Arc<str>> + 'a {
    let ids = options.policies.iter().flat_map(|policy| {
        let validations = policy.validations.iter().map(|validation| &validation.id);
        std::iter::once(&policy.name)
            .chain(validations)
            .filter(|id| !options.selection.wants(&policy.name, id))
    });
    ids.cloned()
}

/// The clusters that the options ask for; one without a name where Config names none.
pub(super) fn clusters(options: &Options<'_>) -> Result<Clusters, Vec<Problem>> {
    let config = options.config;
    let mut problems = Vec::new();
    for name in &options.clusters {
        if !config.clusters.iter().any(|known| *known.name == **name) {
            problems.push(Problem::error(
                format!("`--cluster {name}`: Config names no such cluster"),
                None,
            ));
        }
    }
    let mut list = Vec::new();
    let mut areas = Vec::new();
    let mut missing = Vec::new();
    let mut add = |name: Option<&str>, minor: Option<u32>| {
        let judge = Judge::new(
            options.policies,
            config,
            options.exceptions,
            name,
            options.today,
        );
        match judge {
            Ok(mut judge) => {
                judge.leave_out(unasked(options));
                let runs_something = judge
                    .policies()
                    .any(|(_, enforcement)| enforcement > Enforcement::Disabled);
                list.push(Cluster {
                    name: name.map(Arc::from),
                    judge,
                    minor: minor.unwrap_or(NEWEST_MINOR),
                    release: minor
                        .and_then(|minor| u8::try_from(minor).ok())
                        .map(Release::minor),
                    runs_something,
                });
                list.len() - 1
            }
            Err(found) => {
                problems.extend(found);
                0
            }
        }
    };
    if config.clusters.is_empty() {
        add(None, None);
    }
    for cluster in &config.clusters {
        let is_wanted = options.clusters.is_empty()
            || options.clusters.iter().any(|name| **name == *cluster.name);
        let minor = cluster.kubernetes_version.map(|(_, minor)| minor);
        let index = is_wanted.then(|| add(Some(&cluster.name), minor));
        if let Some(path) = &cluster.path {
            match fs::canonicalize(options.config_directory.join(&**path)) {
                Ok(area) => areas.push((area, index)),
                Err(error) => missing.push(
                    Problem::error(
                        format!("cannot read `{path}`, the path of cluster `{}`: {error}", cluster.name),
                        cluster.span,
                    )
                    .with_help("what no cluster claims is judged for all of them, so a wrong path is a wrong verdict"),
                ),
            }
        }
    }
    problems.extend(missing);
    if problems.is_empty() {
        return Ok(Clusters { list, areas });
    }
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    problems.dedup();
    Err(problems)
}
