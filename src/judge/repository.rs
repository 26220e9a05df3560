//! The repository itself, judged by the policies that look at it. No request does: only the linter sees a repository.

use crate::config::Enforcement;
use crate::engine::{Context, Limits, NoOtherObjects, Request};
use crate::manifest::Document;
use crate::policy::Policy;

use super::judge::Seen;
use super::mask::Mask;
use super::{Decision, Judge, Verdict, supersede};

/// How many places one validation may name in a whole repository: fewer than blame finds, so that it is said where there
/// are more.
const MOST_PLACES: usize = 900;

impl Judge {
    /// The policies of the repository that run.
    pub fn repository_policies(&self) -> impl Iterator<Item = &Policy> {
        let running = self.general().iter().filter(|assignment| {
            assignment.enforcement > Enforcement::Disabled
                && assignment.policy.matching.is_repository()
        });
        running.map(|assignment| &*assignment.policy)
    }

    /// Runs the policies that look at the repository on its document. Exceptions are for objects, and lift nothing here.
    /// Of the limits its budgets do not count: they are the API server's, for one object, and a repository has any
    /// number of files, for which nobody waits; so each mistake is named, up to a bound.
    pub fn validate_repository(&self, repository: &Document, limits: &Limits<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let request = Request::of_repository(repository.root());
        let others = NoOtherObjects("the repository is not in a cluster");
        let context = Context::new(request, &others, &[]);
        let mut mask = Mask::of(&request);
        let limits = Limits {
            expression: u64::MAX,
            policy: u64::MAX,
            match_conditions: u64::MAX,
            places: MOST_PLACES,
            ..*limits
        };
        for assignment in self.general() {
            let policy = &assignment.policy;
            if policy.matching.is_repository() && assignment.enforcement > Enforcement::Disabled {
                let seen = Seen {
                    context: &context,
                    others: &others,
                    limits: &limits,
                };
                verdict.add(self.run(assignment, seen, &mut mask));
            }
        }
        self.keep_asked(&mut verdict.decisions);
        supersede::tell_once(&mut verdict.decisions);
        verdict.decisions.sort_by_key(Decision::order);
        verdict
    }
}
