//! Texts that go-yaml reads and a YAML 1.2 parser refuses, made readable for the parser without a change of meaning.
//!
//! Indentation inside quotes and inside brackets means nothing, a comment needs no space before it, and `\'` in double
//! quotes is a quote: go-yaml takes all of these. The parser's complaint says where; a small edit there, and the text
//! is parsed again. Offsets are mapped back, so that every place is one of the text as it is.

use std::ops::Range;

use super::event::{Mend, SyntaxError};

/// How many bytes of one document are parsed again before it is given up: each mend parses it whole.
const MOST_PARSED: usize = 64 << 20;

/// From `mended` on, offsets of the mended text count from `original`; inside an insertion they stand still.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shift {
    mended: usize,
    original: usize,
    inserted: bool,
}

/// The original offset of an offset of the mended text.
pub(super) fn original(shifts: &[Shift], offset: usize) -> usize {
    let after = shifts.partition_point(|shift| shift.mended <= offset);
    match after.checked_sub(1).and_then(|index| shifts.get(index)) {
        None => offset,
        Some(shift) if shift.inserted => shift.original,
        Some(shift) => shift.original + (offset - shift.mended),
    }
}

struct Edit {
    at: usize,
    removed: usize,
    inserted: usize,
}

/// A text with the edits made to it.
pub(super) struct Mended<'t> {
    original: &'t str,
    edits: Vec<Edit>,
    parsed: usize,
    pub(super) text: String,
    pub(super) shifts: Vec<Shift>,
}

impl<'t> Mended<'t> {
    pub(super) fn new(original: &'t str) -> Self {
        Self {
            original,
            edits: Vec::new(),
            parsed: 0,
            text: original.to_owned(),
            shifts: Vec::new(),
        }
    }

    /// Edits the text so that the parser gets past `error`, which it found in the mended text; says whether it could.
    pub(super) fn mend(&mut self, error: &SyntaxError) -> bool {
        let Some(mend) = error.mend else {
            return false;
        };
        self.parsed += self.original.len();
        let at = original(&self.shifts, error.range.start);
        let edits = match mend {
            Mend::Space => vec![insert(at, 1)],
            Mend::Escape => match quoted_around(self.original, 0, at) {
                Some(quoted) => escaped_quotes(self.original, &quoted),
                None => return false,
            },
            Mend::Indent { from, in_flow } => {
                let from = original(&self.shifts, from);
                match quoted_around(self.original, from, at) {
                    Some(quoted) if quoted.start < at => indent_lines(self.original, &quoted),
                    _ if in_flow || opens_bracket(self.original, from, at) => {
                        indent_tabs(self.original, at)
                    }
                    _ => return false,
                }
            }
        };
        let known = |edit: &Edit| {
            let at = |other: &Edit| other.at.cmp(&edit.at);
            self.edits.binary_search_by(at).is_ok()
        };
        if self.parsed > MOST_PARSED || edits.is_empty() || edits.iter().any(known) {
            return false;
        }
        self.edits.extend(edits);
        self.edits.sort_by_key(|edit| edit.at);
        self.rebuild();
        true
    }

    fn rebuild(&mut self) {
        self.text.clear();
        self.shifts.clear();
        let mut from = 0;
        for edit in &self.edits {
            self.text
                .push_str(self.original.get(from..edit.at).unwrap_or_default());
            self.shifts.push(Shift {
                mended: self.text.len(),
                original: edit.at,
                inserted: true,
            });
            self.text.extend(std::iter::repeat_n(' ', edit.inserted));
            from = edit.at + edit.removed;
            self.shifts.push(Shift {
                mended: self.text.len(),
                original: from,
                inserted: false,
            });
        }
        self.text
            .push_str(self.original.get(from..).unwrap_or_default());
    }
}

fn insert(at: usize, inserted: usize) -> Edit {
    Edit {
        at,
        removed: 0,
        inserted,
    }
}

/// The quoted text that `at` lies in or begins, its quotes included; looked for from `from` on.
fn quoted_around(text: &str, from: usize, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut position = from;
    while position <= at {
        let byte = *bytes.get(position)?;
        let starts = position
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_none_or(|before| before.is_ascii_whitespace() || b"[{,:".contains(before));
        match byte {
            b'#' if starts => {
                position += bytes
                    .get(position..)?
                    .iter()
                    .position(|&byte| byte == b'\n')?;
            }
            b'"' | b'\'' if starts => {
                let end = closing_quote(bytes, position)?;
                if at < end {
                    return Some(position..end);
                }
                position = end;
            }
            _ => position += 1,
        }
    }
    None
}

/// Whether a bracket that the parser has not reported yet opens between `from` and `at`.
fn opens_bracket(text: &str, from: usize, at: usize) -> bool {
    let between = text.get(from..at).unwrap_or_default();
    between
        .split_whitespace()
        .any(|word| word.starts_with(['[', '{']))
}

/// One past the quote that closes the one at `open`.
fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = *bytes.get(open)?;
    let mut at = open + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Indents the further lines of a quoted text as deep as its quote. None where a line would end the document.
fn indent_lines(text: &str, quoted: &Range<usize>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let width = column(text, quoted.start) + 1;
    let mut at = quoted.start;
    for line in text[quoted.clone()].split_inclusive('\n') {
        if at > quoted.start && !line.trim().is_empty() {
            if line.starts_with("---") || line.starts_with("...") {
                return Vec::new();
            }
            edits.push(insert(at, width));
        }
        at += line.len();
    }
    edits
}

/// Indents the lines that are indented by tabs, from the one that `at` stands on.
fn indent_tabs(text: &str, at: usize) -> Vec<Edit> {
    let at = text.floor_char_boundary(at.saturating_sub(1));
    let start = at - column(text, at);
    let width = start.saturating_sub(1)
        - start
            .checked_sub(1)
            .map_or(0, |end| end - column(text, end))
        + 1;
    let mut edits = Vec::new();
    let mut line_start = start;
    for line in text[start..].split_inclusive('\n') {
        if !line.trim_start_matches(' ').starts_with('\t') {
            break;
        }
        edits.push(insert(line_start, width));
        line_start += line.len();
    }
    edits
}

/// Takes the backslash from each `\'` of a double-quoted text.
fn escaped_quotes(text: &str, quoted: &Range<usize>) -> Vec<Edit> {
    let bytes = text.as_bytes();
    let mut edits = Vec::new();
    let mut at = quoted.start;
    while at < quoted.end {
        if bytes.get(at) == Some(&b'\\') {
            if bytes.get(at + 1) == Some(&b'\'') {
                edits.push(Edit {
                    at,
                    removed: 1,
                    inserted: 0,
                });
            }
            at += 1;
        }
        at += 1;
    }
    edits
}

fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    at - before.rfind('\n').map_or(0, |newline| newline + 1)
}
