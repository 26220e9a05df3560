//! Merging a checked configuration into an object: the operations that lead from the object to the merged one.
//!
//! Upstream: `TypedValue.Merge` of `sigs.k8s.io/structured-merge-diff` v6. Nothing is removed but what the configuration
//! sets to null, and the doubles of an element that it names.

use std::collections::BTreeMap;

use crate::manifest::patch::{Operation, Pointer};
use crate::manifest::{Document, DocumentBuilder, ListRef, MapRef, NodeId, NodeRef, View};
use crate::source::FieldPath;

use super::ApplyError;
use super::keys::{Keys, a};
use super::list::{Rearrange, Source, arrange, steps};
use super::path::{Paths, Step};
use super::types::{ListShape, MapShape, MergeType, Shape};

/// A map that grows by more entries than this is written anew.
const MOST_ENTRIES: usize = 500;

struct Merge<'p, 's, 'o, 'c> {
    /// What the paths of the operations begin with.
    prefix: &'p FieldPath,
    paths: Paths,
    pending: Vec<Work<'s, 'o, 'c>>,
    operations: Vec<Operation>,
}

/// What is to be done at a place.
enum Work<'s, 'o, 'c> {
    /// Both sides have a value.
    Merge(Both<'s, 'o, 'c>),
    /// Only the configuration has one, or it takes the place of the old one without being merged.
    Set {
        new: NodeRef<'c>,
        of: MergeType<'s>,
        step: Step,
        /// Whether something is there.
        replaces: bool,
        /// What tells it apart where it is an element.
        keys: &'s [Box<str>],
    },
}

/// A value that both sides have.
#[derive(Clone, Copy)]
struct Both<'s, 'o, 'c> {
    old: NodeRef<'o>,
    new: NodeRef<'c>,
    of: MergeType<'s>,
    step: Step,
}

/// The operations that merge `configuration` into `object`, in order; none where nothing changes.
pub(super) fn merge(
    object: NodeRef<'_>,
    configuration: NodeRef<'_>,
    of: MergeType<'_>,
    prefix: &FieldPath,
) -> Result<Vec<Operation>, ApplyError> {
    let mut merge = Merge {
        prefix,
        paths: Paths::default(),
        pending: vec![Work::Merge(Both {
            old: object,
            new: configuration,
            of,
            step: Step::ROOT,
        })],
        operations: Vec::new(),
    };
    while let Some(next) = merge.pending.pop() {
        match next {
            Work::Merge(both) => merge.visit(both)?,
            Work::Set {
                new,
                of,
                step,
                replaces,
                keys,
            } => {
                let (path, value) = (merge.pointer(step), added(new, of, keys));
                merge.operations.push(if replaces {
                    Operation::Replace { path, value }
                } else {
                    Operation::Add { path, value }
                });
            }
        }
    }
    Ok(merge.operations)
}

