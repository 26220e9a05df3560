//! The kustomizations of a run: what each build reads, and what it gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use crate::gitops::{Graph, Kustomization, Reached, Target, Use, is_kustomization_file};
use crate::manifest::{Dialect, Document, NodeRef, Problem, Severity, unroll};
use crate::render::{Rendered, Tool};

use super::clusters::Clusters;
use super::discover::{Charts, Discovered};
use super::files::{File, Files};
use super::{Options, Render};

/// No build takes longer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// One kustomization that is built for itself.
#[derive(Debug)]
pub(super) struct Build {
    /// Its index in the graph.
    pub(super) root: usize,
    /// Its directory, as people know it.
    pub(super) name: String,
    /// The clusters that run it.
    pub(super) clusters: Vec<usize>,
    /// The files that it reads.
    pub(super) reached: Vec<Reached>,
    /// What it gives, or why it was not rendered.
    pub(super) outcome: Result<Vec<Rendered>, String>,
    /// Why objects of the build may be unknown even as written.
    pub(super) hidden: Option<String>,
    /// The namespace that a build around it would have set.
    pub(super) namespace: Option<Box<str>>,
    /// Kustomizations below it that are built for themselves, because it could not be.
    pub(super) parts: BTreeSet<usize>,
    /// The directory of what the clusters run: its own, or that of the build it is a part of.
    pub(super) place: PathBuf,
    /// Whether it is a part of a build that could not be rendered, so that the changes of that are missing.
    pub(super) is_part: bool,
}

/// All kustomizations of a run.
#[derive(Debug)]
pub(super) struct Builds {
    /// How they refer to each other.
    pub(super) graph: Graph,
    /// Those that are built.
    pub(super) list: Vec<Build>,
    /// Components that nothing uses.
    pub(super) unused: Vec<usize>,
    /// The files that some build reads; whether any reads them as manifests.
    reached: BTreeMap<PathBuf, bool>,
    /// The directories of all kustomizations.
    directories: BTreeSet<PathBuf>,
    /// Files that are judged whoever refers to them.
    named: BTreeSet<PathBuf>,
}

impl Builds {
    /// Finds the kustomizations among the files, reading what they refer to.
    pub(super) fn find(files: &mut Files, discovered: &Discovered) -> Self {
        let starts: Vec<PathBuf> = discovered
            .files
            .iter()
            .filter(|path| is_kustomization_file(path))
            .cloned()
            .collect();
        let graph = Graph::build(&starts, &mut |path| {
            let file = files.load(path)?;
            file.parse(Dialect::Kustomize);
            let document = file.documents.first().filter(|_| !file.is_broken())?;
            Some(Kustomization::new(document.clone()))
        });
        let roots = graph.roots(&starts);
        let unused = graph.unused_components(&roots);
        let mut reached: BTreeMap<PathBuf, bool> = BTreeMap::new();
        for found in unused.iter().chain(&roots).flat_map(|&at| graph.reach(at)) {
            *reached.entry(found.file).or_default() |= found.role != Use::Data;
        }
        for (path, is_manifest) in &reached {
            if *is_manifest {
                files.load(path);
            }
        }
        for member in graph.members() {
            reached.insert(member.file.clone(), true);
        }
        let graph_directories = graph
            .members()
            .iter()
            .map(|member| member.directory.clone())
            .collect();
        let list = roots
            .into_iter()
            .map(|root| {
                let directory = graph
                    .get(root)
                    .map_or(Path::new("/"), |member| &member.directory);
                Build {
                    root,
                    name: files.shown(directory),
                    clusters: Vec::new(),
                    reached: graph.reach(root),
                    outcome: Err("it was not needed".to_owned()),
                    hidden: hidden(&graph, root),
                    namespace: None,
                    parts: BTreeSet::new(),
                    place: directory.to_owned(),
                    is_part: false,
                }
            })
            .collect();
        Self {
            graph,
            list,
            unused,
            directories: graph_directories,
            named: discovered.named.clone(),
            reached,
        }
    }

    /// How a file is to be read; `None` for one that is no manifest.
    pub(super) fn dialect(&self, path: Option<&Path>, charts: &Charts) -> Option<Dialect> {
        let Some(path) = path else {
            return Some(Dialect::Kubectl);
        };
        match self.reached.get(path) {
            Some(true) => Some(Dialect::Kustomize),
            Some(false) => None,
            None => (!charts.own(path)).then_some(Dialect::Kubectl),
        }
    }

