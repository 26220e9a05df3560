//! Definitions as YAML, as people would write them.

use serde_json::{Map, Value, json};

/// Writes a map in block style.
pub(super) fn write(value: &Value, out: &mut String) {
    write_map(value.as_object().expect("a map"), 0, out);
}

fn write_map(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 || indent == 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&scalar(&json!(key)));
        out.push(':');
        write_value(value, indent, out);
    }
}

fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            out.push_str(&" ".repeat(indent + 2));
            write_map(map, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push('-');
                if let Value::Object(map) = item {
                    out.push(' ');
                    write_map(map, indent + 2, out);
                } else {
                    write_value(item, indent + 2, out);
                }
            }
        }
        scalar_value => {
            out.push(' ');
            out.push_str(&scalar(scalar_value));
            out.push('\n');
        }
    }
}

/// A text that YAML could take for something else is quoted as in JSON.
fn scalar(value: &Value) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let words = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "True", "False",
    ];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " -_./,;()$".contains(c))
        && !text.ends_with(' ')
        && !words.contains(&&**text);
    if plain {
        text.clone()
    } else {
        value.to_string()
    }
}
