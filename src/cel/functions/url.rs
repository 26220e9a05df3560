//! URLs: `url`, `isURL` and what can be asked of one.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::url::{self, Url};
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, MAP_OF_LISTS, STRING, URL};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function};

const URL_TO_STRING: &[Overload] = &[Overload::new(&[URL], STRING)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("url", &[Overload::new(&[STRING], URL)], parse),
    Function::global("isURL", &[Overload::new(&[STRING], BOOL)], is_url),
    Function::method("getScheme", URL_TO_STRING, |arguments| {
        part(arguments, Url::scheme)
    }),
    Function::method("getHost", URL_TO_STRING, |arguments| {
        part(arguments, Url::host)
    }),
    Function::method("getHostname", URL_TO_STRING, |arguments| {
        part(arguments, Url::hostname)
    }),
    Function::method("getPort", URL_TO_STRING, |arguments| {
        part(arguments, Url::port)
    }),
    Function::method("getEscapedPath", URL_TO_STRING, |arguments| {
        part(arguments, Url::escaped_path)
    }),
    Function::method("getQuery", &[Overload::new(&[URL], MAP_OF_LISTS)], query),
];

fn parse<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    url::parse(arguments.text(0)?)
        .map(|url| Value::opaque(OpaqueKind::Url(Arc::new(url))))
        .map_err(|error| Failure::argument(format!("not a URL: {error}")))
}

fn is_url<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(url::check(arguments.text(0)?).is_ok()))
}

fn part<'a>(arguments: &Arguments<'_, 'a>, part: impl Fn(&Url) -> &str) -> Computed<'a> {
    Ok(Value::string(part(receiver(arguments)?).to_owned()))
}

fn query<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let parameters = receiver(arguments)?.query().into_iter();
    Ok(Value::map(
        parameters
            .map(|(name, values)| (Value::string(name), Value::strings(values)))
            .collect(),
    ))
}

fn receiver<'c>(arguments: &Arguments<'c, '_>) -> Result<&'c Url, Failure> {
    match arguments.content(0) {
        Content::Opaque(OpaqueKind::Url(url)) => Ok(url),
        _ => Err(Failure::overload()),
    }
}
