//! Which exception lifts a violation.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Config, Date, ExceptionId, PolicyException};
use crate::engine::{Request, Violation};
use crate::manifest::{NodeRef, Placed};
use crate::policy::Policy;

use super::{Owner, glob};

/// The exceptions of one cluster on one day.
#[derive(Debug)]
pub(super) struct Exceptions {
    /// Those that hold; of several that reach the same the one that holds longest comes first.
    active: Vec<Known>,
    /// Those that have ended: they lift nothing, and whoever they lifted something for is told so.
    ended: Vec<Known>,
    /// Whether each reaches its own namespace alone.
    own_namespace: bool,
}

#[derive(Debug)]
struct Known {
    id: Arc<ExceptionId>,
    exception: PolicyException,
}

/// What an exception may be for: what a policy finds in an object.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) policy: &'a Policy,
    /// The validation or mutation.
    pub(super) id: &'a str,
    pub(super) container: Option<&'a str>,
    pub(super) is_error: bool,
    pub(super) request: &'a Request<'a>,
    /// The pod templates of the object.
    pub(super) templates: &'a [NodeRef<'a>],
}

impl<'a> Subject<'a> {
    pub(super) fn of(
        policy: &'a Policy,
        violation: &'a Violation,
        request: &'a Request<'a>,
        templates: &'a [NodeRef<'a>],
    ) -> Self {
        Self {
            policy,
            id: &violation.validation,
            container: violation.container.as_deref(),
            is_error: violation.is_error,
            request,
            templates,
        }
    }
}

impl Exceptions {
    pub(super) fn new(
        exceptions: &[PolicyException],
        config: &Config,
        cluster: Option<&str>,
        today: Date,
    ) -> Self {
        let here = exceptions.iter().filter(|exception| {
            let clusters = &exception.matches.clusters;
            clusters.is_empty()
                || cluster.is_some_and(|name| clusters.iter().any(|known| *known.value == *name))
        });
        let mut known: Vec<Known> = here
            .map(|exception| Known {
                id: exception.id(),
                exception: exception.clone(),
            })
            .collect();
        known.sort_by(|a, b| {
            let key = |known: &Known| (Reverse(known.id.expires), known.id.name.clone());
            key(a).cmp(&key(b))
        });
        let (active, ended) = known
            .into_iter()
            .partition(|known| today <= known.id.expires);
        Self {
            active,
            ended,
            own_namespace: config.exceptions.allowed_namespaces.is_empty(),
        }
    }

    /// Whether there is none that holds.
    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// The policies that exceptions name, as a whole or by a validation.
    pub(super) fn policies(&self) -> BTreeSet<Box<str>> {
        let named = self
            .active
            .iter()
            .flat_map(|known| &known.exception.policies);
        let policy = |name: &str| {
            name.split_once('/')
                .map_or(name, |(policy, _)| policy)
                .into()
        };
        named.map(|name| policy(&name.value)).collect()
    }

    /// The exception that reaches a violation of an object that stands for itself, or for its owner.
    pub(super) fn lifting(
        &self,
        subject: Subject<'_>,
        owner: Option<&Owner>,
    ) -> Option<Arc<ExceptionId>> {
        self.first(&self.active, subject, owner)
    }

    /// The exception that would, had it not ended.
    pub(super) fn ended(
        &self,
        subject: Subject<'_>,
        owner: Option<&Owner>,
    ) -> Option<Arc<ExceptionId>> {
        self.first(&self.ended, subject, owner)
    }

    fn first(
        &self,
        among: &[Known],
        subject: Subject<'_>,
        owner: Option<&Owner>,
    ) -> Option<Arc<ExceptionId>> {
        let found = among.iter().find(|known| {
            let exception = &known.exception;
            let (policy, id) = (&*subject.policy.name, subject.id);
            let mut names = exception.policies.iter();
            names.any(|name| *name.value == *policy || *name.value == *id)
                && self.is_allowed(exception, subject.request)
                && reaches(exception, subject, owner)
        });
        found.map(|known| known.id.clone())
    }

    /// Whether an exception may reach as far as the object, whatever it says itself.
    fn is_allowed(&self, exception: &PolicyException, request: &Request<'_>) -> bool {
        let own = Some(&*exception.namespace.value);
        !self.own_namespace || !is_namespace(request) && request.namespace == own
    }
}

fn reaches(exception: &PolicyException, subject: Subject<'_>, owner: Option<&Owner>) -> bool {
    let matches = &exception.matches;
    let request = subject.request;
    let (kind, name) = owner.map_or((request.kind.kind, name(request)), |owner| {
        (&owner.kind, &owner.name)
    });
    let any = |patterns: &[Box<str>], name: Option<&str>| {
        patterns.is_empty()
            || name.is_some_and(|name| patterns.iter().any(|pattern| glob::matches(pattern, name)))
    };
    let one = |patterns: &[Placed<Box<str>>], matches: &dyn Fn(&str) -> bool| {
        patterns.is_empty() || patterns.iter().any(|pattern| matches(&pattern.value))
    };
    // The API server says of a Namespace that it is in itself.
    let namespace = if is_namespace(request) {
        Some(self::name(request))
    } else {
        request.namespace
    };
    let in_namespace = |pattern: &str| namespace.is_some_and(|name| glob::matches(pattern, name));
    one(&matches.namespaces, &in_namespace)
        && one(&matches.kinds, &|listed| listed == kind)
        && any(&matches.names, Some(name))
        && any(&matches.containers, subject.container)
        // An error names one place of perhaps many: an exception for a container cannot speak for the others.
        && (matches.containers.is_empty() || !subject.is_error)
        && selected(exception, subject)
}

fn is_namespace(request: &Request<'_>) -> bool {
    (request.kind.group, request.kind.kind) == ("", "Namespace")
}

/// The name of the object. A request to create one with `generateName` has none: the API server has given it a name
/// when validations are asked, and before that the beginning of it is all there is.
fn name<'a>(request: &Request<'a>) -> &'a str {
    let metadata = |key: &str| {
        let object = request.object.or(request.old_object)?;
        let name = object.at(&["metadata", key]).and_then(NodeRef::as_str);
        name.filter(|name| !name.is_empty())
    };
    if request.name.is_empty() {
        let given = metadata("name").or_else(|| metadata("generateName"));
        given.unwrap_or_default()
    } else {
        request.name
    }
}

/// Whether what is judged has the labels; labels that are not known are not had.
///
/// What Pods will have decides where their template is judged, so that an exception reaches a workload and its Pods, or
/// neither of them.
fn selected(exception: &PolicyException, subject: Subject<'_>) -> bool {
    let selector = &exception.matches.selector;
    let has = |labels: Option<NodeRef<'_>>| selector.matches(labels) == Ok(true);
    if subject.policy.native.is_none() && subject.policy.matching.is_pod_templates() {
        let mut templates = subject.templates.iter();
        return templates.all(|template| has(template.at(&["metadata", "labels"])));
    }
    let object = subject.request.object.or(subject.request.old_object);
    has(object.and_then(|object| object.at(&["metadata", "labels"])))
}
