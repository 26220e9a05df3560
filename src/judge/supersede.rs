//! Policies that make the checks of others too: one mistake is told once.

use crate::config::Enforcement;

use super::Decision;
use super::assign::{Assignment, Params};

/// Turns off what another policy covers: one that supersedes it, runs at least as hard, and has the same parameters.
pub(super) fn turn_off(assignments: &mut [Assignment]) {
    let covering = |old: &Assignment| {
        let new = assignments.iter().find(|new| covers(new, old))?;
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
        && old.enforcement > Enforcement::Disabled
        && new.enforcement >= old.enforcement
        && new_params.root().same_value(old_params.root())
}

/// Where both run all the same (the older one harder, or by other parameters), takes out the softer of two decisions
/// of checks with one name at one place; of two as hard, that of the policy which supersedes the other.
pub(super) fn tell_once(decisions: &mut Vec<Decision>) {
    if !decisions.iter().any(|one| one.policy.is_superseding()) {
        return;
    }
    let told: Vec<bool> = decisions
        .iter()
        .map(|one| {
            let counts = |other: &&Decision| other.exception.is_none();
            let mut others = decisions.iter().filter(counts);
            one.exception.is_none() && others.any(|other| same(one, other) && tells(other, one))
        })
        .collect();
    let mut told = told.into_iter();
    decisions.retain(|_| told.next() != Some(true));
}

/// Whether `other` says what `one` says, at least as hard.
fn tells(other: &Decision, one: &Decision) -> bool {
    let (newer, older) = (&one.policy, &other.policy);
    newer.supersedes(&older.name) && other.enforcement >= one.enforcement
        || older.supersedes(&newer.name) && other.enforcement > one.enforcement
}

fn same(one: &Decision, other: &Decision) -> bool {
    let (one, other) = (&one.violation, &other.violation);
    let check = |id: &str| id.split_once('/').map(|(_, check)| check.to_owned());
    one.field_path == other.field_path
        && one.message == other.message
        && check(&one.validation) == check(&other.validation)
}
