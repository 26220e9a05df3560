//! Where things stand: sources, byte spans, lines and columns, and routes of keys.
//!
//! This module owns the vocabulary of places that every other module speaks. It must not know what is
//! written in a source: no YAML, no CEL, no Kubernetes. It does no I/O; a caller that has read a file
//! hands its text to a [`SourceMap`].
//!
//! Start reading at [`SourceMap`], then [`FieldPath`].

mod field_path;
mod line;
mod map;
mod unsafe_text;

pub use field_path::{FieldPath, Segment};
pub use line::one_line;
pub use map::{LineColumn, Source, SourceMap};
pub use unsafe_text::is_unsafe;

/// Which source a [`Span`] lies in: an index into a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in a source: from `start` up to, not including, `end`.
///
/// Positions are byte offsets into the text exactly as it was read (before any newline is normalised),
/// so that an edit can be made at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source the bytes are in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end` in `source`.
    pub const fn new(source: SourceId, start: u32, end: u32) -> Self {
        Self { source, start, end }
    }

    /// The part of this span that begins `start` bytes and ends `end` bytes after its own start,
    /// kept inside this span.
    #[must_use]
    pub fn sub(self, start: usize, end: usize) -> Self {
        let limit = self.end;
        let at = |offset: usize| {
            u32::try_from(offset)
                .map_or(limit, |offset| self.start.saturating_add(offset).min(limit))
        };
        Self {
            source: self.source,
            start: at(start),
            end: at(end),
        }
    }
}
