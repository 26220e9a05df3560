//! granit-parser behind [`Events`]: the only file that names it.
//!
//! It also refuses what granit, a YAML 1.2 parser, takes and go-yaml, a YAML 1.1 parser, does not.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{
    ErrorKind, Event as Raw, Options, Parser, ScalarStyle, ScanError, StrInput, StructureStyle,
};

use super::event::{AnchorId, Event, Events, Mend, Style, SyntaxError, Tag};
use super::strict::{self, TabCheck};
use super::strict_flow;
use super::syntax_message;

/// The events of the first document of a chunk.
pub(super) struct Granit<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    tabs: Option<TabCheck>,
    last_end: usize,
    /// How many flow collections are open.
    open_flow: usize,
    /// For each open collection, whether it is a flow collection.
    open: Vec<bool>,
}

impl<'t> Granit<'t> {
    /// `depth`: the deepest nesting to accept.
    pub(super) fn new(text: &'t str, depth: usize) -> Result<Self, SyntaxError> {
        strict::check_text(text)?;
        let mut options = Options::default();
        options.flow_nesting_limit = depth;
        options.block_nesting_limit = depth;
        options.emit_anchor_events = true;
        options.set_emit_comments(false);
        Ok(Self {
            text,
            parser: Parser::new_from_str_with_options(text, options),
            tabs: text.contains('\t').then(TabCheck::default),
            last_end: 0,
            open_flow: 0,
            open: Vec::new(),
        })
    }

    fn raw(&mut self) -> Result<Option<(Raw<'t>, granit_parser::Span)>, SyntaxError> {
        self.parser
            .next_event()
            .transpose()
            .map_err(|error| self.syntax(&error))
    }

    fn track(&mut self, event: &Event<'_>) {
        match event {
            Event::ListStart { flow, .. } | Event::MapStart { flow, .. } => {
                self.open.push(*flow);
                self.open_flow += usize::from(*flow);
            }
            Event::ListEnd | Event::MapEnd => {
                let was_flow = self.open.pop().unwrap_or(false);
                self.open_flow -= usize::from(was_flow);
            }
            _ => {}
        }
    }

    fn syntax(&self, error: &ScanError) -> SyntaxError {
        let at = error.marker().byte_offset().unwrap_or(0);
        let at = self.text.floor_char_boundary(at);
        let end = self.text[at..]
            .chars()
            .next()
            .map_or(at, |c| at + c.len_utf8());
        let mut described = syntax_message::describe(error.kind(), at..end);
        described.mend = match error.kind() {
            ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInBlockIndentation => Some(Mend::Indent {
                from: self.last_end,
                in_flow: self.open_flow > 0,
            }),
            ErrorKind::CommentNotSeparated => Some(Mend::Space),
            ErrorKind::UnknownQuotedScalarEscape => Some(Mend::Escape),
            _ => None,
        };
        described
    }

