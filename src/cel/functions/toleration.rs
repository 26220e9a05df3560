//! Tolerations: `tolerates`.
//!
//! A field that is absent or null is empty, and so is a toleration that is null: the API server reads them so. Fields
//! that say nothing about a match, such as `tolerationSeconds`, are not looked at.

use super::super::error::Failure;
use super::super::library::toleration::{self, Field, Taint, Toleration};
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, DYN};
use super::super::value::{Content, Entries, Value};
use super::{Arguments, Computed, Function, Group};

pub(super) const FUNCTIONS: &[Function] =
    &[
        Function::global("tolerates", &[Overload::new(&[DYN, DYN], BOOL)], tolerates)
            .of(Group::KPolicy),
    ];

fn tolerates<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let asked = match arguments.content(0) {
        Content::Null => None,
        Content::Map(asked) => Some(asked),
        _ => return Err(Failure::overload()),
    };
    let Content::Map(carried) = arguments.content(1) else {
        return Err(Failure::overload());
    };
    let asked = Toleration {
        key: field(asked, "key")?,
        operator: field(asked, "operator")?,
        value: field(asked, "value")?,
        effect: field(asked, "effect")?,
    };
    let carried = Taint {
        key: field(Some(carried), "key")?,
        value: field(Some(carried), "value")?,
        effect: field(Some(carried), "effect")?,
    };
    toleration::tolerates(&asked, &carried)
        .map(Value::Bool)
        .map_err(Failure::unknown)
}

/// What is known of a field of a toleration or a taint.
fn field<'f>(fields: Option<Entries<'f, 'f>>, name: &str) -> Result<Field<'f>, Failure> {
    let Some(fields) = fields else {
        return Ok(Field::Text(""));
    };
    match (fields.look(name), fields.open()) {
        (Some(Content::String(text)), _) => Ok(Field::Text(text)),
        (Some(Content::Unknown(reason)), _) | (None, Some(reason)) => Ok(Field::Unknown(reason)),
        (Some(Content::Null), _) | (None, None) => Ok(Field::Text("")),
        (Some(_), _) => Err(Failure::argument(format_args!(
            "`{name}` of a toleration or a taint is a string"
        ))),
    }
}
