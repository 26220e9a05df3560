//! Examples for the pages of policies that are not built in: their fixtures, where those lie beside the policy.

use std::collections::BTreeMap;

use crate::fixture::{Case, CaseOutcome, Kind, Runner, Suite};
use crate::manifest::{Document, Problem};
use crate::pages::{self, Examples, Outcome};
use crate::policy::Policy;
use crate::source::SourceId;

use super::Console;
use super::input::Setup;
use super::test::suite_beside;

/// The examples of these policies, by name. Cases that do not hold show nothing; it is said that there are such.
pub(super) fn examples(
    wanted: &dyn Fn(&str) -> bool,
    setup: &mut Setup,
    console: &mut Console,
) -> anyhow::Result<BTreeMap<String, Examples>> {
    let policies = setup.policies.clone();
    // What is nowhere bound refuses nothing.
    let is_bound = |policy: &Policy| {
        let native = policy.native.as_ref();
        native.is_none_or(|native| !native.bindings.is_empty())
    };
    let own = policies
        .iter()
        .filter(|policy| !policy.built_in && wanted(&policy.name) && is_bound(policy));
    let mut found = BTreeMap::new();
    for policy in own {
        let Some(suite) = suite_beside(policy, setup) else {
            continue;
        };
        let (examples, failed) = of_suite(policy, &suite, setup);
        if failed > 0 {
            let cases = if failed == 1 {
                "1 case that does"
            } else {
                "cases that do"
            };
            let message = format!(
                "the page of `{}` leaves out {cases} not show what the folder says",
                policy.name
            );
            let help = format!("`kpolicy test --select {}` says why", policy.name);
            let problem = Problem::warning(message, None).with_help(help);
            console.problems(&[problem], &setup.sources)?;
        }
        found.insert(policy.name.to_string(), examples);
    }
    Ok(found)
}

/// The examples among the cases of a suite, and how many cases do not hold.
fn of_suite(policy: &Policy, suite: &Suite, setup: &Setup) -> (Examples, usize) {
    let runner = Runner::new(&setup.policies, &setup.config, &setup.sources, setup.today);
    let outcomes = runner.run(suite);
    let failed = outcomes.iter().filter(|outcome| !outcome.holds()).count();
    let pairs = suite.cases.iter().zip(&outcomes);
    let pairs = pairs.filter_map(|(case, outcome)| {
        let case = case.as_ref().ok().filter(|_| outcome.holds())?;
        let case = page_case(case, outcome, suite, setup)?;
        Some((case, outcome))
    });
    let (cases, outcomes): (Vec<pages::Case>, Vec<&CaseOutcome>) = pairs.unzip();
    let ids: Vec<&str> = policy.validations.iter().map(|one| &*one.id).collect();
    let mut examples = pages::choose(&ids, &cases);
    for example in &mut examples.refused {
        let pairs = cases.iter().zip(&outcomes);
        let mut own = pairs.filter(|(case, _)| case.name == example.case);
        let said = own.next().map(|(_, outcome)| said(outcome));
        example.said = said.unwrap_or_default();
    }
    (examples, failed)
}

/// What the webhook answers.
fn said(outcome: &CaseOutcome) -> String {
    let lines = outcome.found.iter().map(|found| {
        let place = match found.field_path.as_str() {
            "" => String::new(),
            path => format!(" ({path})"),
        };
        format!("[{}] {}{place}\n", found.validation, found.message)
    });
    lines.collect()
}

/// A case with its texts; `None` where one of them holds what nobody repeats.
fn page_case(
    case: &Case,
    outcome: &CaseOutcome,
    suite: &Suite,
    setup: &Setup,
) -> Option<pages::Case> {
    let source = |document: Option<&Document>| Some(document?.root().origin()?.source);
    let parts = [&case.context, &case.request, &case.fixed];
    let [context, request, fixed] = parts.map(|part| source(part.as_ref()));
    let all = [Some(case.source), context, request, fixed];
    let is_secret = |source: SourceId| suite.masked.iter().any(|span| span.source == source);
    if all.into_iter().flatten().any(is_secret) {
        return None;
    }
    let text = |source: SourceId| Some(setup.sources.get(source)?.text().to_string());
    let (context, request) = (context.and_then(text), request.and_then(text));
    let mut validations: Vec<String> = (outcome.found.iter())
        .map(|found| found.validation.clone())
        .collect();
    validations.sort();
    validations.dedup();
    Some(pages::Case {
        outcome: match case.kind {
            Kind::Pass => Outcome::Passes,
            Kind::Fail => Outcome::Refused,
            Kind::Fix => Outcome::Changed,
        },
        name: format!("{}/{}", case.kind.folder(), case.name),
        text: text(case.source)?,
        beside: pages::beside(&case.policy, context.as_deref(), request.as_deref()),
        validations,
        fixed: fixed.and_then(text),
    })
}
