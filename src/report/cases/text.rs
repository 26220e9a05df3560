//! `text`: what does not hold, each with its places, and one line with the figures.

use std::io;

use crate::report::full::problems_masked;
use crate::report::{Style, safe_line};

use super::CaseResults;
use super::told::told;

pub(super) fn write(
    results: &CaseResults<'_>,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let (sources, masked) = (results.sources, results.masked);
    for case in results.cases.iter().filter(|case| !case.holds()) {
        writeln!(out, "FAIL {}", safe_line(&case.id()))?;
        for failure in told(case) {
            problems_masked(&[failure.problem], (sources, masked), style, out)?;
            for line in &failure.diff {
                writeln!(out, "  {}", safe_line(line))?;
            }
            if !failure.diff.is_empty() {
                writeln!(out)?;
            }
        }
    }
    problems_masked(results.problems, (sources, masked), style, out)?;
    for (what, names) in [
        ("without a case", results.untested),
        ("built in, not from a file", results.built_in),
    ] {
        if !names.is_empty() {
            writeln!(out, "{what}: {}", safe_line(&names.join(", ")))?;
        }
    }
    results.exercise.write(sources, out)?;
    writeln!(out, "{}", summary(results))
}

/// `440 cases of 9 policies: 438 passed, 2 failed`.
fn summary(results: &CaseResults<'_>) -> String {
    let (all, failed, errors) = (results.cases.len(), results.failed(), results.errors());
    let mut parts = vec![format!("{} passed", all - failed)];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if errors > 0 {
        parts.push(count(errors, "problem", "problems"));
    }
    let took = results
        .took
        .map(|took| format!(" in {:.2} s", took.as_secs_f64()));
    format!(
        "{} of {}: {}{}",
        count(all, "case", "cases"),
        count(results.policies(), "policy", "policies"),
        parts.join(", "),
        took.unwrap_or_default()
    )
}

fn count(number: usize, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{number} {word}")
}
