//! The functions of cel-go's strings extension on plain texts.
//!
//! Upstream: cel-go `ext/strings.go`, library version 2, as Kubernetes registers it (0.29; without `reverse`, which is of
//! version 3). Indexes count code points. This module must not know CEL values; `format` is a module of its own.
//!
//! One difference: a result beyond [`MAX_RESULT_BYTES`] is an error. Upstream has only a cost estimate between an
//! expression and all the memory there is.

use thiserror::Error;

/// The largest text `replace` and `join` make, in bytes. The API server takes no larger object.
pub(crate) const MAX_RESULT_BYTES: usize = 4 * 1024 * 1024;

/// Why a string function has no result.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum StringError {
    /// An index below zero or behind the end.
    #[error("index out of range: {0}")]
    OutOfRange(i64),
    /// A substring that ends before it starts.
    #[error("invalid substring range: it starts at {start} and ends at {end}")]
    InvalidRange {
        /// First index.
        start: i64,
        /// Index behind the last.
        end: i64,
    },
    /// The result would take too much memory.
    #[error("the resulting text would be larger than {MAX_RESULT_BYTES} bytes")]
    TooLarge,
}

/// `charAt`: the character at `index`; nothing if it stands right behind the end.
pub(crate) fn char_at(text: &str, index: i64) -> Result<&str, StringError> {
    let start = byte_offset(text, index)?;
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    Ok(rest.get(..length).unwrap_or_default())
}

/// `indexOf`: where `part` first begins at or behind `offset`; -1 if nowhere. An offset behind the end is no error, one
/// below zero is. The empty part is found at the offset, whatever that is (as in cel-go).
pub(crate) fn index_of(text: &str, part: &str, offset: i64) -> Result<i64, StringError> {
    if part.is_empty() {
        return Ok(offset);
    }
    let skip = usize::try_from(offset).map_err(|_| StringError::OutOfRange(offset))?;
    let found = text
        .char_indices()
        .nth(skip)
        .and_then(|(start, _)| text.get(start..))
        .and_then(|rest| rest.split_once(part))
        .map(|(before, _)| offset.saturating_add(count(before)));
    Ok(found.unwrap_or(-1))
}

/// `lastIndexOf` without an offset: where `part` last begins; -1 if nowhere. The empty part is found behind the end.
pub(crate) fn last_index_of(text: &str, part: &str) -> i64 {
    text.rfind(part)
        .and_then(|start| text.get(..start))
        .map_or(-1, count)
}

/// `lastIndexOf` with an offset: where `part` last begins at or before `offset`; -1 if nowhere, or if the offset is
/// behind the end. The empty part is found at the offset.
pub(crate) fn last_index_of_before(
    text: &str,
    part: &str,
    offset: i64,
) -> Result<i64, StringError> {
    if part.is_empty() {
        return Ok(offset);
    }
    let skip = usize::try_from(offset).map_err(|_| StringError::OutOfRange(offset))?;
    let found = text.char_indices().nth(skip).and_then(|(start, _)| {
        let end = text.floor_char_boundary(start.saturating_add(part.len()));
        let searched = text.get(..end)?;
        searched.rfind(part).and_then(|found| text.get(..found))
    });
    Ok(found.map_or(-1, count))
}

/// `lowerAscii`: only ASCII letters change.
pub(crate) fn lower_ascii(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// `upperAscii`: only ASCII letters change.
pub(crate) fn upper_ascii(text: &str) -> String {
    text.to_ascii_uppercase()
}

/// `replace`: at most `limit` times from the left; a limit below zero means all. The empty text is found before each
/// character and at the end (Go `strings.Replace`).
pub(crate) fn replace(text: &str, old: &str, new: &str, limit: i64) -> Result<String, StringError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // Most calls cannot grow the text beyond bounds; the others are counted first.
    let grows = new.len().saturating_sub(old.len());
    let at_most = (text.len() / old.len().max(1)).saturating_add(1).min(limit);
    if text.len().saturating_add(at_most.saturating_mul(grows)) > MAX_RESULT_BYTES {
        let matches = text.matches(old).take(limit).count();
        if text.len().saturating_add(matches.saturating_mul(grows)) > MAX_RESULT_BYTES {
            return Err(StringError::TooLarge);
        }
    }
    Ok(text.replacen(old, new, limit))
}

