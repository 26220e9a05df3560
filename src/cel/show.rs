//! A value as text, for tests.

use super::value::{Content, Opaque, Value};

/// The value as an expression would write it.
pub(super) fn show(value: &Value<'_>) -> String {
    match value.content() {
        Content::Null => "null".to_owned(),
        Content::Bool(value) => value.to_string(),
        Content::Int(value) => value.to_string(),
        Content::Uint(value) => format!("{value}u"),
        Content::Double(value) => format!("{value:?}"),
        Content::String(text) => format!("'{text}'"),
        Content::Bytes(bytes) => format!("b{bytes:?}"),
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(|item| show(&item)).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", show(&key), show(&value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Content::Struct(value) => {
            let fields: Vec<_> = value
                .fields()
                .map(|(name, value)| format!("{name}: {}", show(value)))
                .collect();
            format!("{}{{{}}}", value.name(), fields.join(", "))
        }
        Content::Type(kind) => kind.name().to_owned(),
        Content::Duration(value) => value.to_string(),
        Content::Timestamp(value) => value.to_string(),
        Content::Optional(None) => "none".to_owned(),
        Content::Optional(Some(value)) => format!("of({})", show(value)),
        Content::Quantity(quantity) => format!("quantity({quantity})"),
        Content::Image(image) => format!("image({})", image.text()),
        Content::Opaque(value) => Opaque(value.clone()).to_string(),
        Content::Unknown(reason) => format!("unknown({reason})"),
    }
}
