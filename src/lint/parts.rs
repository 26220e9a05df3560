//! What can still be rendered of a build that cannot: the kustomizations that it is put together from.
//!
//! A remote resource or a missing file stops a whole build, but seldom the bases below it. Each of those is built for
//! itself instead, unless another build of the same cluster completes it anyway.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::gitops::{Graph, Target, Use};
use crate::render::Rendered;

use super::builds::{Build, Builds, hidden};
use super::files::Files;

/// What is asked of a part.
#[derive(Debug, Default)]
struct Wanted {
    clusters: BTreeSet<usize>,
    namespace: Option<Box<str>>,
    place: PathBuf,
}

impl Builds {
    /// Renders the parts of what failed, and theirs where they fail too.
    pub(super) fn render_parts(
        &mut self,
        files: &Files,
        render: &(dyn Fn(usize) -> Result<Vec<Rendered>, String> + Sync),
    ) {
        let mut failed: Vec<usize> = (0..self.list.len()).collect();
        while !failed.is_empty() {
            let wanted = self.wanted(&failed);
            let new: Vec<Build> = wanted
                .into_par_iter()
                .map(|(root, wanted)| self.part(root, wanted, files, render(root)))
                .collect();
            let first = self.list.len();
            self.list.extend(new);
            failed = (first..self.list.len()).collect();
        }
    }

    /// The parts of these builds that nobody builds yet, where the builds failed.
    fn wanted(&mut self, builds: &[usize]) -> BTreeMap<usize, Wanted> {
        let mut all: BTreeMap<usize, Wanted> = BTreeMap::new();
        for &at in builds {
            let Some(build) = self.list.get(at) else {
                continue;
            };
            if build.outcome.is_ok() || build.clusters.is_empty() {
                continue;
            }
            let parts = parts(&self.graph, build.root);
            let place = build.place.clone();
            let namespace = build.namespace.clone().or_else(|| {
                let kustomization = self.graph.get(build.root)?.kustomization.as_ref()?;
                kustomization.namespace().map(Into::into)
            });
            for &part in &parts {
                let missing = build
                    .clusters
                    .iter()
                    .filter(|cluster| !self.completes(part, **cluster));
                let missing: Vec<usize> = missing.copied().collect();
                if !missing.is_empty() && !self.list.iter().any(|known| known.root == part) {
                    let wanted = all.entry(part).or_default();
                    wanted.clusters.extend(missing);
                    wanted.place.clone_from(&place);
                    wanted.namespace = wanted.namespace.take().or_else(|| namespace.clone());
                }
            }
            if let Some(build) = self.list.get_mut(at) {
                build.parts = parts;
            }
        }
        all
    }

    /// Whether a build that succeeded for a cluster holds this kustomization.
    fn completes(&self, part: usize, cluster: usize) -> bool {
        self.list.iter().any(|build| {
            build.outcome.is_ok()
                && build.clusters.contains(&cluster)
                && self.graph.closure(build.root).contains(&part)
        })
    }

    fn part(
        &self,
        root: usize,
        wanted: Wanted,
        files: &Files,
        outcome: Result<Vec<Rendered>, String>,
    ) -> Build {
        let directory = self
            .graph
            .get(root)
            .map(|member| member.directory.as_path());
        Build {
            root,
            name: directory
                .map(|directory| files.shown(directory))
                .unwrap_or_default(),
            clusters: wanted.clusters.into_iter().collect(),
            reached: self.graph.reach(root),
            outcome,
            hidden: hidden(&self.graph, root),
            namespace: wanted.namespace,
            parts: BTreeSet::new(),
            place: wanted.place,
            is_part: true,
        }
    }
}

/// The kustomizations whose objects a kustomization takes as they are; a component cannot stand alone.
fn parts(graph: &Graph, root: usize) -> BTreeSet<usize> {
    let targets = graph.get(root).map_or(&[][..], |member| &member.targets);
    let members = targets
        .iter()
        .filter_map(|(role, target)| match (role, target) {
            (Use::Resource, Target::Member(part)) => Some(*part),
            _ => None,
        });
    members
        .filter(|&part| {
            let kustomization = graph
                .get(part)
                .and_then(|member| member.kustomization.as_ref());
            part != root && kustomization.is_some_and(|kustomization| !kustomization.is_component())
        })
        .collect()
}
