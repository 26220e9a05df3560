//! Why a case does not hold, in words: the same for all formats.

use crate::fixture::{CaseOutcome, Failure, Found, Kind};
use crate::manifest::Problem;
use crate::source::Span;

use super::diff;

/// A failure as it is told.
#[derive(Debug)]
pub(super) struct Told {
    /// Which failure it is, for programs.
    pub(super) reason: &'static str,
    /// What is wrong, with its places.
    pub(super) problem: Problem,
    /// What differs, as lines.
    pub(super) diff: Vec<String>,
}

/// All failures of a case.
pub(super) fn told(case: &CaseOutcome) -> Vec<Told> {
    case.failures
        .iter()
        .flat_map(|failure| of(case, failure))
        .collect()
}

/// What a case needs so that it can be judged.
const NEEDED: &str = "write what is not known into `<case>.context.yaml` or `<case>.request.yaml`; \
     if it is meant so, list it under `notJudged` in `<case>.expected.json`";

/// Why mutations may leave an object as it is.
const UNCHANGED: &str = "no mutation changed anything: see `matchConstraints` and `matchConditions` of the policy; custom kinds are \
     mutated only where `podTemplateCrds` of Config names them";

/// What a case of `fix` can say of what its mutations leave.
const REMAINS: &str =
    "what is meant to remain is listed under `findings` in `<case>.expected.json`";

fn of(case: &CaseOutcome, failure: &Failure) -> Vec<Told> {
    let start = Some(Span::new(case.source, 0, 0));
    let error = |message: &str| Problem::error(message, start);
    let one = |reason: &'static str, problem: Problem| {
        vec![Told {
            reason,
            problem,
            diff: Vec::new(),
        }]
    };
    let all = |reason: &'static str, found: &[Found], what: &str| {
        let told = found.iter().map(|found| Told {
            reason,
            problem: found_problem(found, what),
            diff: Vec::new(),
        });
        told.collect::<Vec<_>>()
    };
    match failure {
        Failure::Broken(problems) => {
            let told = problems.iter().map(|problem| Told {
                reason: "broken",
                problem: problem.clone(),
                diff: Vec::new(),
            });
            told.collect()
        }
        Failure::NothingToJudge => one(
            "nothingToJudge",
            error("the policy has no validations, so that it neither passes nor fails anything")
                .with_help("what its mutations do and leave alone are cases of `fix`"),
        ),
        Failure::NothingToMutate => one(
            "nothingToMutate",
            error("the policy has no mutations, so that there is nothing to fix"),
        ),
        Failure::NothingFound { applies: true } => one(
            "nothingFound",
            error("the case should fail, and the policy finds nothing"),
        ),
        Failure::NothingFound { applies: false } => one(
            "nothingFound",
            error("the case should fail, and the policy does not apply to it").with_help(
                "see `matchConstraints` and `matchConditions` of the policy, and the operation in `<case>.request.yaml`",
            ),
        ),
        Failure::Errors(found) => all(
            "errors",
            found,
            "the case should fail by a verdict, and an error is none (if it is meant so, list it in `<case>.expected.json`)",
        ),
        Failure::Found(found) => all("found", found, "the case should pass"),
        Failure::Refused(found) => all("refused", found, "the mutation cannot be made"),
        Failure::FixedFails(found) => {
            let mut told = all("fixedFails", found, "the mutated object should pass");
            for one in &mut told {
                one.problem.help = Some(REMAINS.to_owned());
            }
            told
        }
        Failure::Differs {
            missing,
            unexpected,
        } => {
            let missing = missing.iter().map(|finding| {
                let message = format!(
                    "expected and not found: `{}`: {} ({})",
                    finding.validation, finding.message, finding.field_path
                );
                Told {
                    reason: "missing",
                    problem: Problem::error(message, finding.span.or(start)),
                    diff: Vec::new(),
                }
            });
            let mut told: Vec<Told> = missing.collect();
            told.extend(all("unexpected", unexpected, "found and not expected"));
            told
        }
        Failure::NotJudged { what, reason } => one(
            "notJudged",
            error(&format!("`{what}` is not judged: {reason}")).with_help(NEEDED),
        ),
        Failure::Judged { what, span } => one(
            "judged",
            Problem::error(
                format!("`{what}` should not be judged, and it was"),
                span.or(start),
            ),
        ),
        Failure::Error(text) => one("error", error(text)),
        Failure::FixedDiffers {
            fixed,
            made,
            changed,
        } => vec![Told {
            reason: "fixedDiffers",
            problem: Problem {
                help: (!changed).then(|| UNCHANGED.to_owned()),
                ..error("the mutated object is not the fixed one (- fixed, + mutated)")
            },
            diff: diff::lines(fixed.root(), made.root()),
        }],
        Failure::ChangesAgain { first, second } => vec![Told {
            reason: "changesAgain",
            problem: error("a second run changes the mutated object again (- first, + second)"),
            diff: diff::lines(first.root(), second.root()),
        }],
    }
}

fn found_problem(found: &Found, what: &str) -> Problem {
    let place = match found.field_path.as_str() {
        "" => String::new(),
        path => format!(" ({path})"),
    };
    let message = format!("{what}: `{}`: {}{place}", found.validation, found.message);
    Problem::error(message, found.place).with_related(found.decided)
}

/// The kind of a case in one word, for groups.
pub(super) fn name(case: &CaseOutcome) -> String {
    format!("{}/{}", Kind::folder(case.kind), case.name)
}
