//! Escapes and character classes of RE2, written out in the syntax of the `regex` crate.
//!
//! Upstream: Go `regexp/syntax` (`parseClass`, `parseEscape`, `parseUnicodeClass`). Every character is written as an
//! escape or an ASCII letter or digit, so that no set operation of the target syntax (`&&`, `--`, `~~`) can arise.

use super::cursor::Cursor;
use super::{PatternError, build};

/// A class that matches nothing.
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

/// The names of general categories that Go takes, without case, `_`, `-` and spaces.
const CATEGORIES: &[&str] = &[
    "any",
    "ascii",
    "assigned",
    "c",
    "cc",
    "cf",
    "cn",
    "co",
    "l",
    "lc",
    "ll",
    "lm",
    "lo",
    "lt",
    "lu",
    "m",
    "mc",
    "me",
    "mn",
    "n",
    "nd",
    "nl",
    "no",
    "p",
    "pc",
    "pd",
    "pe",
    "pf",
    "pi",
    "po",
    "ps",
    "s",
    "sc",
    "sk",
    "sm",
    "so",
    "z",
    "zl",
    "zp",
    "zs",
    "other",
    "control",
    "cntrl",
    "format",
    "unassigned",
    "privateuse",
    "letter",
    "casedletter",
    "lowercaseletter",
    "modifierletter",
    "otherletter",
    "titlecaseletter",
    "uppercaseletter",
    "mark",
    "combiningmark",
    "spacingmark",
    "enclosingmark",
    "nonspacingmark",
    "number",
    "decimalnumber",
    "digit",
    "letternumber",
    "othernumber",
    "punctuation",
    "punct",
    "connectorpunctuation",
    "dashpunctuation",
    "closepunctuation",
    "finalpunctuation",
    "initialpunctuation",
    "otherpunctuation",
    "openpunctuation",
    "symbol",
    "currencysymbol",
    "modifiersymbol",
    "mathsymbol",
    "othersymbol",
    "separator",
    "lineseparator",
    "paragraphseparator",
    "spaceseparator",
];

/// The POSIX class names; all of them are ASCII in both syntaxes.
const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Writes one character, which may be a surrogate (Go takes `\x{D800}`; no text has one, so it never matches).
pub(super) fn write_char(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(plain) if plain.is_ascii_alphanumeric() => out.push(plain),
        Some(_) => out.extend(["\\x{", &format!("{code:X}"), "}"]),
        None => out.push_str(NOTHING),
    }
}

/// Reads `\d \D \s \S \w \W \pN \p{Name} \P{Name}` as a class; `None`, and nothing taken, if it is another escape.
pub(super) fn escaped_class(
    cursor: &mut Cursor<'_>,
    out: &mut String,
) -> Result<bool, PatternError> {
    let start = *cursor;
    if !cursor.take("\\") {
        return Ok(false);
    }
    let class = match cursor.next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        // Go's `\s` has no vertical tab.
        Some('s') => r"[\x{9}\x{A}\x{C}\x{D}\x{20}]",
        Some('S') => r"[^\x{9}\x{A}\x{C}\x{D}\x{20}]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('p') => return property(&start, cursor, false, out).map(|()| true),
        Some('P') => return property(&start, cursor, true, out).map(|()| true),
        _ => {
            *cursor = start;
            return Ok(false);
        }
    };
    out.push_str(class);
    Ok(true)
}

/// Reads the name of a Unicode property; the cursor stands behind `\p` or `\P`.
fn property(
    start: &Cursor<'_>,
    cursor: &mut Cursor<'_>,
    mut negated: bool,
    out: &mut String,
) -> Result<(), PatternError> {
    let mut name = if cursor.take("{") {
        cursor
            .take_until("}")
            .ok_or_else(|| PatternError::InvalidClass(start.rest().to_owned()))?
    } else {
        let before = *cursor;
        cursor.next();
        cursor.since(&before)
    };
    let invalid = || PatternError::InvalidClass(cursor.since(start).to_owned());
    if let Some(rest) = name.strip_prefix('^') {
        negated = !negated;
        name = rest;
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte))
    {
        return Err(invalid());
    }
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if plain.is_empty() {
        return Err(invalid());
    }
    // Surrogates exist for Go, never in a text.
    if plain == "cs" || plain == "surrogate" {
        out.push_str(if negated {
            r"[\x{0}-\x{10FFFF}]"
        } else {
            NOTHING
        });
        return Ok(());
    }
    let kind = if CATEGORIES.contains(&plain.as_str()) {
        "gc"
    } else {
        "sc"
    };
    let class = format!("\\{}{{{kind}={plain}}}", if negated { 'P' } else { 'p' });
    // The engine knows the names of the scripts; asking it alone makes a clear error.
    if kind == "sc" && build(&class).is_err() {
        return Err(invalid());
    }
    out.push_str(&class);
    Ok(())
}

