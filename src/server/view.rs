//! What the webhook knows of the cluster beside the request itself.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use crate::engine::{OtherObjects, Resource};
use crate::judge::{Owner, OwnerReference, Owners};
use crate::manifest::{Document, NodeRef};
use crate::schema::namespaces;

/// Why nothing but the request itself is known.
const NO_CLUSTER: &str = "this webhook watches no cluster";

/// The cluster, as the webhook follows it.
pub trait Cluster: Debug + Send + Sync {
    /// What is known now. Asked once for each request, so it must be cheap; what it gives does not change any more.
    fn snapshot(&self) -> Arc<dyn ClusterView>;

    /// Finds out what a request needs and [`snapshot`](Self::snapshot) did not know, and gives what is known then: one
    /// snapshot with the answers in it, for this request. What was not found is simply not in it.
    ///
    /// A watch is always a little behind: the first Pod of a Job may come before the Job was seen. The future is
    /// dropped when the request cannot wait any longer. Without a cluster to ask, nothing more is known.
    fn look_up<'a>(&'a self, missing: &'a [Missing]) -> LookUp<'a> {
        let _ = missing;
        Box::pin(async { self.snapshot() })
    }
}

/// What [`Cluster::look_up`] gives.
pub type LookUp<'a> = Pin<Box<dyn Future<Output = Arc<dyn ClusterView>> + Send + 'a>>;

/// Something that a request needs and that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The Namespace of this name.
    Namespace(Box<str>),
    /// An owner: the object that a reference names. Only asked for where the requester may speak for it.
    Owner {
        /// The namespace of the object that has the reference, and so of the owner.
        namespace: Box<str>,
        /// The reference. An object with its name and another uid is not the owner.
        reference: OwnerReference,
    },
}

/// What is known of the cluster at one moment: other objects, owners, and namespaces.
pub trait ClusterView: OtherObjects + Owners + Debug + Send + Sync {
    /// The Namespace of this name, or why it is not known.
    fn namespace(&self, name: &str) -> Result<Arc<Document>, &str>;
}

/// A view that never changes is a cluster in which nothing happens.
impl<V: ClusterView + 'static> Cluster for Arc<V> {
    fn snapshot(&self) -> Arc<dyn ClusterView> {
        Self::clone(self) as Arc<dyn ClusterView>
    }
}

/// The view of a webhook that watches no cluster: nothing is known but names.
#[derive(Clone, Copy, Debug)]
pub struct NoCluster;

impl OtherObjects for NoCluster {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Err(NO_CLUSTER.to_owned())
    }
}

impl Owners for NoCluster {
    fn owner(&self, _: &str) -> Option<Arc<Owner>> {
        None
    }
}

impl ClusterView for NoCluster {
    fn namespace(&self, _: &str) -> Result<Arc<Document>, &str> {
        Err(NO_CLUSTER)
    }
}

/// The namespace of a request; `None` for cluster-scoped objects, Namespaces included. Of one that is not known there
/// is its name, and the label that the API server sets from it.
pub(super) fn namespace_object(
    view: &dyn ClusterView,
    name: Option<&str>,
    resource: &Resource<'_>,
) -> Option<Arc<Document>> {
    let name = needed_namespace(name, resource)?;
    let unknown = |reason: &str| Arc::new(namespaces::assumed(name, None, reason));
    Some(view.namespace(name).unwrap_or_else(unknown))
}

/// The name of the Namespace that a request needs.
pub(super) fn needed_namespace<'a>(
    name: Option<&'a str>,
    resource: &Resource<'_>,
) -> Option<&'a str> {
    let own = resource.group.is_empty() && resource.resource == "namespaces";
    name.filter(|_| !own)
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
