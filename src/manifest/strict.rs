//! What a YAML 1.2 parser takes and go-yaml, a YAML 1.1 parser, refuses.
//!
//! Source: `readerc.go`, `scannerc.go` and `parserc.go` of gopkg.in/yaml.v2 2.4.

use std::ops::Range;

use super::event::{Event, Style, SyntaxError};

/// A carriage return alone ends a line too.
const BREAKS: [char; 2] = ['\n', '\r'];

/// Refuses control characters and directives other than `%YAML` and `%TAG`.
pub(super) fn check_text(text: &str) -> Result<(), SyntaxError> {
    if let Some((at, c)) = forbidden(text) {
        return Err(SyntaxError::new(
            format!("control character U+{:04X} is not allowed", c as u32),
            at..at + c.len_utf8(),
        )
        .with_help("is this a binary file? in a double-quoted string, write it as an escape"));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with('%') {
            let name = line.split_whitespace().next().unwrap_or_default();
            if !matches!(name, "%YAML" | "%TAG") {
                return Err(SyntaxError::new(
                    "unknown directive",
                    at..at + line.trim_end().len(),
                ));
            }
        } else if !line.starts_with('#') && !line.trim().is_empty() {
            break;
        }
        at += line.len();
    }
    Ok(())
}

/// The first character that go-yaml's reader stops at.
fn forbidden(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let suspect = |(at, &byte): (usize, &u8)| match byte {
        b'\t' | b'\n' | b'\r' => false,
        0..0x20 | 0x7F => true,
        // U+0080 to U+009F, but not U+0085.
        0xC2 => matches!(bytes.get(at + 1), Some(0x80..=0x84 | 0x86..=0x9F)),
        // U+FFFE and U+FFFF.
        0xEF => bytes.get(at + 1) == Some(&0xBF) && matches!(bytes.get(at + 2), Some(0xBE | 0xBF)),
        _ => false,
    };
    let (at, _) = bytes.iter().enumerate().find(|&pair| suspect(pair))?;
    Some((at, text.get(at..)?.chars().next()?))
}

/// Only YAML 1.1 may be asked for.
pub(super) fn check_version(
    version: Option<(u32, u32)>,
    range: Range<usize>,
) -> Result<(), SyntaxError> {
    match version {
        None | Some((1, 1)) => Ok(()),
        Some((major, minor)) => Err(SyntaxError::new(
            format!("Kubernetes reads YAML 1.1, not {major}.{minor}"),
            range,
        )
        .with_help("remove the `%YAML` directive")),
    }
}

/// Names are made of ASCII letters, digits, `_` and `-`.
pub(super) fn check_anchor(name: &str, range: Range<usize>) -> Result<(), SyntaxError> {
    if name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    {
        return Ok(());
    }
    Err(SyntaxError::new(
        "the name of an anchor or alias has a character that Kubernetes refuses",
        range,
    )
    .with_help(
        "use ASCII letters, digits, `_` and `-`; a value that starts with `*` or `&` needs quotes",
    ))
}

/// YAML 1.2 took `\/` and surrogate pairs over from JSON.
pub(super) fn check_escapes(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let Some(quoted) = text.get(range.clone()) else {
        return Ok(());
    };
    let mut from = 0;
    while let Some(found) = quoted[from..].find('\\') {
        let at = from + found;
        let rest = &quoted[at + 1..];
        let width = match rest.as_bytes() {
            [b'/', ..] => 1,
            [
                b'u',
                b'd' | b'D',
                b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F',
                ..,
            ] => 5,
            _ => 0,
        };
        if width > 0 {
            let start = range.start + at;
            return Err(SyntaxError::new(
                "JSON's escapes `\\/` and surrogate pairs are not accepted in YAML",
                start..start + 1 + width,
            )
            .with_help("write the character itself"));
        }
        from = at + 1 + rest.chars().next().map_or(0, char::len_utf8);
    }
    Ok(())
}

/// Follows the events of a text with tabs and refuses a tab where go-yaml wants indentation.
///
/// In block context a line must not begin with a tab, even when it is blank or a comment, unless it continues an
/// unquoted value and is indented enough already; and no tab may follow `-` or `?`.
#[derive(Debug, Default)]
pub(super) struct TabCheck {
    /// Column of each open block collection; `None` for a flow collection.
    columns: Vec<Option<usize>>,
    last_end: usize,
    last_plain: bool,
}

