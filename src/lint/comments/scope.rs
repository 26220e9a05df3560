//! Where comments for kpolicy stand in a file, and what each of them covers.
//!
//! A comment speaks of what begins on its line, or, where it stands alone on a line, on the next line that holds
//! something: of the widest key with its value, item of a list or document there, to its end. Whether a `#` begins a
//! comment is told by the documents as they were read, so that nothing is parsed twice. In a Dockerfile
//! comments are lines of their own, and its reader knows what each stands above.

use std::ops::Range;

use crate::manifest::{Document, NodeRef, View};
use crate::repository::dockerfile::Comment;
use crate::source::{SourceId, Span};

use super::parse::MARK;

/// A byte-order mark, which may stand before everything.
const BOM: char = '\u{feff}';

/// A comment for kpolicy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it stands, from its `#` to the end of the line.
    pub(super) span: Span,
    /// Where what follows [`MARK`] stands.
    pub(super) text: Range<usize>,
    /// What it covers; empty for nothing.
    pub(super) area: Range<u32>,
}

/// So many comments are read of a file. Nobody writes more, and each costs a look around.
pub(super) const MOST: usize = 1000;

/// Finds the first comments of a text that was read into these documents.
pub(super) fn find(source: SourceId, text: &str, documents: &[Document]) -> Vec<Found> {
    let candidates: Vec<_> = candidates(text).take(MOST).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let layout = Layout::of(source, text, documents);
    let found = candidates
        .into_iter()
        .filter(|(hash, _)| !layout.is_value(*hash));
    found
        .map(|(hash, says)| {
            let end = line_end(text, hash);
            Found {
                span: Span::new(source, hash as u32, end as u32),
                text: says..end,
                area: layout.covered_by(hash),
            }
        })
        .collect()
}

/// Finds the first comments for kpolicy among those of a Dockerfile.
pub(super) fn of_dockerfile(text: &str, comments: &[Comment]) -> Vec<Found> {
    let ours = comments.iter().filter_map(|comment| {
        let Span { start, end, .. } = comment.place;
        let whole = text.get(start as usize..end as usize)?;
        let says = whole.trim_start_matches('#').trim_start();
        let says = says.strip_prefix(MARK)?;
        Some(Found {
            span: comment.place,
            text: end as usize - says.len()..end as usize,
            area: comment.above.start..comment.above.end,
        })
    });
    ours.take(MOST).collect()
}

/// What looks like a comment for kpolicy in a Dockerfile and is none: where it stands.
pub(super) fn no_comments(source: SourceId, text: &str, comments: &[Comment]) -> Vec<Span> {
    let is_comment = |at: usize| {
        let after = comments.partition_point(|comment| comment.place.start as usize <= at);
        let last = comments.get(..after).and_then(<[_]>::last);
        last.is_some_and(|comment| at < comment.place.end as usize)
    };
    let found = candidates(text).map(|(hash, _)| hash);
    found
        .filter(|hash| !is_comment(*hash))
        .map(|hash| Span::new(source, hash as u32, line_end(text, hash) as u32))
        .take(MOST)
        .collect()
}

/// What may be comments: where each begins, and where its mark ends.
fn candidates(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices(MARK).filter_map(|(at, mark)| {
        let before = text.get(..at)?.trim_end_matches([' ', '\t']);
        let rest = before.trim_end_matches('#');
        let is_free = |last: char| last.is_whitespace() || last == BOM;
        let is_comment = rest.len() < before.len() && rest.chars().next_back().is_none_or(is_free);
        is_comment.then_some((rest.len(), at + mark.len()))
    })
}

/// Where things stand in a text.
struct Layout<'t> {
    text: &'t str,
    source: SourceId,
    /// Keys and single values, in order.
    scalars: Vec<Range<u32>>,
    /// Documents, keys with their values, and items of lists, in order; of those that begin together the widest first.
    units: Vec<Range<u32>>,
}

impl<'t> Layout<'t> {
    fn of(source: SourceId, text: &'t str, documents: &[Document]) -> Self {
        let mut layout = Self {
            text,
            source,
            scalars: Vec::new(),
            units: Vec::new(),
        };
        for document in documents {
            layout.item(document.root());
            layout.walk(document.root());
        }
        layout.scalars.sort_by_key(|range| range.start);
        layout
            .units
            .sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        layout
    }

