//! The way from a root to any node below it, for many nodes of one tree at the price of one walk.

use crate::source::{FieldPath, Segment};

use super::document::NodeId;
use super::{NodeRef, View};

/// Where a node hangs.
#[derive(Clone, Copy, Debug)]
struct Hook {
    parent: NodeId,
    /// Which entry of the parent map, or which element of the parent list.
    position: u32,
}

/// The routes below one root of one document. Costs a walk over the tree when it is made.
#[derive(Debug)]
pub struct Routes {
    root: NodeId,
    /// By node; nodes that are not below the root have none.
    hooks: Vec<Option<Hook>>,
}

impl Routes {
    /// The routes from `root`.
    pub fn from<'a>(root: NodeRef<'a>) -> Self {
        let mut hooks = vec![None; root.document().node_count()];
        let mut pending = vec![root];
        while let Some(node) = pending.pop() {
            let mut hang = |child: NodeRef<'a>, position: usize| {
                if let Some(hook) = hooks.get_mut(child.id().0 as usize) {
                    *hook = Some(Hook {
                        parent: node.id(),
                        position: position as u32,
                    });
                }
                pending.push(child);
            };
            match node.view() {
                View::List(list) => list
                    .iter()
                    .enumerate()
                    .for_each(|(at, item)| hang(item, at)),
                View::Map(map) => {
                    let values = map.iter().map(|entry| entry.value);
                    values.enumerate().for_each(|(at, value)| hang(value, at));
                }
                _ => {}
            }
        }
        Self {
            root: root.id(),
            hooks,
        }
    }

    /// The route from `root`, which the routes were made from, to a node; `None` where it is not below it.
    pub fn to(&self, root: NodeRef<'_>, node: NodeRef<'_>) -> Option<FieldPath> {
        let document = root.document();
        if !std::ptr::eq(document, node.document()) {
            return None;
        }
        let mut segments = Vec::new();
        let mut id = node.id();
        while id != self.root {
            let hook = (*self.hooks.get(id.0 as usize)?)?;
            let position = hook.position as usize;
            segments.push(match document.node(hook.parent).view() {
                View::Map(map) => Segment::Key(map.entry_at(position)?.key.into()),
                _ => Segment::Index(position),
            });
            id = hook.parent;
        }
        Some(segments.into_iter().rev().collect())
    }
}
