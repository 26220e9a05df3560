//! A resource of the cluster: which one, its newest version, and the last one that was right.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{PolicyException, read_exception};
use crate::manifest::{Document, NodeRef, Problem, Severity, read_json, write_json};
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
    /// The spec of the newest version, as JSON.
    pub(super) spec: Arc<str>,
    /// The last version that was in office, with its generation.
    pub(super) good: Option<(i64, T)>,
    /// The spec of that one.
    pub(super) good_spec: Arc<str>,
}

/// Reads a version of a resource, unless it is known. Gives whether it was new.
pub(super) fn read_as<T>(
    all: &mut BTreeMap<Key, Held<T>>,
    key: Key,
    identity: Identity,
    json: &str,
    read: fn(&Document, &SourceMap, &mut Vec<Problem>) -> Option<T>,
) -> bool {
    let mut known = all.remove(&key);
    if let Some(known) = known.take_if(|known| known.identity == identity) {
        // Another replica may have written meanwhile which version is in office there.
        let remembered = match &known.good {
            None => remembered(&key, identity.generation, json, read),
            Some(_) => None,
        };
        let is_new = remembered.is_some();
        let held = match remembered {
            Some((good, good_spec)) => Held {
                good: Some(good),
                good_spec,
                ..known
            },
            None => known,
        };
        all.insert(key, held);
        return is_new;
    }
    // A new object under an old name owes nothing to the old one.
    let before = known.filter(|known| known.identity.uid == identity.uid);
    let before = before.and_then(|known| Some((known.good?, known.good_spec)));
    let before = before.or_else(|| remembered(&key, identity.generation, json, read));
    let (good, good_spec) = before.unzip();
    let held = Held {
        newest: parse(&key, json, read),
        identity,
        spec: spec_of(json),
        good,
        good_spec: good_spec.unwrap_or_default(),
    };
    all.insert(key, held);
    true
}

/// The version that the status says is in office in place of the newest one, with its spec. A replica that starts while
/// the newest version is wrong has it from there.
///
/// Of a Policy only: an exception that cannot be read has no effect after a restart, which is the safe side.
fn remembered<T>(
    key: &Key,
    newest: i64,
    json: &str,
    read: fn(&Document, &SourceMap, &mut Vec<Problem>) -> Option<T>,
) -> Option<((i64, T), Arc<str>)> {
    if key.kind != Kind::Policy {
        return None;
    }
    let document = read_json(None, json).ok()?;
    let earlier = document.root().at(&["status", "earlier"])?;
    let generation = earlier.get("generation").and_then(NodeRef::as_i64)?;
    let spec: Arc<str> = write_json(earlier.get("spec")?).into();
    if generation >= newest {
        return None;
    }
    // The name of an object needs no escapes.
    let text = format!(
        r#"{{"apiVersion":"kpolicy.io/v1alpha1","kind":"Policy","metadata":{{"name":"{}"}},"spec":{spec}}}"#,
        key.name
    );
    let value = parse(key, &text, read).ok()?;
    Some(((generation, value), spec))
}

/// The spec of an object, as JSON; empty where it has none.
fn spec_of(json: &str) -> Arc<str> {
    let document = read_json(None, json).ok();
    let spec = document
        .as_ref()
        .and_then(|document| document.root().get("spec"));
    spec.map_or_else(Arc::default, |spec| write_json(spec).into())
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
