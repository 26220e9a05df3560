//! From a text to instructions: parser directives, comments, continued lines, here-documents.
//!
//! Upstream: `frontend/dockerfile/parser/parser.go` and `directives.go` of moby/buildkit, 2026.

use std::ops::Range;

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
    /// The line that ends it.
    pub(super) name: Box<str>,
    /// Its text, as it is.
    pub(super) text: Pieces,
    /// Whether its end is there.
    pub(super) is_closed: bool,
}

/// A line that is a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// From its `#` to the end of the line.
    pub(super) place: Range<usize>,
    /// What it stands above: the next instruction; between the lines of one, its next line. Empty at the end of a file.
    pub(super) above: Range<usize>,
}

/// All instructions of a text, and what the directives at its start say.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    pub(super) escape: char,
    /// The image that reads the file, where it is not the builder's own.
    pub(super) syntax: Option<&'t str>,
    /// What `escape` names that nothing can be escaped with.
    pub(super) wrong_escape: Option<Range<usize>>,
    pub(super) list: Vec<Line>,
    /// In order.
    pub(super) comments: Vec<Comment>,
}

/// The instructions that can have here-documents.
const WITH_DOCUMENTS: [&str; 3] = ["ADD", "COPY", "RUN"];

/// The directives that a file may begin with; all else is a comment.
const DIRECTIVES: [&str; 3] = ["check", "escape", "syntax"];

/// Cuts a text into instructions.
pub(super) fn lines(text: &str) -> Lines<'_> {
    let mut cursor = Cursor { text, at: 0 };
    if text.starts_with('\u{feff}') {
        cursor.at = '\u{feff}'.len_utf8();
    }
    let mut lines = Lines {
        escape: '\\',
        syntax: None,
        wrong_escape: None,
        list: Vec::new(),
        comments: Vec::new(),
    };
    directives(&mut cursor, &mut lines);
    let mut above = Above::default();
    while let Some((start, line)) = cursor.next() {
        let Some((first, content)) = above.content(start, line) else {
            continue;
        };
        let comments = above.take();
        let read = instruction(&mut cursor, first, content, &mut lines);
        lines.list.push(read);
        let whole = text.get(first..cursor.at).unwrap_or_default();
        let end = first + whole.trim_end().len();
        lines.comments.extend(over(comments, first..end));
    }
    lines.comments.extend(over(above.take(), 0..0));
    lines.comments.sort_by_key(|comment| comment.place.start);
    lines
}

/// Comments that wait for what they stand above.
#[derive(Default)]
struct Above(Vec<Range<usize>>);

impl Above {
    /// What a line holds, and where that starts; nothing where it is empty or a comment, which is kept.
    fn content<'t>(&mut self, start: usize, line: &'t str) -> Option<(usize, &'t str)> {
        let content = line.trim_start();
        let first = start + line.len() - content.len();
        if content.starts_with('#') {
            self.0.push(first..first + content.trim_end().len());
        }
        let is_none = content.is_empty() || content.starts_with('#');
        (!is_none).then_some((first, content))
    }

    fn take(&mut self) -> Vec<Range<usize>> {
        std::mem::take(&mut self.0)
    }
}

fn over(comments: Vec<Range<usize>>, above: Range<usize>) -> impl Iterator<Item = Comment> {
    comments.into_iter().map(move |place| Comment {
        place,
        above: above.clone(),
    })
}

/// Reads the directives at the start. The first line that is none ends them.
fn directives<'t>(cursor: &mut Cursor<'t>, lines: &mut Lines<'t>) {
    loop {
        let before = cursor.at;
        let read = cursor
            .next()
            .map(|(start, line)| (start, line.len(), directive(line)));
        match read {
            Some((_, _, Some(("escape", "`")))) => lines.escape = '`',
            Some((_, _, Some(("escape", "\\")))) => lines.escape = '\\',
            Some((start, length, Some(("escape", _)))) => {
                lines.wrong_escape = Some(start..start + length);
            }
            Some((_, _, Some(("syntax", image)))) => lines.syntax = Some(image),
            Some((_, _, Some(_))) => {}
            _ => {
                cursor.at = before;
                return;
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
    let value = value.trim();
    (!value.is_empty()).then_some((known, value))
}

/// One instruction, from its first line on.
fn instruction(cursor: &mut Cursor<'_>, start: usize, line: &str, lines: &mut Lines<'_>) -> Line {
    let escape = lines.escape;
    let mut above = Above::default();
    let mut text = Pieces::at(start);
    let (mut part, mut goes_on) = continued(line, escape);
    text.push(part, start);
    while goes_on {
        let Some((start, line)) = cursor.next() else {
            break;
        };
        let Some((first, content)) = above.content(start, line) else {
            continue;
        };
        let end = first + content.trim_end().len();
        lines.comments.extend(over(above.take(), first..end));
        (part, goes_on) = continued(line, escape);
        text.push(part, start);
    }
    lines.comments.extend(over(above.take(), 0..0));
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

/// Whether a word, and no other beside it, begins a here-document: then that is the whole of what `RUN` runs.
pub(super) fn is_document(words: &Pieces) -> bool {
    let text = words.text();
    !text.contains(char::is_whitespace) && name(text).is_some()
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
    let made = |text, is_closed| HereDocument {
        name: name.text.as_str().into(),
        text,
        is_closed,
    };
    loop {
        let Some((start, line)) = cursor.next() else {
            return made(text, false);
        };
        let content = if name.strips_tabs {
            line.trim_start_matches('\t')
        } else {
            line
        };
        if content == name.text {
            return made(text, true);
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
