//! Remarks at places of sources, for what is no finding: why an expression is false or has no value.

use std::io;

use annotate_snippets::{Group, Level};

use crate::source::{SourceMap, Span};

use super::full::{place, renderer};
use super::{Style, safe_line};

/// A remark.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Whether it says what is wrong; otherwise it is a note.
    pub is_error: bool,
    /// What there is to say.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// What to do.
    pub help: Option<String>,
}

/// Writes remarks, each with its source line. Nothing of `masked` is shown; it is in order and does not overlap.
pub fn marks(
    marks: &[Mark],
    sources: &SourceMap,
    masked: &[Span],
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let renderer = renderer(style);
    for mark in marks {
        let level = if mark.is_error {
            Level::ERROR
        } else {
            Level::NOTE
        };
        let mut group = Group::with_title(level.primary_title(safe_line(&mark.message)));
        if let Some(span) = mark.span {
            group = group.elements(place(sources, span, masked));
        }
        if let Some(help) = &mark.help {
            group = group.element(Level::HELP.message(safe_line(help)));
        }
        writeln!(out, "{}\n", renderer.render(&[group]))?;
    }
    Ok(())
}
