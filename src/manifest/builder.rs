//! Building a [`Document`] bottom-up: children first, then the list or map that holds them.

use crate::source::Span;

use super::document::{Data, Document, Entry, NO_INDEX, Node, NodeId, Text};
use super::{NodeRef, View};

/// Maps with more entries than this get a sorted index.
const INDEX_FROM: usize = 16;

/// Builds a [`Document`]. Children are made before what holds them; [`finish`](Self::finish) names the root.
///
/// Key uniqueness is the caller's duty: the last of two equal keys must have replaced the first.
#[derive(Debug)]
pub struct DocumentBuilder {
    document: Document,
    /// Nodes that came through a `<<` alias; kept apart because they are not in ascending order.
    merged: Vec<(NodeId, Span)>,
}

impl Default for DocumentBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl DocumentBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self {
            merged: Vec::new(),
            document: Document {
                heap: String::new(),
                nodes: Vec::new(),
                entries: Vec::new(),
                items: Vec::new(),
                root: NodeId(0),
                open_maps: Vec::new(),
                aliases: Vec::new(),
            },
        }
    }

    /// Reserves room for a text of this many bytes, so that building it allocates rarely.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut builder = Self::new();
        builder.document.heap.reserve(bytes / 2);
        builder.document.nodes.reserve(bytes / 24);
        builder.document.entries.reserve(bytes / 32);
        builder
    }

    /// Keeps a key or a string for later use in this document.
    pub fn text(&mut self, text: &str) -> Text {
        self.document.keep(text)
    }

    /// A null.
    pub fn null(&mut self, origin: Option<Span>) -> NodeId {
        self.document.add(Data::Null, origin)
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool, origin: Option<Span>) -> NodeId {
        self.document.add(Data::Bool(value), origin)
    }

    /// An integer.
    pub fn int(&mut self, value: i64, origin: Option<Span>) -> NodeId {
        self.document.add(Data::Int(value), origin)
    }

    /// A number that is no 64-bit integer.
    pub fn float(&mut self, value: f64, origin: Option<Span>) -> NodeId {
        self.document.add(Data::Float(value), origin)
    }

    /// A string.
    pub fn string(&mut self, value: &str, origin: Option<Span>) -> NodeId {
        let text = self.document.keep(value);
        self.document.add(Data::String(text), origin)
    }

    /// A string whose text is kept already.
    pub(super) fn kept_string(&mut self, text: Text, origin: Option<Span>) -> NodeId {
        self.document.add(Data::String(text), origin)
    }

    /// A value that exists but cannot be known here, and why.
    pub fn unknown(&mut self, reason: &str) -> NodeId {
        let text = self.document.keep(reason);
        self.document.add(Data::Unknown(text), None)
    }

    /// A list of nodes of this builder.
    pub fn list(&mut self, items: &[NodeId], origin: Option<Span>) -> NodeId {
        let data = self.document.list_data(items);
        self.document.add(data, origin)
    }

    /// A map from keys, each with its own origin, to nodes of this builder.
    pub fn map(
        &mut self,
        entries: &[(Text, Option<Span>, NodeId)],
        origin: Option<Span>,
    ) -> NodeId {
        self.map_from(entries.iter().copied(), origin)
    }

    /// As [`map`](Self::map), for a reader that keeps its entries in another form.
    pub(super) fn map_from(
        &mut self,
        entries: impl Iterator<Item = (Text, Option<Span>, NodeId)>,
        origin: Option<Span>,
    ) -> NodeId {
        let start = self.document.entries.len();
        self.document
            .entries
            .extend(entries.map(|(key, key_origin, value)| Entry {
                key,
                key_origin: key_origin.into(),
                value,
            }));
        let len = self.document.entries.len() - start;
        let data = self.document.map_data(start as u32, len);
        self.document.add(data, origin)
    }

    /// A map from plain keys, without origins: for request attributes and other made values.
    pub fn object(&mut self, entries: &[(&str, NodeId)]) -> NodeId {
        let entries: Vec<_> = entries
            .iter()
            .map(|&(key, value)| (self.document.keep(key), None, value))
            .collect();
        self.map(&entries, None)
    }

    /// Says that `map` may have entries which are not known here, and why.
    pub fn open(&mut self, map: NodeId, reason: &str) {
        let reason = self.document.keep(reason);
        self.document.open_maps.push((map, reason));
    }

    /// Copies a tree, of this or another document, with its origins.
    pub fn copy(&mut self, node: NodeRef<'_>) -> NodeId {
        self.document.copy_from(node)
    }

    /// Copies a tree that this builder made; its strings are shared. `alias` is the span of the alias that asks for it.
    pub fn copy_own(&mut self, id: NodeId, alias: Option<Span>) -> NodeId {
        let copy = self.document.copy_own(id);
        if let Some(alias) = alias {
            self.document.aliases.push((copy, alias));
        }
        copy
    }

    /// Says that the alias at this place put `node` where it is.
    pub(super) fn mark_alias(&mut self, node: NodeId, alias: Span) {
        self.merged.push((node, alias));
    }

    /// A text that this builder keeps.
    pub(super) fn str(&self, text: Text) -> &str {
        self.document.str(text)
    }

    /// The kept text of a string node.
    pub(super) fn string_text(&self, node: NodeId) -> Option<Text> {
        match self.document.raw(node).data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map node; none for any other.
    pub(super) fn entries_of(
        &self,
        map: NodeId,
    ) -> impl Iterator<Item = (Text, Option<Span>, NodeId)> {
        let (start, len) = match self.document.raw(map).data {
            Data::Map { start, len, .. } => (start, len),
            _ => (0, 0),
        };
        self.document
            .map_entries(start, len)
            .iter()
            .map(|entry| (entry.key, entry.key_origin.span(), entry.value))
    }

    /// How many nodes were made so far.
    pub fn node_count(&self) -> usize {
        self.document.nodes.len()
    }

    /// Reads back a node made by this builder.
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        NodeRef::new(&self.document, id)
    }

    /// The document with this root.
    pub fn finish(mut self, root: NodeId) -> Document {
        self.document.root = root;
        if !self.merged.is_empty() {
            self.document.aliases.append(&mut self.merged);
            self.document.aliases.sort_unstable_by_key(|&(id, _)| id);
        }
        self.document
    }
}

