//! Percent escapes: which part of a URL may hold which bytes.
//!
//! Upstream: Go `net/url` (1.26), `shouldEscape`, `escape` and `unescape`.

use super::Problem;

/// The parts of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Path,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    /// User name or password.
    User,
    /// A name or value of the query.
    Query,
    Fragment,
}

impl Mode {
    /// Whether a byte may stand for itself.
    fn allows(self, byte: u8) -> bool {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
            b'!' | b'\'' | b'(' | b')' | b'*' | b'[' | b']' | b'<' | b'>' | b'"'
                if matches!(self, Self::Host | Self::Zone) =>
            {
                true
            }
            b'$' | b'&' | b'+' | b',' | b':' | b';' | b'=' => match self {
                Self::Path | Self::Host | Self::Zone | Self::Fragment => true,
                Self::User => byte != b':',
                Self::Query => false,
            },
            b'/' | b'@' => matches!(self, Self::Path | Self::Fragment),
            b'!' | b'(' | b')' | b'*' | b'?' => self == Self::Fragment,
            _ => false,
        }
    }
}

/// Whether a text is a proper encoding of a path or a fragment: nothing in it needs an escape.
pub(super) fn is_encoded(text: &str, mode: Mode) -> bool {
    text.bytes().all(|byte| {
        matches!(
            byte,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
                | b'['
                | b']'
                | b'%'
        ) || mode.allows(byte)
    })
}

/// The bytes behind the escapes.
pub(super) fn unescape(text: &[u8], mode: Mode) -> Result<Vec<u8>, Problem> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'%' => {
                let (value, after) = take_escape(after, mode)?;
                plain.push(value);
                rest = after;
            }
            b'+' if mode == Mode::Query => plain.push(b' '),
            byte => {
                let in_host = matches!(mode, Mode::Host | Mode::Zone);
                if in_host && byte.is_ascii() && !mode.allows(*byte) {
                    return Err(Problem::HostCharacter(*byte));
                }
                plain.push(*byte);
            }
        }
    }
    Ok(plain)
}

/// The value of the two digits of an escape, and what follows them.
fn take_escape(text: &[u8], mode: Mode) -> Result<(u8, &[u8]), Problem> {
    let wrong = || {
        let shown = text.get(..text.len().min(2)).unwrap_or_default();
        Err(Problem::Escape([b"%", shown].concat()))
    };
    let [high, low, after @ ..] = text else {
        return wrong();
    };
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
        return wrong();
    };
    let value = high << 4 | low;
    // A host escapes bytes that are not ASCII; and the `%` before a zone. A zone may also hold a space.
    let is_allowed = value == b'%'
        || match mode {
            Mode::Host => !value.is_ascii(),
            Mode::Zone => value == b' ' || Mode::Host.allows(value),
            _ => true,
        };
    if is_allowed {
        Ok((value, after))
    } else {
        wrong()
    }
}

/// The text with escapes where they are needed.
pub(super) fn escape(plain: &[u8], mode: Mode) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(plain.len());
    for byte in plain {
        if mode.allows(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
        }
    }
    text
}