impl<'s, 'o, 'c> Merge<'_, 's, 'o, 'c> {
    fn visit(&mut self, at: Both<'s, 'o, 'c>) -> Result<(), ApplyError> {
        let shape = at.of.shape();
        if let View::Unknown(reason) = at.old.view() {
            return Err(ApplyError::Unknown(reason.to_owned()));
        }
        match (at.new.view(), shape.map, shape.list) {
            (View::Unknown(reason), ..) => return Err(ApplyError::Unknown(reason.to_owned())),
            (View::Null, ..) => {
                if !at.old.is_null() && !outlives_null(at.old, shape) {
                    self.remove(at.step);
                }
            }
            (View::Map(new), Some(map), _) => return self.map(at, new, map, shape),
            (View::List(new), _, Some(list)) => return self.list(at, new, list, shape),
            _ => self.replace(at),
        }
        Ok(())
    }

    fn map(
        &mut self,
        at: Both<'s, 'o, 'c>,
        new: MapRef<'c>,
        map: MapShape<'s>,
        shape: Shape<'_>,
    ) -> Result<(), ApplyError> {
        let old = match at.old.view() {
            View::Map(old) if !map.atomic && !old.is_empty() => old,
            old => {
                let fits = matches!(old, View::Map(_) | View::Null);
                if !fits && shape.scalar.is_none() && shape.list.is_none() {
                    return Err(self.not_mergeable(at, "a map"));
                }
                self.replace(at);
                return Ok(());
            }
        };
        if let Some(reason) = old.open() {
            return Err(ApplyError::Unknown(reason.to_owned()));
        }
        let joins = |key: &str, value: NodeRef<'_>| old.get(key).is_none() && !value.is_null();
        let grown = new.iter().filter(|entry| joins(entry.key, entry.value));
        let anew = grown.count() > MOST_ENTRIES;
        if anew {
            let union = union(old, new);
            self.push_replace(at.step, union);
        }
        let first = self.pending.len();
        for entry in new.iter() {
            // The check has refused what may not stand here.
            let Some((of, _)) = at.of.child(map, entry.key) else {
                continue;
            };
            match old.get(entry.key) {
                Some(value) => {
                    let step = self.paths.key(at.step, entry.key);
                    self.pending.push(Work::Merge(Both {
                        old: value,
                        new: entry.value,
                        of,
                        step,
                    }));
                }
                None if anew || adds_nothing(entry.value, of.shape()) => {}
                None => {
                    let step = self.paths.key(at.step, entry.key);
                    self.pending.push(Work::Set {
                        new: entry.value,
                        of,
                        step,
                        replaces: false,
                        keys: &[],
                    });
                }
            }
        }
        self.in_order(first);
        Ok(())
    }

    fn list(
        &mut self,
        at: Both<'s, 'o, 'c>,
        new: ListRef<'c>,
        list: ListShape<'s>,
        shape: Shape<'_>,
    ) -> Result<(), ApplyError> {
        let old = match at.old.view() {
            View::List(old) if list.is_merged() && !old.is_empty() => old,
            // Nothing joins nothing.
            View::List(_) | View::Null if list.is_merged() && new.is_empty() => {
                return Ok(());
            }
            old => {
                let fits = matches!(old, View::List(_) | View::Null);
                if !fits && shape.scalar.is_none() && shape.map.is_none() {
                    return Err(self.not_mergeable(at, "a list"));
                }
                self.replace(at);
                return Ok(());
            }
        };
        let keys = Keys::of(list);
        let mut known = BTreeMap::new();
        let number = |list, known: &mut BTreeMap<_, _>| keys.number(Some(list), known);
        let old_keys = number(old, &mut known).map_err(|(index, message)| {
            let step = self.paths.index(at.step, index);
            match old.get(index).map(NodeRef::view) {
                Some(View::Unknown(reason)) => ApplyError::Unknown(reason.to_owned()),
                _ => ApplyError::Refused(format!(
                    "`{}` of the object cannot be merged: {message}",
                    self.path(step)
                )),
            }
        })?;
        let new_keys =
            number(new, &mut known).map_err(|(_, message)| ApplyError::Refused(message))?;
        let merged = arrange(&old_keys, &new_keys, known.len());
        self.rearrange(at, (old, new), &merged, list);
        let first = self.pending.len();
        for (position, source) in merged.into_iter().enumerate() {
            match source {
                Source::Merged(before, after) => {
                    if let (Some(old), Some(new)) = (old.get(before), new.get(after)) {
                        let step = self.paths.index(at.step, position);
                        self.pending.push(Work::Merge(Both {
                            old,
                            new,
                            of: list.element,
                            step,
                        }));
                    }
                }
                Source::Replaced(_, after) => {
                    if let Some(new) = new.get(after) {
                        let step = self.paths.index(at.step, position);
                        self.pending.push(Work::Set {
                            new,
                            of: list.element,
                            step,
                            replaces: true,
                            keys: list.keys(),
                        });
                    }
                }
                Source::Kept(_) | Source::New(_) => {}
            }
        }
        self.in_order(first);
        Ok(())
    }

    /// Brings the list into its final order, with what is new in place; what is in the elements comes later.
    fn rearrange(
        &mut self,
        at: Both<'s, 'o, 'c>,
        (old, new): (ListRef<'o>, ListRef<'c>),
        merged: &[Source],
        list: ListShape<'_>,
    ) {
        let Some(steps) = steps(old.len(), merged) else {
            let mut builder = DocumentBuilder::new();
            let items: Vec<NodeId> = merged
                .iter()
                .filter_map(|source| match *source {
                    Source::Kept(at) | Source::Merged(at, _) | Source::Replaced(at, _) => {
                        old.get(at).map(|node| builder.copy(node))
                    }
                    Source::New(at) => new.get(at).map(|node| builder.copy(node)),
                })
                .collect();
            let root = builder.list(&items, None);
            return self.push_replace(at.step, builder.finish(root));
        };
        for step in steps {
            let mut pointer = |index| {
                let step = self.paths.index(at.step, index);
                Pointer::from(&self.paths.to(step, self.prefix))
            };
            let operation = match step {
                Rearrange::Remove(index) => Operation::Remove {
                    path: pointer(index),
                },
                Rearrange::Move { from, to } => Operation::Move {
                    from: pointer(from),
                    path: pointer(to),
                },
                Rearrange::Insert { at, new: index } => {
                    let Some(value) = new.get(index) else {
                        continue;
                    };
                    Operation::Add {
                        path: pointer(at),
                        value: added(value, list.element, list.keys()),
                    }
                }
            };
            self.operations.push(operation);
        }
    }

    /// Puts the configuration's value in the place of the old one, where they differ.
    fn replace(&mut self, at: Both<'_, '_, '_>) {
        if at.old.same_value(at.new) {
            return;
        }
        let value = added(at.new, at.of, &[]);
        if !at.old.same_value(value.root()) {
            self.push_replace(at.step, value);
        }
    }

    fn push_replace(&mut self, step: Step, value: Document) {
        let path = self.pointer(step);
        self.operations.push(Operation::Replace { path, value });
    }

    fn remove(&mut self, step: Step) {
        let path = self.pointer(step);
        self.operations.push(Operation::Remove { path });
    }

    /// What was put last is visited last.
    fn in_order(&mut self, first: usize) {
        if let Some(pending) = self.pending.get_mut(first..) {
            pending.reverse();
        }
    }

    fn not_mergeable(&self, at: Both<'_, '_, '_>, wanted: &str) -> ApplyError {
        ApplyError::Refused(format!(
            "`{}` of the object must be {wanted} to be merged, and is {}",
            self.path(at.step),
            a(at.old)
        ))
    }

    fn path(&self, step: Step) -> FieldPath {
        self.paths.to(step, self.prefix)
    }

    fn pointer(&self, step: Step) -> Pointer {
        Pointer::from(&self.path(step))
    }
}

