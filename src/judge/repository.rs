//! The repository and its files, judged by the policies that look at them. No request does: only the linter sees them.

use crate::config::Enforcement;
use crate::engine::{Context, Limits, NoOtherObjects, Request};
use crate::manifest::{Document, ListRef, NodeRef};
use crate::policy::Policy;
use crate::repository::DOCKERFILES;
use crate::source::FieldPath;

use super::assign::Assignment;
use super::judge::Seen;
use super::mask::Mask;
use super::{Decision, Judge, Verdict, supersede};

/// How many places one validation may name in one file, or in the repository where a policy looks at it as a whole:
/// fewer than blame finds, so that it is said where there are more.
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

    /// Runs the policies that look at the repository on its document, those of Dockerfiles on each of them; places are
    /// those in the document. Exceptions are for objects, and lift nothing here. Of the limits its budgets do not count:
    /// they are the API server's, for one object, and a repository has any number of files, for which nobody waits; so
    /// each mistake is named, up to a bound.
    pub fn validate_repository(&self, repository: &Document, limits: &Limits<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let limits = Limits {
            expression: u64::MAX,
            policy: u64::MAX,
            match_conditions: u64::MAX,
            places: MOST_PLACES,
            ..*limits
        };
        let root = repository.root();
        let dockerfiles = root.get(DOCKERFILES).and_then(NodeRef::as_list);
        let dockerfiles = dockerfiles.into_iter().flat_map(ListRef::iter);
        let place = |at: usize| FieldPath::root().key(DOCKERFILES).index(at);
        let parts: Vec<(NodeRef<'_>, FieldPath)> = dockerfiles
            .enumerate()
            .map(|(at, file)| (file, place(at)))
            .collect();
        let whole = [(root, FieldPath::root())];
        for assignment in self.general() {
            let matching = &assignment.policy.matching;
            if matching.is_repository() && assignment.enforcement > Enforcement::Disabled {
                let parts = if matching.is_dockerfiles() {
                    &parts[..]
                } else {
                    &whole
                };
                verdict.add(self.run_on_parts(assignment, parts, &limits));
            }
        }
        self.keep_asked(&mut verdict.decisions);
        supersede::tell_once(&mut verdict.decisions);
        verdict.decisions.sort_by_key(Decision::order);
        verdict
    }

    /// Runs a policy on each of these parts, which stand at these places: what is open of one hides nothing of another.
    fn run_on_parts(
        &self,
        assignment: &Assignment,
        parts: &[(NodeRef<'_>, FieldPath)],
        limits: &Limits<'_>,
    ) -> Verdict {
        let others = NoOtherObjects("the repository is not in a cluster");
        let mut verdict = Verdict::default();
        for (part, place) in parts {
            let request = Request::of_repository(*part);
            let context = Context::new(request, &others, &[]);
            let seen = Seen {
                context: &context,
                others: &others,
                limits,
            };
            let mut judged = self.run(assignment, seen, &mut Mask::of(&request));
            for decision in &mut judged.decisions {
                let violation = &mut decision.violation;
                violation.field_path = place.join(&violation.field_path);
                violation.existing += place.segments().len();
            }
            for entry in judged.not_judged {
                if !verdict.not_judged.contains(&entry) {
                    verdict.not_judged.push(entry);
                }
            }
            judged.not_judged = Vec::new();
            verdict.policies = verdict.policies.max(judged.policies);
            judged.policies = 0;
            verdict.add(judged);
        }
        verdict
    }
}
