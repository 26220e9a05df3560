//! What a comment for kpolicy says: `ignore[policy, policy/validation] until=2027-01-31 reason`.

use crate::config::{Date, named_twice};
use crate::manifest::Problem;
use crate::manifest::suggest::suggestion;
use crate::policy::PolicySet;
use crate::source::Span;

use super::super::select::is_of_reading;

/// The word that such a comment begins with.
pub(in crate::lint) const MARK: &str = "kpolicy:";

/// How one is written.
const FORM: &str = "write `# kpolicy: ignore[policy] reason`, or `ignore[policy/validation] until=2027-01-31 reason`";

/// What a comment silences, why, and until when.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ignore {
    /// Policies, or `policy/validation`, each where it stands.
    pub(super) names: Vec<(Box<str>, Span)>,
    pub(super) until: Option<Date>,
    pub(super) reason: Box<str>,
}

/// Reads what follows [`MARK`] in a comment; `span` is where that stands. What is wrong is reported; a comment of which
/// nothing can hold is `None`.
pub(super) fn parse(
    text: &str,
    span: Span,
    policies: &PolicySet,
    problems: &mut Vec<Problem>,
) -> Option<Ignore> {
    let at = |part: &str| {
        let offset = part.as_ptr() as usize - text.as_ptr() as usize;
        let start = span.start + u32::try_from(offset).unwrap_or_default();
        let length = u32::try_from(part.len()).unwrap_or_default();
        Span::new(span.source, start, start + length)
    };
    let Some(rest) = text.trim_start().strip_prefix("ignore") else {
        let message = match text.split_whitespace().next() {
            Some(word) => format!("a comment for kpolicy says `ignore`, not `{}`", bare(word)),
            None => "the comment does not say what to do: `ignore`".to_owned(),
        };
        wrong(problems, message, span);
        return None;
    };
    let list = rest.trim_start().strip_prefix('[');
    let Some((list, rest)) = list.and_then(|list| list.split_once(']')) else {
        wrong(
            problems,
            "the comment does not say in brackets what to ignore",
            span,
        );
        return None;
    };
    let mut names = Vec::new();
    for name in list.split(',').map(str::trim) {
        let place = at(name);
        if name.is_empty() {
            wrong(problems, "the comment names no policy", span);
            continue;
        }
        match check(name, policies) {
            Ok(()) => names.push((name, place)),
            Err((message, help)) => {
                let mut problem = Problem::warning(message, Some(place));
                problem.help = help;
                problems.push(problem);
            }
        }
    }
    let words: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let again: Vec<usize> = named_twice(&words).map(|(again, _)| again).collect();
    let mut kept: Vec<(Box<str>, Span)> = Vec::new();
    for (index, (name, place)) in names.into_iter().enumerate() {
        if again.contains(&index) {
            let message = format!("`{name}` is named already");
            let help = "a policy's name covers all of its validations and mutations: remove one";
            problems.push(Problem::warning(message, Some(place)).with_help(help));
        } else {
            kept.push((name.into(), place));
        }
    }
    let names = kept;
    let rest = rest.trim_start_matches([' ', '\t', ':', '-']);
    let (until, reason) = match rest.strip_prefix("until=") {
        None => (None, rest),
        Some(rest) => {
            let (day, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let Some(date) = Date::parse(day) else {
                let message = format!("`until` is `{}`, which is no date", bare(day));
                let problem = Problem::warning(message, Some(at(day)));
                problems.push(
                    problem.with_help("write the last day on which it holds as `YYYY-MM-DD`"),
                );
                return None;
            };
            (Some(date), reason)
        }
    };
    let reason = reason.trim().trim_start_matches([':', '-']).trim();
    if let Some(late) = reason.find("until=") {
        let place = reason.get(late..).map_or(span, at);
        wrong(problems, "`until=` stands before the reason", place);
        return None;
    }
    if !reason.contains(char::is_alphanumeric) {
        wrong(problems, "the comment gives no reason", span);
        return None;
    }
    (!names.is_empty()).then(|| Ignore {
        names,
        until,
        reason: reason.into(),
    })
}

fn wrong(problems: &mut Vec<Problem>, message: impl Into<String>, place: Span) {
    problems.push(Problem::warning(message, Some(place)).with_help(FORM));
}

/// A word of a comment as it can stand between backticks.
fn bare(word: &str) -> String {
    word.replace('`', "'")
}

/// Whether there is such a policy, validation or mutation; otherwise why not, and what may be meant.
fn check(name: &str, policies: &PolicySet) -> Result<(), (String, Option<String>)> {
    if is_of_reading(name) {
        return Ok(());
    }
    if name.contains('*') {
        let message = format!(
            "`{}` is no policy; a comment names each policy in full",
            bare(name)
        );
        return Err((message, None));
    }
    let (policy, entry) = name.split_once('/').unzip();
    let policy = policy.unwrap_or(name);
    let Some(known) = policies.get(policy) else {
        let names: Vec<&str> = policies.iter().map(|policy| &*policy.name).collect();
        let help =
            suggestion(policy, names).or_else(|| Some("`kpolicy policies` lists them".to_owned()));
        return Err((format!("there is no policy `{}`", bare(policy)), help));
    };
    let validations = known.validations.iter().map(|entry| &*entry.id);
    let mutations = known.mutations.iter().map(|entry| &*entry.id);
    let ids: Vec<&str> = validations.chain(mutations).collect();
    if entry.is_some() && !ids.contains(&name) {
        let message = format!("policy `{policy}` has no validation `{}`", bare(name));
        return Err((message, suggestion(name, ids)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Documents;
    use crate::source::{SourceId, SourceMap};

    #[test]
    fn a_comment_says_what_until_when_and_why() {
        let mut documents = Documents::built_in(&mut SourceMap::new());
        let policies = documents.take_policies();
        let read = |text: &str| {
            let span = Span::new(SourceId(0), 100, 100 + text.len() as u32);
            let mut problems = Vec::new();
            let found = parse(text, span, &policies, &mut problems);
            let found = found.map(|ignore| {
                let names = ignore
                    .names
                    .iter()
                    .map(|(name, place)| format!("{name}@{}", place.start - 100));
                let names: Vec<_> = names.collect();
                let until = ignore.until.map_or("-".to_owned(), |day| day.to_string());
                format!("{} {until} {}", names.join(","), ignore.reason)
            });
            let problems = problems.iter().map(|problem| {
                let place = problem.span.map_or(0, |span| span.start - 100);
                format!("{place}: {}", problem.message)
            });
            (found, problems.collect::<Vec<_>>())
        };
        for (text, expected, problem) in [
            (
                " ignore[acr-only] moved soon",
                Some("acr-only@8 - moved soon"),
                None,
            ),
            (
                "ignore [ acr-only , require-probes ]: why",
                Some("acr-only@9,require-probes@20 - why"),
                None,
            ),
            (
                " ignore[acr-only/registry] until=2027-01-31 why not",
                Some("acr-only/registry@8 2027-01-31 why not"),
                None,
            ),
            (
                " ignore[acr-only] until=2027-01-31 - ticket #7",
                Some("acr-only@8 2027-01-31 ticket #7"),
                None,
            ),
            (
                " ignore[manifest-parse] old tool",
                Some("manifest-parse@8 - old tool"),
                None,
            ),
            (
                " ignore[acr-only]",
                None,
                Some("0: the comment gives no reason"),
            ),
            (
                " ignore[acr-only] until=2027-01-31",
                None,
                Some("0: the comment gives no reason"),
            ),
            (
                " ignore[acr-only] ---",
                None,
                Some("0: the comment gives no reason"),
            ),
            (
                " ignore[acr-only] until=2027-02-30 x",
                None,
                Some("24: `until` is `2027-02-30`, which is no date"),
            ),
            (
                " ignore[acr-only] x until=2027-01-31",
                None,
                Some("20: `until=` stands before the reason"),
            ),
            (
                " ignore acr-only x",
                None,
                Some("0: the comment does not say in brackets what to ignore"),
            ),
            (
                " ignore[acr-only x",
                None,
                Some("0: the comment does not say in brackets what to ignore"),
            ),
            (" ignore[] x", None, Some("0: the comment names no policy")),
            (
                " ignore[*] x",
                None,
                Some("8: `*` is no policy; a comment names each policy in full"),
            ),
            (
                " disable[acr-only] x",
                None,
                Some("0: a comment for kpolicy says `ignore`, not `disable[acr-only]`"),
            ),
            (
                "",
                None,
                Some("0: the comment does not say what to do: `ignore`"),
            ),
            (
                " `ignore`[acr-only] x",
                None,
                Some("0: a comment for kpolicy says `ignore`, not `'ignore'[acr-only]`"),
            ),
            (
                " ignore[`acr-only`] x",
                None,
                Some("8: there is no policy `'acr-only'`"),
            ),
            (
                " ignore[acr-only, acr-only/registry] x",
                Some("acr-only@8 - x"),
                Some("18: `acr-only/registry` is named already"),
            ),
            (
                " ignore[acr-only/registry, acr-only] x",
                Some("acr-only@27 - x"),
                Some("8: `acr-only/registry` is named already"),
            ),
            (
                " ignore[acr-onyl] x",
                None,
                Some("8: there is no policy `acr-onyl`"),
            ),
            (
                " ignore[acr-only/x] y",
                None,
                Some("8: policy `acr-only` has no validation `acr-only/x`"),
            ),
            (
                " ignore[gone, acr-only] y",
                Some("acr-only@14 - y"),
                Some("8: there is no policy `gone`"),
            ),
        ] {
            let (found, problems) = read(text);
            assert_eq!(found.as_deref(), expected, "{text}");
            assert_eq!(problems, problem.map(str::to_owned).as_slice(), "{text}");
        }
    }
}