impl Document {
    pub(super) fn keep(&mut self, text: &str) -> Text {
        let start = self.heap.len() as u32;
        self.heap.push_str(text);
        Text {
            start,
            len: text.len() as u32,
        }
    }

    pub(super) fn add(&mut self, data: Data, origin: Option<Span>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            data,
            origin: origin.into(),
        });
        id
    }

    pub(super) fn list_data(&mut self, items: &[NodeId]) -> Data {
        let start = self.items.len() as u32;
        self.items.extend_from_slice(items);
        Data::List {
            start,
            len: items.len() as u32,
        }
    }

    /// The data of a map whose entries stand at the end of `entries`, from `start` on.
    pub(super) fn map_data(&mut self, start: u32, len: usize) -> Data {
        let mut index = NO_INDEX;
        if len > INDEX_FROM {
            let entries = &self.entries[start as usize..];
            let mut order: Vec<u32> = (0..len as u32).collect();
            order.sort_unstable_by(|&a, &b| {
                self.str(entries[a as usize].key)
                    .cmp(self.str(entries[b as usize].key))
            });
            index = self.items.len() as u32;
            self.items.extend(order.into_iter().map(NodeId));
        }
        Data::Map {
            start,
            len: len as u32,
            index,
        }
    }

    /// Copies a tree of another document into this one, without recursion.
    pub(super) fn copy_from(&mut self, from: NodeRef<'_>) -> NodeId {
        enum Step<'d> {
            Enter(NodeRef<'d>),
            Leave(NodeRef<'d>),
        }
        let mut pending = vec![Step::Enter(from)];
        let mut done: Vec<NodeId> = Vec::new();
        while let Some(step) = pending.pop() {
            let (node, data) = match step {
                Step::Enter(node) => {
                    let data = match node.view() {
                        View::Null => Data::Null,
                        View::Bool(value) => Data::Bool(value),
                        View::Int(value) => Data::Int(value),
                        View::Float(value) => Data::Float(value),
                        View::String(value) => Data::String(self.keep(value)),
                        View::Unknown(reason) => Data::Unknown(self.keep(reason)),
                        View::List(list) => {
                            pending.push(Step::Leave(node));
                            pending.extend(list.iter().rev().map(Step::Enter));
                            continue;
                        }
                        View::Map(map) => {
                            pending.push(Step::Leave(node));
                            pending.extend(map.iter().rev().map(|entry| Step::Enter(entry.value)));
                            continue;
                        }
                    };
                    (node, data)
                }
                Step::Leave(node) => match node.view() {
                    View::List(list) => {
                        let items = done.split_off(done.len() - list.len());
                        (node, self.list_data(&items))
                    }
                    View::Map(map) => {
                        let values = done.split_off(done.len() - map.len());
                        let start = self.entries.len() as u32;
                        for (entry, value) in map.iter().zip(values) {
                            let key = self.keep(entry.key);
                            self.entries.push(Entry {
                                key,
                                key_origin: entry.key_origin.into(),
                                value,
                            });
                        }
                        (node, self.map_data(start, map.len()))
                    }
                    _ => continue,
                },
            };
            let copy = self.add(data, node.origin());
            if let View::Map(map) = node.view()
                && let Some(reason) = map.open()
            {
                let reason = self.keep(reason);
                self.open_maps.push((copy, reason));
            }
            if let Some(alias) = node.alias() {
                self.aliases.push((copy, alias));
            }
            done.push(copy);
        }
        done.pop().unwrap_or(NodeId(0))
    }

    /// Copies a tree of this document; strings are shared through the heap.
    pub(super) fn copy_own(&mut self, root: NodeId) -> NodeId {
        enum Step {
            Enter(NodeId),
            Leave(NodeId),
        }
        let mut pending = vec![Step::Enter(root)];
        let mut done: Vec<NodeId> = Vec::new();
        while let Some(step) = pending.pop() {
            match step {
                Step::Enter(id) => match self.raw(id).data {
                    Data::List { start, len } => {
                        pending.push(Step::Leave(id));
                        let items = self.list_items(start, len);
                        pending.extend(items.iter().rev().map(|&item| Step::Enter(item)));
                    }
                    Data::Map { start, len, .. } => {
                        pending.push(Step::Leave(id));
                        let entries = self.map_entries(start, len);
                        pending.extend(entries.iter().rev().map(|entry| Step::Enter(entry.value)));
                    }
                    _ => {
                        let node = *self.raw(id);
                        let copy = NodeId(self.nodes.len() as u32);
                        self.nodes.push(node);
                        done.push(copy);
                    }
                },
                Step::Leave(id) => {
                    let Node { data, origin } = *self.raw(id);
                    let data = match data {
                        Data::List { len, .. } => {
                            let items = done.split_off(done.len() - len as usize);
                            self.list_data(&items)
                        }
                        Data::Map { start, len, .. } => {
                            let values = done.split_off(done.len() - len as usize);
                            let new = self.entries.len() as u32;
                            for (offset, value) in values.into_iter().enumerate() {
                                let entry = self.entries[start as usize + offset];
                                self.entries.push(Entry { value, ..entry });
                            }
                            self.map_data(new, len as usize)
                        }
                        other => other,
                    };
                    let copy = NodeId(self.nodes.len() as u32);
                    self.nodes.push(Node { data, origin });
                    done.push(copy);
                }
            }
        }
        done.pop().unwrap_or(root)
    }
}
