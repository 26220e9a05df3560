//! What a document is: an object, a list of objects, or something that is not for a cluster.

use crate::finding::ObjectId;
use crate::manifest::{Document, NodeRef, Problem, nearly_object};

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
    let text = |key: &str| {
        let text = root.get(key).and_then(NodeRef::as_str);
        text.filter(|text| !text.is_empty())
    };
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return nearly_object(root).map_or(Content::Other, Content::Broken);
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
