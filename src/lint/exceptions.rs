//! What a run can say of exceptions: which lift nothing, and which it does not honour.

use crate::config::PolicyException;
use crate::finding::Finding;
use crate::manifest::{NodeRef, Problem};

use super::Options;
use super::world::Case;

/// The exceptions that hold and lift nothing: nobody needs them any more.
pub(super) fn idle(options: &Options<'_>, findings: &[Finding]) -> Vec<Problem> {
    let is_idle = |exception: &&PolicyException| {
        let mut lifting = findings
            .iter()
            .filter_map(|finding| finding.exception.as_deref());
        exception.expires >= options.today && !lifting.any(|known| known.name == exception.name)
    };
    let idle = options.exceptions.iter().filter(is_idle);
    idle.map(|exception| {
        let message = format!("exception `{}` lifts nothing", exception.name);
        Problem::warning(message, exception.span).with_help("remove it")
    })
    .collect()
}

/// Policies that exceptions name and that no exception reaches: they judge files, and no objects.
pub(super) fn unreachable(options: &Options<'_>) -> Vec<Problem> {
    let named = options.exceptions.iter().flat_map(|one| &one.policies);
    let of_files = named.filter(|name| {
        let policy = name.value.split('/').next().unwrap_or_default();
        let policy = options.policies.get(policy);
        policy.is_some_and(|policy| policy.matching.is_repository())
    });
    of_files
        .map(|name| {
            let message = format!(
                "`{}` judges files of the repository, which no exception reaches",
                name.value
            );
            let help = "enforce the policy at `warn` and write comments in the files";
            Problem::warning(message, name.span).with_help(help)
        })
        .collect()
}

/// The exceptions that stand among the objects of a cluster and nowhere that Config names: the webhook takes them from
/// the cluster, and this run does not know of them.
pub(super) fn elsewhere(options: &Options<'_>, worlds: &[Vec<Case<'_>>]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for case in worlds.iter().flatten() {
        let identity = &case.identity;
        if &*identity.group != "kpolicy.io" || &*identity.kind != "PolicyException" {
            continue;
        }
        let namespace = case.namespace.as_deref().unwrap_or_default();
        let name = format!("{namespace}/{}", identity.name);
        if options.exceptions.iter().any(|known| *known.name == *name) {
            continue;
        }
        let root = case.document.root();
        let span = root.at(&["metadata", "name"]).and_then(NodeRef::origin);
        let message = format!("exception `{name}` counts in the cluster, and not here");
        let problem = Problem::warning(message, span.or(root.origin()));
        let problem =
            problem.with_help("name its file or folder under `exceptions.paths` of Config");
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}
