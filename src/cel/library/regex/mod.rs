//! Regular expressions as policies know them: RE2 syntax and Go's matching rules on the `regex` crate.
//!
//! This module owns the compiled [`Pattern`]. It must not know CEL values; `translate` owns the syntax.
//!
//! Upstream: Go `regexp/syntax` (flags `syntax.Perl`, as cel-go's `matches` and the Kubernetes regex library use it).
//! Matching takes time linear in the text, as RE2 promises: no pattern can make the webhook hang.

mod class;
mod cursor;
mod translate;

use ::regex::{Regex, RegexBuilder};
use thiserror::Error;

/// The longest pattern we take, in bytes. Go has no such limit; no sane policy comes near it.
const MAX_PATTERN_BYTES: usize = 32 * 1024;
/// The most memory a compiled program may take, in bytes.
const MAX_PROGRAM_BYTES: usize = 4 * 1024 * 1024;
/// How deep the translated syntax may nest; `translate` bounds groups so that this is never the tighter limit.
const MAX_NESTING: u32 = 1000;

/// Why a text is not a pattern.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum PatternError {
    /// A `)` that closes nothing.
    #[error("unexpected `)` in the regular expression")]
    UnexpectedClose,
    /// A `(` that is never closed.
    #[error("missing `)` in the regular expression")]
    MissingClose,
    /// A `[` that is never closed.
    #[error("missing `]` in the regular expression after `{0}`")]
    MissingBracket(String),
    /// The pattern ends in a lone backslash.
    #[error("the regular expression ends in a backslash that escapes nothing")]
    TrailingBackslash,
    /// An escape that RE2 does not have: lookbehind-like, backreference, `\C`, `\Z`, a letter without a meaning.
    #[error("invalid escape `{0}` in the regular expression")]
    InvalidEscape(String),
    /// A class name, property name or range that does not exist or runs backwards.
    #[error("invalid character class or range `{0}` in the regular expression")]
    InvalidClass(String),
    /// A `(?...` that RE2 does not have, such as lookaround.
    #[error(
        "invalid or unsupported group `{0}` in the regular expression (lookaround is not supported)"
    )]
    InvalidGroup(String),
    /// A capture name other than letters, digits and `_`.
    #[error("invalid capture name in `{0}` in the regular expression")]
    InvalidName(String),
    /// A repeat operator with nothing before it.
    #[error("nothing to repeat before `{0}` in the regular expression")]
    MissingArgument(String),
    /// Two repeat operators in a row, such as `**` or the possessive `a++`.
    #[error("nested repetition `{0}` in the regular expression")]
    StackedRepeat(String),
    /// A repeat count above 1000 (alone or multiplied), or a minimum above the maximum.
    #[error("invalid repeat count `{0}` in the regular expression (the most is 1000)")]
    InvalidCount(String),
    /// Too many groups inside each other.
    #[error("the regular expression nests too deeply")]
    TooDeep,
    /// The text or the compiled program is too large.
    #[error("the regular expression is too large")]
    TooLarge,
    /// The engine refused what we translated: a limit or a mistake of ours.
    #[error("the regular expression is not supported: {0}")]
    Unsupported(String),
}

/// A compiled pattern. Cheap to clone, safe to share between threads.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles `pattern` with Go's syntax; what Go rejects is rejected.
    pub(crate) fn compile(pattern: &str) -> Result<Self, PatternError> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::TooLarge);
        }
        build(&translate::translate(pattern)?).map(|regex| Self { regex })
    }

    /// Whether the pattern is found anywhere in `text` (cel-go `matches` is unanchored).
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The leftmost match, or the empty string if there is none (Kubernetes regex library, `find`).
    pub(crate) fn find<'t>(&self, text: &'t str) -> &'t str {
        self.regex.find(text).map_or("", |found| found.as_str())
    }

    /// All matches from left to right; a negative `limit` means no limit (Kubernetes regex library, `findAll`).
    pub(crate) fn find_all<'t>(&self, text: &'t str, limit: i64) -> Vec<&'t str> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.regex
            .find_iter(text)
            .take(limit)
            .map(|found| found.as_str())
            .collect()
    }
}

/// Compiles a text that is already in the syntax of the `regex` crate.
fn build(translated: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(translated)
        .size_limit(MAX_PROGRAM_BYTES)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(|error| match error {
            ::regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
            other => PatternError::Unsupported(other.to_string()),
        })
}

#[cfg(test)]
mod tests;
