//! Semantic versions: `semver`, `isSemver` and the parts of one. `order` compares them.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::semver::{Version, VersionError};
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, INT, SEMVER, STRING};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function};

/// The release that brought the library.
pub(super) const SINCE: u8 = 33;

const SEMVER_TO_INT: &[Overload] = &[Overload::new(&[SEMVER], INT).since(SINCE)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "semver",
        &[
            Overload::new(&[STRING], SEMVER).since(SINCE),
            Overload::new(&[STRING, BOOL], SEMVER).since(SINCE),
        ],
        semver,
    ),
    Function::global(
        "isSemver",
        &[
            Overload::new(&[STRING], BOOL).since(SINCE),
            Overload::new(&[STRING, BOOL], BOOL).since(SINCE),
        ],
        is_semver,
    ),
    Function::method("major", SEMVER_TO_INT, |arguments| {
        number(arguments, Version::major)
    }),
    Function::method("minor", SEMVER_TO_INT, |arguments| {
        number(arguments, Version::minor)
    }),
    Function::method("patch", SEMVER_TO_INT, |arguments| {
        number(arguments, Version::patch)
    }),
];

fn semver<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    read(arguments)?
        .map(|version| Value::opaque(OpaqueKind::Version(Arc::new(version))))
        .map_err(Failure::argument)
}

fn is_semver<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(read(arguments)?.is_ok()))
}

/// Reads the first argument, normalised if the second says so.
fn read(arguments: &Arguments<'_, '_>) -> Result<Result<Version, VersionError>, Failure> {
    let text = arguments.text(0)?;
    let normalize = match arguments.content(1) {
        Content::Bool(normalize) => normalize,
        _ if arguments.len() < 2 => false,
        _ => return Err(Failure::overload()),
    };
    Ok(if normalize {
        Version::parse_normalized(text)
    } else {
        Version::parse(text)
    })
}

fn number<'a>(arguments: &Arguments<'_, 'a>, number: impl Fn(&Version) -> i64) -> Computed<'a> {
    match arguments.content(0) {
        Content::Opaque(OpaqueKind::Version(version)) => Ok(Value::Int(number(version))),
        _ => Err(Failure::overload()),
    }
}
