//! The value of a literal: numbers, and strings with their escapes.

use super::{Literal, SyntaxError, TextRange, error, error_with_help};

/// The value of an integer literal; `negative` where a minus stands before it.
pub(super) fn int(text: &str, range: TextRange, negative: bool) -> Result<Literal, SyntaxError> {
    let magnitude = magnitude(text).ok_or_else(|| too_large(range, "int"))?;
    let value = if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    value
        .map(Literal::Int)
        .ok_or_else(|| too_large(range, "int"))
}

/// The value of an unsigned literal, its `u` included.
pub(super) fn uint(text: &str, range: TextRange) -> Result<Literal, SyntaxError> {
    magnitude(text.trim_end_matches(['u', 'U']))
        .map(Literal::Uint)
        .ok_or_else(|| too_large(range, "uint"))
}

/// The value of a floating-point literal.
pub(super) fn double(text: &str, range: TextRange, negative: bool) -> Result<Literal, SyntaxError> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Ok(Literal::Double(if negative { -value } else { value }))
        }
        _ => Err(too_large(range, "double")),
    }
}

fn magnitude(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn too_large(range: TextRange, kind: &str) -> SyntaxError {
    error(range, format!("this number does not fit type `{kind}`"))
}

/// The value of a string literal, prefix and quotes included.
pub(super) fn string(text: &str, range: TextRange) -> Result<Literal, SyntaxError> {
    let (body, raw, offset) = body(text);
    let body = normalise_newlines(body);
    if raw || !body.contains('\\') {
        return Ok(Literal::String(body.into()));
    }
    let mut out = String::with_capacity(body.len());
    let mut escapes = Escapes::new(&body, range.start + offset);
    while let Some(piece) = escapes.next()? {
        match piece {
            Piece::Char(value) | Piece::Unicode(value) => out.push(value),
            // In a string `\xff` and `\377` name a character, not a byte.
            Piece::Byte(value) => out.push(char::from(value)),
        }
    }
    Ok(Literal::String(out.into()))
}

/// The value of a bytes literal, prefix and quotes included.
pub(super) fn bytes(text: &str, range: TextRange) -> Result<Literal, SyntaxError> {
    let (body, raw, offset) = body(text);
    let body = normalise_newlines(body);
    if raw {
        return Ok(Literal::Bytes(body.as_bytes().into()));
    }
    let mut out = Vec::with_capacity(body.len());
    let mut escapes = Escapes::new(&body, range.start + offset);
    loop {
        let start = escapes.position();
        match escapes.next()? {
            None => return Ok(Literal::Bytes(out.into())),
            Some(Piece::Byte(value)) => out.push(value),
            Some(Piece::Char(value)) => {
                out.extend_from_slice(value.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(Piece::Unicode(_)) => {
                return Err(error_with_help(
                    escapes.since(start),
                    "`\\u` and `\\U` do not exist in bytes",
                    "write the bytes as `\\x..`",
                ));
            }
        }
    }
}

/// What is between the quotes, whether escapes are off, and at which byte it starts.
fn body(text: &str) -> (&str, bool, u32) {
    let quoted = text.trim_start_matches(['b', 'B', 'r', 'R']);
    let prefix = &text[..text.len() - quoted.len()];
    let raw = prefix.contains(['r', 'R']);
    let width = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") {
        3
    } else {
        1
    };
    let body = quoted
        .get(width..quoted.len().saturating_sub(width))
        .unwrap_or_default();
    (body, raw, (prefix.len() + width) as u32)
}

/// As cel-go: a line break is one `\n`, however the file writes it.
fn normalise_newlines(body: &str) -> std::borrow::Cow<'_, str> {
    if body.contains('\r') {
        body.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        body.into()
    }
}

/// A character of a literal or what an escape stands for.
enum Piece {
    Char(char),
    /// From `\u` or `\U`.
    Unicode(char),
    /// From `\x` or octal.
    Byte(u8),
}

struct Escapes<'b> {
    body: &'b str,
    at: usize,
    /// Where the body starts in the expression.
    offset: u32,
}

impl<'b> Escapes<'b> {
    const fn new(body: &'b str, offset: u32) -> Self {
        Self {
            body,
            at: 0,
            offset,
        }
    }

    const fn position(&self) -> usize {
        self.at
    }

    fn since(&self, start: usize) -> TextRange {
        TextRange {
            start: self.offset + start as u32,
            end: self.offset + self.at as u32,
        }
    }

    fn take(&mut self) -> Option<char> {
        let next = self.body.get(self.at..)?.chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn next(&mut self) -> Result<Option<Piece>, SyntaxError> {
        let start = self.at;
        let escape = match self.take() {
            None => return Ok(None),
            Some('\\') => self.take(),
            Some(plain) => return Ok(Some(Piece::Char(plain))),
        };
        let piece = match escape {
            Some('a') => Piece::Char('\u{07}'),
            Some('b') => Piece::Char('\u{08}'),
            Some('f') => Piece::Char('\u{0c}'),
            Some('n') => Piece::Char('\n'),
            Some('r') => Piece::Char('\r'),
            Some('t') => Piece::Char('\t'),
            Some('v') => Piece::Char('\u{0b}'),
            Some(same @ ('\\' | '?' | '"' | '\'' | '`')) => Piece::Char(same),
            Some('x' | 'X') => Piece::Byte(self.number(start, 2, 16)? as u8),
            Some('u') => self.unicode(start, 4)?,
            Some('U') => self.unicode(start, 8)?,
            Some('0'..='3') => {
                self.at -= 1;
                Piece::Byte(self.number(start, 3, 8)? as u8)
            }
            _ => {
                return Err(error_with_help(
                    self.since(start),
                    "there is no such escape",
                    "write `\\\\` for a backslash, or `r\"...\"` for a string without escapes",
                ));
            }
        };
        Ok(Some(piece))
    }

    fn unicode(&mut self, start: usize, digits: usize) -> Result<Piece, SyntaxError> {
        let code = self.number(start, digits, 16)?;
        char::from_u32(code)
            .map(Piece::Unicode)
            .ok_or_else(|| error(self.since(start), "there is no such Unicode character"))
    }

    fn number(&mut self, start: usize, digits: usize, radix: u32) -> Result<u32, SyntaxError> {
        let mut value = 0u32;
        for _ in 0..digits {
            let digit = self.take().and_then(|digit| digit.to_digit(radix));
            let Some(digit) = digit else {
                return Err(error(
                    self.since(start),
                    format!("this escape needs {digits} digits"),
                ));
            };
            value = value.wrapping_mul(radix) | digit;
        }
        Ok(value)
    }
}
