//! What the webhook knows of the cluster beside the request itself.

use crate::engine::{OtherObjects, Resource};
use crate::manifest::{Document, NodeRef};
use crate::schema::namespaces;

/// Why nothing but the request itself is known.
const NO_CLUSTER: &str = "this webhook watches no cluster";

/// What is known of the cluster: other objects, and namespaces.
pub trait ClusterView: OtherObjects + std::fmt::Debug + Send + Sync {
    /// The Namespace of this name; what is not known of it is marked so.
    fn namespace(&self, name: &str) -> Document;
}

/// The view of a webhook that watches no cluster: nothing is known but names.
#[derive(Clone, Copy, Debug)]
pub struct NoCluster;

impl OtherObjects for NoCluster {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Err(NO_CLUSTER.to_owned())
    }
}

impl ClusterView for NoCluster {
    fn namespace(&self, name: &str) -> Document {
        unknown_namespace(name)
    }
}

/// The namespace of a request; `None` for cluster-scoped objects, Namespaces included.
pub(super) fn namespace_object(
    view: &dyn ClusterView,
    name: Option<&str>,
    resource: &Resource<'_>,
) -> Option<Document> {
    let own = resource.group.is_empty() && resource.resource == "namespaces";
    name.filter(|_| !own).map(|name| view.namespace(name))
}

/// A Namespace of which its name is known, and the label that the API server sets from it.
fn unknown_namespace(name: &str) -> Document {
    namespaces::assumed(name, None, NO_CLUSTER)
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
        let document = namespace_object(&NoCluster, Some("shop"), &pods).expect("an object");
        let labels = document
            .root()
            .at(&["metadata", "labels"])
            .and_then(NodeRef::as_map)
            .expect("a map");
        let known = labels
            .get("kubernetes.io/metadata.name")
            .and_then(NodeRef::as_str);
        assert_eq!((known, labels.open()), (Some("shop"), Some(NO_CLUSTER)));
        assert!(namespace_object(&NoCluster, None, &pods).is_none());
        assert!(
            namespace_object(
                &NoCluster,
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
