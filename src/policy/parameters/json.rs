//! A document as JSON, for the schema validator.

use serde_json::{Map, Number, Value};

use crate::manifest::{NodeRef, View};

/// Parameters nest a few levels; what nests further is no parameter.
const DEEPEST: usize = 64;

/// The JSON value of a node; `None` where it nests too deeply. What cannot be known is null.
pub(super) fn value(node: NodeRef<'_>) -> Option<Value> {
    at_depth(node, 0)
}

fn at_depth(node: NodeRef<'_>, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    Some(match node.view() {
        View::Null | View::Unknown(_) => Value::Null,
        View::Bool(value) => Value::Bool(value),
        View::Int(value) => Value::Number(value.into()),
        View::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
        View::String(value) => Value::String(value.to_owned()),
        View::List(list) => Value::Array(
            list.iter()
                .map(|item| at_depth(item, depth + 1))
                .collect::<Option<_>>()?,
        ),
        View::Map(map) => Value::Object(
            map.iter()
                .map(|entry| Some((entry.key.to_owned(), at_depth(entry.value, depth + 1)?)))
                .collect::<Option<Map<_, _>>>()?,
        ),
    })
}
