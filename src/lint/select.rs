//! Which policies count: `--select` and `--ignore`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::manifest::suggest::suggestion;
use crate::policy::PolicySet;

use super::comments::COMMENT;
use super::invalid::{IDS, INVALID};
use super::reading::PARSE;

/// Policies, or `policy/validation`, that are chosen or left out.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
}

impl Selection {
    /// Checks the names against the policies there are; the error says which is unknown.
    pub fn new(select: &[String], ignore: &[String], policies: &PolicySet) -> Result<Self, String> {
        for (option, name) in select
            .iter()
            .map(|name| ("--select", name))
            .chain(ignore.iter().map(|name| ("--ignore", name)))
        {
            check(name, policies).map_err(|why| format!("`{option} {name}`: {why}"))?;
        }
        let selection = Self {
            select: select.to_vec(),
            ignore: ignore.to_vec(),
        };
        let any = policies.is_empty()
            || policies
                .iter()
                .any(|policy| selection.wants_policy(&policy.name));
        if any || selection.select.iter().any(|name| is_of_reading(name)) {
            Ok(selection)
        } else {
            Err("`--select` and `--ignore` leave no policy to judge by".to_owned())
        }
    }

    /// Whether a finding of this policy and validation counts. What does not load, what the API server refuses and what
    /// comments say wrong always does, unless it is ignored.
    pub fn wants(&self, policy: &str, validation: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|name| name == policy || name == validation);
        let selected = self.select.is_empty()
            || [PARSE, INVALID, COMMENT].contains(&policy)
            || names(&self.select);
        selected && !names(&self.ignore)
    }

    /// Whether every policy counts.
    pub(super) fn is_everything(&self) -> bool {
        self.select.is_empty() && self.ignore.is_empty()
    }

    /// Whether only what does not load is asked for.
    pub(super) fn is_of_parsing(&self) -> bool {
        !self.select.is_empty()
            && self
                .select
                .iter()
                .all(|name| [PARSE, COMMENT].contains(&&**name))
    }

    /// What is said of policies that are selected and not among those that are `on`.
    pub(super) fn idle(&self, on: &[Arc<str>]) -> Vec<String> {
        let policy = |name: &str| name.split('/').next().unwrap_or(name).to_owned();
        let selected: BTreeSet<String> = self.select.iter().map(|name| policy(name)).collect();
        selected
            .into_iter()
            .filter(|name| ![PARSE, COMMENT].contains(&&**name) && self.wants_policy(name))
            .filter(|name| !on.iter().any(|other| **other == **name))
            .map(|name| {
                format!(
                    "`--select {name}` asks for a policy that is not turned on: no profile of Config has it, or it is disabled"
                )
            })
            .collect()
    }

    /// Whether any part of a policy counts.
    pub(super) fn wants_policy(&self, policy: &str) -> bool {
        let selected = self.select.is_empty()
            || self.select.iter().any(|name| {
                name == policy
                    || name
                        .split_once('/')
                        .is_some_and(|(first, _)| first == policy)
            });
        selected && !self.ignore.iter().any(|name| name == policy)
    }

    /// Whether what could not be judged, known as a policy or `policy/validation`, counts.
    pub(super) fn wants_unjudged(&self, what: &str) -> bool {
        match what.split_once('/') {
            Some((policy, _)) => self.wants(policy, what),
            None => self.wants_policy(what),
        }
    }
}

/// Whether a name is that of findings that no policy makes.
pub(super) fn is_of_reading(name: &str) -> bool {
    name == PARSE || IDS.contains(&name)
}

fn check(name: &str, policies: &PolicySet) -> Result<(), String> {
    let (policy, entry) = match name.split_once('/') {
        Some((policy, _)) => (policy, Some(name)),
        None => (name, None),
    };
    if name == COMMENT || is_of_reading(name) {
        return Ok(());
    }
    let Some(found) = policies.get(policy) else {
        let names: Vec<&str> = policies.iter().map(|policy| &*policy.name).collect();
        return Err(unknown("policy", suggestion(policy, names)));
    };
    let validations = found.validations.iter().map(|entry| &*entry.id);
    let ids: Vec<&str> = validations
        .chain(found.mutations.iter().map(|entry| &*entry.id))
        .collect();
    match entry {
        Some(entry) if !ids.contains(&entry) => Err(unknown("validation", suggestion(entry, ids))),
        _ => Ok(()),
    }
}

fn unknown(what: &str, suggestion: Option<String>) -> String {
    match suggestion {
        Some(suggestion) => format!("there is no such {what}; {suggestion}"),
        None => format!("there is no such {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting_and_ignoring_work_by_policy_and_by_validation() {
        let selection = |select: &[&str], ignore: &[&str]| Selection {
            select: select.iter().map(|&name| name.to_owned()).collect(),
            ignore: ignore.iter().map(|&name| name.to_owned()).collect(),
        };
        for (select, ignore, policy, validation, expected) in [
            (&[][..], &[][..], "a", "a/x", true),
            (&["a"], &[], "a", "a/x", true),
            (&["a/y"], &[], "a", "a/x", false),
            (&["b"], &[], "a", "a/x", false),
            (&["b"], &[], PARSE, PARSE, true),
            (&[], &["a/x"], "a", "a/x", false),
            (&["a"], &["a"], "a", "a/x", false),
        ] {
            let found = selection(select, ignore).wants(policy, validation);
            assert_eq!(found, expected, "{select:?} {ignore:?} {validation}");
        }
    }

    #[test]
    fn a_name_that_no_policy_has_is_refused() {
        let names = ["gone".to_owned()];
        let error = Selection::new(&names, &[], &PolicySet::default()).unwrap_err();
        assert_eq!(error, "`--select gone`: there is no such policy");
        assert!(Selection::new(&[], &[PARSE.to_owned()], &PolicySet::default()).is_ok());
    }
}
