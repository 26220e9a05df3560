//! Named formats: `format.named`, `format.dns1123Label` and its like, and `validate`.

use super::super::error::Failure;
use super::super::library::formats::NamedFormat;
use super::super::types::Overload;
use super::super::types::sorts::{NAMED_FORMAT, OPTIONAL_FORMAT, OPTIONAL_STRINGS, STRING};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function, Implementation};

/// The release that brought the library.
const SINCE: u8 = 31;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "format.named",
        &[Overload::new(&[STRING], OPTIONAL_FORMAT).since(SINCE)],
        named,
    ),
    constant("format.dns1123Label", |_| made(NamedFormat::Dns1123Label)),
    constant("format.dns1123Subdomain", |_| {
        made(NamedFormat::Dns1123Subdomain)
    }),
    constant("format.dns1035Label", |_| made(NamedFormat::Dns1035Label)),
    constant("format.dns1123LabelPrefix", |_| {
        made(NamedFormat::Dns1123LabelPrefix)
    }),
    constant("format.dns1123SubdomainPrefix", |_| {
        made(NamedFormat::Dns1123SubdomainPrefix)
    }),
    constant("format.dns1035LabelPrefix", |_| {
        made(NamedFormat::Dns1035LabelPrefix)
    }),
    constant("format.qualifiedName", |_| made(NamedFormat::QualifiedName)),
    constant("format.labelValue", |_| made(NamedFormat::LabelValue)),
    constant("format.uri", |_| made(NamedFormat::Uri)),
    constant("format.uuid", |_| made(NamedFormat::Uuid)),
    constant("format.byte", |_| made(NamedFormat::Byte)),
    constant("format.date", |_| made(NamedFormat::Date)),
    constant("format.datetime", |_| made(NamedFormat::Datetime)),
    Function::method(
        "validate",
        &[Overload::new(&[NAMED_FORMAT, STRING], OPTIONAL_STRINGS).since(SINCE)],
        validate,
    ),
];

const fn constant(name: &'static str, implementation: Implementation) -> Function {
    const OVERLOADS: &[Overload] = &[Overload::new(&[], NAMED_FORMAT).since(SINCE)];
    Function::global(name, OVERLOADS, implementation)
}

fn made<'a>(format: NamedFormat) -> Computed<'a> {
    Ok(Value::opaque(OpaqueKind::Format(format)))
}

fn named<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match NamedFormat::named(arguments.text(0)?) {
        Some(format) => made(format).map(Value::some),
        None => Ok(Value::none()),
    }
}

/// None for a text that has the format, otherwise what is wrong with it.
fn validate<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let Content::Opaque(OpaqueKind::Format(format)) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    let messages = format.validate(arguments.text(1)?);
    if messages.is_empty() {
        return Ok(Value::none());
    }
    Ok(Value::some(Value::strings(messages)))
}
