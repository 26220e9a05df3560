//! One parsed document as an arena: compact, cheap to clone, dropped without recursion.
//!
//! The tree of a document serves CEL, matching, locating and fixing: there is no second copy for evaluation.
//! Nodes live in flat vectors and refer to each other by index, so that nesting of any depth costs no stack
//! and a clone is a copy of a few vectors. Reading goes through [`NodeRef`], building through
//! [`DocumentBuilder`](super::DocumentBuilder), changing through the methods of `edit.rs`.

use crate::source::Span;

use super::NodeRef;

/// Names a node inside its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// A range of the document's text heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// What a node holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Text),
    /// A range of `items`.
    List {
        start: u32,
        len: u32,
    },
    /// A range of `entries`, and where its sorted index starts in `items` when the map is large.
    Map {
        start: u32,
        len: u32,
        index: u32,
    },
    /// A value that exists but cannot be known here, with the reason.
    Unknown(Text),
}

/// No sorted index: the map is small and searched from its start.
pub(super) const NO_INDEX: u32 = u32::MAX;

/// A [`Span`] or none, without the cost of an `Option`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    source: u32,
    start: u32,
    end: u32,
}

impl Origin {
    const NONE: u32 = u32::MAX;

    pub(super) fn span(self) -> Option<Span> {
        (self.source != Self::NONE)
            .then(|| Span::new(crate::source::SourceId(self.source), self.start, self.end))
    }
}

impl From<Option<Span>> for Origin {
    fn from(span: Option<Span>) -> Self {
        match span {
            Some(span) => Self {
                source: span.source.0,
                start: span.start,
                end: span.end,
            },
            None => Self {
                source: Self::NONE,
                start: 0,
                end: 0,
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) origin: Origin,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Text,
    pub(super) key_origin: Origin,
    pub(super) value: NodeId,
}

/// A parsed document: a tree of values, each with the place it came from.
///
/// A node without an origin was made here (a default, a mutation, a decoded request attribute); whoever wants
/// a place for it takes its nearest ancestor's.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) heap: String,
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Vec<Entry>,
    pub(super) items: Vec<NodeId>,
    pub(super) root: NodeId,
    /// Maps that may have entries which are not known here, each with the reason; few, so searched in order.
    pub(super) open_maps: Vec<(NodeId, Text)>,
    /// Nodes that an alias stands for, with the span of the alias itself; few, in ascending order.
    pub(super) aliases: Vec<(NodeId, Span)>,
}

impl Document {
    /// The root of the tree.
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef::new(self, self.root)
    }

    /// The node with this id. The id must come from this document.
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        NodeRef::new(self, id)
    }

    /// How many nodes the document holds, those no longer reachable after an edit included.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn raw(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn str(&self, text: Text) -> &str {
        &self.heap[text.start as usize..(text.start + text.len) as usize]
    }

    pub(super) fn list_items(&self, start: u32, len: u32) -> &[NodeId] {
        &self.items[start as usize..(start + len) as usize]
    }

    pub(super) fn map_entries(&self, start: u32, len: u32) -> &[Entry] {
        &self.entries[start as usize..(start + len) as usize]
    }

    /// Looks a key up: a scan for small maps, a binary search by the sorted index for large ones.
    pub(super) fn find(&self, start: u32, len: u32, index: u32, key: &str) -> Option<&Entry> {
        let entries = self.map_entries(start, len);
        if index == NO_INDEX {
            // Lengths and bytes: a slice of text would be checked for whole characters each time.
            let heap = self.heap.as_bytes();
            return entries.iter().find(|entry| {
                let Text { start, len } = entry.key;
                len as usize == key.len()
                    && heap[start as usize..(start + len) as usize] == *key.as_bytes()
            });
        }
        let order = &self.items[index as usize..(index + len) as usize];
        order
            .binary_search_by(|position| self.str(entries[position.0 as usize].key).cmp(key))
            .ok()
            .and_then(|found| entries.get(order[found].0 as usize))
    }
}
