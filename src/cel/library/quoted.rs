//! Texts in double quotes as Go's `%q` writes them, for values and messages that must agree with Go's to the letter.
//!
//! Upstream: Go `strconv.Quote`. What is printable is decided by Rust's tables, which may know newer characters.

/// Writes `text` in double quotes; what is not printable is escaped.
pub(crate) fn quote_into(out: &mut String, text: &str) {
    out.push('"');
    for plain in text.chars() {
        escape_into(out, plain);
    }
    out.push('"');
}

/// `bytes` in double quotes; what is not UTF-8 is written byte for byte as `\xff`.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for plain in chunk.valid().chars() {
            escape_into(&mut out, plain);
        }
        for byte in chunk.invalid() {
            out.extend(["\\x", &format!("{byte:02x}")]);
        }
    }
    out.push('"');
    out
}

fn escape_into(out: &mut String, plain: char) {
    match plain {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        other if is_printable(other) => out.push(other),
        other => {
            let code = u32::from(other);
            let (mark, digits) = match code {
                0..0x80 => ("\\x", 2),
                0x80..0x1_0000 => ("\\u", 4),
                _ => ("\\U", 8),
            };
            out.extend([mark, &format!("{code:0digits$x}")]);
        }
    }
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space. Rust's `escape_debug` knows them; behind a first
/// letter it leaves combining marks alone too.
fn is_printable(plain: char) -> bool {
    if plain.is_ascii() {
        return matches!(plain, ' '..='~');
    }
    let mut text = String::with_capacity(5);
    text.push('a');
    text.push(plain);
    text.escape_debug().nth(1) == Some(plain)
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_are_those_of_go() {
        let cases: &[(&[u8], &str)] = &[
            (b"a\"b\\c'~ ", r#""a\"b\\c'~ ""#),
            (
                b"\x07\x08\x0c\n\r\t\x0b\x00\x7f",
                r#""\a\b\f\n\r\t\v\x00\x7f""#,
            ),
            (
                "\u{e9}\u{ad}\u{e0001}".as_bytes(),
                "\"\u{e9}\\u00ad\\U000e0001\"",
            ),
            (b"%\xc3", r#""%\xc3""#),
            (b"\xe2\x82z", r#""\xe2\x82z""#),
        ];
        for (bytes, expected) in cases {
            assert_eq!(quote(bytes), *expected);
        }
    }
}