impl TabCheck {
    /// Looks at an event and at what stands before it.
    pub(super) fn see(
        &mut self,
        text: &str,
        event: &Event<'_>,
        range: &Range<usize>,
    ) -> Result<(), SyntaxError> {
        self.check_gap(text, range.start)?;
        let mut plain = false;
        match event {
            Event::ListStart { flow, .. } | Event::MapStart { flow, .. } => {
                let column = (!flow).then(|| column(text, range.start));
                self.columns.push(column);
                if !flow {
                    return Ok(());
                }
            }
            Event::ListEnd | Event::MapEnd => {
                let was_block = self.columns.pop().flatten().is_some();
                if was_block {
                    return Ok(());
                }
            }
            Event::Scalar {
                style: Style::Plain,
                ..
            } if !range.is_empty() => {
                plain = true;
                self.check_continuation(text, range)?;
            }
            _ => {}
        }
        if range.end > self.last_end {
            self.last_end = range.end;
            self.last_plain = plain;
        }
        Ok(())
    }

    fn in_flow(&self) -> bool {
        self.columns.last().is_some_and(Option::is_none)
    }

    /// The column that a value's further lines must reach.
    fn indent(&self) -> usize {
        self.columns
            .iter()
            .rev()
            .flatten()
            .next()
            .map_or(0, |column| column + 1)
    }

    fn check_gap(&self, text: &str, to: usize) -> Result<(), SyntaxError> {
        let Some(gap) = text.get(self.last_end..to) else {
            return Ok(());
        };
        if !gap.contains('\t') {
            return Ok(());
        }
        let in_flow = self.in_flow();
        let mut at = self.last_end;
        // Whether the value before may still go on: nothing but blanks follows it so far.
        let mut goes_on = self.last_plain;
        for (number, line) in gap.split_inclusive(BREAKS).enumerate() {
            let code = line.split('#').next().unwrap_or_default();
            let spaces = code.len() - code.trim_start_matches(' ').len();
            let starts_line =
                number > 0 || at == 0 || matches!(text.as_bytes().get(at - 1), Some(b'\n' | b'\r'));
            let leading = starts_line && code[spaces..].starts_with('\t');
            // Between brackets a tab is a blank, unless an unquoted value still goes on.
            let fine = if goes_on {
                spaces >= self.indent()
            } else {
                in_flow
            };
            if leading && !fine {
                return Err(refuse(at + spaces));
            }
            goes_on &= line.trim().is_empty();
            if !in_flow && let Some(tab) = after_indicator(code) {
                return Err(refuse(at + tab));
            }
            at += line.len();
        }
        Ok(())
    }

    fn check_continuation(&self, text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
        let mut at = range.start;
        for (number, line) in text[range.clone()].split_inclusive(BREAKS).enumerate() {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            if number > 0 && line[spaces..].starts_with('\t') && spaces < self.indent() {
                return Err(refuse(at + spaces));
            }
            at += line.len();
        }
        Ok(())
    }
}

/// Refuses a block of text that is the whole document and is not indented.
pub(super) fn check_top_level(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let content = text.get(range.clone()).unwrap_or_default();
    if content.starts_with([' ', '\t']) || column(text, range.start) > 0 {
        return Ok(());
    }
    Err(SyntaxError::new(
        "a block of text is not indented",
        range.start..range.start,
    ))
}

/// Refuses a tab where a line of a block of text is not indented deep enough yet.
pub(super) fn check_block_tabs(text: &str, range: &Range<usize>) -> Result<(), SyntaxError> {
    let mut lines = text
        .get(range.clone())
        .unwrap_or_default()
        .split_inclusive('\n');
    let header = lines.next().unwrap_or_default();
    let Some(indicators) = header.strip_prefix(['|', '>']) else {
        return Ok(());
    };
    if indicators
        .trim_start_matches(['+', '-'])
        .starts_with(|c: char| c.is_ascii_digit())
    {
        return Ok(());
    }
    let mut at = range.start + header.len();
    let mut indent = None;
    for line in lines {
        let rest = line.trim_start_matches(' ');
        let spaces = line.len() - rest.len();
        if rest.starts_with('\t') && indent.is_none_or(|indent| spaces < indent) {
            return Err(refuse(at + spaces));
        }
        if indent.is_none() && !rest.trim().is_empty() {
            indent = Some(spaces);
        }
        at += line.len();
    }
    Ok(())
}

/// Where a tab follows `-` or `?`, in a piece of a line that holds no values.
fn after_indicator(code: &str) -> Option<usize> {
    let indicator = code.rfind(['-', '?'])?;
    let after = &code[indicator + 1..];
    let blank = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
    after[..blank].find('\t').map(|tab| indicator + 1 + tab)
}

fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    at - before.rfind(BREAKS).map_or(0, |newline| newline + 1)
}

fn refuse(at: usize) -> SyntaxError {
    SyntaxError::new("a tab is used as indentation", at..at + 1)
        .with_help("indent with spaces; a tab is not indentation in YAML")
}
