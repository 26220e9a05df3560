//! Image references: `isImage`, `image` and what can be asked of one.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::image::ImageReference;
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, IMAGE, LIST_OF_STRINGS, STRING};
use super::super::value::{Content, Image, Value};
use super::{Arguments, Computed, Function, Group};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("isImage", &[Overload::new(&[STRING], BOOL)], is_image).of(Group::KPolicy),
    Function::global("image", &[Overload::new(&[STRING], IMAGE)], image).of(Group::KPolicy),
    Function::method("registry", &[Overload::new(&[IMAGE], STRING)], registry).of(Group::KPolicy),
    Function::method("repository", &[Overload::new(&[IMAGE], STRING)], repository)
        .of(Group::KPolicy),
    Function::method("tag", &[Overload::new(&[IMAGE], STRING)], tag).of(Group::KPolicy),
    Function::method("digest", &[Overload::new(&[IMAGE], STRING)], digest).of(Group::KPolicy),
    Function::method(
        "hasRegistry",
        &[Overload::new(&[IMAGE], BOOL)],
        has_registry,
    )
    .of(Group::KPolicy),
    Function::method(
        "isFrom",
        &[Overload::new(&[IMAGE, LIST_OF_STRINGS], BOOL)],
        is_from,
    )
    .of(Group::KPolicy),
];

fn is_image<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::String(text) => Ok(Value::Bool(ImageReference::parse(text).is_ok())),
        _ => Err(Failure::overload()),
    }
}

fn image<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    match arguments.content(0) {
        Content::String(text) => ImageReference::parse(Arc::from(text))
            .map(|image| Value::Image(Arc::new(Image(image))))
            .map_err(Failure::argument),
        _ => Err(Failure::overload()),
    }
}

fn registry<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(receiver(arguments)?.registry().into_owned()))
}

fn repository<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(
        receiver(arguments)?.repository().into_owned(),
    ))
}

fn tag<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(receiver(arguments)?.tag().to_owned()))
}

fn digest<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::string(receiver(arguments)?.digest().to_owned()))
}

fn has_registry<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(receiver(arguments)?.has_registry()))
}

fn is_from<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let Content::List(places) = arguments.content(1) else {
        return Err(Failure::overload());
    };
    let places: Vec<Value<'_>> = places.iter().collect();
    let texts: Option<Vec<&str>> = places.iter().map(Value::as_str).collect();
    receiver(arguments)?
        .is_from(texts.ok_or_else(Failure::overload)?)
        .map(Value::Bool)
        .map_err(Failure::argument)
}

fn receiver<'c>(arguments: &Arguments<'c, '_>) -> Result<&'c ImageReference<Arc<str>>, Failure> {
    match arguments.content(0) {
        Content::Image(image) => Ok(image),
        _ => Err(Failure::overload()),
    }
}
