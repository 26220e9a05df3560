//! The closing lines of the formats for people: what was judged, what came of it, and what was not judged and why.

use std::collections::BTreeMap;
use std::io;

use crate::finding::Summary;

use super::{Results, Style, safe_line};

/// How many reasons are listed, and how many things for each.
const MOST_REASONS: usize = 20;
const MOST_THINGS: usize = 5;

/// Writes the closing lines.
pub(super) fn write(
    results: &Results<'_>,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    super::silenced::write(results, out)?;
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for unjudged in results.not_judged {
        by_reason
            .entry(&unjudged.reason)
            .or_default()
            .push(&unjudged.what);
    }
    let mut groups: Vec<(&str, Vec<&str>)> = by_reason.into_iter().collect();
    groups.sort_by_key(|(_, things)| std::cmp::Reverse(things.len()));
    if !groups.is_empty() {
        writeln!(out, "not judged:")?;
    }
    for (reason, things) in groups.iter().take(MOST_REASONS) {
        let shown: Vec<&str> = things.iter().copied().take(MOST_THINGS).collect();
        let more = match things.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(
            out,
            "- {}{more}: {}",
            safe_line(&shown.join(", ")),
            safe_line(reason)
        )?;
    }
    if let Some(more) = groups
        .len()
        .checked_sub(MOST_REASONS)
        .filter(|&more| more > 0)
    {
        writeln!(
            out,
            "- {more} more reasons: `--output-format json` lists them all"
        )?;
    }
    for remark in results.remarks {
        writeln!(out, "{}", safe_line(remark))?;
    }
    writeln!(out, "{}", line(results.summary, style))
}

fn line(summary: Summary, style: Style) -> String {
    let mut judged = format!(
        "judged {} and {} by {}",
        count(summary.files, "file"),
        count(summary.objects, "object"),
        policies(summary.policies)
    );
    if summary.clusters > 0 {
        judged.push_str(" for ");
        judged.push_str(&count(summary.clusters, "cluster"));
    }
    let mut parts = Vec::new();
    let audit = if style.show_audit || summary.audit == 0 {
        "audited".to_owned()
    } else {
        "audited (`--show-audit` lists them)".to_owned()
    };
    for (figure, word) in [
        (summary.deny, "denied"),
        (summary.warn, "warned"),
        (summary.audit, &*audit),
        (summary.excepted, "lifted by exceptions"),
        (summary.ignored, "silenced by comments"),
        (summary.not_judged, "not judged"),
    ] {
        if figure > 0 {
            parts.push(format!("{figure} {word}"));
        }
    }
    if summary.deny + summary.warn + summary.audit == 0 {
        parts.insert(0, "no findings".to_owned());
    }
    format!("{judged}: {}", parts.join(", "))
}

fn policies(number: usize) -> String {
    if number == 1 {
        "1 policy".to_owned()
    } else {
        format!("{number} policies")
    }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}