/// `split`: into at most `limit` parts, the last with all that is left; below zero means all, zero gives none. The empty
/// separator splits between characters (Go `strings.SplitN`).
pub(crate) fn split<'t>(text: &'t str, separator: &str, limit: i64) -> Vec<&'t str> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit == 0 || (text.is_empty() && separator.is_empty()) {
        return Vec::new();
    }
    if !separator.is_empty() {
        return text.splitn(limit, separator).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 == limit {
            parts.push(rest);
            break;
        }
        let (part, after) = rest.split_at(first.len_utf8());
        parts.push(part);
        rest = after;
    }
    parts
}

/// `substring` with a start: from there to the end. The start may stand right behind the end.
pub(crate) fn substring(text: &str, start: i64) -> Result<&str, StringError> {
    byte_offset(text, start).map(|start| text.get(start..).unwrap_or_default())
}

/// `substring` with start and end; the end is not included.
pub(crate) fn substring_range(text: &str, start: i64, end: i64) -> Result<&str, StringError> {
    if start > end {
        return Err(StringError::InvalidRange { start, end });
    }
    let (from, to) = (byte_offset(text, start)?, byte_offset(text, end)?);
    Ok(text.get(from..to).unwrap_or_default())
}

/// `trim`: without Unicode white space at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim()
}

/// `join`: the parts with a separator between them.
pub(crate) fn join<'p>(
    parts: impl Iterator<Item = &'p str>,
    separator: &str,
) -> Result<String, StringError> {
    let mut joined = String::new();
    for (place, part) in parts.enumerate() {
        let separator = if place == 0 { "" } else { separator };
        if joined
            .len()
            .saturating_add(part.len())
            .saturating_add(separator.len())
            > MAX_RESULT_BYTES
        {
            return Err(StringError::TooLarge);
        }
        joined.push_str(separator);
        joined.push_str(part);
    }
    Ok(joined)
}

