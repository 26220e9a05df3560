//! Bytes to text, by byte-order mark, as kubectl does it.

use std::borrow::Cow;

use super::Problem;

/// The text of a file: UTF-16 if it begins with a UTF-16 byte-order mark, else UTF-8.
///
/// A UTF-8 byte-order mark stays in the text, so that offsets are those of the file; the readers skip it.
/// kubectl would replace bytes that are no UTF-8; here they are a problem (without a span: there is no text to point into).
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    type Decode = fn([u8; 2]) -> u16;
    let (decode, rest): (Decode, _) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => (u16::from_be_bytes, rest),
        _ => {
            return std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| {
                    let at = error.valid_up_to();
                    Problem::error(
                        format!("the file is not UTF-8 text: byte {at} is no part of a character"),
                        None,
                    )
                    .with_help("is it a binary file? save it as UTF-8, or give it another ending")
                });
        }
    };
    let (pairs, tail) = rest.as_chunks::<2>();
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|&pair| decode(pair))).collect();
    match text {
        Ok(text) if tail.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(
            Problem::error("the file begins as UTF-16 text, but is none", None)
                .with_help("save it as UTF-8"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::decode_text;

    #[test]
    fn a_byte_order_mark_decides() {
        for (bytes, expected) in [
            (&b"a: \xC3\xB6"[..], Some("a: ö")),
            (b"\xEF\xBB\xBFa", Some("\u{FEFF}a")),
            (b"\xFF\xFEa\0\x3D\xD8\x00\xDE", Some("a😀")),
            (b"\xFE\xFF\0a", Some("a")),
            (b"\xFE\xFF\0", None),
            (b"\xFF\xFE\x3D\xD8", None),
            (b"\x7FELF\x02\x90", None),
            (b"", Some("")),
        ] {
            assert_eq!(decode_text(bytes).ok().as_deref(), expected, "{bytes:?}");
        }
    }
}
