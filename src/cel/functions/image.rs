//! Image references: `isImage`, `image` and what can be asked of one.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::image::ImageReference;
use super::super::value::{Content, Image, Type, Value};
use super::{Arguments, Computed, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("isImage", (1, 1), Some(Type::Bool), is_image),
    Function::global("image", (1, 1), Some(Type::Image), image),
    Function::method("registry", (1, 1), Some(Type::String), registry),
    Function::method("repository", (1, 1), Some(Type::String), repository),
    Function::method("tag", (1, 1), Some(Type::String), tag),
    Function::method("digest", (1, 1), Some(Type::String), digest),
    Function::method("hasRegistry", (1, 1), Some(Type::Bool), has_registry),
    Function::method("isFrom", (2, 2), Some(Type::Bool), is_from),
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
