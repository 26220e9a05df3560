//! What tells the elements of a merged list apart.

use std::collections::BTreeMap;

use crate::manifest::{Document, ListRef, NodeRef, View, read_json, write_json};

use super::types::{ListMerge, ListShape, MapShape};

/// A value that can tell elements apart. Equal numbers are equal, whole or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Null,
    Bool(bool),
    Int(i64),
    /// The bits of a number that is no integer.
    Float(u64),
    Text(Box<str>),
    /// Anything else, by its JSON.
    Other(Box<str>),
}

impl Mark {
    fn of(node: NodeRef<'_>) -> Self {
        match node.view() {
            View::Null => Self::Null,
            View::Bool(value) => Self::Bool(value),
            View::Int(value) => Self::Int(value),
            View::Float(value) => match whole(value) {
                Some(value) => Self::Int(value),
                None => Self::Float(value.to_bits()),
            },
            View::String(text) => Self::Text(text.into()),
            _ => Self::Other(write_json(node).into()),
        }
    }
}

/// The integer that a number is.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= LIMIT).then_some(value as i64)
}

/// What tells one element apart: the element itself in a set, else its key fields, in order; those it lacks are `None`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Vec<Option<Mark>>);

/// Reads the keys of one list type's elements.
pub(super) struct Keys<'s> {
    merge: ListMerge<'s>,
    /// What stands for each key field where an element lacks it.
    defaults: Vec<Option<Mark>>,
}

impl<'s> Keys<'s> {
    pub(super) fn of(list: ListShape<'s>) -> Self {
        let names = match list.merge {
            ListMerge::Keys(names) => names,
            ListMerge::Atomic | ListMerge::Set => &[],
        };
        let map = list.element.shape().map.unwrap_or(MapShape {
            atomic: false,
            element: None,
        });
        let default = |name: &str| {
            let text = list.element.child(map, name)?.0.default()?;
            let value: Document = read_json(None, text).ok()?;
            Some(Mark::of(value.root()))
        };
        Self {
            merge: list.merge,
            defaults: names.iter().map(|name| default(name)).collect(),
        }
    }

    /// The key of an element, or what is wrong with it.
    pub(super) fn key(&self, element: NodeRef<'_>) -> Result<Key, String> {
        let names = match self.merge {
            ListMerge::Keys(names) => names,
            ListMerge::Atomic | ListMerge::Set => {
                return match element.view() {
                    View::Map(_) | View::List(_) | View::Null => Err(format!(
                        "an element of a set must be a string, number or boolean, not {}",
                        a(element)
                    )),
                    _ => Ok(Key(vec![Some(Mark::of(element))])),
                };
            }
        };
        let Some(map) = element.as_map() else {
            return Err(format!(
                "an element of a list with keys must be a map, not {}",
                a(element)
            ));
        };
        let marks: Vec<Option<Mark>> = names
            .iter()
            .zip(&self.defaults)
            .map(|(name, default)| map.get(name).map(Mark::of).or_else(|| default.clone()))
            .collect();
        if marks.iter().all(Option::is_none) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            return Err(format!(
                "an element needs {}, which tells it apart",
                names.join(" or ")
            ));
        }
        Ok(Key(marks))
    }

    /// The keys of all elements, each distinct one as a number from `known`; or the first element that is wrong.
    pub(super) fn number(
        &self,
        list: Option<ListRef<'_>>,
        known: &mut BTreeMap<Key, usize>,
    ) -> Result<Vec<usize>, (usize, String)> {
        let elements = list.into_iter().flat_map(ListRef::iter).enumerate();
        elements
            .map(|(index, element)| {
                let key = self.key(element).map_err(|message| (index, message))?;
                let next = known.len();
                Ok(*known.entry(key).or_insert(next))
            })
            .collect()
    }
}

/// A value's type with its article.
pub(super) fn a(node: NodeRef<'_>) -> String {
    match node.type_name() {
        "null" => "null".to_owned(),
        name @ ("integer" | "unknown") => format!("an {name}"),
        name => format!("a {name}"),
    }
}
