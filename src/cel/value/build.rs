//! Writing a value into a document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::manifest::{DocumentBuilder, NodeId};

use super::{Content, Value};

impl Value<'_> {
    /// Writes the value into a document that is being built, as JSON would hold it: values of a document keep their
    /// origins, bytes become base64, times their text. The error says which part JSON cannot hold.
    pub fn build(&self, builder: &mut DocumentBuilder) -> Result<NodeId, String> {
        if let Self::Node(node) = self {
            return Ok(builder.copy(*node));
        }
        Ok(match self.content() {
            Content::Null => builder.null(None),
            Content::Bool(value) => builder.bool(value, None),
            Content::Int(value) => builder.int(value, None),
            Content::Uint(value) => match i64::try_from(value) {
                Ok(value) => builder.int(value, None),
                Err(_) => builder.float(value as f64, None),
            },
            Content::Double(value) if !value.is_finite() => {
                return Err(format!("JSON cannot hold the number {value}"));
            }
            Content::Double(value) => builder.float(value, None),
            Content::String(text) => builder.string(text, None),
            Content::Bytes(bytes) => builder.string(&STANDARD.encode(bytes), None),
            Content::List(items) => {
                let items = items
                    .iter()
                    .map(|item| item.build(builder))
                    .collect::<Result<Vec<_>, _>>()?;
                builder.list(&items, None)
            }
            Content::Map(entries) => {
                let mut built = Vec::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    let Some(key) = key.as_str() else {
                        return Err(format!(
                            "JSON cannot hold a map key of type `{}`",
                            key.type_name()
                        ));
                    };
                    let value = value.build(builder)?;
                    built.push((builder.text(key), None, value));
                }
                builder.map(&built, None)
            }
            Content::Struct(value) => {
                let mut built = Vec::with_capacity(value.fields().len());
                for (name, value) in value.fields() {
                    let value = value.build(builder)?;
                    built.push((builder.text(name), None, value));
                }
                builder.map(&built, None)
            }
            Content::Timestamp(value) => builder.string(&value.to_string(), None),
            Content::Duration(value) => builder.string(&value.to_string(), None),
            Content::Quantity(quantity) => builder.string(&quantity.to_string(), None),
            Content::Image(image) => builder.string(image.text(), None),
            Content::Type(_) | Content::Optional(_) | Content::Opaque(_) => {
                return Err(format!(
                    "JSON cannot hold a value of type `{}`",
                    self.type_name()
                ));
            }
            Content::Unknown(reason) => builder.unknown(reason),
        })
    }
}
