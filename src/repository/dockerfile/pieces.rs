//! Texts that are put together from parts of a source, and still know where each of their bytes stands.

use std::ops::Range;

use crate::source::{SourceId, Span};

/// A text of which each byte has a place: an instruction without the ends of its lines, a word without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    text: String,
    /// For each byte of the text the byte of the source.
    at: Vec<u32>,
    /// Where the next byte of the source would be, for a text without any.
    end: u32,
}

impl Pieces {
    /// No text yet, at a byte of the source.
    pub(super) fn at(start: usize) -> Self {
        Self {
            end: start as u32,
            ..Self::default()
        }
    }

    /// Adds a part of the source that starts at this byte.
    pub(super) fn push(&mut self, part: &str, start: usize) {
        self.text.push_str(part);
        self.at
            .extend((start..start + part.len()).map(|byte| byte as u32));
        self.end = (start + part.len()) as u32;
    }

    /// Adds one character of another text, which starts at this byte of it.
    pub(super) fn take(&mut self, from: &Self, at: usize, c: char) {
        self.text.push(c);
        for byte in at..at + c.len_utf8() {
            self.at.push(from.byte(byte));
        }
        self.end = from.byte(at + c.len_utf8());
    }

    /// Adds another text.
    pub(super) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.at.extend(&other.at);
        self.end = other.end;
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A part of the text; the range must lie on characters.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let text = self.text.get(range.clone()).unwrap_or_default();
        Self {
            text: text.to_owned(),
            at: self.at.get(range.clone()).unwrap_or_default().to_vec(),
            end: self.byte(range.end),
        }
    }

    /// The text without the white space around it.
    pub(super) fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + self.text.trim().len();
        self.part(start..end)
    }

    /// The place in the source: from the first byte to the last.
    pub(super) fn span(&self, source: SourceId) -> Span {
        match (self.at.first(), self.at.last()) {
            (Some(first), Some(last)) => Span::new(source, *first, last + 1),
            _ => Span::new(source, self.end, self.end),
        }
    }

    /// Another text that stands for this one: each of its bytes has the place of the whole.
    pub(super) fn standing_for(&self, text: &str) -> Self {
        let start = self.at.first().copied().unwrap_or(self.end);
        let last = self.at.last().copied().unwrap_or(self.end);
        let mut at = vec![start; text.len()];
        if let Some(end) = at.last_mut() {
            *end = last;
        }
        Self {
            text: text.to_owned(),
            at,
            end: self.end,
        }
    }

    /// The byte of the source that a byte of the text comes from.
    fn byte(&self, at: usize) -> u32 {
        self.at.get(at).copied().unwrap_or(self.end)
    }
}
