//! What was found and does not count: by which exception, by which comment, and for how long.

use std::collections::BTreeMap;
use std::io;

use crate::finding::Finding;

use super::{Results, safe_line};

/// How many exceptions, and how many comments, are listed, and how many findings for each.
const MOST_CAUSES: usize = 20;
const MOST_FINDINGS: usize = 3;

/// Writes one line for each exception and for each comment.
pub(super) fn write(results: &Results<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut exceptions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut comments: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in results.findings {
        if let Some(exception) = &finding.exception {
            let cause = format!("excepted by {} until {}", exception.name, exception.expires);
            exceptions
                .entry(cause)
                .or_default()
                .push(named(finding, results));
        } else if let Some(comment) = &finding.ignored {
            let place = results.sources.place(comment.span);
            let until = comment.until.map(|day| format!(" until {day}"));
            let cause = format!(
                "silenced by the comment at {place}{} ({})",
                until.unwrap_or_default(),
                comment.reason
            );
            let id = results.short_id(finding).to_owned();
            let known = comments.entry(cause).or_default();
            if !known.contains(&id) {
                known.push(id);
            }
        }
    }
    list(&exceptions, "exceptions", out)?;
    list(&comments, "comments", out)
}

/// Where a finding is, and what it is.
fn named(finding: &Finding, results: &Results<'_>) -> String {
    let place = match (finding.span, &finding.object) {
        (Some(span), _) => results.sources.place(span),
        (None, Some(object)) => format!("{}/{}", object.kind, object.name),
        (None, None) => "<no place>".to_owned(),
    };
    format!("{place} [{}]", results.short_id(finding))
}

fn list(
    causes: &BTreeMap<String, Vec<String>>,
    what: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (cause, findings) in causes.iter().take(MOST_CAUSES) {
        let shown: Vec<&str> = findings
            .iter()
            .map(String::as_str)
            .take(MOST_FINDINGS)
            .collect();
        let more = match findings.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(
            out,
            "{}: {}{more}",
            safe_line(cause),
            safe_line(&shown.join(", "))
        )?;
    }
    match causes.len().saturating_sub(MOST_CAUSES) {
        0 => Ok(()),
        more => writeln!(
            out,
            "{more} more {what}: `--output-format json` lists them all"
        ),
    }
}
