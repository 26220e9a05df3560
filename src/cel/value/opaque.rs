//! Values of Kubernetes' libraries that expressions can only ask and pass on.

use std::fmt;
use std::sync::Arc;

use super::super::library::authorizer::{
    GroupCheck, PathCheck, ResourceCheck, ResourcePart, Subject,
};
use super::super::library::cidr::Cidr;
use super::super::library::formats::NamedFormat;
use super::super::library::ip::Address;
use super::super::library::quoted::quote;
use super::super::library::semver::Version;
use super::super::library::url::Url;
use super::{Type, Value};

/// A value of one of Kubernetes' libraries: a URL, an address, a network, a version, a named format, or a question to
/// the authorizer.
#[derive(Clone, Debug)]
pub struct Opaque(pub(crate) OpaqueKind);

/// What an opaque value is.
#[derive(Clone, Debug)]
pub(crate) enum OpaqueKind {
    Url(Arc<Url>),
    Ip(Arc<Address>),
    Cidr(Arc<Cidr>),
    Version(Arc<Version>),
    Format(NamedFormat),
    Authorizer(Arc<Subject>),
    PathCheck(Arc<PathCheck>),
    GroupCheck(Arc<GroupCheck>),
    ResourceCheck(Arc<ResourceCheck>),
}

impl OpaqueKind {
    /// Its type.
    pub(crate) const fn type_of(&self) -> Type {
        match self {
            Self::Url(_) => Type::Url,
            Self::Ip(_) => Type::Ip,
            Self::Cidr(_) => Type::Cidr,
            Self::Version(_) => Type::Semver,
            Self::Format(_) => Type::NamedFormat,
            Self::Authorizer(_) => Type::Authorizer,
            Self::PathCheck(_) => Type::PathCheck,
            Self::GroupCheck(_) => Type::GroupCheck,
            Self::ResourceCheck(_) => Type::ResourceCheck,
        }
    }

    /// Whether two values are equal; `None` where they cannot be compared: their types differ, or they are questions.
    pub(crate) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Url(left), Self::Url(right)) => Some(left == right),
            (Self::Ip(left), Self::Ip(right)) => Some(left == right),
            (Self::Cidr(left), Self::Cidr(right)) => Some(left == right),
            (Self::Version(left), Self::Version(right)) => Some(left == right),
            (Self::Format(left), Self::Format(right)) => Some(left == right),
            _ => None,
        }
    }
}

/// As an expression would write it, with canonical texts.
impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |f: &mut fmt::Formatter<'_>, function: &str, value: &dyn fmt::Display| {
            write!(f, "{function}({})", quote(value.to_string().as_bytes()))
        };
        match &self.0 {
            OpaqueKind::Url(url) => written(f, "url", url),
            OpaqueKind::Ip(address) => written(f, "ip", address),
            OpaqueKind::Cidr(cidr) => written(f, "cidr", cidr),
            OpaqueKind::Version(version) => written(f, "semver", version),
            OpaqueKind::Format(format) => write!(f, "format.{}()", format.name()),
            OpaqueKind::Authorizer(subject) => subject.fmt(f),
            OpaqueKind::PathCheck(check) => check.fmt(f),
            OpaqueKind::GroupCheck(check) => check.fmt(f),
            OpaqueKind::ResourceCheck(check) => check.fmt(f),
        }
    }
}

impl Value<'_> {
    /// The variable `authorizer`: asks for whoever sent the request.
    pub fn authorizer() -> Self {
        Self::opaque(OpaqueKind::Authorizer(Arc::default()))
    }

    /// The variable `authorizer.requestResource`: asks for the resource of the request. What is not set is empty.
    pub fn request_resource(
        group: &str,
        resource: &str,
        subresource: &str,
        namespace: &str,
        name: &str,
    ) -> Self {
        let check = ResourceCheck::new(Subject::default().group(group), resource)
            .with(ResourcePart::Subresource, subresource)
            .with(ResourcePart::Namespace, namespace)
            .with(ResourcePart::Name, name);
        Self::opaque(OpaqueKind::ResourceCheck(Arc::new(check)))
    }
}
