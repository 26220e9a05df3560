//! What an expression evaluates to.

mod build;
mod collection;
mod configuration;
mod content;
mod opaque;
mod text;

use std::sync::Arc;

use super::library::image::ImageReference;
use super::library::{quantity, time};
use crate::manifest::NodeRef;

use collection::Making;
pub use collection::{List, Map, Struct};
pub(crate) use content::{Content, Entries, Items};
pub use opaque::Opaque;
pub(crate) use opaque::OpaqueKind;
pub use text::{Bytes, Str};

/// A CEL value. Cheap to clone.
///
/// Every value of a document, scalars too, stays a [`Value::Node`]: so it knows where it came from, at no cost.
/// Code that only wants to know what a value is reads its [`content`](Self::content), where both forms are one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit unsigned integer.
    Uint(u64),
    /// A double.
    Double(f64),
    /// A string that is not a document's.
    String(Str<'a>),
    /// Bytes.
    Bytes(Bytes),
    /// A value of a document.
    Node(NodeRef<'a>),
    /// A computed list.
    List(Arc<List<'a>>),
    /// A computed map.
    Map(Arc<Map<'a>>),
    /// A struct literal, such as `JSONPatch{op: "add"}`.
    Struct(Arc<Struct<'a>>),
    /// A type.
    Type(Type),
    /// A span of time.
    Duration(Duration),
    /// A point in time.
    Timestamp(Timestamp),
    /// A value or none.
    Optional(Option<Arc<Value<'a>>>),
    /// A Kubernetes quantity.
    Quantity(Arc<Quantity>),
    /// A parsed image reference.
    Image(Arc<Image>),
    /// A value of another of Kubernetes' libraries.
    Opaque(Opaque),
}

/// A span of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Duration(pub(crate) time::Duration);

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp(pub(crate) time::Timestamp);

/// A Kubernetes quantity.
#[derive(Clone, Debug)]
pub struct Quantity(pub(crate) quantity::Quantity);

/// A parsed image reference.
#[derive(Clone, Debug)]
pub struct Image(pub(crate) ImageReference<Arc<str>>);

/// The type of a value, as `type()` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Type {
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `list`
    List,
    /// `map`
    Map,
    /// A struct literal's type.
    Struct,
    /// `type`
    Type,
    /// `google.protobuf.Duration`
    Duration,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `optional_type`
    Optional,
    /// `kubernetes.Quantity`
    Quantity,
    /// `kpolicy.Image`
    Image,
    /// `kubernetes.URL`
    Url,
    /// `net.IP`
    Ip,
    /// `net.CIDR`
    Cidr,
    /// `kubernetes.Semver`
    Semver,
    /// `kubernetes.NamedFormat`
    NamedFormat,
    /// `kubernetes.authorization.Authorizer`
    Authorizer,
    /// `kubernetes.authorization.PathCheck`
    PathCheck,
    /// `kubernetes.authorization.GroupCheck`
    GroupCheck,
    /// `kubernetes.authorization.ResourceCheck`
    ResourceCheck,
    /// `kubernetes.authorization.Decision`
    Decision,
}

impl Type {
    /// The name of the type in expressions and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Struct => "struct",
            Self::Type => "type",
            Self::Duration => "google.protobuf.Duration",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Optional => "optional_type",
            Self::Quantity => "kubernetes.Quantity",
            Self::Image => "kpolicy.Image",
            Self::Url => "kubernetes.URL",
            Self::Ip => "net.IP",
            Self::Cidr => "net.CIDR",
            Self::Semver => "kubernetes.Semver",
            Self::NamedFormat => "kubernetes.NamedFormat",
            Self::Authorizer => "kubernetes.authorization.Authorizer",
            Self::PathCheck => "kubernetes.authorization.PathCheck",
            Self::GroupCheck => "kubernetes.authorization.GroupCheck",
            Self::ResourceCheck => "kubernetes.authorization.ResourceCheck",
            Self::Decision => "kubernetes.authorization.Decision",
        }
    }

    /// The name without what stands before its last dot: `Quantity`.
    pub(crate) fn short_name(self) -> &'static str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    /// The type of this name. Structs have none, nor have most types of Kubernetes' libraries, as in the API server.
    pub(crate) fn named(name: &str) -> Option<Self> {
        const NAMED: [Type; 16] = [
            Type::Null,
            Type::Bool,
            Type::Int,
            Type::Uint,
            Type::Double,
            Type::String,
            Type::Bytes,
            Type::List,
            Type::Map,
            Type::Type,
            Type::Duration,
            Type::Timestamp,
            Type::Optional,
            Type::Ip,
            Type::Cidr,
            Type::Image,
        ];
        NAMED.into_iter().find(|known| known.name() == name)
    }
}

impl<'a> Value<'a> {
    /// A string.
    pub fn string(text: impl Into<Str<'a>>) -> Self {
        Self::String(text.into())
    }

    /// A computed list.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(Arc::new(List::new(items)))
    }

    /// The list of two lists, one after the other.
    pub(crate) fn joined(items: Vec<Value<'a>>) -> Self {
        Self::List(Arc::new(List::with(items, Making::Joined)))
    }

    /// The list of strings that a function makes.
    pub(crate) fn strings(texts: Vec<String>) -> Self {
        let items = texts.into_iter().map(Value::string).collect();
        Self::List(Arc::new(List::with(items, Making::Strings)))
    }

    /// A value of one of Kubernetes' libraries.
    pub(crate) const fn opaque(kind: OpaqueKind) -> Self {
        Self::Opaque(Opaque(kind))
    }

    /// A computed map; of two equal keys the last counts.
    pub fn map(entries: Vec<(Value<'a>, Value<'a>)>) -> Self {
        Self::Map(Arc::new(Map::new(entries)))
    }

    /// An optional with a value.
    pub(crate) fn some(value: Value<'a>) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// An empty optional.
    pub(crate) const fn none() -> Self {
        Self::Optional(None)
    }

    /// A constant of a program, its text borrowed instead of shared.
    pub(crate) fn borrowed(&'a self) -> Self {
        match self {
            Self::String(text) => Self::String(Str::Borrowed(text.as_str())),
            other => other.clone(),
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Node(node) => node.as_bool(),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_str()),
            Self::Node(node) => node.as_str(),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Node(node) => node.as_i64(),
            _ => None,
        }
    }

    /// The document node, if it is one.
    pub fn as_node(&self) -> Option<NodeRef<'a>> {
        match self {
            Self::Node(node) => Some(*node),
            _ => None,
        }
    }

    /// The elements, if it is a list, computed or a document's.
    pub fn elements(&self) -> Option<Vec<Value<'a>>> {
        match self.content() {
            Content::List(items) => Some(items.iter().collect()),
            _ => None,
        }
    }

    /// Its type; `None` for a value that cannot be known here.
    pub fn type_of(&self) -> Option<Type> {
        Some(match self.content() {
            Content::Null => Type::Null,
            Content::Bool(_) => Type::Bool,
            Content::Int(_) => Type::Int,
            Content::Uint(_) => Type::Uint,
            Content::Double(_) => Type::Double,
            Content::String(_) => Type::String,
            Content::Bytes(_) => Type::Bytes,
            Content::List(_) => Type::List,
            Content::Map(_) => Type::Map,
            Content::Struct(_) => Type::Struct,
            Content::Type(_) => Type::Type,
            Content::Duration(_) => Type::Duration,
            Content::Timestamp(_) => Type::Timestamp,
            Content::Optional(_) => Type::Optional,
            Content::Quantity(_) => Type::Quantity,
            Content::Image(_) => Type::Image,
            Content::Opaque(value) => value.type_of(),
            Content::Unknown(_) => return None,
        })
    }

    /// The word for its type in messages.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Struct(value) => value.name(),
            other => other.type_of().map_or("unknown", Type::name),
        }
    }

    /// What it is, whether a document holds it or an expression computed it.
    pub(crate) fn content(&self) -> Content<'_, 'a> {
        match self {
            Self::Null => Content::Null,
            Self::Bool(value) => Content::Bool(*value),
            Self::Int(value) => Content::Int(*value),
            Self::Uint(value) => Content::Uint(*value),
            Self::Double(value) => Content::Double(*value),
            Self::String(text) => Content::String(text.as_str()),
            Self::Bytes(bytes) => Content::Bytes(bytes.as_slice()),
            Self::List(list) => Content::List(Items::Values(list.items())),
            Self::Map(map) => Content::Map(Entries::Values(map)),
            Self::Struct(value) => Content::Struct(value),
            Self::Type(kind) => Content::Type(*kind),
            Self::Duration(value) => Content::Duration(value.0),
            Self::Timestamp(value) => Content::Timestamp(value.0),
            Self::Optional(value) => Content::Optional(value.as_deref()),
            Self::Quantity(value) => Content::Quantity(&value.0),
            Self::Image(value) => Content::Image(&value.0),
            Self::Opaque(value) => Content::Opaque(&value.0),
            Self::Node(node) => content::node_content(*node),
        }
    }
}

impl<'a> From<NodeRef<'a>> for Value<'a> {
    fn from(node: NodeRef<'a>) -> Self {
        Self::Node(node)
    }
}
