//! Objects that own others, as far as the judge looks at them. Who is believed when an object names its owner is
//! `lineage`'s.

use std::sync::Arc;

/// An object that may own others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// API group; empty for the core group.
    pub group: Box<str>,
    /// Its kind.
    pub kind: Box<str>,
    /// Its namespace; `None` for cluster-scoped objects.
    pub namespace: Option<Box<str>>,
    /// Its name.
    pub name: Box<str>,
    /// Its uid.
    pub uid: Box<str>,
    /// The owner reference of its own that says `controller: true`.
    pub controller: Option<OwnerReference>,
}

/// An entry of `metadata.ownerReferences`: what an object says of its owner, true or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerReference {
    /// API version with its group, such as `apps/v1`.
    pub api_version: Box<str>,
    /// Kind.
    pub kind: Box<str>,
    /// Name. The namespace is that of the object that has the reference.
    pub name: Box<str>,
    /// The uid.
    pub uid: Box<str>,
}

impl OwnerReference {
    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

/// The objects that may own others.
pub trait Owners {
    /// The object with this uid; `None` where no such object is known.
    fn owner(&self, uid: &str) -> Option<Arc<Owner>>;
}

/// Nothing is known of owners.
#[derive(Clone, Copy, Debug)]
pub struct NoOwners;

impl Owners for NoOwners {
    fn owner(&self, _: &str) -> Option<Arc<Owner>> {
        None
    }
}
