//! Changing a [`Document`] in place: for defaults and JSON Patch.
//!
//! A changed list or map gets a new range at the end of its vector; the old range becomes unreachable. That keeps
//! every id that is not replaced valid, and costs nothing when a document is only read.

use super::document::{Data, Document, Entry, NodeId, Origin};
use super::{NodeRef, View};

impl Document {
    /// Adds a null, boolean, number or string without origin, or copies a tree from another document.
    pub fn import(&mut self, node: NodeRef<'_>) -> NodeId {
        self.copy_from(node)
    }

    /// Adds a tree from another document without its origins: what a patch or a default brings has no place of its own.
    pub fn import_made(&mut self, node: NodeRef<'_>) -> NodeId {
        let first = self.nodes.len();
        let first_entry = self.entries.len();
        let aliases = self.aliases.len();
        let id = self.copy_from(node);
        self.aliases.truncate(aliases);
        for node in &mut self.nodes[first..] {
            node.origin = Origin::from(None);
        }
        for entry in &mut self.entries[first_entry..] {
            entry.key_origin = Origin::from(None);
        }
        id
    }

    /// Makes a copy of one of this document's own trees, origins included.
    pub fn duplicate(&mut self, id: NodeId) -> NodeId {
        self.copy_own(id)
    }

    /// Adds a string without origin.
    pub fn make_string(&mut self, value: &str) -> NodeId {
        let text = self.keep(value);
        self.add(Data::String(text), None)
    }

    /// Adds an integer without origin.
    pub fn make_int(&mut self, value: i64) -> NodeId {
        self.add(Data::Int(value), None)
    }

    /// Adds a boolean without origin.
    pub fn make_bool(&mut self, value: bool) -> NodeId {
        self.add(Data::Bool(value), None)
    }

    /// Adds a null without origin.
    pub fn make_null(&mut self) -> NodeId {
        self.add(Data::Null, None)
    }

    /// Adds an empty map without origin.
    pub fn make_map(&mut self) -> NodeId {
        let start = self.entries.len() as u32;
        let data = self.map_data(start, 0);
        self.add(data, None)
    }

    /// Adds a list of this document's own nodes, without origin.
    pub fn make_list(&mut self, items: &[NodeId]) -> NodeId {
        let data = self.list_data(items);
        self.add(data, None)
    }

    /// Makes another node the root.
    pub fn set_root(&mut self, id: NodeId) {
        self.root = id;
    }

    /// Sets `key` of the map `map` to `value`, replacing what is there. Does nothing where `map` is no map.
    pub fn set_entry(&mut self, map: NodeId, key: &str, value: NodeId) {
        let Data::Map { start, len, index } = self.raw(map).data else {
            return;
        };
        if let Some(position) = self.position(map, key) {
            self.entries[start as usize + position].value = value;
            return;
        }
        let key = self.keep(key);
        let entry = Entry {
            key,
            key_origin: Origin::from(None),
            value,
        };
        // The newest map can grow where it stands; any other moves to the end.
        let in_place =
            index == super::document::NO_INDEX && (start + len) as usize == self.entries.len();
        let first = if in_place {
            start
        } else {
            self.entries.len() as u32
        };
        if !in_place {
            self.entries
                .extend_from_within(start as usize..(start + len) as usize);
        }
        self.entries.push(entry);
        let data = self.map_data(first, len as usize + 1);
        self.nodes[map.0 as usize].data = data;
    }

    /// Removes `key` from the map `map`; says whether it was there.
    pub fn remove_entry(&mut self, map: NodeId, key: &str) -> bool {
        let Data::Map { start, len, .. } = self.raw(map).data else {
            return false;
        };
        let Some(position) = self.position(map, key) else {
            return false;
        };
        let first = self.entries.len() as u32;
        for offset in (0..len as usize).filter(|&offset| offset != position) {
            let entry = self.entries[start as usize + offset];
            self.entries.push(entry);
        }
        let data = self.map_data(first, len as usize - 1);
        self.nodes[map.0 as usize].data = data;
        true
    }

    /// Inserts `value` into the list `list` before `index`, or at its end; says whether `index` was within the list.
    pub fn insert_item(&mut self, list: NodeId, index: usize, value: NodeId) -> bool {
        self.splice(list, index, index, Some(value))
    }

    /// Replaces the element at `index`; says whether there was one.
    pub fn set_item(&mut self, list: NodeId, index: usize, value: NodeId) -> bool {
        self.splice(list, index, index + 1, Some(value))
    }

    /// Removes the element at `index`; says whether there was one.
    pub fn remove_item(&mut self, list: NodeId, index: usize) -> bool {
        self.splice(list, index, index + 1, None)
    }

    fn splice(&mut self, list: NodeId, from: usize, to: usize, value: Option<NodeId>) -> bool {
        let Data::List { start, len } = self.raw(list).data else {
            return false;
        };
        if to > len as usize {
            return false;
        }
        let mut items = self.list_items(start, len).to_vec();
        items.splice(from..to, value);
        let data = self.list_data(&items);
        self.nodes[list.0 as usize].data = data;
        true
    }

    fn position(&self, map: NodeId, key: &str) -> Option<usize> {
        let View::Map(entries) = self.node(map).view() else {
            return None;
        };
        entries.get(key)?;
        entries.iter().position(|entry| entry.key == key)
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::{DocumentBuilder, MapRef, NodeRef};

    fn sample() -> crate::manifest::Document {
        let mut builder = DocumentBuilder::new();
        let one = builder.int(1, None);
        let two = builder.int(2, None);
        let list = builder.list(&[one, two], None);
        let name = builder.string("web", None);
        let root = builder.object(&[("list", list), ("name", name)]);
        builder.finish(root)
    }

    #[test]
    fn an_entry_is_set_replaced_and_removed() {
        let mut document = sample();
        let root = document.root().id();
        let value = document.make_string("api");
        document.set_entry(root, "name", value);
        let flag = document.make_bool(true);
        document.set_entry(root, "on", flag);
        assert_eq!(
            document.root().get("name").and_then(NodeRef::as_str),
            Some("api")
        );
        assert_eq!(
            document.root().get("on").and_then(NodeRef::as_bool),
            Some(true)
        );
        assert!(document.remove_entry(root, "name"));
        assert!(!document.remove_entry(root, "name"));
        assert_eq!(document.root().as_map().map(MapRef::len), Some(2));
    }

    #[test]
    fn a_map_that_grows_large_is_still_found_by_key() {
        let mut document = sample();
        let root = document.root().id();
        for number in 0..100 {
            let value = document.make_int(number);
            document.set_entry(root, &format!("key-{number}"), value);
        }
        for number in 0..100 {
            assert_eq!(
                document
                    .root()
                    .get(&format!("key-{number}"))
                    .and_then(NodeRef::as_i64),
                Some(number)
            );
        }
        assert!(document.root().get("key-100").is_none());
    }

    #[test]
    fn items_are_inserted_replaced_and_removed_within_bounds() {
        let mut document = sample();
        let list = document.root().get("list").map(NodeRef::id).unwrap();
        let value = document.make_int(9);
        assert!(document.insert_item(list, 0, value));
        assert!(!document.insert_item(list, 7, value));
        assert!(document.remove_item(list, 1));
        let items: Vec<_> = document
            .node(list)
            .as_list()
            .unwrap()
            .iter()
            .map(NodeRef::as_i64)
            .collect();
        assert_eq!(items, [Some(9), Some(2)]);
        assert_eq!(
            document
                .node(document.root().item(0).map_or(list, NodeRef::id))
                .path()
                .to_string(),
            "list"
        );
    }
}
