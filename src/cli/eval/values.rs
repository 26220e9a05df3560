//! A value as JSON: bounded, and without what Secrets hold.

use serde_json::{Map, Number};

use crate::cel::{Printer, Value};
use crate::manifest::{DocumentBuilder, NodeRef, View};

/// What stands for a value that is not shown.
pub(super) const MASK: &str = "‹hidden›";
/// The most values in a value.
const MOST_VALUES: usize = 200_000;
/// The most bytes of texts in a value.
const MOST_BYTES: usize = 64 << 20;
/// Nothing nests deeper: dropping JSON recurses.
const DEEPEST: usize = 200;

/// A value as JSON, or why it cannot be.
pub(super) type Json = Result<serde_json::Value, &'static str>;

/// A value as JSON. What JSON does not have is written as the text of the value: times, quantities, types, keys that
/// are no strings; bytes are base64. An empty optional is null, any other is what is in it.
pub(super) fn json(value: &Value<'_>, printer: &Printer<'_>) -> Json {
    let mut writing = Writing {
        printer,
        values: MOST_VALUES,
        bytes: MOST_BYTES,
    };
    writing.value(value, 0)
}

struct Writing<'w> {
    printer: &'w Printer<'w>,
    values: usize,
    bytes: usize,
}

impl Writing<'_> {
    fn take(&mut self, bytes: usize, depth: usize) -> Result<(), &'static str> {
        if depth > DEEPEST {
            return Err("the value nests too deeply to be written");
        }
        let left = self
            .values
            .checked_sub(1)
            .zip(self.bytes.checked_sub(bytes));
        let (values, bytes) = left.ok_or("the value is too large to be written")?;
        self.values = values;
        self.bytes = bytes;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Json {
        self.take(text.len(), 0)?;
        Ok(text.into())
    }

    fn value(&mut self, value: &Value<'_>, depth: usize) -> Json {
        self.take(0, depth)?;
        if self.printer.hides(value) {
            return Ok(MASK.into());
        }
        match value {
            Value::Null | Value::Optional(None) => Ok(serde_json::Value::Null),
            Value::Bool(value) => Ok((*value).into()),
            Value::Int(value) => Ok((*value).into()),
            Value::Uint(value) => Ok((*value).into()),
            Value::Double(value) => Ok(number(*value)),
            Value::String(text) => self.text(text.as_str()),
            Value::Node(node) => self.node(*node, depth),
            Value::List(list) => {
                let items = list.items().iter();
                items.map(|item| self.value(item, depth + 1)).collect()
            }
            Value::Map(map) => {
                let mut built = Map::new();
                for (key, value) in map.entries() {
                    let key = match key.as_str() {
                        Some(text) if !self.printer.hides(key) => text.to_owned(),
                        _ => self.shown(key),
                    };
                    self.take(key.len(), 0)?;
                    built.insert(key, self.value(value, depth + 1)?);
                }
                Ok(built.into())
            }
            Value::Struct(value) => {
                let mut built = Map::new();
                for (name, value) in value.fields() {
                    built.insert(name.to_owned(), self.value(value, depth + 1)?);
                }
                Ok(built.into())
            }
            Value::Optional(Some(inner)) => self.value(inner, depth + 1),
            Value::Bytes(_) => {
                // As JSON holds bytes everywhere in Kubernetes: in base64.
                let mut builder = DocumentBuilder::new();
                let node = value
                    .build(&mut builder)
                    .map_err(|_| "bytes cannot be written")?;
                let text = builder.node(node).as_str().unwrap_or_default().to_owned();
                self.text(&text)
            }
            other => {
                let text = self.shown(other);
                self.text(&text)
            }
        }
    }

    /// The text of a value without the name of its type around it.
    fn shown(&self, value: &Value<'_>) -> String {
        let (text, _) = self.printer.print(value);
        let inner = text
            .split_once("(\"")
            .and_then(|(_, rest)| rest.strip_suffix("\")"));
        match inner {
            Some(inner) => inner.to_owned(),
            None => text,
        }
    }

    fn node(&mut self, node: NodeRef<'_>, depth: usize) -> Json {
        match node.view() {
            View::Null | View::Unknown(_) => Ok(serde_json::Value::Null),
            View::Bool(value) => Ok(value.into()),
            View::Int(value) => Ok(value.into()),
            View::Float(value) => Ok(number(value)),
            View::String(text) => self.text(text),
            View::List(list) => list
                .iter()
                .map(|item| self.value(&Value::Node(item), depth + 1))
                .collect(),
            View::Map(map) => {
                let mut built = Map::new();
                for entry in map.iter() {
                    self.take(entry.key.len(), 0)?;
                    let value = self.value(&Value::Node(entry.value), depth + 1)?;
                    built.insert(entry.key.to_owned(), value);
                }
                Ok(built.into())
            }
        }
    }
}

/// A number; its text where JSON does not have it.
fn number(value: f64) -> serde_json::Value {
    Number::from_f64(value).map_or_else(|| value.to_string().into(), Into::into)
}