    fn scalar(
        &self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        tag: Tag,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(Event<'t>, Range<usize>), SyntaxError> {
        let anchor = id(anchor);
        let event = |text, style| Event::Scalar {
            text,
            style,
            tag,
            anchor,
        };
        match style {
            // An omitted node comes as `~` with an empty span, where its key ends.
            ScalarStyle::Plain if range.is_empty() => {
                let at = after_colon(self.text, range.start);
                Ok((event(Cow::Borrowed(""), Style::Plain), at..at))
            }
            ScalarStyle::Plain => {
                if self.open_flow > 0 {
                    strict_flow::check_plain(self.text, &range)?;
                    strict_flow::check_key(self.text, &range)?;
                }
                Ok((event(text, Style::Plain), range))
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                if style == ScalarStyle::DoubleQuoted {
                    strict::check_escapes(self.text, &range)?;
                }
                if self.open_flow > 0 {
                    strict_flow::check_key(self.text, &range)?;
                }
                Ok((event(text, Style::Quoted), range))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                if self.open.is_empty() && !text.is_empty() {
                    strict::check_top_level(self.text, &range)?;
                }
                let range = with_header(self.text, self.last_end, range);
                if self.tabs.is_some() {
                    strict::check_block_tabs(self.text, &range)?;
                }
                Ok((event(text, Style::Quoted), range))
            }
        }
    }
}

impl<'t> Events<'t> for Granit<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), SyntaxError> {
        loop {
            let Some((raw, span)) = self.raw()? else {
                let end = self.text.len();
                return Ok((Event::End, end..end));
            };
            let range = span.byte_range().unwrap_or(0..0);
            let (event, range) = match raw {
                Raw::DocumentStart(_, version) => {
                    strict::check_version(version.map(|v| (v.major, v.minor)), range)?;
                    continue;
                }
                Raw::Anchor(_, name) => {
                    strict::check_anchor(&name, range)?;
                    continue;
                }
                Raw::DocumentEnd | Raw::StreamEnd => (Event::End, range),
                Raw::Alias(anchor) => {
                    let name = self
                        .text
                        .get(range.start + 1..range.end)
                        .unwrap_or_default();
                    strict::check_anchor(name, range.clone())?;
                    (Event::Alias(anchor), range)
                }
                Raw::UnresolvedAlias(_) => {
                    return Err(SyntaxError::new("the alias has no anchor", range));
                }
                Raw::Scalar(text, style, anchor, tag) => {
                    if let Some(tag) = span.tag_span().and_then(|tag| tag.byte_range()) {
                        strict_flow::check_tag(self.text, &tag)?;
                    }
                    let tag = tag.as_deref().map_or(Tag::None, tag_kind);
                    self.scalar(text, style, tag, anchor, range)?
                }
                Raw::SequenceStart(style, anchor, _) => (
                    Event::ListStart {
                        flow: style == StructureStyle::Flow,
                        anchor: id(anchor),
                    },
                    range,
                ),
                Raw::MappingStart(style, anchor, _) => (
                    Event::MapStart {
                        flow: style == StructureStyle::Flow,
                        anchor: id(anchor),
                    },
                    range,
                ),
                Raw::SequenceEnd => (Event::ListEnd, range),
                Raw::MappingEnd => (Event::MapEnd, range),
                _ => continue,
            };
            self.track(&event);
            if let Some(tabs) = &mut self.tabs {
                tabs.see(self.text, &event, &range)?;
            }
            self.last_end = self.last_end.max(range.end);
            let range = match event {
                Event::Scalar { .. } => without_rest(self.text, range),
                _ => range,
            };
            return Ok((event, range));
        }
    }

    fn leftover(&mut self) -> Option<usize> {
        match self.parser.next_event()? {
            Ok((Raw::StreamEnd, _)) => None,
            Ok((_, span)) => Some(span.byte_range()?.start),
            Err(error) => Some(error.marker().byte_offset().unwrap_or(self.text.len())),
        }
    }
}

fn id(anchor: usize) -> Option<AnchorId> {
    (anchor > 0).then_some(anchor)
}

fn tag_kind(tag: &granit_parser::Tag) -> Tag {
    let (handle, suffix) = tag.parts();
    if handle.is_empty() && suffix == "!" {
        return Tag::NonSpecific;
    }
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("str") => Tag::Str,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        _ => Tag::Other,
    }
}

/// The place right after the colon that follows `at` on its line, or `at` itself.
fn after_colon(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let after = rest.trim_start_matches([' ', '\t']);
    if after.starts_with(':') {
        at + (rest.len() - after.len()) + 1
    } else {
        at
    }
}

/// A block scalar without what follows its last line: the parser reads on to what comes next. With `+` the empty lines
/// after it are its own. Any other scalar stays as it is.
fn without_rest(text: &str, range: Range<usize>) -> Range<usize> {
    let written = text.get(range.clone()).unwrap_or_default();
    let (header, _) = written.split_once('\n').unwrap_or((written, ""));
    let indicators = header.strip_prefix(['|', '>']).unwrap_or_default();
    let keeps = indicators
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .starts_with('+');
    if !written.starts_with(['|', '>']) || keeps {
        return range;
    }
    let mut kept = written;
    while let Some((before, line)) = kept.rsplit_once('\n')
        && line.trim().is_empty()
    {
        kept = before.strip_suffix('\r').unwrap_or(before);
    }
    range.start..range.start + kept.len()
}

/// The range of a block scalar from its `|` or `>` on; the parser reports its text alone.
fn with_header(text: &str, not_before: usize, range: Range<usize>) -> Range<usize> {
    let before = text.get(not_before..range.start).unwrap_or_default();
    let starts_block = |at: usize| {
        before[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace)
            && before[at + 1..]
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || c == '#')
    };
    // Comments before the header may hold a `|` too: take the last line that has one outside a comment.
    let mut line_start = before.len();
    for line in before.split_inclusive('\n').rev() {
        line_start -= line.len();
        let comment = line
            .match_indices('#')
            .find(|&(at, _)| line[..at].ends_with([' ', '\t']))
            .map_or(line.len(), |(at, _)| at);
        if let Some(at) = line[..comment].rfind(['|', '>']).map(|at| line_start + at)
            && starts_block(at)
        {
            return not_before + at..range.end;
        }
    }
    range
}
