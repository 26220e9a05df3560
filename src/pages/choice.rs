//! Which of a policy's cases stand on its page.
//!
//! The rule, which `CONTRIBUTING.md` tells authors: a case whose first line is the comment `# example` is shown. Without
//! one, of the cases that fail for a validation alone the shortest; of those that pass, the one that differs in the
//! fewest lines from what is refused; of those that are changed, the shortest. A case that needs something beside it (a
//! context, a request) stands back behind one that does not.

use super::diff::distance;
use super::examples::{Changed, Examples, Passes, Refused};

/// What a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The policy says nothing.
    Passes,
    /// The policy refuses it.
    Refused,
    /// The policy's mutations change it.
    Changed,
}

/// A case of a policy.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub outcome: Outcome,
    /// Its folder and name, such as `fail/no-limits`.
    pub name: String,
    /// The object as written.
    pub text: String,
    /// What stands beside it, as [`super::beside()`] gives it.
    pub beside: Vec<(String, String)>,
    /// The validations that refuse it.
    pub validations: Vec<String>,
    /// The object after the mutations, as written.
    pub fixed: Option<String>,
}

/// The first line of a case that is to be shown.
const MARK: &str = "# example";

impl Case {
    fn is_marked(&self) -> bool {
        self.text.lines().next().map(str::trim) == Some(MARK)
    }

    fn has_request(&self) -> bool {
        self.beside.iter().any(|(what, _)| what == "request")
    }

    /// The object without the mark.
    fn shown(&self) -> String {
        unmarked(&self.text)
    }

    /// What makes one case a better example than another, best first.
    fn rank(&self) -> (bool, bool, bool, usize) {
        (
            !self.is_marked(),
            self.has_request(),
            !self.beside.is_empty(),
            self.text.lines().count(),
        )
    }
}

fn unmarked(text: &str) -> String {
    let lines = text.lines().enumerate();
    let kept = lines.filter(|(at, line)| *at > 0 || line.trim() != MARK);
    kept.flat_map(|(_, line)| [line, "\n"]).collect()
}

/// Chooses the examples of a policy with these validations. What is said of what is refused is left to the caller.
pub fn choose(validations: &[&str], cases: &[Case]) -> Examples {
    let of = |outcome: Outcome| cases.iter().filter(move |case| case.outcome == outcome);
    let refused = validations.iter().filter_map(|id| {
        let has = |case: &&Case| case.validations.iter().any(|found| found == id);
        let by_rank = |case: &&Case| {
            (
                case.rank().0,
                case.validations.len() > 1,
                case.rank(),
                case.name.clone(),
            )
        };
        let case = of(Outcome::Refused).filter(has).min_by_key(by_rank)?;
        Some((case.is_marked(), case, *id))
    });
    let mut refused: Vec<_> = refused.collect();
    refused.sort_by_key(|(marked, ..)| !marked);
    let refused: Vec<Refused> = refused
        .into_iter()
        .map(|(_, case, id)| Refused {
            validation: id.to_owned(),
            case: case.name.clone(),
            text: case.shown(),
            beside: case.beside.clone(),
            said: String::new(),
            unmutated: String::new(),
        })
        .collect();
    let first = refused
        .first()
        .map(|one| one.text.clone())
        .unwrap_or_default();
    let passes = of(Outcome::Passes).min_by_key(|case| {
        let (marked, request, beside, lines) = case.rank();
        let distance = distance(&first, &case.shown());
        (marked, request, beside, distance, lines, case.name.clone())
    });
    let changed = of(Outcome::Changed).filter_map(|case| {
        let fixed = unmarked(case.fixed.as_deref()?);
        (fixed != case.shown()).then_some((case, fixed))
    });
    let changed = changed.min_by_key(|(case, _)| (case.rank(), case.name.clone()));
    Examples {
        refused,
        passes: passes.map(|case| Passes {
            case: case.name.clone(),
            text: case.shown(),
            beside: case.beside.clone(),
        }),
        changed: changed.map(|(case, fixed)| Changed {
            case: case.name.clone(),
            diff: super::diff(&case.shown(), &fixed),
            beside: case.beside.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(outcome: Outcome, name: &str, text: &str, validations: &[&str]) -> Case {
        Case {
            outcome,
            name: name.to_owned(),
            text: text.to_owned(),
            beside: Vec::new(),
            validations: validations.iter().map(|id| (*id).to_owned()).collect(),
            fixed: None,
        }
    }

    #[test]
    fn the_shortest_case_is_shown_unless_another_is_marked() {
        let mut cases = vec![
            case(Outcome::Refused, "fail/long", "a\nb\nc\n", &["p/one"]),
            case(Outcome::Refused, "fail/short", "a\nb\n", &["p/one"]),
            case(Outcome::Refused, "fail/both", "a\n", &["p/one", "p/two"]),
            case(Outcome::Passes, "pass/far", "x\n", &[]),
            case(Outcome::Passes, "pass/near", "a\nB\n", &[]),
        ];
        let shown = |cases: &[Case]| {
            let examples = choose(&["p/one", "p/two", "p/none"], cases);
            let refused = examples.refused.iter();
            let names = refused.map(|one| format!("{} {}", one.validation, one.case));
            let passes = examples.passes.map(|one| one.case);
            names.chain(passes).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&cases),
            ["p/one fail/short", "p/two fail/both", "pass/near"]
        );
        cases[0].text.insert_str(0, "# example\n");
        assert_eq!(
            shown(&cases),
            ["p/one fail/long", "p/two fail/both", "pass/near"]
        );
        let examples = choose(&["p/one"], &cases);
        assert_eq!(examples.refused[0].text, "a\nb\nc\n");
    }

    #[test]
    fn a_case_that_needs_a_context_stands_back() {
        let mut alone = case(Outcome::Refused, "fail/alone", "a\nb\nc\n", &["p/one"]);
        let mut helped = case(Outcome::Refused, "fail/helped", "a\n", &["p/one"]);
        helped.beside = vec![("config".to_owned(), "policies: {}".to_owned())];
        let examples = choose(&["p/one"], &[helped.clone(), alone.clone()]);
        assert_eq!(examples.refused[0].case, "fail/alone");
        alone.beside = vec![("request".to_owned(), "operation: UPDATE".to_owned())];
        let examples = choose(&["p/one"], &[helped, alone]);
        assert_eq!(examples.refused[0].case, "fail/helped");
    }

    #[test]
    fn of_what_is_changed_a_case_that_stays_as_it_is_shows_nothing() {
        let mut same = case(Outcome::Changed, "fix/same", "a\n", &[]);
        same.fixed = Some("a\n".to_owned());
        let mut other = case(Outcome::Changed, "fix/other", "a\nb\n", &[]);
        other.fixed = Some("a\nc\n".to_owned());
        let changed = choose(&[], &[same, other]).changed.unwrap();
        assert_eq!(changed.case, "fix/other");
        assert_eq!(changed.diff, " a\n-b\n+c\n");
    }
}
