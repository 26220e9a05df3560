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
            Content::Image(image) => builder.string(image.text(), None),
            Content::Optional(Some(value)) => value.build(builder)?,
            // As in the API server, a quantity has to be made a string first.
            Content::Type(_)
            | Content::Optional(None)
            | Content::Quantity(_)
            | Content::Opaque(_) => {
                return Err(format!(
                    "JSON cannot hold a value of type `{}`",
                    self.type_name()
                ));
            }
            Content::Unknown(reason) => builder.unknown(reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Activation, Environment, compile};
    use crate::manifest::{DocumentBuilder, write_json};

    /// The value of an expression as JSON, or what JSON cannot hold of it.
    fn json(expression: &str) -> String {
        let environment = Environment::new([]).with_mixed_literals();
        let program = compile(expression, &environment).expect("it compiles");
        let activation = Activation::new(Vec::new(), &[], 1_000);
        let value = program.evaluate(&activation).expect("a value");
        let mut builder = DocumentBuilder::new();
        match value.build(&mut builder) {
            Ok(root) => write_json(builder.finish(root).root()),
            Err(problem) => problem,
        }
    }

    #[test]
    fn json_holds_what_the_api_server_puts_into_patches() {
        let cases = [
            (
                "[null, true, 1, 1u, 1.5, 'a', b'abc']",
                r#"[null,true,1,1,1.5,"a","YWJj"]"#,
            ),
            ("{'a': optional.of(optional.of(1))}", r#"{"a":1}"#),
            (
                "[duration('90s'), timestamp('2026-01-01T00:00:00Z')]",
                r#"["90s","2026-01-01T00:00:00Z"]"#,
            ),
            (
                "optional.none()",
                "JSON cannot hold a value of type `optional_type`",
            ),
            (
                "[quantity('1')]",
                "JSON cannot hold a value of type `kubernetes.Quantity`",
            ),
            (
                "{'a': ip('::1')}",
                "JSON cannot hold a value of type `net.IP`",
            ),
            ("type(1)", "JSON cannot hold a value of type `type`"),
            ("{1: 2}", "JSON cannot hold a map key of type `int`"),
            ("double('NaN')", "JSON cannot hold the number NaN"),
        ];
        for (expression, expected) in cases {
            assert_eq!(json(expression), expected, "{expression}");
        }
    }
}
