//! Policies that make the checks of others too: one mistake is told once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::Enforcement;
use crate::engine;
use crate::policy::FailurePolicy;
use crate::source::FieldPath;

use super::Decision;
use super::assign::{Assignment, Params};

/// Turns off what another policy covers: one that supersedes it, runs at least as hard, and has the same parameters.
///
/// One that may leave alone what the other judges turns it off only for the requests that it does judge.
///
/// `excepted` are the policies that exceptions name. What is excused from one of them is not excused from those that it
/// supersedes, so they run beside it.
pub(super) fn turn_off(assignments: &mut [Assignment], excepted: &BTreeSet<Box<str>>) {
    let covering = |old: &Assignment| {
        let candidates = assignments
            .iter()
            .filter(|new| !excepted.contains(&*new.policy.name) && covers(new, old));
        let (whole, partly): (Vec<_>, Vec<_>) =
            candidates.partition(|new| judges_all_that(new, old));
        let name = |new: &Assignment| new.policy.name.clone();
        (
            whole.first().copied().map(name),
            partly.into_iter().map(name).collect(),
        )
    };
    let covering: Vec<(_, Vec<_>)> = assignments.iter().map(covering).collect();
    for (assignment, (whole, partly)) in assignments.iter_mut().zip(covering) {
        if let Some(name) = whole {
            assignment.enforcement = Enforcement::Disabled;
            assignment.replaced = Some(format!("`{name}` makes its checks").into());
        } else {
            assignment.unless_judged_by = partly;
        }
    }
}

/// The order in which policies run on a request: first those that may spare others.
pub(super) fn in_turn(assignments: &[Assignment]) -> impl Iterator<Item = &Assignment> {
    let waits = |one: &&Assignment| !one.unless_judged_by.is_empty();
    let first = assignments.iter().filter(move |one| !waits(one));
    first.chain(assignments.iter().filter(waits))
}

/// Whether whatever the older policy judges the newer one does, as far as that is known of every request.
fn judges_all_that(new: &Assignment, old: &Assignment) -> bool {
    let Params::Ready(params) = &new.params else {
        return false;
    };
    let matching = &new.policy.matching;
    matching.is_pod_templates()
        && old.policy.matching.is_pod_templates()
        && matching.namespace_selector.is_none()
        && matching.object_selector.is_none()
        && !engine::may_leave_alone(&new.policy, &old.policy, params.root())
}

fn covers(new: &Assignment, old: &Assignment) -> bool {
    let (Params::Ready(new_params), Params::Ready(old_params)) = (&new.params, &old.params) else {
        return false;
    };
    new.policy.supersedes(&old.policy.name)
        // Who reads other objects warns at most at admission, and cannot stand in for who does not.
        && (new.policy.resources.is_empty() || !old.policy.resources.is_empty())
        && old.enforcement > Enforcement::Disabled
        && new.enforcement >= old.enforcement
        // Who lets errors pass cannot stand in for who does not.
        && (new.policy.failure_policy == FailurePolicy::Fail
            || old.policy.failure_policy == FailurePolicy::Ignore)
        && new_params.root().same_value(old_params.root())
}

/// Of decisions that say the same of the same place leaves the hardest, so that one mistake is told once: those of
/// policies of which one supersedes the other (where both run all the same, the older one harder or by other
/// parameters), and those of Policies of one category that make a check by one name, in the same words.
///
/// Nothing goes but for one that stays and leads to as much. What an exception lifts neither goes nor stands in.
pub(super) fn tell_once(decisions: &mut Vec<Decision>) {
    let counts = |one: &Decision| one.exception.is_none();
    // At one place few say the same, so that an object of thousands of faults costs no square of that.
    let mut alike: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, one) in decisions.iter().enumerate().filter(|(_, one)| counts(one)) {
        alike.entry(key(one)).or_default().push(at);
    }
    let mut told = BTreeSet::new();
    for mut same in alike.into_values().filter(|same| same.len() > 1) {
        same.sort_by_key(|&at| decisions.get(at).map(rank));
        let mut kept: Vec<&Decision> = Vec::new();
        for at in same {
            let Some(one) = decisions.get(at) else {
                continue;
            };
            if kept.iter().any(|other| tells(other, one)) {
                told.insert(at);
            } else {
                kept.push(one);
            }
        }
    }
    let mut at = 0..;
    decisions.retain(|_| at.next().is_none_or(|at| !told.contains(&at)));
}

/// Who comes first is heard: the hardest, then who supersedes nobody, then by name.
fn rank(one: &Decision) -> impl Ord + use<> {
    (
        Reverse((one.enforcement, one.at_admission)),
        one.policy.is_superseding(),
        one.policy.name.clone(),
    )
}

/// Whether `other` says what `one` says, at least as hard; both are of one key.
fn tells(other: &Decision, one: &Decision) -> bool {
    let (newer, older) = (&one.policy, &other.policy);
    let are_kin = newer.supersedes(&older.name) || older.supersedes(&newer.name);
    let are_ours = newer.native.is_none() && older.native.is_none();
    other.at_admission >= one.at_admission
        && other.enforcement >= one.enforcement
        && newer.name != older.name
        && (are_kin || are_ours && newer.about.category == older.about.category)
}

/// The name of the check, what is said, and of what place.
type Key<'a> = (&'a str, &'a str, &'a FieldPath);

fn key(one: &Decision) -> Key<'_> {
    let violation = &one.violation;
    let check = violation.validation.split_once('/');
    (
        check.map_or("", |(_, check)| check),
        &violation.message,
        &violation.field_path,
    )
}
