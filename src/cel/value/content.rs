//! One way to look at a value, whether a document holds it or an expression computed it.

use std::sync::Arc;

use super::super::library::image::ImageReference;
use super::super::library::quantity::Quantity;
use super::super::library::time::{Duration, Timestamp};

use crate::manifest::{ListRef, MapRef, NodeRef, View};

use super::{Map, OpaqueKind, Str, Struct, Type, Value};

/// What a value is. `'v` is the borrow of the value, `'a` that of the documents and programs behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'v, 'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(&'v str),
    Bytes(&'v [u8]),
    List(Items<'v, 'a>),
    Map(Entries<'v, 'a>),
    Struct(&'v Struct<'a>),
    Type(Type),
    Duration(Duration),
    Timestamp(Timestamp),
    Optional(Option<&'v Value<'a>>),
    Quantity(&'v Quantity),
    Image(&'v ImageReference<Arc<str>>),
    Opaque(&'v OpaqueKind),
    /// Cannot be known here; the reason.
    Unknown(&'a str),
}

/// The elements of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Items<'v, 'a> {
    Node(ListRef<'a>),
    Values(&'v [Value<'a>]),
    /// Those of a constant of a program: texts are borrowed from it instead of shared.
    Constants(&'a [Value<'a>]),
}

impl<'v, 'a> Items<'v, 'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Node(list) => list.len(),
            Self::Values(values) | Self::Constants(values) => values.len(),
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Node(list) => list.get(index).map(Value::Node),
            Self::Values(values) => values.get(index).cloned(),
            Self::Constants(values) => values.get(index).map(Value::borrowed),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Value<'a>> + 'v
    where
        'a: 'v,
    {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// The entries of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entries<'v, 'a> {
    Node(MapRef<'a>),
    Values(&'v Map<'a>),
}

impl<'v, 'a> Entries<'v, 'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Node(map) => map.len(),
            Self::Values(map) => map.entries().len(),
        }
    }

    /// Why further entries may exist that are not known here.
    pub(crate) fn open(self) -> Option<&'a str> {
        match self {
            Self::Node(map) => map.open(),
            Self::Values(_) => None,
        }
    }

    pub(crate) fn get(self, key: &Value<'_>) -> Option<Value<'a>> {
        match self {
            Self::Node(map) => map.get(key.as_str()?).map(Value::Node),
            Self::Values(map) => map.get(key).cloned(),
        }
    }

    pub(crate) fn get_str(self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Node(map) => map.get(key).map(Value::Node),
            Self::Values(map) => map.get(&Value::String(Str::Borrowed(key))).cloned(),
        }
    }

    /// What is under a text key, borrowed as long as the map.
    pub(crate) fn look(self, key: &str) -> Option<Content<'v, 'a>>
    where
        'a: 'v,
    {
        match self {
            Self::Node(map) => Some(node_content(map.get(key)?)),
            Self::Values(map) => map
                .get(&Value::String(Str::Borrowed(key)))
                .map(Value::content),
        }
    }

    /// The key and the value at a position.
    pub(crate) fn at(self, index: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Self::Node(map) => {
                let entry = map.entry_at(index)?;
                Some((
                    Value::String(Str::Borrowed(entry.key)),
                    Value::Node(entry.value),
                ))
            }
            Self::Values(map) => map.entries().get(index).cloned(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + 'v
    where
        'a: 'v,
    {
        (0..self.len()).filter_map(move |index| self.at(index))
    }
}

/// What a document's node is.
pub(super) fn node_content<'v, 'a: 'v>(node: NodeRef<'a>) -> Content<'v, 'a> {
    match node.view() {
        View::Null => Content::Null,
        View::Bool(value) => Content::Bool(value),
        View::Int(value) => Content::Int(value),
        View::Float(value) => Content::Double(value),
        View::String(text) => Content::String(text),
        View::List(list) => Content::List(Items::Node(list)),
        View::Map(map) => Content::Map(Entries::Node(map)),
        View::Unknown(reason) => Content::Unknown(reason),
    }
}
