//! Policies that make the checks of others too: one mistake is told once.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Enforcement;
use crate::policy::FailurePolicy;

use super::Decision;
use super::assign::{Assignment, Params};

/// Turns off what another policy covers: one that supersedes it, runs at least as hard, and has the same parameters.
///
/// `excepted` are the policies that exceptions name. What is excused from one of them is not excused from those that it
/// supersedes, so they run beside it.
pub(super) fn turn_off(assignments: &mut [Assignment], excepted: &BTreeSet<Box<str>>) {
    let covering = |old: &Assignment| {
        let mut candidates = assignments
            .iter()
            .filter(|new| !excepted.contains(&*new.policy.name));
        let new = candidates.find(|new| covers(new, old))?;
        Some(format!("`{}` makes its checks", new.policy.name).into())
    };
    let covering: Vec<_> = assignments.iter().map(covering).collect();
    for (assignment, reason) in assignments.iter_mut().zip(covering) {
        if reason.is_some() {
            assignment.enforcement = Enforcement::Disabled;
            assignment.replaced = reason;
        }
    }
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

/// Where both run all the same (the older one harder, or by other parameters), takes out the softer of two decisions
/// of checks with one name at one place; of two as hard, that of the policy which supersedes the other.
pub(super) fn tell_once(decisions: &mut Vec<Decision>) {
    if !decisions.iter().any(|one| one.policy.is_superseding()) {
        return;
    }
    let counts = |one: &&Decision| one.exception.is_none();
    // Messages name what they are about, so that few are alike: an object of thousands of faults costs no square of that.
    let mut alike: BTreeMap<(&str, &str), Vec<&Decision>> = BTreeMap::new();
    for one in decisions.iter().filter(counts) {
        alike.entry(key(one)).or_default().push(one);
    }
    let is_told = |one: &Decision| {
        let others = alike.get(&key(one)).filter(|_| counts(&one));
        let mut others = others.into_iter().flatten();
        others.any(|other| {
            other.violation.field_path == one.violation.field_path && tells(other, one)
        })
    };
    let told: Vec<bool> = decisions.iter().map(is_told).collect();
    let mut told = told.into_iter();
    decisions.retain(|_| told.next() != Some(true));
}

/// Whether `other` says what `one` says, at least as hard.
fn tells(other: &Decision, one: &Decision) -> bool {
    let (newer, older) = (&one.policy, &other.policy);
    other.at_admission >= one.at_admission
        && (newer.supersedes(&older.name) && other.enforcement >= one.enforcement
            || older.supersedes(&newer.name) && other.enforcement > one.enforcement)
}

/// The name of the check, and what is said.
fn key(one: &Decision) -> (&str, &str) {
    let violation = &one.violation;
    let check = violation.validation.split_once('/');
    (check.map_or("", |(_, check)| check), &violation.message)
}
