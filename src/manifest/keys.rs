//! The keys of maps: their text, equal keys, and `<<`.

use std::collections::HashMap;

use crate::source::Span;

use super::load::is_map;
use super::scalar::{Scalar, float_key};
use super::{Dialect, DocumentBuilder, NodeId, NodeRef, Problem, Text, View};

/// An entry of a map that is not complete yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) key: Text,
    pub(super) key_origin: Option<Span>,
    pub(super) value: NodeId,
    /// It came through `<<`.
    pub(super) merged: bool,
}

/// The text of a key, or what it is that cannot be one.
///
/// sigs.k8s.io/yaml turns booleans and numbers into text; kustomize refuses them.
pub(super) fn text(
    builder: &mut DocumentBuilder,
    value: &Scalar<'_>,
    dialect: Dialect,
) -> Result<Text, &'static str> {
    let kubectl = dialect == Dialect::Kubectl;
    Ok(match value {
        Scalar::String(text) => builder.text(text),
        Scalar::Null => return Err("null"),
        Scalar::Date(_) => return Err("a date"),
        Scalar::Uint(_) => return Err("a number above 9223372036854775807"),
        Scalar::Bool(true) if kubectl => builder.text("true"),
        Scalar::Bool(false) if kubectl => builder.text("false"),
        Scalar::Int(number) if kubectl => builder.text(&number.to_string()),
        Scalar::Float(number) if kubectl => builder.text(&float_key(*number)),
        Scalar::Bool(_) => return Err("a boolean"),
        Scalar::Int(_) | Scalar::Float(_) => return Err("a number"),
    })
}

/// The text of a key that an alias repeats.
pub(super) fn text_of_node(
    builder: &mut DocumentBuilder,
    node: NodeId,
    dialect: Dialect,
) -> Result<Text, &'static str> {
    if let Some(text) = builder.string_text(node) {
        return Ok(text);
    }
    let value = match builder.node(node).view() {
        View::Bool(value) => Scalar::Bool(value),
        View::Int(value) => Scalar::Int(value),
        View::Float(value) => Scalar::Float(value),
        View::List(_) | View::Map(_) => return Err("a list or map"),
        View::Null | View::Unknown(_) | View::String(_) => return Err("null"),
    };
    text(builder, &value, dialect)
}

/// Adds what `<<: node` brings to the entries; `false` where it is no map and no list of maps.
///
/// A list is added back to front: its earlier maps win. An alias may name a map only. Entries that come through an
/// alias remember it, so that nobody edits the anchored text for one place.
pub(super) fn merge(
    builder: &mut DocumentBuilder,
    entries: &mut Vec<Pending>,
    node: NodeId,
    alias: Option<Span>,
) -> bool {
    let maps: Vec<NodeId> = match builder.node(node).view() {
        View::Map(_) => vec![node],
        View::List(list) if alias.is_none() => list.iter().map(NodeRef::id).collect(),
        _ => return false,
    };
    if !maps.iter().all(|&map| is_map(builder, map)) {
        return false;
    }
    for map in maps.into_iter().rev() {
        let through = alias.or_else(|| builder.node(map).alias());
        let first = entries.len();
        entries.extend(
            builder
                .entries_of(map)
                .map(|(key, key_origin, value)| Pending {
                    key,
                    key_origin,
                    value,
                    merged: true,
                }),
        );
        if let Some(alias) = through {
            for entry in &entries[first..] {
                builder.mark_alias(entry.value, alias);
            }
        }
    }
    true
}

/// Settles which of equal keys stays, in the entries from `first` on.
///
/// kubectl: document order, the last one wins, whether written or merged. kustomize: equal written keys are an error,
/// a written key wins over a merged one.
pub(super) fn settle(
    builder: &mut DocumentBuilder,
    entries: &mut Vec<Pending>,
    first: usize,
    dialect: Dialect,
    warnings: &mut Vec<Problem>,
) -> Result<(), Problem> {
    /// Below this, comparing each with each is faster than hashing.
    const FEW: usize = 12;
    let map = &entries[first..];
    let unique = if map.len() <= FEW {
        map.iter().enumerate().all(|(at, entry)| {
            let key = builder.str(entry.key);
            map[..at].iter().all(|other| builder.str(other.key) != key)
        })
    } else {
        let mut keys: Vec<&str> = map.iter().map(|entry| builder.str(entry.key)).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair[0] != pair[1])
    };
    if unique {
        return Ok(());
    }
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(map.len());
    let mut kept: Vec<Option<Pending>> = Vec::with_capacity(map.len());
    for &entry in map {
        let key = builder.str(entry.key);
        let Some(earlier) = places.insert(key, kept.len()) else {
            kept.push(Some(entry));
            continue;
        };
        let old = kept.get(earlier).copied().flatten();
        let clash = |message: String| {
            let problem = match dialect {
                Dialect::Kubectl => Problem::warning(message, entry.key_origin)
                    .with_help("the last one counts; remove the others"),
                Dialect::Kustomize => {
                    Problem::error(message, entry.key_origin).with_help("remove one of them")
                }
            };
            problem.with_related(old.and_then(|old| old.key_origin))
        };
        let old_merged = old.is_some_and(|old| old.merged);
        match (dialect, old_merged, entry.merged) {
            (Dialect::Kustomize, false, false) => {
                return Err(clash(format!("key `{key}` is set twice")));
            }
            (Dialect::Kubectl, false, false) => {
                warnings.push(clash(format!("key `{key}` is set twice")));
            }
            (Dialect::Kubectl, false, true) => {
                let message = format!("`<<` replaces key `{key}`, which stands before it");
                warnings.push(clash(message));
            }
            (Dialect::Kustomize, false, true) => {
                places.insert(key, earlier);
                continue;
            }
            // Of two merged entries, go-yaml v3 keeps the first in each list of maps: those were added back to front.
            (_, true, _) => {}
        }
        if let Some(old) = kept.get_mut(earlier) {
            *old = None;
        }
        kept.push(Some(entry));
    }
    let kept: Vec<Pending> = kept.into_iter().flatten().collect();
    entries.truncate(first);
    entries.extend(kept);
    Ok(())
}
