//! A tree as JSON text or as a small `serde_json` value.

use std::fmt::Write as _;

use super::{NodeRef, View};

/// The deepest tree that [`to_serde`] makes: dropping a `serde_json::Value` recurses.
const SERDE_DEPTH: usize = 256;

/// Compact JSON. Numbers are written as Go writes them; an unknown value is null. Does not recurse.
pub fn write_json(node: NodeRef<'_>) -> String {
    enum Step<'a> {
        Value(NodeRef<'a>),
        Entry(&'a str, NodeRef<'a>),
        Raw(char),
    }
    let mut out = String::new();
    let mut pending = vec![Step::Value(node)];
    while let Some(step) = pending.pop() {
        let node = match step {
            Step::Raw(c) => {
                out.push(c);
                continue;
            }
            Step::Entry(key, node) => {
                quote(&mut out, key);
                out.push(':');
                node
            }
            Step::Value(node) => node,
        };
        match node.view() {
            View::Null | View::Unknown(_) => out.push_str("null"),
            View::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            // Writing to a string cannot fail.
            View::Int(value) => {
                let _ = write!(out, "{value}");
            }
            View::Float(value) => float(&mut out, value),
            View::String(value) => quote(&mut out, value),
            View::List(list) => {
                out.push('[');
                pending.push(Step::Raw(']'));
                for (index, item) in list.iter().enumerate().rev() {
                    pending.push(Step::Value(item));
                    if index > 0 {
                        pending.push(Step::Raw(','));
                    }
                }
            }
            View::Map(map) => {
                out.push('{');
                pending.push(Step::Raw('}'));
                for (index, entry) in map.iter().enumerate().rev() {
                    pending.push(Step::Entry(entry.key, entry.value));
                    if index > 0 {
                        pending.push(Step::Raw(','));
                    }
                }
            }
        }
    }
    out
}

/// The tree as a `serde_json` value, for small made things; `None` where it is nested deeper than 256 levels.
pub fn to_serde(node: NodeRef<'_>) -> Option<serde_json::Value> {
    to_serde_below(node, SERDE_DEPTH)
}

fn to_serde_below(node: NodeRef<'_>, depth: usize) -> Option<serde_json::Value> {
    use serde_json::Value;
    Some(match node.view() {
        View::Null | View::Unknown(_) => Value::Null,
        View::Bool(value) => value.into(),
        View::Int(value) => value.into(),
        View::Float(value) => value.into(),
        View::String(value) => value.into(),
        View::List(list) => {
            let depth = depth.checked_sub(1)?;
            let items: Option<Vec<_>> = list
                .iter()
                .map(|item| to_serde_below(item, depth))
                .collect();
            items?.into()
        }
        View::Map(map) => {
            let depth = depth.checked_sub(1)?;
            let entries: Option<serde_json::Map<_, _>> = map
                .iter()
                .map(|entry| Some((entry.key.to_owned(), to_serde_below(entry.value, depth)?)))
                .collect();
            entries?.into()
        }
    })
}

/// Go's form: plain between 1e-6 and 1e21, else with an exponent; fewest digits that read back.
fn float(out: &mut String, value: f64) {
    let size = value.abs();
    let _ = if !value.is_finite() {
        out.write_str("null")
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                write!(out, "{digits}e+{exponent}")
            }
            _ => out.write_str(&text),
        }
    } else {
        write!(out, "{value}")
    };
}

/// Writes a JSON string.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        from = at + 1;
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}
