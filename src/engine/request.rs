//! What a policy sees of an admission request, or of an object in Git that stands for one.

use crate::manifest::NodeRef;
use crate::policy::Operation;

/// Group, version and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind<'a> {
    /// API group; empty for the core group.
    pub group: &'a str,
    /// API version, such as `v1`.
    pub version: &'a str,
    /// Kind.
    pub kind: &'a str,
}

/// Group, version and resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// API group; empty for the core group.
    pub group: &'a str,
    /// API version, such as `v1`.
    pub version: &'a str,
    /// The plural name, such as `deployments`.
    pub resource: &'a str,
}

/// One request for a verdict. Borrowed throughout: nothing is copied to judge it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What is being done.
    pub operation: Operation,
    /// Kind of the object.
    pub kind: Kind<'a>,
    /// Resource of the request.
    pub resource: Resource<'a>,
    /// Subresource; empty for none.
    pub subresource: &'a str,
    /// Kind of the original request where the API server converted it; otherwise as `kind`.
    pub request_kind: Kind<'a>,
    /// Resource of the original request.
    pub request_resource: Resource<'a>,
    /// Subresource of the original request.
    pub request_subresource: &'a str,
    /// Name; empty with `generateName`.
    pub name: &'a str,
    /// Namespace; `None` for cluster-scoped objects.
    pub namespace: Option<&'a str>,
    /// The object; `None` on DELETE.
    pub object: Option<NodeRef<'a>>,
    /// The object before; `None` on CREATE.
    pub old_object: Option<NodeRef<'a>>,
    /// The namespace as an object, with what is not known marked so; `None` for cluster-scoped objects.
    pub namespace_object: Option<NodeRef<'a>>,
    /// `userInfo` as it came; `None` offline, where it is unknown.
    pub user_info: Option<NodeRef<'a>>,
    /// `options` as they came.
    pub options: Option<NodeRef<'a>>,
    /// Whether nothing will be stored.
    pub dry_run: bool,
}

impl<'a> Request<'a> {
    /// A request of this operation, as it came (not converted), with nothing else known of it: for struct update.
    pub const fn new(operation: Operation, kind: Kind<'a>, resource: Resource<'a>) -> Self {
        Self {
            operation,
            kind,
            resource,
            subresource: "",
            request_kind: kind,
            request_resource: resource,
            request_subresource: "",
            name: "",
            namespace: None,
            object: None,
            old_object: None,
            namespace_object: None,
            user_info: None,
            options: None,
            dry_run: false,
        }
    }
}

impl<'a> Request<'a> {
    /// What stands for a request where the repository or a file of it is judged: what is known of it is the object.
    pub const fn of_repository(document: NodeRef<'a>) -> Self {
        let kind = Kind {
            group: "kpolicy.io",
            version: "v1alpha1",
            kind: "Repository",
        };
        let resource = Resource {
            group: kind.group,
            version: kind.version,
            resource: "repositories",
        };
        Self {
            object: Some(document),
            ..Self::new(Operation::Create, kind, resource)
        }
    }
}

/// The other objects that policies may declare.
pub trait OtherObjects {
    /// The objects of a kind, in one namespace or in the whole cluster; or why they are not known.
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String>;

    /// Whether the objects of a kind live in namespaces; `None` where that is not known.
    fn is_namespaced(&self, group: &str, kind: &str) -> Option<bool> {
        let _ = (group, kind);
        None
    }
}

/// Nothing is known of other objects, and why.
#[derive(Clone, Copy, Debug)]
pub struct NoOtherObjects<'a>(pub &'a str);

impl OtherObjects for NoOtherObjects<'_> {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Err(self.0.to_owned())
    }
}
