//! `text`: what does not hold, each with its places, and one line with the figures.

use std::io;

use crate::fixture::{CaseOutcome, Failure, Found, Kind};
use crate::manifest::{Problem, Severity};
use crate::report::{Style, problems, safe_line};

use super::{CaseResults, diff};

pub(super) fn write(
    results: &CaseResults<'_>,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for case in results.cases.iter().filter(|case| !case.holds()) {
        writeln!(out, "FAIL {}", safe_line(&case.id()))?;
        for failure in &case.failures {
            let told = told(case, failure);
            problems(&told, results.sources, style, out)?;
            let (from, to) = match failure {
                Failure::FixedDiffers { fixed, made } => (fixed, made),
                Failure::ChangesAgain { first, second } => (first, second),
                _ => continue,
            };
            for line in diff::lines(from.root(), to.root()) {
                writeln!(out, "  {}", safe_line(&line))?;
            }
            writeln!(out)?;
        }
    }
    problems(results.problems, results.sources, style, out)?;
    let (all, failed) = (results.cases.len(), results.failed());
    let wrong = results
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let mut parts = vec![format!("{} passed", all - failed)];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if wrong > 0 {
        parts.push(count(wrong, "problem"));
    }
    writeln!(
        out,
        "{} of {}: {}",
        count(all, "case"),
        match results.policies {
            1 => "1 policy".to_owned(),
            policies => format!("{policies} policies"),
        },
        parts.join(", ")
    )
}

fn count(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

/// A failure as problems, each with its places.
fn told(case: &CaseOutcome, failure: &Failure) -> Vec<Problem> {
    let start = Some(crate::source::Span::new(case.source, 0, 0));
    let error = |message: String| Problem::error(message, start);
    match failure {
        Failure::Broken(problems) => problems.clone(),
        Failure::NothingFound { applies: true } => {
            vec![error("the policy finds nothing, and the case should fail".to_owned())]
        }
        Failure::NothingFound { applies: false } => vec![
            error("the policy does not apply to this, and the case should fail".to_owned())
                .with_help("see `matchConstraints` and `matchConditions` of the policy, and the operation of the request"),
        ],
        Failure::Found(found) => {
            let should = match case.kind {
                Kind::Pass => "the case should pass",
                Kind::Fail | Kind::Fix => "the mutation cannot be made",
            };
            found.iter().map(|one| of(one, should)).collect()
        }
        Failure::Differs {
            missing,
            unexpected,
        } => {
            let missing = missing.iter().map(|one| {
                let message = format!(
                    "expected and not found: `{}`: {} ({})",
                    one.validation, one.message, one.field_path
                );
                Problem::error(message, one.span.or(start))
            });
            let unexpected = unexpected.iter().map(|one| of(one, "it is not expected"));
            missing.chain(unexpected).collect()
        }
        Failure::NotJudged { what, reason } => {
            vec![error(format!("`{what}` is not judged: {reason}"))]
        }
        Failure::Error(text) => vec![error(text.clone())],
        Failure::FixedDiffers { .. } => vec![error(
            "the mutated object is not the fixed one (- expected, + made)".to_owned(),
        )],
        Failure::ChangesAgain { .. } => vec![error(
            "a second run changes the mutated object again (- first, + second)".to_owned(),
        )],
        Failure::FixedFails(found) => {
            let should = "the mutated object should pass";
            found.iter().map(|one| of(one, should)).collect()
        }
    }
}

fn of(found: &Found, should: &str) -> Problem {
    let message = format!(
        "{should}: `{}`: {} ({})",
        found.validation, found.message, found.field_path
    );
    Problem::error(message, found.place).with_related(found.decided)
}
