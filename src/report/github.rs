//! `github`: annotations of GitHub Actions, the worst first.
//!
//! GitHub shows ten errors and ten warnings of a step and drops the rest, so that the order decides what is seen; the
//! whole list stays in the log. File names come from the repository, so everything is escaped: a name with a line
//! break could otherwise issue commands to the runner.

use std::io;

use crate::config::Enforcement;
use crate::finding::Finding;
use crate::source::Span;

use super::{Report, Results, Style, closing};

/// The format for GitHub Actions.
#[derive(Debug)]
pub(super) struct Github;

impl Report for Github {
    fn write(
        &self,
        results: &Results<'_>,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        for finding in results.shown(style) {
            let command = match finding.enforcement {
                Enforcement::Deny => "error",
                Enforcement::Warn => "warning",
                Enforcement::Audit | Enforcement::Disabled => "notice",
            };
            let place = finding
                .span
                .and_then(|span| place(results, span))
                .unwrap_or_default();
            writeln!(
                out,
                "::{command} {place}title={}::{}",
                property(&finding.validation),
                message(&with_notes(finding))
            )?;
        }
        // The runner also takes `##[command]` anywhere in a line, and `::command` at its start (no line starts with
        // text from a file).
        let mut closing = Vec::new();
        closing::write(results, style, &mut closing)?;
        out.write_all(
            String::from_utf8_lossy(&closing)
                .replace("##[", "#[")
                .as_bytes(),
        )
    }
}

/// The message, and what else there is to know, line by line: nobody sees more of a finding there.
fn with_notes(finding: &Finding) -> String {
    let notes = finding.notes.iter().map(String::as_str);
    let lines: Vec<&str> = std::iter::once(&*finding.message).chain(notes).collect();
    lines.join("\n")
}

fn place(results: &Results<'_>, span: Span) -> Option<String> {
    let source = results.sources.get(span.source)?;
    let file = property(source.name());
    let start = source.line_column(span.start);
    let end = source.line_column(span.end);
    // Columns are only allowed where both are in one line.
    let columns = if start.line == end.line {
        format!("col={},endColumn={},", start.column, end.column)
    } else {
        String::new()
    };
    Some(format!(
        "file={file},line={},endLine={},{columns}",
        start.line, end.line
    ))
}

fn message(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            _ => escaped.push(super::safe_text::visible(character)),
        }
    }
    escaped
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