    fn walk(&mut self, root: NodeRef<'_>) {
        let mut pending = vec![root];
        while let Some(node) = pending.pop() {
            match node.view() {
                // What an alias stands for is met where it is written.
                _ if node.alias().is_some() => {}
                View::Map(map) => {
                    for entry in map.iter() {
                        self.entry(entry.key_origin, entry.value);
                        pending.push(entry.value);
                    }
                }
                View::List(list) => {
                    for item in list.iter() {
                        self.item(item);
                        pending.push(item);
                    }
                }
                _ => self.scalars.extend(self.own(node.origin())),
            }
        }
    }

    /// A span of this text, as bytes.
    fn own(&self, span: Option<Span>) -> Option<Range<u32>> {
        let span = span.filter(|span| span.source == self.source)?;
        Some(span.start..span.end)
    }

    fn entry(&mut self, key: Option<Span>, value: NodeRef<'_>) {
        let Some(key) = self.own(key) else { return };
        self.scalars.push(key.clone());
        let value = self.own(value.alias().or(value.origin()));
        let Some(value) = value.filter(|value| value.start >= key.end) else {
            return;
        };
        // What `<<` brings has its key elsewhere.
        let between = self.text.get(key.end as usize..value.start as usize);
        let follows = |between: &str| {
            let lines = between
                .trim_start()
                .strip_prefix(':')
                .unwrap_or(between)
                .lines();
            let mut words = lines.map(|line| line.split(" #").next().unwrap_or_default().trim());
            words.all(|word| word.is_empty() || word.starts_with(['#', '&', '!']))
        };
        if between.is_some_and(follows) {
            self.units.push(key.start..value.end);
        }
    }

    /// An item of a list, from its dash on, or a document.
    fn item(&mut self, item: NodeRef<'_>) {
        let Some(own) = self.own(item.alias().or(item.origin())) else {
            return;
        };
        let before = self.text.get(..own.start as usize).unwrap_or_default();
        let dash = before.trim_end();
        let start = match dash.strip_suffix('-') {
            Some(rest) if !rest.ends_with('-') => rest.len() as u32,
            _ => own.start,
        };
        self.units.push(start..own.end);
    }

    /// Whether a byte is a part of a key or value, so that no comment begins there.
    fn is_value(&self, at: usize) -> bool {
        // None of them holds another.
        let after = self
            .scalars
            .partition_point(|range| range.start as usize <= at);
        let last = self.scalars.get(..after).and_then(<[_]>::last);
        last.is_some_and(|range| {
            let (start, end) = (range.start as usize, range.end as usize);
            // The line that begins a block of text may end with a comment.
            let head = self.text.get(start..at).unwrap_or_default();
            let is_header = head.starts_with(['|', '>']) && !head.contains('\n');
            at < end && !is_header
        })
    }

    /// What a comment that begins at this byte covers.
    fn covered_by(&self, hash: usize) -> Range<u32> {
        let start = line_start(self.text, hash);
        let before = self.text.get(start..hash).unwrap_or_default();
        let before = before.trim_start_matches(BOM);
        let line = if before.trim().is_empty() || is_separator(before) {
            self.next_line(start)
        } else {
            Some(start)
        };
        let Some(line) = line else { return 0..0 };
        let end = line_end(self.text, line);
        let first = self
            .units
            .partition_point(|unit| (unit.start as usize) < line);
        let widest = self.units.get(first);
        let begins = widest.filter(|unit| unit.start as usize <= end);
        begins.cloned().unwrap_or_default()
    }

    /// Where the line begins that follows the one at `start` and holds something of the same document; before a
    /// document's first line that document is meant.
    fn next_line(&self, start: usize) -> Option<usize> {
        let before = self.text.get(..start).unwrap_or_default();
        let here = before.lines().rev().take_while(|line| !is_separator(line));
        let is_blank = |line: &str| {
            let line = line.trim_start_matches(BOM).trim();
            line.is_empty() || line.starts_with(['#', '%'])
        };
        let mut may_cross = here.into_iter().all(is_blank);
        let mut at = start;
        let mut is_first = true;
        for line in self.text.get(start..)?.split_inclusive('\n') {
            let is_own = std::mem::take(&mut is_first);
            if is_separator(line) {
                // The separator that the comment stands on begins its document.
                if !is_own && !std::mem::take(&mut may_cross) {
                    return None;
                }
            } else if !is_own && !is_blank(line) {
                return Some(at);
            }
            at += line.len();
        }
        None
    }
}

