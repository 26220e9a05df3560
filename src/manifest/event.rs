//! The one seam between a YAML parser and the loader: a flat stream of events with byte ranges.
//!
//! Everything above speaks [`Event`]; only `granit.rs` names the parser.

use std::borrow::Cow;
use std::ops::Range;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes, or omitted altogether (an empty text).
    Plain,
    /// In quotes or as a block: a string unless a tag says otherwise.
    Quoted,
}

/// A tag, as far as the readers of Kubernetes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!`
    NonSpecific,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// Any other: ignored, but a scalar that has it is a string.
    Other,
}

/// Numbers the anchors of one document in the order they are defined.
pub(super) type AnchorId = usize;

/// One event. Ranges come beside it, in bytes of the chunk.
#[derive(Debug)]
pub(super) enum Event<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
        tag: Tag,
        anchor: Option<AnchorId>,
    },
    Alias(AnchorId),
    ListStart {
        flow: bool,
        anchor: Option<AnchorId>,
    },
    ListEnd,
    MapStart {
        flow: bool,
        anchor: Option<AnchorId>,
    },
    MapEnd,
    /// The document is complete; nothing before it means there is none.
    End,
}

/// What may help a parser past an error that go-yaml does not make (see `mend.rs`).
#[derive(Clone, Copy, Debug)]
pub(super) enum Mend {
    /// Lines inside quotes or brackets are not indented, or by tabs. What is open began after `from`.
    Indent { from: usize, in_flow: bool },
    /// A space is missing before a comment.
    Space,
    /// `\\'` inside double quotes.
    Escape,
}

/// Why a text is no YAML, and where in the chunk.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) message: Cow<'static, str>,
    pub(super) help: Option<&'static str>,
    pub(super) range: Range<usize>,
    pub(super) mend: Option<Mend>,
}

impl SyntaxError {
    pub(super) fn new(message: impl Into<Cow<'static, str>>, range: Range<usize>) -> Self {
        Self {
            message: message.into(),
            help: None,
            range,
            mend: None,
        }
    }

    pub(super) fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

/// A source of events for the first document of a chunk.
pub(super) trait Events<'t> {
    /// The next event with its bytes. Not called again after [`Event::End`] or an error.
    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), SyntaxError>;

    /// After [`Event::End`]: where content follows that belongs to no document.
    fn leftover(&mut self) -> Option<usize>;
}
