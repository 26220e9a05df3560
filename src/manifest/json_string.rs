//! Scanning JSON strings: where their plain part ends, what an escape stands for.

/// The first byte from `at` on that ends the plain part of a string: a quote, a backslash, a control character, or
/// the end. Looks at eight bytes at a time.
pub(super) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // A byte of `word ^ pattern` that is zero, found by the borrow of a subtraction; may flag a byte above a real hit,
    // never one below it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    while let Some(Ok(chunk)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(chunk);
        let quote = zeros(word ^ (ONES * u64::from(b'"')));
        let backslash = zeros(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let hits = quote | backslash | control;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let found = rest
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
    at + found.unwrap_or(rest.len())
}

/// The character of the escape whose letter is at `at`, and where it ends. As Go, an unpaired surrogate is U+FFFD.
pub(super) fn escape(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let c = match bytes.get(at)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = hex(bytes, at + 1)?;
            let after = at + 5;
            if (0xD800..0xDC00).contains(&first)
                && bytes.get(after..after + 2) == Some(b"\\u")
                && let Some(second @ 0xDC00..0xE000) = hex(bytes, after + 2)
            {
                let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Some((char::from_u32(joined)?, after + 6));
            }
            return Some((char::from_u32(first).unwrap_or('\u{FFFD}'), after));
        }
        _ => return None,
    };
    Some((c, at + 1))
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.iter().try_fold(0, |value, &byte| {
        Some(value * 16 + char::from(byte).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::plain_end;

    #[test]
    fn the_plain_part_ends_at_the_first_special_byte_wherever_it_stands() {
        for special in ["\"", "\\", "\n", "\u{1f}", "\0"] {
            for before in 0..20 {
                for after in [0, 3, 9] {
                    let text = format!(
                        "{}{special}{}\"",
                        "ä é"[..5].repeat(before),
                        "!".repeat(after)
                    );
                    let expected = 5 * before;
                    assert_eq!(plain_end(text.as_bytes(), 0), expected, "{text:?}");
                }
            }
        }
        assert_eq!(plain_end("no end \u{7f}\u{80}ÿ#]".as_bytes(), 0), 14);
    }
}
