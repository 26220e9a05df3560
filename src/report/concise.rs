//! `concise`: `path:line:column: level[policy/validation] message`, one line for each finding.

use std::io;

use super::{Report, Results, Style, closing, level_word, safe_line};

/// The format for people in a hurry, and for editors.
#[derive(Debug)]
pub(super) struct Concise;

impl Report for Concise {
    fn write(
        &self,
        results: &Results<'_>,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        for finding in results.shown(style) {
            let place = match finding.span {
                Some(span) => results.sources.place(span),
                None => match &finding.object {
                    Some(object) => format!("{}/{}", object.kind, object.name),
                    None => "<no place>".to_owned(),
                },
            };
            writeln!(
                out,
                "{}: {}[{}] {}",
                safe_line(&place),
                level_word(finding.enforcement),
                safe_line(&finding.validation),
                safe_line(&finding.message)
            )?;
        }
        closing::write(results, style, out)
    }
}
