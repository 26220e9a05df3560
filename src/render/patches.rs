//! The patches of a build, and which of them set a value.

use crate::gitops::{Graph, Kustomization};
use crate::manifest::{Dialect, Document, Limits, NodeRef, read, span_inside};
use crate::source::{FieldPath, Segment, SourceId, Span};

use super::place::find_alike;
use super::trace::{ObjectName, SourceFile};
use super::workspace::join;

/// Spans of inline patches are counted in their own text first.
const INNER: SourceId = SourceId(u32::MAX - 2);

/// One patch of a kustomization.
#[derive(Debug)]
pub(super) struct Patch {
    /// What it is meant for, where the kustomization says so.
    target: Option<Target>,
    /// The patch itself: a list is a JSON patch, a map a strategic merge.
    document: Document,
    /// Where its text stands, for one that is written inline.
    inline: Option<Inline>,
}

/// The scalar that an inline patch is written in.
#[derive(Debug)]
struct Inline {
    /// The scalar in its file.
    span: Span,
    /// What stands there.
    text: Box<str>,
    /// What it means.
    value: Box<str>,
}

#[derive(Debug)]
struct Target {
    kind: Option<Box<str>>,
    name: Option<Box<str>>,
}

/// What a patch says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It sets it to this value here.
    Sets(Span),
    /// It takes it away, here.
    Removes(Span),
}

/// The patches of a member, in the order kustomize applies them.
pub(super) fn patches<'a>(
    graph: &Graph,
    member: usize,
    files: &dyn Fn(&std::path::Path) -> Option<SourceFile<'a>>,
) -> Vec<Patch> {
    let Some(member) = graph.get(member) else {
        return Vec::new();
    };
    let Some(kustomization) = &member.kustomization else {
        return Vec::new();
    };
    let text = files(&member.file).map_or("", |file| file.text);
    let mut found = Vec::new();
    let mut add = |entry: NodeRef<'_>, target: Option<NodeRef<'_>>| {
        let Some(written) = entry.as_str() else {
            return;
        };
        let path = join(&member.directory, std::path::Path::new(written));
        let is_file = !written.contains('\n') && files(&path).is_some();
        let documents = if is_file {
            files(&path).map_or_else(Vec::new, |file| file.documents.to_vec())
        } else {
            read(INNER, written, Dialect::Kustomize, &Limits::default()).documents
        };
        for document in documents {
            let inline = entry.origin().filter(|_| !is_file).map(|span| Inline {
                span,
                text: text
                    .get(span.start as usize..span.end as usize)
                    .unwrap_or_default()
                    .into(),
                value: written.into(),
            });
            found.push(Patch {
                target: target.map(Target::new),
                document,
                inline,
            });
        }
    };
    for entry in kustomization.list("patchesStrategicMerge") {
        add(entry, None);
    }
    for key in ["patches", "patchesJson6902"] {
        for entry in kustomization.list(key) {
            if let Some(patch) = entry.get("path").or_else(|| entry.get("patch")) {
                add(patch, entry.get("target"));
            }
        }
    }
    found
}

impl Target {
    fn new(node: NodeRef<'_>) -> Self {
        let text = |key| node.get(key).and_then(NodeRef::as_str).map(Box::from);
        Self {
            kind: text("kind"),
            name: text("name"),
        }
    }

    /// Kinds and names are regular expressions for kustomize. One that is not plain is taken to match: a patch is
    /// believed only where it says the very value that was built.
    fn matches(&self, object: &ObjectName<'_>) -> bool {
        let matches = |pattern: &Option<Box<str>>, words: &[&str]| {
            pattern.as_deref().is_none_or(|pattern| {
                words.contains(&pattern)
                    || pattern.contains(['*', '+', '?', '[', '(', '|', '^', '$', '\\'])
            })
        };
        matches(&self.kind, &[object.kind]) && matches(&self.name, &object.names)
    }
}

