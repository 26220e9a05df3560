//! The sources of a run, and the way from a byte to a line and a column.

use std::sync::{Arc, OnceLock};

use super::{SourceId, Span};

/// A line and a column as people count them: both start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One text with the name that people know it by.
#[derive(Debug)]
pub struct Source {
    name: Box<str>,
    text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source with this name and text.
    pub fn new(name: impl Into<Box<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    /// What people call it: a path relative to the repository root, `<stdin>`, a built-in policy's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as it was read.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The line and column of a byte; a byte past the end stands for the end.
    pub fn line_column(&self, byte: u32) -> LineColumn {
        let starts = self.line_starts();
        let mut byte = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = starts
            .partition_point(|&start| start as usize <= byte)
            .max(1);
        let start = starts.get(line - 1).map_or(0, |&start| start as usize);
        let column = self
            .text
            .get(start..byte)
            .map_or(0, |before| before.chars().count())
            + 1;
        LineColumn {
            line: line as u32,
            column: column as u32,
        }
    }

    /// The byte range of a line (from 1), without its line break.
    pub fn line_range(&self, line: u32) -> Option<std::ops::Range<usize>> {
        let starts = self.line_starts();
        let index = (line as usize).checked_sub(1)?;
        let start = *starts.get(index)? as usize;
        let end = starts
            .get(index + 1)
            .map_or(self.text.len(), |&next| next as usize);
        let end = start
            + self
                .text
                .get(start..end)?
                .trim_end_matches(['\n', '\r'])
                .len();
        Some(start..end)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(
                    self.text
                        .bytes()
                        .enumerate()
                        .filter(|&(_, byte)| byte == b'\n')
                        .map(|(at, _)| at as u32 + 1),
                )
                .collect()
        })
    }
}

/// All sources of a run, addressed by [`SourceId`].
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Arc<Source>>,
}

impl SourceMap {
    /// No sources yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id that the next added source will get.
    pub fn next_id(&self) -> SourceId {
        SourceId(self.sources.len() as u32)
    }

    /// Adds a source and says under which id it is known from now on.
    pub fn add(&mut self, source: impl Into<Arc<Source>>) -> SourceId {
        let id = self.next_id();
        self.sources.push(source.into());
        id
    }

    /// The source with this id; `None` where another map made the id.
    pub fn get(&self, id: SourceId) -> Option<&Arc<Source>> {
        self.sources.get(id.0 as usize)
    }

    /// All sources in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Arc<Source>)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(index as u32), source))
    }

    /// The text under a span, where the span is inside its source.
    pub fn text(&self, span: Span) -> Option<&str> {
        self.get(span.source)?
            .text()
            .get(span.start as usize..span.end as usize)
    }

    /// `name:line:column` of the start of a span, for messages.
    pub fn place(&self, span: Span) -> String {
        match self.get(span.source) {
            Some(source) => {
                let at = source.line_column(span.start);
                format!("{}:{}:{}", source.name(), at.line, at.column)
            }
            None => "<unknown>".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let source = Source::new("a.yaml", "a: 1\nö: über\n");
        assert_eq!(source.line_column(0), LineColumn { line: 1, column: 1 });
        assert_eq!(source.line_column(5), LineColumn { line: 2, column: 1 });
        assert_eq!(source.line_column(9), LineColumn { line: 2, column: 4 });
        assert_eq!(source.line_column(999), LineColumn { line: 3, column: 1 });
    }

    #[test]
    fn a_line_ends_before_its_break_also_with_crlf() {
        let source = Source::new("a.yaml", "a: 1\r\nb: 2");
        assert_eq!(source.line_range(1), Some(0..4));
        assert_eq!(source.line_range(2), Some(6..10));
        assert_eq!(source.line_range(3), None);
    }
}
