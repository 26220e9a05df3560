//! `junit`: the XML that CI systems read. A suite for each policy, and one for what is wrong with the folders.
//!
//! The dialect is the common part of what Jenkins, GitLab, Azure Pipelines and the reporters for GitHub read:
//! `testsuites`, `testsuite`, `testcase` with `failure` or `error`. No times: the output is the same every time.

use std::io::{self, Write as _};

use crate::fixture::CaseOutcome;
use crate::manifest::{Problem, Severity};
use crate::report::full::problems_masked;
use crate::report::{Style, safe_line};

use super::CaseResults;
use super::exercise::{Asked, at};
use super::told::{Told, name, told};

/// The suite of what belongs to no case.
const FOLDERS: &str = "fixtures";

pub(super) fn write(results: &CaseResults<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let errors = results.errors();
    let asked = results.exercise.asked();
    let short = asked.iter().filter(|one| one.shortfall.is_some()).count();
    let total = results.cases.len() + errors + asked.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="kpolicy test" tests="{total}" failures="{}" errors="{errors}">"#,
        results.failed() + short
    )?;
    let mut rest = results.cases;
    while let Some(first) = rest.first() {
        let length = rest
            .iter()
            .take_while(|case| case.policy == first.policy)
            .count();
        let (cases, after) = rest.split_at(length);
        rest = after;
        suite(&first.policy, cases, results, out)?;
    }
    if errors > 0 {
        writeln!(
            out,
            r#"  <testsuite name="{FOLDERS}" tests="{errors}" failures="0" errors="{errors}">"#
        )?;
        let wrong = results.problems.iter();
        for problem in wrong.filter(|problem| problem.severity == Severity::Error) {
            folder(problem, results, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    for one in asked {
        exercise(&one, results, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// How well the cases exercise the policies: a suite of one test, which fails where too little is reached.
fn exercise(one: &Asked, results: &CaseResults<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Asked { name, share, .. } = one;
    let failures = usize::from(one.shortfall.is_some());
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="1" failures="{failures}" errors="0">"#
    )?;
    writeln!(out, r#"    <testcase classname="{name}" name="share">"#)?;
    let mut text = format!("{share}\n");
    for (span, what) in &one.lines {
        text.push_str(&safe_line(&at(*span, what, results.sources)));
        text.push('\n');
    }
    let text = escaped(&text);
    match &one.shortfall {
        Some(shortfall) => writeln!(
            out,
            r#"      <failure type="{name}" message="{}">{text}</failure>"#,
            escaped(shortfall)
        )?,
        None => writeln!(out, "      <system-out>{text}</system-out>")?,
    }
    writeln!(out, "    </testcase>")?;
    writeln!(out, "  </testsuite>")
}

fn suite(
    policy: &str,
    cases: &[CaseOutcome],
    results: &CaseResults<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let failed = cases.iter().filter(|case| !case.holds()).count();
    let policy = escaped(policy);
    writeln!(
        out,
        r#"  <testsuite name="{policy}" tests="{}" failures="{failed}" errors="0">"#,
        cases.len()
    )?;
    for case in cases {
        let file = results.sources.get(case.source);
        let file = escaped(file.map_or("", |source| source.name()));
        let name = escaped(&name(case));
        write!(
            out,
            r#"    <testcase classname="{policy}" name="{name}" file="{file}""#
        )?;
        let told = told(case);
        if told.is_empty() {
            writeln!(out, "/>")?;
            continue;
        }
        writeln!(out, ">")?;
        failure(&told, results, out)?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// One element, however many failures: several in one case are no valid `JUnit`.
fn failure(told: &[Told], results: &CaseResults<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let first = told.first();
    let reason = first.map_or("", |told| told.reason);
    let message = first.map_or("", |told| &*told.problem.message);
    let mut text = Vec::new();
    for failure in told {
        write_problem(&failure.problem, results, &mut text)?;
        for line in &failure.diff {
            writeln!(text, "  {}", safe_line(line))?;
        }
    }
    writeln!(
        out,
        r#"      <failure type="{reason}" message="{}">{}</failure>"#,
        escaped(&safe_line(message)),
        escaped(&String::from_utf8_lossy(&text))
    )
}

fn folder(problem: &Problem, results: &CaseResults<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let source = problem
        .span
        .and_then(|span| results.sources.get(span.source));
    let file = source.map(|source| escaped(source.name()));
    let mut text = Vec::new();
    write_problem(problem, results, &mut text)?;
    match file {
        Some(file) => writeln!(
            out,
            r#"    <testcase classname="{FOLDERS}" name="{file}" file="{file}">"#
        )?,
        None => writeln!(
            out,
            r#"    <testcase classname="{FOLDERS}" name="kpolicy test">"#
        )?,
    }
    writeln!(
        out,
        r#"      <error type="problem" message="{}">{}</error>"#,
        escaped(&safe_line(&problem.message)),
        escaped(&String::from_utf8_lossy(&text))
    )?;
    writeln!(out, "    </testcase>")
}

fn write_problem(
    problem: &Problem,
    results: &CaseResults<'_>,
    text: &mut Vec<u8>,
) -> io::Result<()> {
    let places = (results.sources, results.masked);
    problems_masked(
        std::slice::from_ref(problem),
        places,
        Style::default(),
        text,
    )
}

/// Text for XML 1.0: markup escaped, and what no XML may hold, such as control characters, replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            // XML 1.0, production 2; a carriage return would be read as a line break.
            // From U+007F on XML allows them and advises against them: terminals act on them.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_an_element_or_breaks_the_document() {
        for (text, expected) in [
            (
                "a < b && c > \"d\"",
                "a &lt; b &amp;&amp; c &gt; &quot;d&quot;",
            ),
            ("]]>", "]]&gt;"),
            ("one\ntwo\tthree", "one\ntwo\tthree"),
            ("a\u{1b}[31m\0b\r", "a\u{fffd}[31m\u{fffd}b\u{fffd}"),
            ("\u{ffff}\u{9b}", "\u{fffd}\u{fffd}"),
            ("über 🦀", "über 🦀"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
