//! Computed lists, maps and structs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Content, Value};

/// Maps with more entries than this get an index.
const INDEX_FROM: usize = 16;

/// How a computed list was made. To expressions all lists are alike; an `ApplyConfiguration` takes some and not others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Making {
    /// By a literal, a macro or most functions.
    Plain,
    /// By putting two lists together.
    Joined,
    /// As the strings that a function such as `split` gives.
    Strings,
}

/// A computed list.
#[derive(Debug)]
pub struct List<'a> {
    items: Vec<Value<'a>>,
    depth: u32,
    making: Making,
}

impl<'a> List<'a> {
    pub(super) fn new(items: Vec<Value<'a>>) -> Self {
        Self::with(items, Making::Plain)
    }

    pub(super) fn with(items: Vec<Value<'a>>, making: Making) -> Self {
        let depth = items.iter().map(Value::depth).max().unwrap_or(0) + 1;
        Self {
            items,
            depth,
            making,
        }
    }

    /// A list made like this one, of other items.
    pub(crate) fn remade<'o>(&self, items: Vec<Value<'o>>) -> Value<'o> {
        Value::List(Arc::new(List::with(items, self.making)))
    }

    pub(super) const fn making(&self) -> Making {
        self.making
    }

    /// The elements in order.
    pub fn items(&self) -> &[Value<'a>] {
        &self.items
    }
}

/// A computed map; entries keep the order in which their keys first came.
#[derive(Debug)]
pub struct Map<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    /// From a key to its position, for large maps.
    index: BTreeMap<Key<'a>, usize>,
    depth: u32,
}

impl<'a> Map<'a> {
    pub(super) fn new(entries: Vec<(Value<'a>, Value<'a>)>) -> Self {
        let depth = entries
            .iter()
            .map(|(_, value)| value.depth())
            .max()
            .unwrap_or(0)
            + 1;
        let mut map = Self {
            entries: Vec::with_capacity(entries.len()),
            index: BTreeMap::new(),
            depth,
        };
        let indexed = entries.len() > INDEX_FROM;
        for (key, value) in entries {
            if let Some(position) = map.position(&key) {
                map.entries[position].1 = value;
                continue;
            }
            if indexed && let Some(own) = Key::owned(&key) {
                map.index.insert(own, map.entries.len());
            }
            map.entries.push((key, value));
        }
        map
    }

    /// The entries in order.
    pub fn entries(&self) -> &[(Value<'a>, Value<'a>)] {
        &self.entries
    }

    /// The value under a key; numbers of different types are one key.
    pub fn get(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let position = self.position(key)?;
        self.entries.get(position).map(|(_, value)| value)
    }

    fn position(&self, key: &Value<'_>) -> Option<usize> {
        let wanted = Key::of(key)?;
        if !self.index.is_empty() {
            return self.index.get(&wanted).copied();
        }
        self.entries
            .iter()
            .position(|(key, _)| Key::of(key).as_ref() == Some(&wanted))
    }
}

/// A struct literal: a name and fields in written order.
#[derive(Debug)]
pub struct Struct<'a> {
    name: Box<str>,
    fields: Vec<(Box<str>, Value<'a>)>,
    depth: u32,
}

impl<'a> Struct<'a> {
    pub(crate) fn new(name: &str, fields: Vec<(Box<str>, Value<'a>)>) -> Self {
        let depth = fields
            .iter()
            .map(|(_, value)| value.depth())
            .max()
            .unwrap_or(0)
            + 1;
        Self {
            name: name.into(),
            fields,
            depth,
        }
    }

    /// The name before the braces: `JSONPatch`, `Object.spec`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields in written order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&Value<'a>> {
        self.fields
            .iter()
            .find(|(name, _)| &**name == field)
            .map(|(_, value)| value)
    }
}

impl Value<'_> {
    /// How deep computed values nest in this one. Values of a document count as flat: nothing walks them recursively.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Struct(value) => value.depth,
            Self::Optional(Some(value)) => value.depth() + 1,
            _ => 0,
        }
    }
}

/// A map key, so that equal keys are equal and have an order: numbers by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'k> {
    Bool(bool),
    Number(i128),
    Text(std::borrow::Cow<'k, str>),
}

impl<'k> Key<'k> {
    /// The key that a value stands for; `None` for a value that cannot be a key.
    fn of(value: &'k Value<'_>) -> Option<Self> {
        Some(match value.content() {
            Content::Bool(value) => Self::Bool(value),
            Content::Int(value) => Self::Number(value.into()),
            Content::Uint(value) => Self::Number(value.into()),
            Content::Double(value) if value.fract() == 0.0 && value.abs() < 1e19 => {
                Self::Number(value as i128)
            }
            Content::String(text) => Self::Text(text.into()),
            _ => return None,
        })
    }

    fn owned<'o>(value: &'k Value<'_>) -> Option<Key<'o>> {
        Some(match Self::of(value)? {
            Self::Bool(value) => Key::Bool(value),
            Self::Number(value) => Key::Number(value),
            Self::Text(text) => Key::Text(text.into_owned().into()),
        })
    }
}
