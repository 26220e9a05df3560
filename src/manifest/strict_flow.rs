//! What go-yaml refuses inside brackets and a YAML 1.2 parser takes.
//!
//! Source: `scannerc.go` of gopkg.in/yaml.v2 2.4 and v3 3.0: `yaml_parser_scan_plain_scalar`, `fetch_value`.

use std::ops::Range;

use super::event::SyntaxError;

const QUOTE: &str = "put the value in quotes";

/// An unquoted value inside brackets must not contain `?`, nor begin with `:`, nor run into `:` and a bracket.
pub(super) fn check_plain(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let value = text.get(range.clone()).unwrap_or_default();
    let refuse = |message: &'static str, at: usize| {
        Err(SyntaxError::new(message, at..at + 1).with_help(QUOTE))
    };
    if value.starts_with(':') {
        return refuse("a value inside brackets begins with `:`", range.start);
    }
    if let Some(at) = value.find('?') {
        return refuse(
            "an unquoted value inside brackets contains `?`",
            range.start + at,
        );
    }
    let after = text.get(range.end..).unwrap_or_default();
    if let Some(after) = after.trim_start().strip_prefix(':')
        && after.starts_with([',', '[', ']', '{', '}'])
    {
        return refuse("a `:` inside brackets needs a space after it", range.end);
    }
    Ok(())
}

/// A tag is followed by a space, inside brackets too: brackets and commas would belong to it.
pub(super) fn check_tag(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let after = text.get(range.end..).unwrap_or_default();
    let tag = text.get(range.clone()).unwrap_or_default();
    if after.starts_with(|c: char| !c.is_whitespace()) || tag.contains('#') {
        return Err(
            SyntaxError::new("a tag runs into what follows it", range.clone())
                .with_help("put a value that starts with `!` in quotes"),
        );
    }
    Ok(())
}

/// A key inside brackets stands on one line with its colon, unless it is marked by `?`.
pub(super) fn check_key(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let key = text.get(range.clone()).unwrap_or_default();
    let mut rest = text.get(range.end..).unwrap_or_default();
    let mut breaks = key.contains('\n');
    loop {
        let after = rest.trim_start();
        breaks |= rest[..rest.len() - after.len()].contains('\n');
        if !after.starts_with('#') {
            rest = after;
            break;
        }
        rest = &after[after.find('\n').unwrap_or(after.len())..];
    }
    let marked = || {
        text.get(..range.start)
            .is_some_and(|before| before.trim_end().ends_with('?'))
    };
    if breaks && rest.starts_with(':') && !marked() {
        return Err(SyntaxError::new(
            "a key inside brackets and its `:` stand on different lines",
            range.clone(),
        )
        .with_help("write the key and its `:` on one line"));
    }
    Ok(())
}
