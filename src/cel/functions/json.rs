//! JSON in a text, as annotations hold it: `isJSON` and `json`.
//!
//! Of two equal keys the last counts, as in Go. What is read is a computed value: the place of what is wrong in it is that
//! of the text.

use crate::manifest::{NodeRef, View, read_json};

use super::super::error::Failure;
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, DYN, STRING};
use super::super::value::Value;
use super::{Arguments, Computed, Function, Group};

/// How deep lists and maps may nest: less than computed values may.
const MAX_DEPTH: u32 = 100;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("isJSON", &[Overload::new(&[STRING], BOOL)], is_json).of(Group::KPolicy),
    Function::global("json", &[Overload::new(&[STRING], DYN)], json).of(Group::KPolicy),
];

fn is_json<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let text = arguments.text(0)?;
    Ok(Value::Bool(read(text).is_ok()))
}

fn json<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let text = arguments.text(0)?;
    read(text).map_err(Failure::argument)
}

fn read(text: &str) -> Result<Value<'static>, String> {
    // Its message may repeat a part of the text, which may be anything.
    let document = read_json(None, text).map_err(|_| "the text is not JSON".to_owned())?;
    value(document.root(), 0).ok_or_else(|| "the JSON nests too deeply".to_owned())
}

/// The value of a node, without the document; `None` where it nests too deeply.
fn value(node: NodeRef<'_>, depth: u32) -> Option<Value<'static>> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match node.view() {
        View::Null | View::Unknown(_) => Value::Null,
        View::Bool(value) => Value::Bool(value),
        View::Int(value) => Value::Int(value),
        View::Float(value) => Value::Double(value),
        View::String(text) => Value::string(text.to_owned()),
        View::List(list) => {
            let items = list.iter().map(|item| value(item, depth + 1));
            Value::list(items.collect::<Option<_>>()?)
        }
        View::Map(map) => {
            let entries = map.iter().map(|entry| {
                let key = Value::string(entry.key.to_owned());
                Some((key, value(entry.value, depth + 1)?))
            });
            Value::map(entries.collect::<Option<_>>()?)
        }
    })
}