/// `strings.quote`: in double quotes, with what CEL escapes escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for plain in text.chars() {
        match plain {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// How many code points.
fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Where the code point `index` begins, in bytes; the end of the text counts.
fn byte_offset(text: &str, index: i64) -> Result<usize, StringError> {
    let error = StringError::OutOfRange(index);
    let wanted = usize::try_from(index).map_err(|_| error)?;
    let mut offsets = text
        .char_indices()
        .map(|(offset, _)| offset)
        .chain([text.len()]);
    offsets.nth(wanted).ok_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_count_code_points_and_reach_to_the_end() {
        use StringError::OutOfRange;
        assert_eq!(char_at("tacocat", 3), Ok("o"));
        assert_eq!(char_at("\u{a9}\u{1f431}x", 1), Ok("\u{1f431}"));
        assert_eq!(char_at("tacocat", 7), Ok(""));
        assert_eq!(char_at("", 0), Ok(""));
        assert_eq!(char_at("tacocat", 30), Err(OutOfRange(30)));
        assert_eq!(char_at("tacocat", -1), Err(OutOfRange(-1)));

        assert_eq!(substring("\u{a9}\u{1f431}x", 2), Ok("x"));
        assert_eq!(substring("ab", 2), Ok(""));
        assert_eq!(substring("ab", 3), Err(OutOfRange(3)));
        assert_eq!(substring("ab", -1), Err(OutOfRange(-1)));
        assert_eq!(
            substring_range("ta\u{a9}o\u{1f431}cat", 2, 5),
            Ok("\u{a9}o\u{1f431}")
        );
        assert_eq!(substring_range("ab", 2, 2), Ok(""));
        assert_eq!(
            substring_range("ab", 2, 1),
            Err(StringError::InvalidRange { start: 2, end: 1 })
        );
        assert_eq!(substring_range("ab", -1, 1), Err(OutOfRange(-1)));
        assert_eq!(substring_range("ab", 0, 3), Err(OutOfRange(3)));
    }

    #[test]
    fn parts_are_found_from_both_ends() {
        // Text, part, offset, index of, last index of.
        let cases: &[(&str, &str, i64, i64, i64)] = &[
            ("tacocat", "", 0, 0, 0),
            ("tacocat", "", 3, 3, 3),
            ("tacocat", "", 30, 30, 30),
            ("tacocat", "ac", 0, 1, -1),
            ("tacocat", "none", 0, -1, -1),
            ("tacocat", "a", 3, 5, 1),
            ("tacocat", "a", 5, 5, 5),
            ("tacocat", "at", 5, 5, 5),
            ("tacocat", "at", 6, -1, 5),
            ("tacocat", "t", 7, -1, -1),
            ("tacocat", "t", 100, -1, -1),
            ("tacocat", "tacocatt", 3, -1, -1),
            ("\u{1f431}\u{a9}\u{1f431}\u{a9}", "\u{a9}", 2, 3, 1),
            ("\u{1f431}\u{a9}\u{1f431}\u{a9}", "\u{1f431}\u{a9}", 1, 2, 0),
            ("a\u{1f431}b", "b", 1, 2, -1),
            ("", "a", 0, -1, -1),
            ("aaa", "aa", 1, 1, 1),
        ];
        for &(text, part, offset, first, last) in cases {
            assert_eq!(
                index_of(text, part, offset),
                Ok(first),
                "{text} {part} {offset}"
            );
            assert_eq!(
                last_index_of_before(text, part, offset),
                Ok(last),
                "{text} {part} {offset}"
            );
        }
        assert_eq!(last_index_of("tacocat", "a"), 5);
        assert_eq!(last_index_of("\u{1f431}a\u{1f431}", "\u{1f431}"), 2);
        assert_eq!(last_index_of("tacocat", ""), 7);
        assert_eq!(last_index_of("ta", "tac"), -1);
        assert_eq!(last_index_of("", "a"), -1);
        assert_eq!(index_of("a", "a", -1), Err(StringError::OutOfRange(-1)));
        assert_eq!(
            last_index_of_before("a", "a", -1),
            Err(StringError::OutOfRange(-1))
        );
    }

    #[test]
    fn replace_and_split_obey_their_limits() {
        let replaced: &[(&str, &str, &str, i64, &str)] = &[
            ("hello hello", "he", "we", -1, "wello wello"),
            ("hello hello", "he", "we", 1, "wello hello"),
            ("hello hello", "he", "we", 0, "hello hello"),
            ("hello", "", "_", -1, "_h_e_l_l_o_"),
            ("hello", "", "_", 2, "_h_ello"),
            ("hello", "l", "", -1, "heo"),
            ("\u{1f431}", "", "_", -1, "_\u{1f431}_"),
            ("", "", "x", -1, "x"),
        ];
        for (text, old, new, limit, expected) in replaced {
            assert_eq!(
                replace(text, old, new, *limit).as_deref(),
                Ok(*expected),
                "{text} {old} {limit}"
            );
        }
        let parts: &[(&str, &str, i64, &[&str])] = &[
            ("a,b,c", ",", -1, &["a", "b", "c"]),
            ("a,b,c", ",", 2, &["a", "b,c"]),
            ("a,b,c", ",", 1, &["a,b,c"]),
            ("a,b,c", ",", 0, &[]),
            ("a,b,c", "", -1, &["a", ",", "b", ",", "c"]),
            ("a\u{1f431}c", "", 2, &["a", "\u{1f431}c"]),
            ("abc", "", 3, &["a", "b", "c"]),
            ("abc", "", 9, &["a", "b", "c"]),
            ("", "", -1, &[]),
            ("", ",", -1, &[""]),
            (",", ",", -1, &["", ""]),
        ];
        for (text, separator, limit, expected) in parts {
            assert_eq!(
                split(text, separator, *limit),
                *expected,
                "{text} {separator} {limit}"
            );
        }
    }

    #[test]
    fn results_without_bounds_are_refused() {
        let long = "a".repeat(100_000);
        assert_eq!(replace(&long, "", &long, -1), Err(StringError::TooLarge));
        assert_eq!(
            replace(&long, "a", &long, 1_000_000),
            Err(StringError::TooLarge)
        );
        assert_eq!(replace(&long, "b", &long, -1).as_deref(), Ok(long.as_str()));
        assert!(replace(&long, "a", &long, 2).is_ok());
        assert_eq!(
            join(std::iter::repeat_n(long.as_str(), 100), ","),
            Err(StringError::TooLarge)
        );
    }

    #[test]
    fn texts_are_trimmed_joined_and_quoted() {
        assert_eq!(
            trim("\u{b}\u{85}\u{a0}\u{2003}\u{3000}a b\n\t \r\u{c}"),
            "a b"
        );
        assert_eq!(trim("\u{200b}a"), "\u{200b}a");
        assert_eq!(join(["x", "y", ""].into_iter(), "-").as_deref(), Ok("x-y-"));
        assert_eq!(join(std::iter::empty(), "-").as_deref(), Ok(""));
        assert_eq!(lower_ascii("TacoC\u{c6}t"), "tacoc\u{c6}t");
        assert_eq!(upper_ascii("tacoc\u{e6}t"), "TACOC\u{e6}T");
        assert_eq!(
            quote("a\"\\\u{7}\u{8}\u{c}\n\r\t\u{b}\u{e9}\u{1}"),
            "\"a\\\"\\\\\\a\\b\\f\\n\\r\\t\\v\u{e9}\u{1}\""
        );
    }
}
