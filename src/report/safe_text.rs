//! Text from files, made safe for terminals, logs and CI parsers.

use std::borrow::Cow;

use crate::source::is_unsafe;

/// What is shown in the place of an unsafe character: one character, so that columns stay.
pub(super) fn replacement(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

/// The character, or what is shown in its place.
pub(super) fn visible(character: char) -> char {
    if is_unsafe(character) {
        replacement(character)
    } else {
        character
    }
}

/// The text on one line with control characters, direction overrides and invisible characters replaced.
pub fn safe_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_or_hides_text_comes_through() {
        for (text, expected) in [
            ("plain über", "plain über"),
            ("a\u{1b}[31mb", "a␛[31mb"),
            ("a\r\nb\tc", "a  b c"),
            ("a\u{9b}2J", "a\u{fffd}2J"),
            ("user\u{202e}nimda", "user\u{fffd}nimda"),
            ("zero\u{200b}width", "zero\u{fffd}width"),
        ] {
            assert_eq!(safe_line(text), expected, "{text:?}");
        }
    }
}
