//! What the text of an expression tells of the `Object` it makes: the names of types at their places, and which fields
//! are set.
//!
//! The API server compares the names when the expression has run, and refuses the request if they do not fit. The text
//! says as much for most of them, and at once.
//!
//! Upstream: `CheckTypeNamesMatchFieldPathNames` of `k8s.io/apiserver` `cel/mutation/dynamic`.

use std::ops::Range;

use super::CompileError;
use super::expression::{Expression, Kind, Shape};
use super::syntax::error_with_help;
use super::types::{StaticType, patches};

/// A field that an expression sets.
#[derive(Clone, Debug)]
pub struct SetField<'p> {
    /// The fields that lead to it, itself included; lists on the way are left out.
    pub path: Vec<&'p str>,
    /// The type of what is set, as far as the text tells.
    pub kind: &'p StaticType,
    /// The bytes of the expression that make the value.
    pub range: Range<usize>,
}

/// The fields that the literals of an expression set, outer ones first. Keys of maps are not among them.
pub(super) fn fields(expression: &Expression) -> Vec<SetField<'_>> {
    let mut found = Vec::new();
    collect(expression, &mut Vec::new(), &mut found);
    found
}

fn collect<'e>(expression: &'e Expression, way: &mut Vec<&'e str>, found: &mut Vec<SetField<'e>>) {
    if let Kind::Struct { name, fields } = &expression.kind
        && patches::is_object(name)
    {
        for field in fields {
            way.push(&field.name);
            let value = &field.value;
            found.push(SetField {
                path: way.clone(),
                kind: match (&value.of, field.optional) {
                    (StaticType::Optional(inner), true) => inner,
                    (kind, _) => kind,
                },
                range: value.range.into(),
            });
            collect(value, way, found);
            way.pop();
        }
    }
    for inner in inside(expression) {
        collect(inner, way, found);
    }
}

/// The first literal whose type is not named after the fields that lead to it.
pub(super) fn check(expression: &Expression) -> Result<(), CompileError> {
    match expression.of {
        StaticType::Object(ref name) if patches::is_object(name) => {
            walk(expression, &mut vec!["Object"])
        }
        _ => Ok(()),
    }
}

fn walk<'e>(expression: &'e Expression, way: &mut Vec<&'e str>) -> Result<(), CompileError> {
    match &expression.kind {
        Kind::Struct { name, .. } if !patches::is_object(name) => Ok(()),
        Kind::Struct { name, fields } => {
            let wanted = way.join(".");
            if **name != *wanted {
                let message = format!("`{name}` stands where `{wanted}` is needed");
                let help = "a type is named after the fields that lead to it";
                return Err(*error_with_help(expression.range, message, help));
            }
            for field in fields {
                way.push(&field.name);
                walk(&field.value, way)?;
                way.pop();
            }
            Ok(())
        }
        _ => inside(expression)
            .into_iter()
            .try_for_each(|expression| walk(expression, way)),
    }
}

/// The expressions whose values take the place of this one's value or become its elements: what stands in a list or a map
/// is named after the field that holds it.
fn inside(expression: &Expression) -> Vec<&Expression> {
    match &expression.kind {
        Kind::List(items) => items.iter().map(|item| &item.value).collect(),
        Kind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Kind::Conditional {
            then, otherwise, ..
        } => vec![then, otherwise],
        Kind::Transform(transform) if transform.shape == Shape::List => {
            transform.result.iter().collect()
        }
        _ => Vec::new(),
    }
}
