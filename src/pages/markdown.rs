//! Text as Markdown: what people wrote is shown, and nothing in it acts.
//!
//! Upstream: GitHub Flavored Markdown 0.29, sections 2.4 (backslash escapes) and 6.9 (autolinks).

use std::fmt::Write as _;

use crate::report::safe_line;

/// Lines of a paragraph are broken here.
const WIDTH: usize = 120;

/// Text on one line: its code spans stay, everything else that means something in Markdown or HTML is escaped.
pub(super) fn inline(text: &str) -> String {
    let text = safe_line(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        out.push_str(&escaped(before));
        match after.split_once('`') {
            Some((inner, behind)) if !inner.trim().is_empty() => {
                out.push_str(&code(inner));
                rest = behind;
            }
            _ => {
                out.push_str("\\`");
                rest = after;
            }
        }
    }
    out.push_str(&escaped(rest));
    out
}

/// A code span, whatever stands in it.
pub(super) fn code(text: &str) -> String {
    let text = safe_line(text);
    let text = text.trim();
    let fence = "`".repeat(longest_run(text) + 1);
    // A space keeps a backtick at the edge apart from the fence; Markdown takes one off each side again.
    let gap = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// What stands in a cell of a table: a bar would end it, in code too.
pub(super) fn cell(markdown: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for c in markdown.chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// A block of code in a language that Markdown's readers colour.
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    let mut out = format!("{fence}{language}\n");
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "{}", safe_line(line).trim_end());
    }
    let _ = writeln!(out, "{fence}");
    out
}

/// A paragraph, its lines broken at words, none of which can begin a list, a heading or a quote.
pub(super) fn paragraph(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in inline(text).split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            width = 0;
        }
        if width == 0 {
            out.push_str(&at_line_start(word));
        } else {
            out.push(' ');
            out.push_str(word);
        }
        width += length + usize::from(width > 0);
    }
    out.push('\n');
    out
}

/// A web address as a link; anything else as code.
pub(super) fn link(address: &str) -> String {
    let address = safe_line(address);
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '\\' | '`' | '|');
    if is_web && address.chars().all(plain) {
        format!("<{address}>")
    } else {
        code(&address)
    }
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let acts = match c {
            '\\' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' | '@' => true,
            // Within a word it emphasises nothing.
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            // An address or a reference to an issue becomes a link by itself.
            ':' => next == '/',
            '.' => before == 'w',
            '#' => next.is_alphanumeric(),
            _ => false,
        };
        if acts {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The first word of a line, so that it is no sign of a block.
fn at_line_start(word: &str) -> String {
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    let behind = word.get(digits..).unwrap_or_default();
    if digits > 0 && (behind.starts_with('.') || behind.starts_with(')')) {
        let (number, rest) = word.split_at(digits);
        return format!("{number}\\{rest}");
    }
    if word.starts_with(['-', '+', '=', '#']) {
        return format!("\\{word}");
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_acts() {
        for (text, expected) in [
            ("plain", "plain"),
            ("`a` and `b`", "`a` and `b`"),
            ("a `lone tick", "a \\`lone tick"),
            ("``", "\\`\\`"),
            (
                "<script>alert(1)</script>",
                "\\<script\\>alert(1)\\</script\\>",
            ),
            ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
            ("![x](https://e.com)", "!\\[x\\](https\\://e.com)"),
            ("see https://e.com", "see https\\://e.com"),
            ("www.e.com", "www\\.e.com"),
            ("a@e.com and @all, #1", "a\\@e.com and \\@all, \\#1"),
            ("&lt;b&gt; $x$", "\\&lt;b\\&gt; \\$x\\$"),
            (
                "**b** _i_ ~~s~~ a_b",
                "\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ a_b",
            ),
            ("a | b", "a \\| b"),
            ("two\n\n# lines\u{1b}[2J", "two # lines␛\\[2J"),
            ("user\u{202e}nimda", "user\u{fffd}nimda"),
            ("`<b>` <b>", "`<b>` \\<b\\>"),
        ] {
            assert_eq!(inline(text), expected, "{text:?}");
        }
    }

    #[test]
    fn code_keeps_its_backticks_inside() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(
            block("yaml", "a\n```\n<b>\n"),
            "````yaml\na\n```\n<b>\n````\n"
        );
        assert_eq!(block("", "a\u{1b}[2J"), "```\na␛[2J\n```\n");
    }

    #[test]
    fn no_bar_ends_a_cell_twice_or_not_at_all() {
        assert_eq!(cell("a|b"), "a\\|b");
        assert_eq!(cell(&inline("a|b")), "a\\|b");
        assert_eq!(cell("`a\\\\|b`"), "`a\\\\\\|b`");
    }

    #[test]
    fn no_line_of_a_paragraph_begins_a_block() {
        let long = "x".repeat(WIDTH - 1);
        for (word, expected) in [
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            ("12) item", "12\\) item"),
            ("# head", "\\# head"),
            ("=== setext", "\\=== setext"),
            ("> quote", "\\> quote"),
            ("~~~ code", "\\~\\~\\~ code"),
        ] {
            assert_eq!(paragraph(word), format!("{expected}\n"));
            let broken = paragraph(&format!("{long} {word}"));
            assert_eq!(broken, format!("{long}\n{expected}\n"));
        }
    }

    #[test]
    fn only_a_web_address_becomes_a_link() {
        assert_eq!(link("https://e.com/a#b"), "<https://e.com/a#b>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://e.com/> <b>"), "`https://e.com/> <b>`");
    }
}