/// Whether a line separates documents, or begins with a separator.
fn is_separator(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    at + line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read, unroll};

    /// What each comment of a text covers.
    fn covered(text: &str) -> Vec<String> {
        let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        assert!(!reading.has_errors(), "{:?}", reading.problems);
        let documents: Vec<_> = reading
            .documents
            .into_iter()
            .flat_map(|document| unroll(document, &mut Vec::new()))
            .collect();
        let found = find(SourceId(0), text, &documents);
        found
            .into_iter()
            .map(|found| {
                let area = found.area.start as usize..found.area.end as usize;
                text.get(area).unwrap_or_default().to_owned()
            })
            .collect()
    }

    #[test]
    fn a_comment_covers_what_begins_on_its_line_or_on_the_next() {
        for (text, expected) in [
            (
                "a: 1 # kpolicy: x\nb: 2\n",
                &["a: 1 # kpolicy: x\nb: 2"][..],
            ),
            ("z: 0\na: 1 # kpolicy: x\nb: 2\n", &["a: 1"]),
            ("z: 0\n# kpolicy: x\na: 1\nb: 2\n", &["a: 1"]),
            ("z: 0\n#kpolicy: x\n\n  # more\na: 1\n", &["a: 1"]),
            (
                "z: 0\na: # kpolicy: x\n  b: 2\n  c: 3\nd: 4\n",
                &["a: # kpolicy: x\n  b: 2\n  c: 3"],
            ),
            (
                "z: 0\na:\n# kpolicy: x\n- b: 2\n  c: 3\n- d\n",
                &["- b: 2\n  c: 3"],
            ),
            (
                "z: 0\na:\n  # kpolicy: x\n  - b\n  # kpolicy: y\n  - c\n",
                &["- b", "- c"],
            ),
            (
                "z: 0\na:\n  - b: 2 # kpolicy: x\n    c: 3\n",
                &["- b: 2 # kpolicy: x\n    c: 3"],
            ),
            ("z: 0\na:\n  - b: 2\n    c: 3 # kpolicy: x\n", &["c: 3"]),
            (
                "z: 0\na:\n  # kpolicy: x\n  -\n    b: 2\n",
                &["-\n    b: 2"],
            ),
            ("z: 0\na: {b: 1,\n  c: 2} # kpolicy: x\n", &["c: 2"]),
            (
                "z: 0\na: # kpolicy: x\n  # text\n  &n\n  - 1\nb: *n # kpolicy: y\n",
                &["a: # kpolicy: x\n  # text\n  &n\n  - 1", "b: *n"],
            ),
            // Nothing begins there.
            ("a: [1\n] # kpolicy: x\n", &[""]),
            ("a: 1\n# kpolicy: x\n", &[""]),
        ] {
            assert_eq!(covered(text), expected, "{text}");
        }
    }

    #[test]
    fn above_its_first_line_a_comment_covers_the_document() {
        for (text, expected) in [
            ("# kpolicy: x\na: 1\nb: 2\n", &["a: 1\nb: 2"][..]),
            (
                "\u{feff}# kpolicy: x\r\na: 1\r\nb: 2\r\n",
                &["a: 1\r\nb: 2"],
            ),
            ("# kpolicy: x\n---\n# text\na: 1\nb: 2\n", &["a: 1\nb: 2"]),
            ("a: 1\n--- # kpolicy: x\nb: 2\nc: 3\n", &["b: 2\nc: 3"]),
            (
                "a: 1\n---\n# kpolicy: x\nb: 2\nc: 3\n---\nd: 4\n",
                &["b: 2\nc: 3"],
            ),
            // It stands below the last line of a document.
            ("a: 1\n# kpolicy: x\n---\nb: 2\n", &[""]),
            (
                "apiVersion: v1\nkind: List\nitems:\n# kpolicy: x\n- kind: A\n  apiVersion: v1\n- kind: B\n  apiVersion: v1\n",
                &["- kind: A\n  apiVersion: v1"],
            ),
        ] {
            assert_eq!(covered(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_comment_is_none() {
        for (text, expected) in [
            ("a: 'b # kpolicy: x'\n", 0),
            ("a: \"b\n  # kpolicy: x\"\n", 0),
            ("a: b#kpolicy:x\n", 0),
            ("a: |\n  # kpolicy: x\n  b\n# kpolicy: y\nc: 1\n", 1),
            ("a: |\n  # kpolicy: x\n\n# kpolicy: y\n", 1),
            ("a: | # kpolicy: x\n  b\n", 1),
            ("a: >- # kpolicy: x\n  b\n", 1),
            ("{\"a\": \"# kpolicy: x\"}", 0),
            ("a: kpolicy:1.2\nb: 'kpolicy:'\n", 0),
            ("# see kpolicy: x\na: 1\n", 0),
            ("## kpolicy: x\na: 1\n", 1),
            ("base: &b {x: 1}\nz:\n  <<: *b # kpolicy: x\n  y: 1\n", 1),
        ] {
            assert_eq!(covered(text).len(), expected, "{text}");
        }
    }
}
