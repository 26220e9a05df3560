//! A part of a source as one short line.

use super::is_unsafe;

/// A text as one line for a message: at most so many characters of it, and none that must not reach a person as it is.
pub fn one_line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(|c| !is_unsafe(*c)).collect();
    if line.chars().count() <= most {
        return line;
    }
    let start: String = line.chars().take(most).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_safe() {
        for (text, expected) in [
            (" a\n  b ", "a b"),
            ("abcde", "abcde"),
            ("abcdef", "abcde…"),
            ("abcd efg", "abcd…"),
            ("a\u{1b}[1m\u{202e}b", "a[1mb"),
            ("", ""),
        ] {
            assert_eq!(one_line(text, 5), expected, "{text}");
        }
    }
}
