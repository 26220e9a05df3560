//! kpolicy's own documents: what is read from them, and where their errors are placed.

mod anything;
mod builtin;
mod config;
mod docs;
mod matching;
mod native;
mod native_forms;
mod policy;
mod sorting;

use kpolicy::manifest::{Dialect, Document, Limits, Problem, read};
use kpolicy::source::SourceId;

/// Reads a text that holds one document.
fn document(text: &str) -> Document {
    let mut reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, [], "{text}");
    assert_eq!(reading.documents.len(), 1, "{text}");
    reading.documents.remove(0)
}

/// Every problem as `<text at its place>: <message>`, and `(<help>)` where there is any.
fn shown(text: &str, problems: &[Problem]) -> Vec<String> {
    let mut problems = problems.to_vec();
    problems.sort_by_key(|problem| problem.span.map(|span| (span.start, span.end)));
    let show = |problem: &Problem| {
        let place = problem.span.map_or("nowhere", |span| {
            &text[span.start as usize..span.end as usize]
        });
        let help = problem.help.as_deref().map(|help| format!(" ({help})"));
        format!("{place}: {}{}", problem.message, help.unwrap_or_default())
    };
    problems.iter().map(show).collect()
}
