//! What a document is: an object, a list of objects, or something that is not for a cluster.

use crate::finding::ObjectId;
use crate::manifest::{Document, DocumentBuilder, NodeRef, Problem};

/// What a document is.
#[derive(Debug)]
pub(super) enum Content {
    /// An object for a cluster.
    Object(Identity),
    /// Something else that is YAML: values, CI, kustomize's and our own configuration.
    Other,
    /// It means to be an object, and is none.
    Broken(Problem),
}

/// Names an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// `apiVersion` as written.
    pub(super) api_version: Box<str>,
    /// API group; empty for the core group.
    pub(super) group: Box<str>,
    /// Version.
    pub(super) version: Box<str>,
    /// Kind.
    pub(super) kind: Box<str>,
    /// Name; empty with `generateName`.
    pub(super) name: Box<str>,
    /// Namespace as written.
    pub(super) namespace: Option<Box<str>>,
}

impl Identity {
    /// For people.
    pub(super) fn id(&self) -> ObjectId {
        ObjectId {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// Says what a document is.
pub(super) fn content(document: &Document) -> Content {
    let root = document.root();
    let text = |key: &str| root.get(key).and_then(NodeRef::as_str);
    let Some(kind) = text("kind").filter(|kind| !kind.is_empty()) else {
        return Content::Other;
    };
    let Some(api_version) = text("apiVersion").filter(|version| !version.is_empty()) else {
        return match root.get("metadata").and_then(NodeRef::as_map) {
            Some(_) if root.get("apiVersion").is_none() => Content::Broken(
                Problem::error(
                    format!("`apiVersion` is not set in a document of kind `{kind}`"),
                    root.get("kind").and_then(NodeRef::origin),
                )
                .with_help("the API server refuses an object without `apiVersion`"),
            ),
            _ => Content::Other,
        };
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let is_configuration = match group {
        "kustomize.config.k8s.io" => true,
        "kpolicy.io" => matches!(kind, "Config" | "Profile"),
        _ => false,
    };
    if is_configuration {
        return Content::Other;
    }
    let metadata = |key: &str| root.at(&["metadata", key]).and_then(NodeRef::as_str);
    Content::Object(Identity {
        api_version: api_version.into(),
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        name: metadata("name").unwrap_or_default().into(),
        namespace: metadata("namespace")
            .filter(|namespace| !namespace.is_empty())
            .map(Into::into),
    })
}

/// The objects of a `List`, or the document itself. Objects keep the places they were written at.
pub(super) fn unroll(document: Document) -> Vec<Document> {
    let mut found = Vec::new();
    let mut pending = vec![document];
    while let Some(document) = pending.pop() {
        let root = document.root();
        let is_list = root
            .get("kind")
            .and_then(NodeRef::as_str)
            .is_some_and(|kind| kind.ends_with("List"))
            && root.get("apiVersion").is_some();
        let items = root.get("items").and_then(NodeRef::as_list);
        match items {
            Some(items) if is_list => pending.extend(items.iter().rev().map(|item| {
                let mut builder = DocumentBuilder::new();
                let copy = builder.copy(item);
                builder.finish(copy)
            })),
            _ => found.push(document),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    fn document(text: &str) -> Document {
        let reading = read_one(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        reading.documents.into_iter().next().unwrap()
    }

    #[test]
    fn lists_are_unrolled_also_within_lists_and_keep_their_places() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
                    - apiVersion: v1\n  kind: PodList\n  items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]\n";
        let names: Vec<String> = unroll(document(text))
            .iter()
            .map(|item| {
                let span = item
                    .root()
                    .at(&["metadata", "name"])
                    .unwrap()
                    .origin()
                    .unwrap();
                text[span.start as usize..span.end as usize].to_owned()
            })
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn what_is_for_no_cluster_is_told_from_what_is_broken() {
        for (text, expected) in [
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}",
                "object apps v1 web",
            ),
            ("apiVersion: v1\nkind: Pod\n", "object  v1 "),
            ("replicas: 3", "other"),
            ("- a", "other"),
            ("kind: Deployment\nmetadata: {}", "broken"),
            ("kind: thing\n", "other"),
            (
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component",
                "other",
            ),
            ("apiVersion: kpolicy.io/v1alpha1\nkind: Config", "other"),
        ] {
            let found = match content(&document(text)) {
                Content::Object(identity) => {
                    format!(
                        "object {} {} {}",
                        identity.group, identity.version, identity.name
                    )
                }
                Content::Other => "other".to_owned(),
                Content::Broken(_) => "broken".to_owned(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
