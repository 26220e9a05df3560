//! `${name}`: what Flux fills in after a build is not known from Git, and must not be judged as if it were text.
//!
//! Upstream: kustomize-controller `postBuild`, which substitutes in every object of a Flux Kustomization that has
//! variables, except those marked with `kustomize.toolkit.fluxcd.io/substitute: disabled`.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use crate::manifest::{Document, DocumentBuilder, NodeId, NodeRef, View};

use super::files::Files;

const GROUP: &str = "kustomize.toolkit.fluxcd.io/";
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// The directories whose objects Flux fills in.
#[derive(Debug, Default)]
pub(super) struct Substitution {
    directories: Vec<PathBuf>,
}

impl Substitution {
    /// Finds the Flux Kustomizations with variables. Their paths are relative to `root`, as those of
    /// clusters in Config are.
    pub(super) fn find(files: &Files, root: &Path) -> Self {
        let documents = files.iter().flat_map(|file| &file.documents);
        let directories = documents.filter_map(|document| {
            let node = document.root();
            let text = |keys: &[&str]| node.at(keys).and_then(NodeRef::as_str);
            let is_flux = text(&["kind"]) == Some("Kustomization")
                && text(&["apiVersion"]).is_some_and(|version| version.starts_with(GROUP));
            let has_variables = ["substitute", "substituteFrom"]
                .iter()
                .any(|key| node.at(&["spec", "postBuild", key]).is_some());
            let path = text(&["spec", "path"]).unwrap_or(".");
            let path = root.join(path.trim_start_matches('/'));
            (is_flux && has_variables)
                .then(|| fs::canonicalize(path).ok())
                .flatten()
        });
        Self {
            directories: directories.collect(),
        }
    }

    /// Marks what Flux would fill in of an object that is built or stands at `place`.
    pub(super) fn mark(&self, document: &mut Cow<'_, Document>, place: Option<&Path>) {
        let is_filled = place.is_some_and(|place| {
            self.directories
                .iter()
                .any(|directory| place.starts_with(directory))
        });
        if !is_filled || is_switched_off(document.root()) {
            return;
        }
        let holes = holes(document.root());
        if holes.is_empty() {
            return;
        }
        let document = document.to_mut();
        for (parent, step, variable) in holes {
            let mut builder = DocumentBuilder::new();
            let reason = format!("Flux fills in `${{{variable}}}` after the build");
            let root = builder.unknown(&reason);
            let value = document.import(builder.finish(root).root());
            match step {
                Step::Key(key) => document.set_entry(parent, &key, value),
                Step::Index(index) => {
                    document.set_item(parent, index, value);
                }
            }
        }
    }
}

enum Step {
    Key(String),
    Index(usize),
}

fn is_switched_off(root: NodeRef<'_>) -> bool {
    ["labels", "annotations"].iter().any(|key| {
        root.at(&["metadata", key, SWITCH])
            .and_then(NodeRef::as_str)
            == Some("disabled")
    })
}

/// The strings with variables: what holds each, where in it, and the variable.
fn holes(root: NodeRef<'_>) -> Vec<(NodeId, Step, String)> {
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        match node.view() {
            View::Map(map) => {
                for entry in map.iter() {
                    match entry.value.as_str().and_then(variable) {
                        Some(name) => {
                            let step = Step::Key(entry.key.to_owned());
                            found.push((node.id(), step, name.to_owned()));
                        }
                        None => pending.push(entry.value),
                    }
                }
            }
            View::List(list) => {
                for (index, item) in list.iter().enumerate() {
                    match item.as_str().and_then(variable) {
                        Some(name) => {
                            found.push((node.id(), Step::Index(index), name.to_owned()));
                        }
                        None => pending.push(item),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The first variable of a text: `${name}`, also with a default or a function. `$${name}` is text.
fn variable(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let at = rest.find("${")?;
        let (before, after) = (rest.get(..at)?, rest.get(at + 2..)?);
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(after.len());
        let name = after.get(..end)?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name && !before.ends_with('$') {
            return Some(name);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    #[test]
    fn variables_are_told_from_escapes_and_shell() {
        for (text, expected) in [
            ("a:${tag}", Some("tag")),
            ("${x:=1}", Some("x")),
            ("$${tag}", None),
            ("$${tag} ${other}", Some("other")),
            ("$tag $(tag) ${1}", None),
            ("plain", None),
        ] {
            assert_eq!(variable(text), expected, "{text}");
        }
    }

    #[test]
    fn only_what_flux_fills_in_becomes_unknown() {
        let reading = read_one(
            SourceId(0),
            "spec: {image: 'a:${tag}', args: ['${x}', plain]}",
            Dialect::Kubectl,
            &Limits::default(),
        );
        let document = &reading.documents[0];
        let substitution = Substitution {
            directories: vec![PathBuf::from("/r/apps")],
        };
        for (place, expected) in [("/r/apps/web", true), ("/r/other", false)] {
            let mut marked = Cow::Borrowed(document);
            substitution.mark(&mut marked, Some(Path::new(place)));
            let root = marked.root();
            let unknown = |keys: &[&str]| {
                root.at(keys)
                    .is_some_and(|node| matches!(node.view(), View::Unknown(_)))
            };
            assert_eq!(unknown(&["spec", "image"]), expected);
            let args = root.at(&["spec", "args"]).unwrap();
            let first = args.item(0).unwrap();
            assert_eq!(matches!(first.view(), View::Unknown(_)), expected);
            assert_eq!(args.item(1).unwrap().as_str(), Some("plain"));
        }
    }
}
