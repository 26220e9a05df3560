//! The namespace of a request, as far as a webhook that watches no cluster knows it.

use crate::engine::Resource;
use crate::manifest::{Document, DocumentBuilder};

/// Why nothing but the request itself is known.
pub(super) const NO_CLUSTER: &str = "this webhook watches no cluster";

/// The Namespace object: its name, the label that the API server sets from it, and the rest unknown. `None` for
/// cluster-scoped objects, Namespaces included.
pub(super) fn namespace_object(name: Option<&str>, resource: &Resource<'_>) -> Option<Document> {
    let name = name?;
    if resource.group.is_empty() && resource.resource == "namespaces" {
        return None;
    }
    let mut builder = DocumentBuilder::new();
    let own_name = builder.string(name, None);
    let label = builder.string(name, None);
    let labels = builder.object(&[("kubernetes.io/metadata.name", label)]);
    builder.open(labels, NO_CLUSTER);
    let metadata = builder.object(&[("name", own_name), ("labels", labels)]);
    builder.open(metadata, NO_CLUSTER);
    let root = builder.object(&[("metadata", metadata)]);
    builder.open(root, NO_CLUSTER);
    Some(builder.finish(root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::NodeRef;

    #[test]
    fn only_the_name_of_a_namespace_is_known() {
        let pods = Resource {
            group: "",
            version: "v1",
            resource: "pods",
        };
        let document = namespace_object(Some("shop"), &pods).expect("an object");
        let labels = document
            .root()
            .at(&["metadata", "labels"])
            .and_then(NodeRef::as_map)
            .expect("a map");
        let known = labels
            .get("kubernetes.io/metadata.name")
            .and_then(NodeRef::as_str);
        assert_eq!((known, labels.open()), (Some("shop"), Some(NO_CLUSTER)));
        assert!(namespace_object(None, &pods).is_none());
        assert!(
            namespace_object(
                Some("shop"),
                &Resource {
                    resource: "namespaces",
                    ..pods
                }
            )
            .is_none()
        );
    }
}