/// Reads an escape that means one character; the cursor stands on the backslash.
pub(super) fn escaped_char(cursor: &mut Cursor<'_>) -> Result<u32, PatternError> {
    let start = *cursor;
    cursor.next();
    let Some(letter) = cursor.next() else {
        return Err(PatternError::TrailingBackslash);
    };
    let code = match letter {
        // One non-zero digit alone would be a backreference, which RE2 does not have.
        '1'..='7' if !cursor.peek().is_some_and(|next| next.is_digit(8)) => None,
        '0'..='7' => {
            let mut code = letter.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = cursor.peek().and_then(|next| next.to_digit(8)) else {
                    break;
                };
                cursor.next();
                code = code * 8 + digit;
            }
            Some(code)
        }
        'x' => hexadecimal(cursor),
        'a' => Some(0x07),
        'f' => Some(0x0C),
        'n' => Some(0x0A),
        'r' => Some(0x0D),
        't' => Some(0x09),
        'v' => Some(0x0B),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(u32::from(other)),
        _ => None,
    };
    code.ok_or_else(|| PatternError::InvalidEscape(cursor.since(&start).to_owned()))
}

/// Reads two hexadecimal digits, or any number of them in braces, up to U+10FFFF.
fn hexadecimal(cursor: &mut Cursor<'_>) -> Option<u32> {
    if !cursor.take("{") {
        let high = cursor.next()?.to_digit(16)?;
        return Some(high * 16 + cursor.next()?.to_digit(16)?);
    }
    let mut code = cursor.next()?.to_digit(16)?;
    loop {
        match cursor.next()? {
            '}' => return Some(code),
            digit => code = code * 16 + digit.to_digit(16)?,
        }
        if code > u32::from(char::MAX) {
            return None;
        }
    }
}

/// Reads a `[...]` class; the cursor stands on the `[`.
pub(super) fn bracketed(cursor: &mut Cursor<'_>, out: &mut String) -> Result<(), PatternError> {
    let start = *cursor;
    cursor.next();
    out.push('[');
    if cursor.take("^") {
        out.push('^');
    }
    // A `]` is an ordinary character if it comes first.
    let mut first = true;
    while first || !cursor.take("]") {
        first = false;
        if posix(cursor, out)? || escaped_class(cursor, out)? {
            continue;
        }
        let item = *cursor;
        let low = class_char(cursor, &start)?;
        let mut high = low;
        if cursor.rest().starts_with('-')
            && cursor.rest().len() >= 2
            && !cursor.rest().starts_with("-]")
        {
            cursor.next();
            high = class_char(cursor, &start)?;
            if high < low {
                return Err(PatternError::InvalidClass(cursor.since(&item).to_owned()));
            }
        }
        write_range(out, low, high);
    }
    out.push(']');
    Ok(())
}

/// Reads `[:name:]` or `[:^name:]`; nothing is taken if it is not of that form.
fn posix(cursor: &mut Cursor<'_>, out: &mut String) -> Result<bool, PatternError> {
    let start = *cursor;
    if !cursor.take("[:") {
        return Ok(false);
    }
    let Some(name) = cursor.take_until(":]") else {
        *cursor = start;
        return Ok(false);
    };
    if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Err(PatternError::InvalidClass(cursor.since(&start).to_owned()));
    }
    out.push_str("[:");
    out.push_str(name);
    out.push_str(":]");
    Ok(true)
}

/// One character inside a class.
fn class_char(cursor: &mut Cursor<'_>, class: &Cursor<'_>) -> Result<u32, PatternError> {
    if cursor.rest().starts_with('\\') {
        return escaped_char(cursor);
    }
    cursor
        .next()
        .map(u32::from)
        .ok_or_else(|| PatternError::MissingBracket(class.rest().to_owned()))
}

/// Writes a range inside a class, without the surrogates at its ends.
fn write_range(out: &mut String, low: u32, high: u32) {
    const SURROGATES: std::ops::RangeInclusive<u32> = 0xD800..=0xDFFF;
    let low = if SURROGATES.contains(&low) {
        0xE000
    } else {
        low
    };
    let high = if SURROGATES.contains(&high) {
        0xD7FF
    } else {
        high
    };
    if low > high {
        out.push_str(NOTHING);
        return;
    }
    write_char(out, low);
    if low != high {
        out.push('-');
        write_char(out, high);
    }
}
