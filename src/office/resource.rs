//! A resource of the cluster: which one, its newest version, and the last one that was right.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{PolicyException, read_exception};
use crate::manifest::{Document, Problem, Severity, read_json};
use crate::policy::{Policy, read_policy};
use crate::source::{Source, SourceMap};

use super::place::describe;

/// kpolicy's own kinds in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `Policy`, cluster-scoped.
    Policy,
    /// `PolicyException`, in a namespace.
    PolicyException,
}

impl Kind {
    /// The kind's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "Policy",
            Self::PolicyException => "PolicyException",
        }
    }
}

/// Which resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for a Policy.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{}", self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// Which version of it: another uid is another object under the old name, and a status has no generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `metadata.uid`.
    pub uid: Box<str>,
    /// `metadata.generation`: counts the changes of the spec.
    pub generation: i64,
}

/// What is known of a resource.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) identity: Identity,
    /// What the newest version says, or what is wrong with it.
    pub(super) newest: Result<T, String>,
    /// The last version that was in office, with its generation.
    pub(super) good: Option<(i64, T)>,
}

/// Reads a version of a resource, unless it is known. Gives whether it was new.
pub(super) fn read_as<T>(
    all: &mut BTreeMap<Key, Held<T>>,
    key: Key,
    identity: Identity,
    json: &str,
    read: fn(&Document, &SourceMap, &mut Vec<Problem>) -> Option<T>,
) -> bool {
    let known = all.remove(&key);
    if let Some(known) = known {
        if known.identity == identity {
            all.insert(key, known);
            return false;
        }
        // A new object under an old name owes nothing to the old one.
        let before = known.good.filter(|_| known.identity.uid == identity.uid);
        let held = hold(&key, identity, before, json, read);
        all.insert(key, held);
    } else {
        let held = hold(&key, identity, None, json, read);
        all.insert(key, held);
    }
    true
}

fn hold<T>(
    key: &Key,
    identity: Identity,
    before: Option<(i64, T)>,
    json: &str,
    read: fn(&Document, &SourceMap, &mut Vec<Problem>) -> Option<T>,
) -> Held<T> {
    Held {
        newest: parse(key, json, read),
        identity,
        good: before,
    }
}

pub(super) fn parse<T>(
    key: &Key,
    json: &str,
    read: fn(&Document, &SourceMap, &mut Vec<Problem>) -> Option<T>,
) -> Result<T, String> {
    let mut sources = SourceMap::new();
    let name = format!("{} {key}", key.kind.as_str());
    let source = sources.add(Source::new(name, json));
    let document = read_json(Some(source), json).map_err(|problem| problem.message)?;
    let mut problems = Vec::new();
    let value = read(&document, &sources, &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(describe(&problems, &document, json)),
    }
}

pub(super) fn policy(
    document: &Document,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Option<Arc<Policy>> {
    read_policy(document, sources, problems).map(Arc::new)
}

pub(super) fn exception(
    document: &Document,
    _: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Option<PolicyException> {
    read_exception(document, problems)
}
