//! Reading a [`Document`]: borrowed views of its nodes.

use crate::source::{FieldPath, Segment, Span};

use super::Routes;
use super::document::{Data, Document, Entry, NodeId};

/// A node of a [`Document`], borrowed. Cheap to copy; two are the same place if [`NodeRef::is`] says so.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a> {
    document: &'a Document,
    id: NodeId,
}

/// What a node holds, for matching on.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// JSON null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number that is a 64-bit integer.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(&'a str),
    /// A list.
    List(ListRef<'a>),
    /// A map with string keys, in the order they were written.
    Map(MapRef<'a>),
    /// A value that exists but cannot be known here; the reason.
    Unknown(&'a str),
}

impl<'a> NodeRef<'a> {
    pub(super) const fn new(document: &'a Document, id: NodeId) -> Self {
        Self { document, id }
    }

    /// The document this node is in.
    pub const fn document(self) -> &'a Document {
        self.document
    }

    /// This node's name inside its document.
    pub const fn id(self) -> NodeId {
        self.id
    }

    /// Whether both are the same node of the same document.
    pub fn is(self, other: NodeRef<'_>) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }

    /// What it holds.
    pub fn view(self) -> View<'a> {
        match self.document.raw(self.id).data {
            Data::Null => View::Null,
            Data::Bool(value) => View::Bool(value),
            Data::Int(value) => View::Int(value),
            Data::Float(value) => View::Float(value),
            Data::String(text) => View::String(self.document.str(text)),
            Data::List { start, len } => View::List(ListRef {
                document: self.document,
                start,
                len,
            }),
            Data::Map { start, len, index } => View::Map(MapRef {
                document: self.document,
                id: self.id,
                start,
                len,
                index,
            }),
            Data::Unknown(reason) => View::Unknown(self.document.str(reason)),
        }
    }

    /// Where it was written; `None` for a value that was made here.
    pub fn origin(self) -> Option<Span> {
        self.document.raw(self.id).origin.span()
    }

    /// Where the alias (`*name`) stands that put this value here. [`origin`](Self::origin) is then the anchored text.
    pub fn alias(self) -> Option<Span> {
        let aliases = &self.document.aliases;
        let at = aliases.binary_search_by_key(&self.id, |&(id, _)| id).ok()?;
        aliases.get(at).map(|&(_, span)| span)
    }

    /// The value under `key`, where this is a map that has it.
    pub fn get(self, key: &str) -> Option<NodeRef<'a>> {
        self.as_map()?.get(key)
    }

    /// The element at `index`, where this is a list that has it.
    pub fn item(self, index: usize) -> Option<NodeRef<'a>> {
        self.as_list()?.get(index)
    }

    /// The value at the end of a route of map keys.
    pub fn at(self, keys: &[&str]) -> Option<NodeRef<'a>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value at the end of a field path.
    pub fn follow(self, path: &FieldPath) -> Option<NodeRef<'a>> {
        path.segments()
            .iter()
            .try_fold(self, |node, segment| match segment {
                Segment::Key(key) => node.get(key),
                Segment::Index(index) => node.item(*index),
            })
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        match self.view() {
            View::String(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_i64(self) -> Option<i64> {
        match self.view() {
            View::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.view() {
            View::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(self) -> Option<ListRef<'a>> {
        match self.view() {
            View::List(list) => Some(list),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(self) -> Option<MapRef<'a>> {
        match self.view() {
            View::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        matches!(self.view(), View::Null)
    }

    /// The word for its type in messages.
    pub fn type_name(self) -> &'static str {
        match self.view() {
            View::Null => "null",
            View::Bool(_) => "boolean",
            View::Int(_) => "integer",
            View::Float(_) => "number",
            View::String(_) => "string",
            View::List(_) => "list",
            View::Map(_) => "map",
            View::Unknown(_) => "unknown",
        }
    }

    /// The route from the document's root to this node. Costs a walk over the document: for findings, not for verdicts.
    pub fn path(self) -> FieldPath {
        self.path_from(self.document.root()).unwrap_or_default()
    }

    /// The route from `ancestor` to this node; `None` where it is not below it. Costs a walk over that part of the
    /// document.
    pub fn path_from(self, ancestor: NodeRef<'_>) -> Option<FieldPath> {
        Routes::from(ancestor).to(ancestor, self)
    }

    /// The origin of the nearest node on the way from this document's root along `path` that has one, with the
    /// number of steps that led there. The root of a document that was read from a source always has one.
    pub fn nearest_origin(self, path: &FieldPath) -> Option<(Span, usize)> {
        let mut node = self;
        let mut nearest = node.origin().map(|span| (span, 0));
        for (steps, segment) in path.segments().iter().enumerate() {
            let next = match segment {
                Segment::Key(key) => node.get(key),
                Segment::Index(index) => node.item(*index),
            };
            let Some(next) = next else { break };
            node = next;
            if let Some(span) = node.origin() {
                nearest = Some((span, steps + 1));
            }
        }
        nearest
    }

    /// Whether both hold the same JSON value: the same types and values, maps without regard to order.
    pub fn same_value(self, other: NodeRef<'_>) -> bool {
        self.compare(other, false)
    }

    /// Whether both are equal to CEL: as [`Self::same_value`], but a number is what it counts, however it is written.
    pub fn equal_value(self, other: NodeRef<'_>) -> bool {
        self.compare(other, true)
    }

    fn compare(self, other: NodeRef<'_>, numbers: bool) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "cel-go too compares an integer with a float as floats"
        )]
        let equal = |integer: i64, float: f64| numbers && (integer as f64).eq(&float);
        let mut pending = vec![(self, other)];
        while let Some((left, right)) = pending.pop() {
            match (left.view(), right.view()) {
                (View::Null, View::Null) => {}
                (View::Bool(a), View::Bool(b)) if a == b => {}
                (View::Int(a), View::Int(b)) if a == b => {}
                (View::Float(a), View::Float(b))
                    if a.to_bits() == b.to_bits() || numbers && a.eq(&b) => {}
                (View::Int(integer), View::Float(float))
                | (View::Float(float), View::Int(integer))
                    if equal(integer, float) => {}
                (View::String(a), View::String(b)) if a == b => {}
                (View::List(a), View::List(b)) if a.len() == b.len() => {
                    pending.extend(a.iter().zip(b.iter()));
                }
                (View::Map(a), View::Map(b)) if a.len() == b.len() => {
                    for entry in a.iter() {
                        let Some(value) = b.get(entry.key) else {
                            return false;
                        };
                        pending.push((entry.value, value));
                    }
                }
                _ => return false,
            }
        }
        true
    }
}

/// A list of a document, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct ListRef<'a> {
    document: &'a Document,
    start: u32,
    len: u32,
}

impl<'a> ListRef<'a> {
    /// How many elements it has.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The element at `index`.
    pub fn get(self, index: usize) -> Option<NodeRef<'a>> {
        let id = *self.document.list_items(self.start, self.len).get(index)?;
        Some(NodeRef::new(self.document, id))
    }

    /// The elements in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = NodeRef<'a>> + DoubleEndedIterator {
        self.document
            .list_items(self.start, self.len)
            .iter()
            .map(move |&id| NodeRef::new(self.document, id))
    }
}

