//! The way back: from a value of a built object to the place where a person would change it.

use std::path::Path;

use crate::gitops::Graph;
use crate::manifest::{Document, NodeRef};
use crate::source::{FieldPath, Span};

use super::fields::{ImagePart, set_by};
use super::patches::{Patch, Said, follow, kustomization, patches};
use super::place::{Found, find_alike};
use super::{Origin, Rendered};

/// A file of the repository as it was read.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// Its documents, with spans in a source of the run.
    pub documents: &'a [Document],
    /// Its text.
    pub text: &'a str,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traced {
    /// This place gave the value.
    Exact(Span),
    /// The value itself was not found; this is the nearest thing around it.
    Near(Span),
    /// Nothing in the repository is known to have made it.
    Lost,
}

/// How an object is called on its way through a build.
#[derive(Debug)]
pub(super) struct ObjectName<'a> {
    /// Its kind.
    pub(super) kind: &'a str,
    /// Its names: as built, and as in the source.
    pub(super) names: Vec<&'a str>,
}

/// Traces values of one build back to the files it was made from.
pub struct Trace<'a> {
    graph: &'a Graph,
    files: &'a (dyn Fn(&Path) -> Option<SourceFile<'a>> + Sync),
    /// The members of the build, from the one that is built inwards.
    members: Vec<usize>,
    /// Their patches; those of outer members and later ones come first, for they had the last word.
    patches: Vec<Patch>,
}

impl std::fmt::Debug for Trace<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl<'a> Trace<'a> {
    /// Prepares tracing for the build of `root`. `files` gives what was read of a canonical path.
    pub fn new(
        graph: &'a Graph,
        root: usize,
        files: &'a (dyn Fn(&Path) -> Option<SourceFile<'a>> + Sync),
    ) -> Self {
        let members = graph.outside_in(root);
        let found = members
            .iter()
            .flat_map(|&member| patches(graph, member, files).into_iter().rev())
            .collect();
        Self {
            graph,
            files,
            members,
            patches: found,
        }
    }

    /// Where the value at `path` came from. `steps` of its steps exist in the built object; a path that goes on after
    /// them names something that is missing there. `part` is what is said of, where that is a part of an image.
    pub fn value(
        &self,
        rendered: &Rendered,
        path: &FieldPath,
        steps: usize,
        part: Option<ImagePart>,
    ) -> Traced {
        let built = rendered.document.root();
        let source = self.source(rendered);
        let text = |node: NodeRef<'a>, keys: &[&str]| node.at(keys).and_then(NodeRef::as_str);
        let mut names: Vec<&str> = Vec::new();
        names.extend(built.at(&["metadata", "name"]).and_then(NodeRef::as_str));
        names.extend(source.and_then(|source| text(source, &["metadata", "name"])));
        let object = ObjectName {
            kind: built
                .get("kind")
                .and_then(NodeRef::as_str)
                .unwrap_or_default(),
            names,
        };
        let near = source.map(|source| find_alike(source, built, path, steps));
        if let (Some(near), Some(target)) = (near, follow(built, path, steps))
            && near.steps == steps
            && near.node.same_value(target)
            && !has_next(near.node, path, steps)
            && let Some(span) = near.span()
        {
            return Traced::Exact(span);
        }
        let in_source = near.is_some_and(|near| near.steps == steps);
        let said = self
            .patches
            .iter()
            .find_map(|patch| patch.says(&object, built, path, steps, in_source));
        if let Some(Said::Sets(span) | Said::Removes(span)) = said {
            return Traced::Exact(span);
        }
        let set = self.members.iter().find_map(|&member| {
            set_by(
                kustomization(self.graph, member)?,
                &object,
                built,
                path,
                steps,
                part,
            )
        });
        if let Some(span) = set {
            return Traced::Exact(span);
        }
        let whole = near.is_some_and(|near| near.steps == steps && is_collection(near.node));
        match near.as_ref().and_then(Found::span) {
            Some(span) if whole => Traced::Exact(span),
            Some(span) => Traced::Near(span),
            None => self.generator(rendered),
        }
    }

    /// The object in its file that the rendered one was made from.
    fn source(&self, rendered: &Rendered) -> Option<NodeRef<'a>> {
        let Some(Origin::File(path)) = &rendered.origin else {
            return None;
        };
        let built = rendered.document.root();
        let text = |node: NodeRef<'_>, keys: &[&str]| {
            node.at(keys).and_then(NodeRef::as_str).map(str::to_owned)
        };
        let kind = text(built, &["kind"]);
        let built_group = text(built, &["apiVersion"]).map(|version| group(&version).to_owned());
        let name = text(built, &["metadata", "name"]).unwrap_or_default();
        let documents: &'a [Document] = (self.files)(path)?.documents;
        let mut candidates: Vec<(NodeRef<'a>, String)> = documents
            .iter()
            .flat_map(|document| items(document.root()))
            .filter(|node| text(*node, &["kind"]) == kind)
            .filter(|node| {
                text(*node, &["apiVersion"]).map(|v| group(&v).to_owned()) == built_group
            })
            .map(|node| (node, text(node, &["metadata", "name"]).unwrap_or_default()))
            .collect();
        if candidates.len() > 1 {
            // The longest of the names that a prefix and a suffix could have made into the built one.
            candidates.retain(|(_, candidate)| name.contains(candidate.as_str()));
            candidates.sort_by_key(|(_, candidate)| std::cmp::Reverse(candidate.len()));
        }
        candidates.first().map(|(node, _)| *node)
    }

    /// The generator that made an object.
    fn generator(&self, rendered: &Rendered) -> Traced {
        let Some(Origin::Generated(file)) = &rendered.origin else {
            return Traced::Lost;
        };
        let member = self.members.iter().find(|&&at| {
            self.graph
                .get(at)
                .is_some_and(|member| member.file == *file)
        });
        let Some(kustomization) = member.and_then(|&at| kustomization(self.graph, at)) else {
            return Traced::Lost;
        };
        let name = rendered
            .document
            .root()
            .at(&["metadata", "name"])
            .and_then(NodeRef::as_str)
            .unwrap_or_default();
        let written = ["configMapGenerator", "secretGenerator"]
            .into_iter()
            .flat_map(|key| kustomization.list(key))
            .filter_map(|entry| entry.get("name"))
            .find(|written| written.as_str().is_some_and(|text| name.contains(text)));
        written
            .and_then(NodeRef::origin)
            .map_or(Traced::Lost, Traced::Near)
    }
}

/// Whether the source has what the built object lacks: then something took it away.
fn has_next(node: NodeRef<'_>, path: &FieldPath, steps: usize) -> bool {
    let next = path
        .segments()
        .iter()
        .skip(steps)
        .take(1)
        .cloned()
        .collect::<FieldPath>();
    !next.is_root() && node.follow(&next).is_some()
}

fn is_collection(node: NodeRef<'_>) -> bool {
    node.as_map().is_some() || node.as_list().is_some()
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The object, or those of a list.
fn items(root: NodeRef<'_>) -> Vec<NodeRef<'_>> {
    match root.get("items").and_then(NodeRef::as_list) {
        Some(items) => items.iter().collect(),
        None => vec![root],
    }
}

#[cfg(test)]
mod tests;
