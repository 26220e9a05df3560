//! JSON to a [`Document`], by Go's rules, straight into the arena: the webhook's hot path.
//!
//! There is no tree in between and no recursion: an 18 MB object or one nested 9,000 deep costs time in proportion
//! and no call stack. Source of the rules: `encoding/json` of Go 1.24 and sigs.k8s.io/json.

use std::ops::Range;

use crate::source::{SourceId, Span};

use super::keys::{self, Pending};
use super::scalar::json_number;
use super::{Dialect, Document, DocumentBuilder, Limits, NodeId, Problem, Text, json_string};

/// The deepest nesting that Go's reader takes.
const DEPTH: usize = 10_000;

/// The most values in one document. An object of the API server's size limit has a quarter of these; a text of the same
/// size that is all small values would take forty times its length in memory.
const VALUES: usize = 2_000_000;

/// Reads one JSON value. Without a source, nothing in the document has an origin and a problem has no span.
///
/// Of equal keys the last one counts. A number is a 64-bit integer if it is one (`1.0` and `1e3` are, as they are
/// after any trip through the API server), else a float. An unpaired surrogate becomes U+FFFD.
pub fn read_json(source: Option<SourceId>, text: &str) -> Result<Document, Problem> {
    let mut reader = Reader::new(source, text, 0);
    let document = reader.document(text.len())?;
    reader.skip_blank();
    if reader.at < text.len() {
        return Err(reader.error("text follows the JSON value", reader.at));
    }
    Ok(document)
}

/// Reads JSON values one after another from a text.
pub(super) struct Reader<'t> {
    source: Option<SourceId>,
    text: &'t str,
    bytes: &'t [u8],
    /// The next byte to read.
    pub(super) at: usize,
    /// Warnings on equal keys; kept only where there is a source.
    pub(super) warnings: Vec<Problem>,
    builder: DocumentBuilder,
    frames: Vec<Frame>,
    items: Vec<NodeId>,
    entries: Vec<Pending>,
    unescaped: String,
}

/// A list or map that is being read.
struct Frame {
    start: usize,
    first: usize,
    /// For a map: the key whose value comes next.
    key: Option<(Text, Option<Span>)>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(source: Option<SourceId>, text: &'t str, at: usize) -> Self {
        // Offsets are 32 bits wide; what lies beyond is a premature end.
        let bytes = text.as_bytes();
        let bytes = bytes.get(..Limits::MOST_BYTES).unwrap_or(bytes);
        Self {
            source,
            text,
            bytes,
            at,
            warnings: Vec::new(),
            builder: DocumentBuilder::new(),
            frames: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            unescaped: String::new(),
        }
    }

    /// Reads the next value as a document of its own, of about so many bytes.
    pub(super) fn document(&mut self, bytes: usize) -> Result<Document, Problem> {
        self.builder = DocumentBuilder::with_capacity(bytes);
        self.frames.clear();
        self.items.clear();
        self.entries.clear();
        let root = self.value()?;
        Ok(std::mem::take(&mut self.builder).finish(root))
    }

