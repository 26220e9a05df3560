//! What `authorizer` can be asked. The question is built; the answer is the API server's alone, so it is unknown here.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::authorizer::{ResourcePart, Subject};
use super::super::types::Overload;
use super::super::types::sorts::{
    AUTHORIZER, BOOL, DECISION, GROUP_CHECK, PATH_CHECK, RESOURCE_CHECK, STRING,
};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function};

/// The release that brought the library, and the one that brought selectors.
const SINCE: u8 = 27;
const SELECTORS_SINCE: u8 = 31;

const PART: &[Overload] = &[Overload::new(&[RESOURCE_CHECK, STRING], RESOURCE_CHECK).since(SINCE)];
const SELECTOR: &[Overload] =
    &[Overload::new(&[RESOURCE_CHECK, STRING], RESOURCE_CHECK).since(SELECTORS_SINCE)];
const DECISION_TO_BOOL: &[Overload] = &[Overload::new(&[DECISION], BOOL).since(SINCE)];
const DECISION_TO_STRING: &[Overload] = &[Overload::new(&[DECISION], STRING).since(SINCE)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method(
        "path",
        &[Overload::new(&[AUTHORIZER, STRING], PATH_CHECK).since(SINCE)],
        path,
    ),
    Function::method(
        "group",
        &[Overload::new(&[AUTHORIZER, STRING], GROUP_CHECK).since(SINCE)],
        group,
    ),
    Function::method(
        "serviceAccount",
        &[Overload::new(&[AUTHORIZER, STRING, STRING], AUTHORIZER).since(SINCE)],
        service_account,
    ),
    Function::method(
        "resource",
        &[Overload::new(&[GROUP_CHECK, STRING], RESOURCE_CHECK).since(SINCE)],
        resource,
    ),
    Function::method("subresource", PART, |arguments| {
        with(arguments, ResourcePart::Subresource)
    }),
    Function::method("namespace", PART, |arguments| {
        with(arguments, ResourcePart::Namespace)
    }),
    Function::method("name", PART, |arguments| {
        with(arguments, ResourcePart::Name)
    }),
    Function::method("fieldSelector", SELECTOR, |arguments| {
        with(arguments, ResourcePart::FieldSelector)
    }),
    Function::method("labelSelector", SELECTOR, |arguments| {
        with(arguments, ResourcePart::LabelSelector)
    }),
    Function::method(
        "check",
        &[
            Overload::new(&[PATH_CHECK, STRING], DECISION).since(SINCE),
            Overload::new(&[RESOURCE_CHECK, STRING], DECISION).since(SINCE),
        ],
        check,
    ),
    Function::method("allowed", DECISION_TO_BOOL, of_decision),
    Function::method("errored", DECISION_TO_BOOL, of_decision),
    Function::method("reason", DECISION_TO_STRING, of_decision),
    Function::method("error", DECISION_TO_STRING, of_decision),
];

fn path<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    subject(arguments)?
        .path(arguments.text(1)?)
        .map(|check| Value::opaque(OpaqueKind::PathCheck(Arc::new(check))))
        .map_err(Failure::argument)
}

fn group<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let check = subject(arguments)?.group(arguments.text(1)?);
    Ok(Value::opaque(OpaqueKind::GroupCheck(Arc::new(check))))
}

fn service_account<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    subject(arguments)?;
    Subject::service_account(arguments.text(1)?, arguments.text(2)?)
        .map(|subject| Value::opaque(OpaqueKind::Authorizer(Arc::new(subject))))
        .map_err(Failure::argument)
}

fn resource<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let Content::Opaque(OpaqueKind::GroupCheck(group)) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    group
        .resource(arguments.text(1)?)
        .map(|check| Value::opaque(OpaqueKind::ResourceCheck(Arc::new(check))))
        .map_err(Failure::argument)
}

fn with<'a>(arguments: &Arguments<'_, 'a>, part: ResourcePart) -> Computed<'a> {
    let Content::Opaque(OpaqueKind::ResourceCheck(check)) = arguments.content(0) else {
        return Err(Failure::overload());
    };
    let check = check.with(part, arguments.text(1)?);
    Ok(Value::opaque(OpaqueKind::ResourceCheck(Arc::new(check))))
}

/// Nobody here can answer.
fn check<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let verb = arguments.text(1)?;
    let question = match arguments.content(0) {
        Content::Opaque(OpaqueKind::PathCheck(check)) => check.question(verb),
        Content::Opaque(OpaqueKind::ResourceCheck(check)) => check.question(verb),
        _ => return Err(Failure::overload()),
    };
    Err(Failure::unknown(&format!(
        "only the API server's authorizer can say {question}"
    )))
}

/// There is never a decision, so there is nothing to ask it.
fn of_decision<'a>(_: &Arguments<'_, 'a>) -> Computed<'a> {
    Err(Failure::overload())
}

fn subject<'c>(arguments: &Arguments<'c, '_>) -> Result<&'c Subject, Failure> {
    match arguments.content(0) {
        Content::Opaque(OpaqueKind::Authorizer(subject)) => Ok(subject),
        _ => Err(Failure::overload()),
    }
}
