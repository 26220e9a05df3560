//! From a place in a judged object to the place in a file that a person would edit.

use std::path::Path;
use std::sync::OnceLock;

use crate::manifest::NodeRef;
use crate::manifest::patch::{Operation, Pointer};
use crate::render::{ImagePart, SourceFile, Trace, Traced, find};
use crate::source::{FieldPath, Segment, Span};

use super::builds::Builds;
use super::files::Files;
use super::world::{Case, Provenance};

/// Finds places; knows the traces of all builds, made when they are first needed.
pub(super) struct Locator<'a> {
    builds: &'a Builds,
    files: &'a (dyn Fn(&Path) -> Option<SourceFile<'a>> + Sync),
    traces: Vec<OnceLock<Trace<'a>>>,
}

/// A place, and what to say about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Where; `None` where nothing in the repository is known to be the cause.
    pub(super) span: Option<Span>,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
}

/// Gives what was read of a path, for tracing.
pub(super) fn source_file<'a>(files: &'a Files, path: &Path) -> Option<SourceFile<'a>> {
    files.get(path).map(|file| SourceFile {
        documents: &file.documents,
        text: &file.text,
    })
}

impl<'a> Locator<'a> {
    /// A locator for the builds of a run.
    pub(super) fn new(
        builds: &'a Builds,
        files: &'a (dyn Fn(&Path) -> Option<SourceFile<'a>> + Sync),
    ) -> Self {
        Self {
            builds,
            files,
            traces: builds.list.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The place of `path` in the object as it was judged. `existing` of its steps exist there; `part` is what is said of
    /// where that is a part of an image.
    pub(super) fn place(
        &self,
        case: &Case<'_>,
        judged: NodeRef<'_>,
        path: &FieldPath,
        existing: usize,
        part: Option<ImagePart>,
    ) -> Place {
        let found = find(judged, path);
        match case.provenance {
            Provenance::File => Place {
                span: found.span(),
                notes: Vec::new(),
            },
            Provenance::AsWritten => Place {
                span: found.span(),
                notes: vec![
                    "judged as written: the kustomizations that use it were not rendered"
                        .to_owned(),
                ],
            },
            Provenance::Built(build, index) => {
                let steps = found.steps.min(existing);
                let object = build
                    .outcome
                    .as_ref()
                    .ok()
                    .and_then(|objects| objects.get(index));
                let traced = match (self.trace(build.root), object) {
                    (Some(trace), Some(object)) => trace.value(object, path, steps, part),
                    _ => Traced::Lost,
                };
                let is_value = steps == path.segments().len();
                let name = &build.name;
                let (span, note) = match traced {
                    Traced::Near(span) if is_value => (
                        Some(span),
                        Some(format!(
                            "the value comes from the build of `{name}`; this is the nearest place in its files"
                        )),
                    ),
                    Traced::Exact(span) | Traced::Near(span) => (Some(span), None),
                    Traced::Lost => (
                        None,
                        Some(format!(
                            "seen in the build of `{name}`; no file is known to set it"
                        )),
                    ),
                };
                let missing = build.is_part.then(|| {
                    "built without the changes of a kustomization above it, which was not rendered"
                        .to_owned()
                });
                Place {
                    span,
                    notes: note.into_iter().chain(missing).collect(),
                }
            }
        }
    }

    fn trace(&self, root: usize) -> Option<&Trace<'a>> {
        let at = self
            .builds
            .list
            .iter()
            .position(|build| build.root == root)?;
        let cell = self.traces.get(at)?;
        Some(cell.get_or_init(|| Trace::new(&self.builds.graph, root, self.files)))
    }
}

/// The part of an image that an expression asks for, where it asks for one.
pub(super) fn image_part(expression: &str) -> Option<ImagePart> {
    let asks = |methods: &[&str]| methods.iter().any(|method| expression.contains(method));
    let name = asks(&[".isFrom(", ".hasRegistry()", ".registry()", ".repository()"]);
    let version = asks(&[".tag()", ".digest()"]);
    match (name, version) {
        (true, false) => Some(ImagePart::Name),
        (false, true) => Some(ImagePart::Version),
        _ => None,
    }
}

/// Where an operation of a patch would change the object.
pub(super) fn target(operation: &Operation) -> Option<&Pointer> {
    match operation {
        Operation::Add { path, .. }
        | Operation::Remove { path }
        | Operation::Replace { path, .. }
        | Operation::Move { path, .. }
        | Operation::Copy { path, .. } => Some(path),
        Operation::Test { .. } => None,
    }
}

/// A pointer as a field path: its numbers are positions where the object has lists.
pub(super) fn field_path(object: NodeRef<'_>, pointer: &Pointer) -> FieldPath {
    let mut node = Some(object);
    let mut path = FieldPath::root();
    for token in pointer.tokens() {
        // The end of a list that the same change makes: what is set is the list.
        if token == "-" && node.is_none() {
            break;
        }
        let list = node.and_then(NodeRef::as_list);
        let index = list.and_then(|list| match token {
            "-" => Some(list.len()),
            _ => token.parse().ok(),
        });
        path.push(match index {
            Some(index) => Segment::Index(index),
            None => Segment::Key(token.into()),
        });
        node = match index {
            Some(index) => node.and_then(|node| node.item(index)),
            None => node.and_then(|node| node.get(token)),
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    #[test]
    fn a_pointer_counts_only_where_the_object_has_lists() {
        let text = "spec: {tolerations: [a], \"0\": {}}";
        let reading = read_one(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        let root = reading.documents[0].root();
        for (pointer, expected) in [
            ("/spec/tolerations/-", "spec.tolerations[1]"),
            ("/spec/tolerations/0", "spec.tolerations[0]"),
            ("/spec/0/x", "spec.0.x"),
            ("/spec/containers/-", "spec.containers"),
            ("/spec/containers/-/name", "spec.containers"),
            ("/metadata/labels/a~1b", "metadata.labels[\"a/b\"]"),
        ] {
            let pointer = Pointer::parse(pointer).unwrap();
            assert_eq!(field_path(root, &pointer).to_string(), expected);
        }
    }
}
