//! Whether one value is of the type that its place wants; what is below it is not looked at.

use crate::cel::is_quantity;
use crate::manifest::{NodeRef, View};
use crate::source::FieldPath;

use super::{Outcome, Refusal, Schema, Shape};

/// What is wrong with a value.
pub(super) struct Wrong {
    what: String,
    help: Option<&'static str>,
}

impl Wrong {
    /// It at its place. `more` values beside it are wrong too.
    pub(super) fn at(self, path: FieldPath, more: usize) -> Refusal {
        let more = match more {
            0 => String::new(),
            more => format!("; the same goes for {more} more beside it"),
        };
        let place = if path.is_root() {
            "the object".to_owned()
        } else {
            format!("`{path}`")
        };
        Refusal {
            outcome: Outcome::Refused,
            message: format!("the API server refuses this: {place} {}{more}", self.what),
            existing: path.segments().len(),
            path,
            help: self.help.map(str::to_owned),
        }
    }
}

/// Why a value does not fit; `None` where it does, where null leaves the place empty, and where nobody knows yet what
/// stands there.
pub(super) fn wrong(node: NodeRef<'_>, schema: Schema<'_>) -> Option<Wrong> {
    let view = node.view();
    if matches!(view, View::Null | View::Unknown(_)) {
        return None;
    }
    let wants = match (schema.shape(), view) {
        (Shape::Any, _)
        | (Shape::Bool, View::Bool(_))
        | (Shape::Number | Shape::Quantity, View::Int(_) | View::Float(_))
        | (Shape::String | Shape::IntOrString, View::String(_))
        | (Shape::List(_), View::List(_))
        | (Shape::Map(_) | Shape::Object, View::Map(_)) => return None,
        (Shape::Int, View::Int(number)) => return too_large(number, schema.format()),
        (Shape::IntOrString, View::Int(number)) => return too_large(number, Some("int32")),
        // YAML's `1.0` reaches the API server as `1`.
        (Shape::Int | Shape::IntOrString, View::Float(number)) if number.fract() == 0.0 => {
            return None;
        }
        (Shape::Quantity, View::String(text)) => {
            let is_one = is_quantity(text.trim()) || is_filled_in_later(text);
            return (!is_one).then(|| Wrong {
                what: "is no quantity".to_owned(),
                help: Some("a quantity is a number with a suffix such as `m`, `k`, `Mi` or `Gi`, without a space"),
            });
        }
        (_, View::String(text)) if is_filled_in_later(text) => return None,
        (Shape::Bool, _) => "a boolean",
        (Shape::Int, _) => "an integer",
        (Shape::Number, _) => "a number",
        (Shape::String, _) => "a string",
        (Shape::IntOrString, _) => "an integer or a string",
        (Shape::Quantity, _) => "a quantity",
        (Shape::List(_), _) => "a list",
        (Shape::Map(_) | Shape::Object, _) => "a map",
    };
    Some(Wrong {
        what: format!("must be {wants}, not {}", name(node)),
        help: help(schema, node),
    })
}

/// Whether a text waits for somebody to put a value in its place: then it is not known whether that fits.
fn is_filled_in_later(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}

fn too_large(number: i64, format: Option<&str>) -> Option<Wrong> {
    (format == Some("int32") && i32::try_from(number).is_err()).then(|| Wrong {
        what: "is out of range for an integer of 32 bits".to_owned(),
        help: None,
    })
}

fn name(node: NodeRef<'_>) -> &'static str {
    match node.view() {
        View::Null => "null",
        View::Bool(_) => "a boolean",
        View::Int(_) => "an integer",
        View::Float(_) => "a number",
        View::String(_) => "a string",
        View::List(_) => "a list",
        View::Map(_) => "a map",
        View::Unknown(_) => "unknown",
    }
}

fn help(schema: Schema<'_>, node: NodeRef<'_>) -> Option<&'static str> {
    match (schema.shape(), node.view()) {
        (Shape::String, View::Bool(_) | View::Int(_) | View::Float(_)) => Some("put it in quotes"),
        (Shape::Bool, View::String("true" | "false")) => Some("write it without quotes"),
        (Shape::Int | Shape::Number, View::String(text)) if text.parse::<i64>().is_ok() => {
            Some("write it without quotes")
        }
        (Shape::List(_), View::Map(_)) => Some("begin each element with `- `"),
        _ => None,
    }
}