/// Whether a value stays as it is where the configuration says null: null adds nothing to a merged map or list.
fn outlives_null(old: NodeRef<'_>, shape: Shape<'_>) -> bool {
    if let Some(map) = shape.map {
        return !map.atomic && old.as_map().is_some_and(|old| !old.is_empty());
    }
    if shape.scalar.is_some() {
        return false;
    }
    shape.list.is_some_and(|list| list.is_merged())
        && old.as_list().is_some_and(|old| !old.is_empty())
}

/// Whether a value adds nothing where none is: to the API server, null and an empty merged list are as good as absent.
fn adds_nothing(new: NodeRef<'_>, shape: Shape<'_>) -> bool {
    match new.view() {
        View::Null => true,
        View::List(list) => list.is_empty() && shape.list.is_some_and(|list| list.is_merged()),
        _ => false,
    }
}

/// The entries of both; where both have one, the old.
fn union(old: MapRef<'_>, new: MapRef<'_>) -> Document {
    let mut builder = DocumentBuilder::new();
    let added = new
        .iter()
        .filter(|entry| old.get(entry.key).is_none() && !entry.value.is_null());
    let entries: Vec<_> = old
        .iter()
        .chain(added)
        .map(|entry| {
            let value = builder.copy(entry.value);
            (builder.text(entry.key), None, value)
        })
        .collect();
    let root = builder.map(&entries, None);
    builder.finish(root)
}

/// A part of the configuration that comes where nothing was, without the fields that add nothing.
fn added(new: NodeRef<'_>, of: MergeType<'_>, keys: &[Box<str>]) -> Document {
    let mut builder = DocumentBuilder::new();
    let root = builder.copy(new);
    let mut document = builder.finish(root);
    // The key fields of an element stay, also without a value: they tell it apart.
    let mut pending: Vec<(NodeId, MergeType<'_>, &[Box<str>])> = vec![(root, of, keys)];
    while let Some((id, of, keys)) = pending.pop() {
        let shape = of.shape();
        let node = document.node(id);
        let mut idle: Vec<Box<str>> = Vec::new();
        match (node.view(), shape.map, shape.list) {
            (View::Map(entries), Some(map), _) => {
                for entry in entries.iter() {
                    let Some((of, _)) = of.child(map, entry.key) else {
                        continue;
                    };
                    let is_key = keys.iter().any(|key| **key == *entry.key);
                    if !map.atomic && !is_key && adds_nothing(entry.value, of.shape()) {
                        idle.push(entry.key.into());
                    } else {
                        pending.push((entry.value.id(), of, &[]));
                    }
                }
            }
            (View::List(items), _, Some(list)) => {
                pending.extend(
                    items
                        .iter()
                        .map(|item| (item.id(), list.element, list.keys())),
                );
            }
            _ => {}
        }
        for key in idle {
            document.remove_entry(id, &key);
        }
    }
    document
}
