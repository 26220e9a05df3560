//! Which exception lifts a violation.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Date, PolicyException};
use crate::engine::{Request, Violation};

use super::{Owner, glob};

/// The exceptions that hold in one cluster on one day.
#[derive(Debug)]
pub(super) struct Exceptions {
    active: Vec<(Arc<str>, PolicyException)>,
}

impl Exceptions {
    pub(super) fn new(exceptions: &[PolicyException], cluster: Option<&str>, today: Date) -> Self {
        let active = exceptions.iter().filter(|exception| {
            let clusters = &exception.matches.clusters;
            let here = clusters.is_empty()
                || cluster.is_some_and(|name| clusters.iter().any(|known| *known.value == *name));
            here && today <= exception.expires
        });
        Self {
            active: active
                .map(|exception| (Arc::from(&*exception.name), exception.clone()))
                .collect(),
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// The policies that exceptions name, as a whole or by a validation.
    pub(super) fn policies(&self) -> BTreeSet<Box<str>> {
        let named = self
            .active
            .iter()
            .flat_map(|(_, exception)| &exception.policies);
        let policy = |name: &str| {
            name.split_once('/')
                .map_or(name, |(policy, _)| policy)
                .into()
        };
        named.map(|name| policy(&name.value)).collect()
    }

    /// The first exception that reaches a violation of an object that stands for itself, or for its owner.
    pub(super) fn lifting(
        &self,
        policy: &str,
        violation: &Violation,
        request: &Request<'_>,
        owner: Option<&Owner>,
    ) -> Option<Arc<str>> {
        let found = self.active.iter().find(|(_, exception)| {
            let named = exception
                .policies
                .iter()
                .any(|name| *name.value == *policy || *name.value == *violation.validation);
            named && reaches(exception, violation, request, owner)
        });
        found.map(|(name, _)| name.clone())
    }
}

fn reaches(
    exception: &PolicyException,
    violation: &Violation,
    request: &Request<'_>,
    owner: Option<&Owner>,
) -> bool {
    let matches = &exception.matches;
    let (kind, name) = owner.map_or((request.kind.kind, request.name), |owner| {
        (&owner.kind, &owner.name)
    });
    let any = |patterns: &[Box<str>], name: Option<&str>| {
        patterns.is_empty()
            || name.is_some_and(|name| patterns.iter().any(|pattern| glob::matches(pattern, name)))
    };
    any(&matches.namespaces, request.namespace)
        && (matches.kinds.is_empty() || matches.kinds.iter().any(|listed| **listed == *kind))
        && any(&matches.names, Some(name))
        && any(&matches.containers, violation.container.as_deref())
        // An error names one place of perhaps many: an exception for a container cannot speak for the others.
        && (matches.containers.is_empty() || !violation.is_error)
        && selected(exception, request)
}

/// Whether the object has the labels; labels that are not known are not had.
fn selected(exception: &PolicyException, request: &Request<'_>) -> bool {
    let object = request.object.or(request.old_object);
    let labels = object.and_then(|object| object.at(&["metadata", "labels"]));
    exception.matches.selector.matches(labels) == Ok(true)
}
