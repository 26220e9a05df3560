//! `config.kubernetes.io/origin`: which file a rendered object came from, and taking that note away again.

use std::path::{Path, PathBuf};

use crate::manifest::{Dialect, Document, Limits, NodeRef, read_one};
use crate::source::SourceId;

use super::workspace::join;

/// Annotations that kustomize leaves for tools; none of them reaches a cluster from Git.
const PREFIXES: [&str; 3] = [
    "config.kubernetes.io/origin",
    "alpha.config.kubernetes.io/transformations",
    "internal.config.kubernetes.io/",
];

/// Where a rendered object came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file of the repository.
    File(PathBuf),
    /// A generator or transformer that a kustomization configures.
    Generated(PathBuf),
    /// Another repository.
    Remote(Box<str>),
}

/// Takes the note about the origin out of an object. `directory` is the one that was built: paths are relative to it.
pub(super) fn take(document: &mut Document, directory: &Path) -> Option<Origin> {
    let note = document
        .root()
        .at(&["metadata", "annotations", "config.kubernetes.io/origin"])
        .and_then(NodeRef::as_str)
        .map(str::to_owned);
    strip(document);
    parse(&note?, directory)
}

fn parse(note: &str, directory: &Path) -> Option<Origin> {
    let limits = Limits::default();
    let reading = read_one(SourceId(u32::MAX - 1), note, Dialect::Kustomize, &limits);
    let root = reading.documents.first()?.root();
    let text = |key: &str| root.get(key).and_then(NodeRef::as_str);
    if let Some(repository) = text("repo") {
        return Some(Origin::Remote(repository.into()));
    }
    if let Some(path) = text("path") {
        return Some(Origin::File(join(directory, Path::new(path))));
    }
    text("configuredIn").map(|path| Origin::Generated(join(directory, Path::new(path))))
}

/// Removes the annotations of the build, and the map that they leave empty.
fn strip(document: &mut Document) {
    let Some(metadata) = document.root().get("metadata") else {
        return;
    };
    let Some(annotations) = metadata.get("annotations").and_then(NodeRef::as_map) else {
        return;
    };
    let notes: Vec<String> = annotations
        .iter()
        .map(|entry| entry.key)
        .filter(|key| PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
        .map(str::to_owned)
        .collect();
    if notes.is_empty() {
        return;
    }
    let nothing_left = annotations.len() == notes.len();
    let metadata_id = metadata.id();
    let Some(id) = metadata.get("annotations").map(NodeRef::id) else {
        return;
    };
    if nothing_left {
        document.remove_entry(metadata_id, "annotations");
        return;
    }
    for key in &notes {
        document.remove_entry(id, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::MapRef;

    fn object(annotations: &str) -> Document {
        let text = format!("kind: A\nmetadata:\n  name: x\n{annotations}");
        let reading = read_one(SourceId(0), &text, Dialect::Kustomize, &Limits::default());
        reading.documents.into_iter().next().unwrap()
    }

    #[test]
    fn the_note_is_read_and_leaves_no_trace() {
        let mut document = object(
            "  annotations:\n    config.kubernetes.io/origin: |\n      path: ../base/web.yaml\n",
        );
        assert_eq!(
            take(&mut document, Path::new("/tmp/wrap")),
            Some(Origin::File("/tmp/base/web.yaml".into()))
        );
        assert!(document.root().at(&["metadata", "annotations"]).is_none());
    }

    #[test]
    fn the_users_own_annotations_stay() {
        let mut document = object(
            "  annotations:\n    a: b\n    internal.config.kubernetes.io/index: '1'\n    \
             config.kubernetes.io/origin: |\n      configuredIn: ../over/kustomization.yaml\n",
        );
        assert_eq!(
            take(&mut document, Path::new("/w")),
            Some(Origin::Generated("/over/kustomization.yaml".into()))
        );
        let left = document.root().at(&["metadata", "annotations"]);
        assert_eq!(left.and_then(NodeRef::as_map).map(MapRef::len), Some(1));
        let mut bare = object("");
        assert_eq!(take(&mut bare, Path::new("/w")), None);
    }
}