    fn value(&mut self) -> Result<NodeId, Problem> {
        loop {
            self.skip_blank();
            let start = self.at;
            if self.builder.node_count() >= VALUES {
                let message = format!("the document has more than {VALUES} values");
                return Err(self.error(message, start));
            }
            let mut node = match self.peek() {
                Some(b'"') => {
                    let text = self.string()?;
                    self.builder.kept_string(text, self.span(start..self.at))
                }
                Some(b'{') => {
                    self.open(start)?;
                    if self.closes(b'}') {
                        self.close(true)?
                    } else {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(start)?;
                    if self.closes(b']') {
                        self.close(false)?
                    } else {
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => self.word()?,
            };
            loop {
                let Some(frame) = self.frames.last_mut() else {
                    return Ok(node);
                };
                let is_map = if let Some((key, key_origin)) = frame.key.take() {
                    self.entries.push(Pending {
                        key,
                        key_origin,
                        value: node,
                        merged: false,
                    });
                    true
                } else {
                    self.items.push(node);
                    false
                };
                self.skip_blank();
                match (self.peek(), is_map) {
                    (Some(b','), true) => {
                        self.at += 1;
                        self.key()?;
                        break;
                    }
                    (Some(b','), false) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        node = self.close(is_map)?;
                    }
                    (_, true) => return Err(self.unexpected("expected `,` or `}`")),
                    (_, false) => return Err(self.unexpected("expected `,` or `]`")),
                }
            }
        }
    }

    fn open(&mut self, start: usize) -> Result<(), Problem> {
        if self.frames.len() >= DEPTH {
            let message = format!("lists and maps are nested deeper than {DEPTH} levels");
            return Err(self.error(message, start));
        }
        let first = if self.bytes.get(start) == Some(&b'{') {
            self.entries.len()
        } else {
            self.items.len()
        };
        self.frames.push(Frame {
            start,
            first,
            key: None,
        });
        self.at += 1;
        Ok(())
    }

    /// Whether the collection that was just opened closes at once.
    fn closes(&mut self, bracket: u8) -> bool {
        self.skip_blank();
        let closes = self.peek() == Some(bracket);
        if closes {
            self.at += 1;
        }
        closes
    }

    fn close(&mut self, is_map: bool) -> Result<NodeId, Problem> {
        let Some(Frame { start, first, .. }) = self.frames.pop() else {
            return Err(self.unexpected("expected a value"));
        };
        let origin = self.span(start..self.at);
        if !is_map {
            let node = self.builder.list(&self.items[first..], origin);
            self.items.truncate(first);
            return Ok(node);
        }
        keys::settle(
            &mut self.builder,
            &mut self.entries,
            first,
            Dialect::Kubectl,
            &mut self.warnings,
        )?;
        let node = self.builder.map_from(
            self.entries[first..]
                .iter()
                .map(|entry| (entry.key, entry.key_origin, entry.value)),
            origin,
        );
        self.entries.truncate(first);
        Ok(node)
    }

    fn key(&mut self) -> Result<(), Problem> {
        self.skip_blank();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("expected a key in double quotes"));
        }
        let key = self.string()?;
        let origin = self.span(start..self.at);
        self.skip_blank();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("expected `:`"));
        }
        self.at += 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some((key, origin));
        }
        Ok(())
    }

    /// Reads a string into the builder; without escapes it is copied once.
    fn string(&mut self) -> Result<Text, Problem> {
        let start = self.at + 1;
        let mut end = json_string::plain_end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(self
                .builder
                .text(self.text.get(start..end).unwrap_or_default()));
        }
        self.unescaped.clear();
        let mut from = start;
        loop {
            self.unescaped
                .push_str(self.text.get(from..end).unwrap_or_default());
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let Some((c, after)) = json_string::escape(self.bytes, end + 1) else {
                        return Err(self.error("unknown escape in a string", end));
                    };
                    self.unescaped.push(c);
                    from = after;
                }
                Some(_) => {
                    return Err(self
                        .error("a control character stands in a string", end)
                        .with_help("write a line break as `\\n`, a tab as `\\t`"));
                }
                None => return Err(self.error("the string is not closed", start - 1)),
            }
            end = json_string::plain_end(self.bytes, from);
        }
        self.at = end + 1;
        Ok(self.builder.text(&self.unescaped))
    }

    fn number(&mut self) -> Result<NodeId, Problem> {
        let start = self.at;
        let mut negative = false;
        if self.peek() == Some(b'-') {
            negative = true;
            self.at += 1;
        }
        let digits = self.at;
        // Negative, so that the smallest integer fits.
        let mut whole: Option<i64> = Some(0);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            whole = whole
                .and_then(|value| value.checked_mul(10))
                .and_then(|value| value.checked_sub(i64::from(digit - b'0')));
            self.at += 1;
        }
        let count = self.at - digits;
        if count == 0 || (count > 1 && self.bytes.get(digits) == Some(&b'0')) {
            return Err(self.error("this is no JSON number", start));
        }
        let mut is_float = false;
        if self.peek() == Some(b'.') {
            is_float = true;
            self.at += 1;
            self.digits(start)?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_float = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits(start)?;
        }
        let origin = self.span(start..self.at);
        let whole = if negative {
            whole
        } else {
            whole.and_then(i64::checked_neg)
        };
        if !is_float && let Some(whole) = whole {
            return Ok(self.builder.int(whole, origin));
        }
        let value = self.text.get(start..self.at).unwrap_or_default().parse();
        match value.ok().and_then(json_number) {
            Some(Ok(whole)) if is_float => Ok(self.builder.int(whole, origin)),
            Some(Ok(whole)) => Ok(self.builder.float(whole as f64, origin)),
            Some(Err(value)) => Ok(self.builder.float(value, origin)),
            None => Err(self.error("the number is out of range", start)),
        }
    }

    fn digits(&mut self, start: usize) -> Result<(), Problem> {
        let first = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == first {
            return Err(self.error("this is no JSON number", start));
        }
        Ok(())
    }

    fn word(&mut self) -> Result<NodeId, Problem> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        for (word, value) in [("true", Some(true)), ("false", Some(false)), ("null", None)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                let origin = self.span(start..self.at);
                return Ok(match value {
                    Some(value) => self.builder.bool(value, origin),
                    None => self.builder.null(origin),
                });
            }
        }
        Err(self.unexpected("expected a value"))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn span(&self, range: Range<usize>) -> Option<Span> {
        self.source
            .map(|source| Span::new(source, range.start as u32, range.end as u32))
    }

    fn unexpected(&self, message: &str) -> Problem {
        if self.at >= self.bytes.len() {
            return self.error(format!("the JSON ends too early: {message}"), self.at);
        }
        self.error(message, self.at)
    }

    /// A problem at the character that begins at `at`.
    fn error(&self, message: impl Into<String>, at: usize) -> Problem {
        let at = self.text.floor_char_boundary(at);
        let width = self.text[at..].chars().next().map_or(0, char::len_utf8);
        Problem::error(message, self.span(at..at + width))
    }
}