/// A map of a document, borrowed; entries keep the order they were written in.
#[derive(Clone, Copy, Debug)]
pub struct MapRef<'a> {
    document: &'a Document,
    id: NodeId,
    start: u32,
    len: u32,
    index: u32,
}

/// One entry of a map.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// The key.
    pub key: &'a str,
    /// Where the key was written.
    pub key_origin: Option<Span>,
    /// The value.
    pub value: NodeRef<'a>,
}

impl<'a> MapRef<'a> {
    /// How many entries it has.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The value under `key`.
    pub fn get(self, key: &str) -> Option<NodeRef<'a>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The entry under `key`.
    pub fn entry(self, key: &str) -> Option<EntryRef<'a>> {
        self.document
            .find(self.start, self.len, self.index, key)
            .map(|entry| self.entry_ref(entry))
    }

    /// The entry at a position, in written order.
    pub fn entry_at(self, index: usize) -> Option<EntryRef<'a>> {
        self.document
            .map_entries(self.start, self.len)
            .get(index)
            .map(|entry| self.entry_ref(entry))
    }

    /// The entries in written order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = EntryRef<'a>> + DoubleEndedIterator {
        self.document
            .map_entries(self.start, self.len)
            .iter()
            .map(move |entry| self.entry_ref(entry))
    }

    /// Why further entries may exist that are not known here; `None` for an ordinary map.
    /// A key that an open map lacks is unknown, not absent.
    pub fn open(self) -> Option<&'a str> {
        let open = &self.document.open_maps;
        open.iter()
            .find(|&&(id, _)| id == self.id)
            .map(|&(_, reason)| self.document.str(reason))
    }

    fn entry_ref(self, entry: &Entry) -> EntryRef<'a> {
        EntryRef {
            key: self.document.str(entry.key),
            key_origin: entry.key_origin.span(),
            value: NodeRef::new(self.document, entry.value),
        }
    }
}