impl Patch {
    /// What the patch says of the value at `path` (of which `steps` steps exist) in the built object. `in_source` is
    /// whether the source has what those steps lead to.
    pub(super) fn says(
        &self,
        object: &ObjectName<'_>,
        built: NodeRef<'_>,
        path: &FieldPath,
        steps: usize,
        in_source: bool,
    ) -> Option<Said> {
        if let Some(target) = &self.target
            && !target.matches(object)
        {
            return None;
        }
        let root = self.document.root();
        let said = if root.as_list().is_some() {
            operations(root, built, path, steps)
        } else {
            self.merge(root, object, built, path, steps, in_source)
        };
        said.map(|said| match said {
            Said::Sets(span) => Said::Sets(self.place(span)),
            Said::Removes(span) => Said::Removes(self.place(span)),
        })
    }

    fn merge(
        &self,
        root: NodeRef<'_>,
        object: &ObjectName<'_>,
        built: NodeRef<'_>,
        path: &FieldPath,
        steps: usize,
        in_source: bool,
    ) -> Option<Said> {
        let text = |keys: &[&str]| root.at(keys).and_then(NodeRef::as_str);
        let is_meant = self.target.is_some()
            || (text(&["kind"]) == Some(object.kind)
                && text(&["metadata", "name"]).is_some_and(|name| object.names.contains(&name)));
        if !is_meant {
            return None;
        }
        let found = find_alike(root, built, path, steps);
        if found.steps < steps {
            return None;
        }
        if let Some(Segment::Key(missing)) = path.segments().get(steps) {
            let entry = found.node.as_map().and_then(|map| map.entry(missing));
            let removed = entry
                .filter(|entry| entry.value.is_null() || entry.value.get("$patch").is_some())
                .and_then(|entry| entry.key_origin);
            // What the patch brings is where a person would add what it lacks.
            let brought = || found.span().filter(|_| !in_source).map(Said::Sets);
            return removed.map(Said::Removes).or_else(brought);
        }
        let target = follow(built, path, steps)?;
        (found.node.same_value(target)).then(|| found.span().map(Said::Sets))?
    }

    fn place(&self, span: Span) -> Span {
        match &self.inline {
            Some(inline) => span_inside(
                &inline.text,
                inline.span,
                &inline.value,
                span.start as usize..span.end as usize,
            ),
            None => span,
        }
    }
}

/// RFC 6902 operations: the last that sets or removes the value, or something around it.
fn operations(
    list: NodeRef<'_>,
    built: NodeRef<'_>,
    path: &FieldPath,
    steps: usize,
) -> Option<Said> {
    let operations: Vec<NodeRef<'_>> = list.as_list()?.iter().collect();
    operations.into_iter().rev().find_map(|operation| {
        let text = |key| operation.get(key).and_then(NodeRef::as_str);
        let pointer: Vec<String> = text("path")?.split('/').skip(1).map(unescape).collect();
        if text("op")? == "remove" {
            let removed = pointer.len() == steps + 1 && leads(&pointer, path);
            return removed.then_some(Said::Removes(operation.get("path")?.origin()?));
        }
        if pointer.len() > steps || !leads(&pointer, path) {
            return None;
        }
        let value = operation.get("value")?;
        let rest: FieldPath = path
            .segments()
            .iter()
            .skip(pointer.len())
            .take(steps - pointer.len())
            .cloned()
            .collect();
        let target = follow(built, path, steps)?;
        let found = value.follow(&rest)?;
        found
            .same_value(target)
            .then(|| found.origin().map(Said::Sets))?
    })
}

/// Whether a JSON pointer names a place on the way of a path; `-` stands for any element.
fn leads(pointer: &[String], path: &FieldPath) -> bool {
    pointer.len() <= path.segments().len()
        && pointer
            .iter()
            .zip(path.segments())
            .all(|(step, segment)| match segment {
                Segment::Key(key) => **key == **step,
                Segment::Index(index) => step == "-" || *step == index.to_string(),
            })
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The node after the first `steps` steps of a path.
pub(super) fn follow<'a>(root: NodeRef<'a>, path: &FieldPath, steps: usize) -> Option<NodeRef<'a>> {
    root.follow(&path.segments().iter().take(steps).cloned().collect())
}

/// The kustomization of a member.
pub(super) fn kustomization(graph: &Graph, member: usize) -> Option<&Kustomization> {
    graph.get(member)?.kustomization.as_ref()
}
