//! Which requests the API server must send, so that each policy sees what it judges, and little else.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Enforcement;
use crate::policy::{FailurePolicy, Operation, Policy, Target};
use crate::schema::kinds;
use crate::schema::templates::PodTemplateCrd;

/// Subresources of a pod by which containers come in or change. The others are either no change of a pod (`log`), or
/// made by kubelet many times a minute (`status`).
const POD_SUBRESOURCES: [&str; 2] = ["ephemeralcontainers", "resize"];

/// One resource of one API version, each of which may be `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    group: Box<str>,
    version: Box<str>,
    /// With its subresource: `pods/resize`.
    resource: Box<str>,
}

impl Entry {
    fn new(group: &str, version: &str, resource: &str) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            resource: resource.into(),
        }
    }

    /// Whether every request that `other` names is one that this names too.
    fn covers(&self, other: &Self) -> bool {
        let part = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        let resource = match (
            self.resource.split_once('/'),
            other.resource.split_once('/'),
        ) {
            (None, None) => part(&self.resource, &other.resource),
            (Some(mine), Some(other)) => part(mine.0, other.0) && part(mine.1, other.1),
            // `*/*` is everything; `pods/*` is the pods too.
            (Some((mine, "*")), None) => part(mine, &other.resource),
            _ => false,
        };
        part(&self.group, &other.group) && part(&self.version, &other.version) && resource
    }
}

/// Operations in the order in which they are written.
type Operations = BTreeSet<&'static str>;

/// Resources with the operations to send.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(BTreeMap<Entry, Operations>);

impl Rules {
    fn add(&mut self, entry: Entry, operations: &[Operation]) {
        let words = operations.iter().map(|operation| operation.as_str());
        self.0.entry(entry).or_default().extend(words);
    }

