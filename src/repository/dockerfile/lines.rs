//! From a text to instructions: parser directives, comments, continued lines, here-documents.
//!
//! Upstream: `frontend/dockerfile/parser/parser.go` and `directives.go` of moby/buildkit, 2026.

use super::pieces::Pieces;
use super::words::{self, Quotes};

/// One instruction as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The whole instruction in one line, without comments and the ends of lines.
    pub(super) text: Pieces,
    /// Its here-documents, in order.
    pub(super) documents: Vec<HereDocument>,
}

/// A here-document: what stands between `<<NAME` and `NAME`.
#[derive(Clone, Debug)]
pub(super) struct HereDocument {
    /// Its text, as it is.
    pub(super) text: Pieces,
    /// Whether its end is there.
    pub(super) is_closed: bool,
}

/// All instructions of a text, and the character that escapes.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) escape: char,
    pub(super) list: Vec<Line>,
}

/// The instructions that can have here-documents.
const WITH_DOCUMENTS: [&str; 3] = ["ADD", "COPY", "RUN"];

/// The directives that a file may begin with; all else is a comment.
const DIRECTIVES: [&str; 3] = ["check", "escape", "syntax"];

/// Cuts a text into instructions.
pub(super) fn lines(text: &str) -> Lines {
    let mut cursor = Cursor { text, at: 0 };
    if text.starts_with('\u{feff}') {
        cursor.at = '\u{feff}'.len_utf8();
    }
    let escape = directives(&mut cursor);
    let mut list = Vec::new();
    while let Some((start, line)) = cursor.next() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let first = start + line.len() - content.len();
        list.push(instruction(&mut cursor, first, content, escape));
    }
    Lines { escape, list }
}

/// Reads the directives at the start and gives the character that escapes. The first line that is none ends them.
fn directives(cursor: &mut Cursor<'_>) -> char {
    let mut escape = '\\';
    loop {
        let before = cursor.at;
        let directive = cursor.next().and_then(|(_, line)| directive(line));
        match directive {
            Some(("escape", "`")) => escape = '`',
            Some(_) => {}
            None => {
                cursor.at = before;
                return escape;
            }
        }
    }
}

/// `# name=value`
fn directive(line: &str) -> Option<(&'static str, &str)> {
    let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
    let name = name.trim();
    let known = DIRECTIVES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))?;
    Some((known, value.trim()))
}

/// One instruction, from its first line on.
fn instruction(cursor: &mut Cursor<'_>, start: usize, line: &str, escape: char) -> Line {
    let mut text = Pieces::at(start);
    let (mut part, mut goes_on) = continued(line, escape);
    text.push(part, start);
    while goes_on {
        let Some((start, line)) = cursor.next() else {
            break;
        };
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        (part, goes_on) = continued(line, escape);
        text.push(part, start);
    }
    let names = document_names(&text, escape);
    let documents = names
        .into_iter()
        .map(|name| document(cursor, &name))
        .collect();
    Line { text, documents }
}

/// A line without the escape at its end, and whether there was one. Two of them are a character that is escaped.
fn continued(line: &str, escape: char) -> (&str, bool) {
    let bare = line.trim_end_matches([' ', '\t']);
    match bare.strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => (before, true),
        _ => (line, false),
    }
}

/// The end of a here-document, and whether tabs before its lines count.
struct Name {
    text: String,
    strips_tabs: bool,
}

fn document_names(text: &Pieces, escape: char) -> Vec<Name> {
    let keyword = text.text().split_whitespace().next().unwrap_or_default();
    let may = |word: &str| {
        WITH_DOCUMENTS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    };
    let nested = keyword.eq_ignore_ascii_case("ONBUILD")
        && text.text().split_whitespace().nth(1).is_some_and(may);
    if !may(keyword) && !nested {
        return Vec::new();
    }
    let words = words::words(text, escape, Quotes::Keep);
    words.iter().filter_map(|word| name(word.text())).collect()
}

/// `<<NAME`, `<<-"NAME"`, `3<<NAME`
fn name(word: &str) -> Option<Name> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = word.strip_prefix("<<")?;
    let (rest, strips_tabs) = match rest.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let text: String = rest.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    (!text.is_empty() && !rest.contains('<')).then_some(Name { text, strips_tabs })
}

fn document(cursor: &mut Cursor<'_>, name: &Name) -> HereDocument {
    let mut text = Pieces::at(cursor.at);
    loop {
        let Some((start, line)) = cursor.next() else {
            return HereDocument {
                text,
                is_closed: false,
            };
        };
        let content = if name.strips_tabs {
            line.trim_start_matches('\t')
        } else {
            line
        };
        if content == name.text {
            return HereDocument {
                text,
                is_closed: true,
            };
        }
        let end = cursor.at;
        let whole = cursor.text.get(start..end).unwrap_or(line);
        text.push(whole, start);
    }
}

/// The lines of a text that are not read yet.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The next line without its end, and where it starts.
    fn next(&mut self) -> Option<(usize, &'t str)> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let line = if let Some((line, _)) = rest.split_once('\n') {
            self.at = start + line.len() + 1;
            line
        } else {
            self.at = self.text.len();
            rest
        };
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }
}