    /// Whether some build reads this file, so that it is not judged alone.
    pub(super) fn reads(&self, path: &Path) -> bool {
        self.reached.contains_key(path)
    }

    /// Whether a file is a patch that the kustomization beside it does not name: it holds a workload that the API server
    /// would refuse by itself. Whole objects there are judged, since someone may apply them.
    pub(super) fn is_stray(&self, file: &File) -> bool {
        let Some(path) = file.path.as_deref() else {
            return false;
        };
        let beside = path
            .parent()
            .is_some_and(|directory| self.directories.contains(directory));
        beside
            && !self.reads(path)
            && !self.named.contains(path)
            && file.documents.iter().any(is_partial)
    }

    /// Renders, in parallel, what the clusters of the run need; of what cannot be rendered, its parts.
    pub(super) fn render(&mut self, options: &Options<'_>, clusters: &Clusters, files: &Files) {
        let tool = options.program_path.as_deref().and_then(Tool::find);
        let graph = self.graph.clone();
        let render = |root: usize| {
            let Some(member) = graph.get(root) else {
                return Err("not rendered: it is not there".to_owned());
            };
            match (options.render, graph.obstacle(root), &tool) {
                (Render::Never, ..) => Err("not rendered: `--render never`".to_owned()),
                (_, Some(obstacle), _) => Err(format!("not rendered: {obstacle}")),
                (_, None, None) => {
                    Err("not rendered: neither `kustomize` nor `kubectl` is in the PATH".to_owned())
                }
                (_, None, Some(tool)) => tool
                    .render(&member.directory, TIMEOUT)
                    .and_then(unroll_all)
                    .map_err(|reason| format!("not rendered: {reason}")),
            }
        };
        self.list.par_iter_mut().for_each(|build| {
            let directory = graph
                .get(build.root)
                .map(|member| member.directory.as_path());
            build.clusters = clusters.of(directory);
            if !build.clusters.is_empty() {
                build.outcome = render(build.root);
            }
        });
        if options.render != Render::Never && tool.is_some() {
            self.render_parts(files, &render);
        }
    }

    /// Why builds failed, one line for each, for `--render require`.
    pub(super) fn failures(&self) -> impl Iterator<Item = String> {
        self.list
            .iter()
            .filter(|build| !build.clusters.is_empty())
            .filter_map(|build| {
                let reason = build.outcome.as_ref().err()?;
                Some(format!("`{}` was {reason}", build.name))
            })
    }
}

/// The objects of a build; the error is what would not reach a cluster. kustomize itself unrolls lists that are called
/// so, and lets other objects with `items` pass.
fn unroll_all(rendered: Vec<Rendered>) -> Result<Vec<Rendered>, String> {
    let mut objects = Vec::new();
    for Rendered { document, origin } in rendered {
        let mut problems = Vec::new();
        let documents = unroll(document, &mut problems);
        let is_error = |problem: &&Problem| problem.severity == Severity::Error;
        if let Some(problem) = problems.iter().find(is_error) {
            return Err(problem.message.clone());
        }
        objects.extend(documents.into_iter().map(|document| Rendered {
            document,
            origin: origin.clone(),
        }));
    }
    Ok(objects)
}

/// Why reading the files of a build does not tell all of its objects.
pub(super) fn hidden(graph: &Graph, root: usize) -> Option<String> {
    graph.obstacle(root).or_else(|| {
        graph
            .closure(root)
            .into_iter()
            .filter_map(|at| graph.get(at))
            .flat_map(|member| &member.targets)
            .find_map(|(_, target)| match target {
                Target::Missing(path) => {
                    Some(format!("it refers to `{path}`, which does not exist"))
                }
                _ => None,
            })
    })
}

/// Whether a document is a part of a workload: without a selector, which all kinds of `apps` need, or marked as a patch.
fn is_partial(document: &Document) -> bool {
    let root = document.root();
    let api_version = root.get("apiVersion").and_then(NodeRef::as_str);
    let kind = root.get("kind").and_then(NodeRef::as_str);
    let selects = matches!(
        kind,
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
    );
    let lacks_selector =
        selects && api_version == Some("apps/v1") && root.at(&["spec", "selector"]).is_none();
    lacks_selector || root.get("$patch").is_some()
}
