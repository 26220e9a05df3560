//! `string.format(list)`: clauses `%s %d %f %e %x %X %o %b %%`, with a precision for `%f`.
//!
//! Upstream: cel-go `ext/formatting.go`, the form of library version 2, which is what Kubernetes registers: lists and maps
//! are written as CEL literals, `%f` groups digits by thousands and `%e` writes `1.5×10⁰³` as the locale `en_US` does.
//! (Version 4 of the library, and the CEL specification, differ in all three.) This module must not know CEL values.

mod number;
mod render;

use thiserror::Error;

use super::strings::MAX_RESULT_BYTES;

pub(crate) use number::double_text;
pub(crate) use render::takes;

/// The most digits behind the point that we write. Upstream has no limit and its locale library loses digits beyond 100.
const MAX_PRECISION: usize = 100;
/// Digits behind the point if none are asked for.
const DEFAULT_PRECISION: usize = 6;

/// An argument, as far as formatting can tell kinds apart.
#[derive(Clone, Debug)]
pub(crate) enum FormatArgument<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(&'v str),
    Bytes(&'v [u8]),
    /// As CEL converts it to a string.
    Timestamp(String),
    /// As CEL converts it to a string.
    Duration(String),
    List(Vec<FormatArgument<'v>>),
    Map(Vec<(FormatArgument<'v>, FormatArgument<'v>)>),
    /// The name of the type that is the value.
    Type(&'v str),
    /// A value that cannot be formatted; the name of its type.
    Other(&'v str),
}

/// Why a text cannot be formatted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum FormatError {
    /// There are more clauses than arguments.
    #[error("index {0} out of range: the format has more clauses than there are arguments")]
    MissingArgument(usize),
    /// The text ends inside a clause.
    #[error("unexpected end of the format inside a clause")]
    UnfinishedClause,
    /// The precision is no number or too large.
    #[error("the precision of a format clause must be a number up to {MAX_PRECISION}")]
    Precision,
    /// A letter that is no clause.
    #[error("unrecognized formatting clause `{0}`")]
    UnknownClause(char),
    /// The argument has a type that the clause does not take.
    #[error("the clause `%{clause}` takes {takes}, was given {given}")]
    WrongType {
        /// The letter of the clause.
        clause: char,
        /// What it takes.
        takes: &'static str,
        /// The type that it was given.
        given: String,
    },
    /// A map key of a type that cannot be formatted.
    #[error("no formatting for a map key of type {0}")]
    Key(String),
    /// Bytes that are not a text.
    #[error("invalid UTF-8 in bytes, cannot convert to string")]
    InvalidBytes,
    /// The result would take too much memory, or an argument nests too deeply.
    #[error("the formatted text would be larger than {MAX_RESULT_BYTES} bytes or nests too deeply")]
    TooLarge,
}

/// Formats `template`. `argument` gives the argument at an index, `None` behind the last; it is asked once for each
/// clause, in order. Arguments that no clause uses are no error.
pub(crate) fn format<'v, E: From<FormatError>>(
    template: &str,
    mut argument: impl FnMut(usize) -> Result<Option<FormatArgument<'v>>, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    let mut index = 0;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let value = argument(index)?.ok_or(FormatError::MissingArgument(index))?;
        let (precision, after) = precision(after)?;
        let mut letters = after.chars();
        let clause = letters.next().ok_or(FormatError::UnfinishedClause)?;
        render::clause(&mut out, clause, precision, &value)?;
        if out.len() > MAX_RESULT_BYTES {
            return Err(FormatError::TooLarge.into());
        }
        rest = letters.as_str();
        index += 1;
    }
    out.push_str(rest);
    Ok(out)
}

/// The letters of the clauses in order; an error where the text is no format or has a clause that there is not.
pub(crate) fn clauses(template: &str) -> Result<Vec<char>, FormatError> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        let (_, after) = precision(after)?;
        let mut letters = after.chars();
        let clause = letters.next().ok_or(FormatError::UnfinishedClause)?;
        render::takes(clause)?;
        found.push(clause);
        rest = letters.as_str();
    }
    Ok(found)
}

/// Reads `.digits` at the front.
fn precision(clause: &str) -> Result<(Option<usize>, &str), FormatError> {
    let Some(digits) = clause.strip_prefix('.') else {
        return Ok((None, clause));
    };
    let end = digits
        .find(|next: char| !next.is_ascii_digit())
        .ok_or(FormatError::UnfinishedClause)?;
    let (digits, rest) = digits.split_at(end);
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((Some(precision), rest)),
        _ => Err(FormatError::Precision),
    }
}

#[cfg(test)]
mod tests;