    /// Takes out what `sent` names anyhow: a request is sent once.
    fn without(&mut self, sent: &Self) {
        for (entry, operations) in &mut self.0 {
            for (other, others) in &sent.0 {
                if other.covers(entry) {
                    operations.retain(|operation| !others.contains(operation));
                }
            }
        }
        self.0.retain(|_, operations| !operations.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some entry stands for resources that nobody named.
    pub(super) fn has_wildcard(&self) -> bool {
        let wild = |entry: &Entry| {
            &*entry.group == "*" || entry.resource.split('/').any(|part| part == "*")
        };
        self.0.keys().any(wild)
    }

    /// The rules as they are written: resources of one version and the same operations together.
    pub(super) fn written(&self) -> Vec<Rule> {
        let mut together: BTreeMap<(&str, &str, &Operations), Vec<Box<str>>> = BTreeMap::new();
        for (entry, operations) in &self.0 {
            let key = (&*entry.group, &*entry.version, operations);
            together
                .entry(key)
                .or_default()
                .push(entry.resource.clone());
        }
        let rules = together
            .into_iter()
            .map(|((group, version, operations), resources)| Rule {
                group: group.into(),
                version: version.into(),
                resources,
                operations: operations
                    .iter()
                    .map(|&operation| operation.into())
                    .collect(),
            });
        rules.collect()
    }
}

/// One rule of a webhook configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// API group, or `*`.
    pub group: Box<str>,
    /// API version, or `*`.
    pub version: Box<str>,
    /// Resources and subresources.
    pub resources: Vec<Box<str>>,
    /// Operations, in alphabetical order.
    pub operations: Vec<Box<str>>,
}

/// What must be sent where.
#[derive(Clone, Debug, Default)]
pub(super) struct Registration {
    /// To the validating webhook with failure policy Fail: what some policy denies, errors included.
    pub(super) fail: Rules,
    /// To the validating webhook with failure policy Ignore: what else is judged.
    pub(super) ignore: Rules,
    /// To the mutating webhook.
    pub(super) mutate: Rules,
}

impl Registration {
    /// The registration for policies, each with the hardest enforcement that it has anywhere.
    pub(super) fn new<'p>(
        policies: impl IntoIterator<Item = (&'p Policy, Enforcement)>,
        crds: &[PodTemplateCrd],
    ) -> Self {
        let mut registration = Self::default();
        for (policy, enforcement) in policies {
            if enforcement == Enforcement::Disabled {
                continue;
            }
            // What no binding puts to work needs no call.
            if policy.is_unbound() {
                continue;
            }
            if policy.validates() {
                // What needs other objects warns at most, so an unanswered call may pass.
                let fails = enforcement == Enforcement::Deny
                    && policy.may_deny()
                    && policy.failure_policy == FailurePolicy::Fail
                    && policy.resources.is_empty();
                let rules = if fails {
                    &mut registration.fail
                } else {
                    &mut registration.ignore
                };
                validated(policy, crds, rules);
            }
            // Policies that only audit leave objects as they are.
            if !policy.mutations.is_empty() && enforcement > Enforcement::Audit {
                mutated(policy, crds, &mut registration.mutate);
            }
        }
        let Self { fail, ignore, .. } = &mut registration;
        ignore.without(fail);
        registration
    }
}

const WRITES: [Operation; 2] = [Operation::Create, Operation::Update];

fn validated(policy: &Policy, crds: &[PodTemplateCrd], rules: &mut Rules) {
    match &policy.matching.target {
        Target::PodTemplates => {
            for entry in pod_resources(crds) {
                rules.add(entry, &WRITES);
            }
            for subresource in POD_SUBRESOURCES {
                rules.add(
                    Entry::new("", "v1", &format!("pods/{subresource}")),
                    &[Operation::Update],
                );
            }
        }
        Target::Resources { .. } => named(policy, rules, |_| true),
        Target::Repository => {}
    }
}

/// Mutations run on CREATE, and on UPDATE of controller objects that may still change; never on subresources.
fn mutated(policy: &Policy, crds: &[PodTemplateCrd], rules: &mut Rules) {
    match &policy.matching.target {
        Target::PodTemplates => {
            for entry in pod_resources(crds) {
                let immutable = matches!(
                    (&*entry.group, &*entry.resource),
                    ("", "pods") | ("batch", "jobs")
                );
                rules.add(
                    entry,
                    if immutable {
                        &[Operation::Create]
                    } else {
                        &WRITES
                    },
                );
            }
        }
        // A native policy may change what is connected to, too; an object that is deleted nobody can change.
        Target::Resources { .. } => named(policy, rules, |operation| {
            WRITES.contains(&operation)
                || policy.native.is_some() && operation == Operation::Connect
        }),
        Target::Repository => {}
    }
}

/// Every resource that carries pod templates.
fn pod_resources(crds: &[PodTemplateCrd]) -> impl Iterator<Item = Entry> {
    let built_in = kinds::pod_kinds().map(|kind| Entry::new(kind.group, "v1", kind.resource));
    // Config names no versions of custom kinds; equal ones are converted, so any will do.
    let custom = crds
        .iter()
        .map(|crd| Entry::new(&crd.group, "*", &kinds::resource(&crd.group, &crd.kind)));
    built_in.chain(custom)
}

/// The rules as the policy's author wrote them. Exclusions and names are held against the request by the judge.
fn named(policy: &Policy, rules: &mut Rules, keep: impl Fn(Operation) -> bool) {
    let Target::Resources { include, .. } = &policy.matching.target else {
        return;
    };
    let every = [
        Operation::Create,
        Operation::Update,
        Operation::Delete,
        Operation::Connect,
    ];
    for rule in include {
        let operations = if rule.operations.is_empty() {
            &every[..]
        } else {
            &rule.operations
        };
        let operations: Vec<_> = operations
            .iter()
            .copied()
            .filter(|operation| keep(*operation))
            .collect();
        if operations.is_empty() {
            continue;
        }
        for group in &rule.api_groups {
            for version in &rule.api_versions {
                for resource in &rule.resources {
                    rules.add(Entry::new(group, version, resource), &operations);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_the_api_server_would_send_for_it() {
        for (pattern, resource, covers) in [
            ("pods", "pods", true),
            ("pods", "pods/resize", false),
            ("pods/*", "pods", true),
            ("pods/*", "pods/resize", true),
            ("*", "pods", true),
            ("*", "pods/resize", false),
            ("*/*", "pods", true),
            ("*/*", "pods/resize", true),
            ("*/scale", "deployments/scale", true),
            ("*/scale", "deployments", false),
            ("pods/resize", "pods", false),
        ] {
            let covered = Entry::new("", "v1", pattern).covers(&Entry::new("", "v1", resource));
            assert_eq!(covered, covers, "{pattern} {resource}");
        }
        assert!(Entry::new("*", "*", "*").covers(&Entry::new("apps", "v1", "deployments")));
        assert!(!Entry::new("apps", "v1", "*").covers(&Entry::new("apps", "*", "deployments")));
    }

    #[test]
    fn what_is_sent_under_fail_is_not_sent_again_under_ignore() {
        let (mut fail, mut ignore) = (Rules::default(), Rules::default());
        fail.add(Entry::new("", "v1", "pods/*"), &[Operation::Update]);
        ignore.add(Entry::new("", "v1", "pods"), &WRITES);
        ignore.add(Entry::new("", "v1", "pods/resize"), &[Operation::Update]);
        ignore.without(&fail);
        let rule = Rule {
            group: "".into(),
            version: "v1".into(),
            resources: vec!["pods".into()],
            operations: vec!["CREATE".into()],
        };
        assert_eq!(ignore.written(), [rule]);
    }
}
