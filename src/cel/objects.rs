//! The names of `Object` types, as far as the text of an expression tells where they stand.
//!
//! The API server compares the names when the expression has run, and refuses the request if they do not fit. The text
//! says as much for most of them, and at once.
//!
//! Upstream: `CheckTypeNamesMatchFieldPathNames` of `k8s.io/apiserver` `cel/mutation/dynamic`.

use super::CompileError;
use super::expression::{Expression, Kind, Shape};
use super::syntax::error_with_help;
use super::types::{StaticType, patches};

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
        // What stands in lists and maps is named after the field that holds them.
        Kind::List(items) => items.iter().try_for_each(|item| walk(&item.value, way)),
        Kind::Map(entries) => entries.iter().try_for_each(|entry| walk(&entry.value, way)),
        Kind::Conditional {
            then, otherwise, ..
        } => [then, otherwise]
            .into_iter()
            .try_for_each(|branch| walk(branch, way)),
        Kind::Transform(transform) if transform.shape == Shape::List => transform
            .result
            .iter()
            .try_for_each(|result| walk(result, way)),
        _ => Ok(()),
    }
}
