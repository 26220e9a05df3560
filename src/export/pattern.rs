//! Sets of requests, as rules and expressions name them: what two of them share, and what a request must be to belong.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/webhook/predicates/rules`, which decides by the same parts.

use std::collections::BTreeSet;

use crate::policy::{Operation, ResourceRule, RuleScope};

use super::expression::{literal, one_of};

/// What stands for everything.
pub(super) const ANY: &str = "*";

/// Resources with a subresource, each of which may be `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    /// API group; empty for the core group.
    pub(super) group: Box<str>,
    /// The plural name.
    pub(super) resource: Box<str>,
    /// Empty for none; `*` for none and each.
    pub(super) subresource: Box<str>,
    pub(super) scope: RuleScope,
}

impl Pattern {
    pub(super) fn new(group: &str, resource: &str, subresource: &str) -> Self {
        Self {
            group: group.into(),
            resource: resource.into(),
            subresource: subresource.into(),
            scope: RuleScope::All,
        }
    }

    /// Every subresource of the same resources, and the resources themselves.
    pub(super) fn kinds(&self) -> Self {
        Self {
            subresource: ANY.into(),
            ..self.clone()
        }
    }

    /// Whether it names one resource, not several.
    pub(super) fn is_one_kind(&self) -> bool {
        &*self.group != ANY && &*self.resource != ANY
    }

    /// Whether every request of `other` is one of these.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let part = |all: &str, one: &str| all == ANY || all == one;
        part(&self.group, &other.group)
            && part(&self.resource, &other.resource)
            && part(&self.subresource, &other.subresource)
            && (self.scope == RuleScope::All || self.scope == other.scope)
    }

    /// The requests that are of both.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let part = |a: &str, b: &str| match (a, b) {
            (ANY, one) | (one, ANY) => Some(one.into()),
            (a, b) => (a == b).then(|| a.into()),
        };
        let scope = match (self.scope, other.scope) {
            (RuleScope::All, scope) | (scope, RuleScope::All) => scope,
            (a, b) if a == b => a,
            _ => return None,
        };
        Some(Self {
            group: part(&self.group, &other.group)?,
            resource: part(&self.resource, &other.resource)?,
            subresource: part(&self.subresource, &other.subresource)?,
            scope,
        })
    }

    /// Whether some request is of both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.meet(other).is_some()
    }

    /// The resource as rules write it: `pods/resize`, `*/scale`, `*`.
    pub(super) fn written(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.to_string()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// What a request must be, beside its resource's name.
    fn surroundings(&self) -> Vec<String> {
        let mut terms = Vec::new();
        if &*self.group != ANY {
            terms.push(format!(
                "request.resource.group == {}",
                literal(&self.group)
            ));
        }
        match &*self.subresource {
            ANY => {}
            // The API server leaves out what is empty.
            "" => terms.push("!has(request.subResource)".to_owned()),
            name => terms.push(format!(
                "has(request.subResource) && request.subResource == {}",
                literal(name)
            )),
        }
        // A Namespace is cluster-scoped, though its requests name a namespace: itself.
        let namespaces =
            "request.resource.group == '' && request.resource.resource == 'namespaces'";
        match self.scope {
            RuleScope::All => {}
            RuleScope::Cluster => {
                terms.push(format!("(!has(request.namespace) || {namespaces})"));
            }
            RuleScope::Namespaced => {
                terms.push(format!("has(request.namespace) && !({namespaces})"));
            }
        }
        terms
    }
}

/// A condition that holds for the requests of any of these; `None` where it always holds.
pub(super) fn any_of<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Option<String> {
    let mut together: Vec<(Vec<String>, BTreeSet<&str>)> = Vec::new();
    let patterns: BTreeSet<&Pattern> = patterns.into_iter().collect();
    for pattern in patterns {
        let terms = pattern.surroundings();
        match together.iter_mut().find(|(known, _)| *known == terms) {
            Some((_, resources)) => {
                resources.insert(&pattern.resource);
            }
            None => together.push((terms, BTreeSet::from([&*pattern.resource]))),
        }
    }
    let mut alternatives = Vec::new();
    for (mut terms, resources) in together {
        if !resources.contains(ANY) {
            terms.push(one_of("request.resource.resource", resources));
        }
        if terms.is_empty() {
            return None;
        }
        alternatives.push(terms.join(" && "));
    }
    Some(super::expression::any(alternatives))
}

/// The operations of a rule, in alphabetical order.
pub(super) type Operations = BTreeSet<&'static str>;

/// All of them.
pub(super) const EVERY_OPERATION: [Operation; 4] = [
    Operation::Connect,
    Operation::Create,
    Operation::Delete,
    Operation::Update,
];

/// The words of operations.
pub(super) fn words(operations: &[Operation]) -> Operations {
    operations
        .iter()
        .map(|operation| operation.as_str())
        .collect()
}

/// One combination of what a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clause {
    pub(super) pattern: Pattern,
    /// API versions; `*` for all.
    pub(super) versions: BTreeSet<Box<str>>,
    pub(super) operations: Operations,
    /// Names of objects; empty for all.
    pub(super) names: BTreeSet<Box<str>>,
}

impl Clause {
    /// All of a resource that is done by these operations, in this version.
    pub(super) fn new(pattern: Pattern, version: &str, operations: &[Operation]) -> Self {
        Self {
            pattern,
            versions: BTreeSet::from([version.into()]),
            operations: words(operations),
            names: BTreeSet::new(),
        }
    }

    /// Everything.
    pub(super) fn everything() -> Self {
        Self::new(Pattern::new(ANY, ANY, ANY), ANY, &EVERY_OPERATION)
    }

    /// What a rule names, taken apart.
    pub(super) fn of(rule: &ResourceRule) -> Vec<Self> {
        let operations = if rule.operations.is_empty() {
            words(&EVERY_OPERATION)
        } else {
            words(&rule.operations)
        };
        let mut clauses = Vec::new();
        for group in &rule.api_groups {
            for resource in &rule.resources {
                let (name, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                let pattern = Pattern {
                    scope: rule.scope,
                    ..Pattern::new(group, name, subresource)
                };
                clauses.push(Self {
                    pattern,
                    versions: rule.api_versions.iter().cloned().collect(),
                    operations: operations.clone(),
                    names: rule.resource_names.iter().cloned().collect(),
                });
            }
        }
        clauses
    }

    /// Whether it names every version.
    pub(super) fn is_of_every_version(&self) -> bool {
        self.versions.contains(ANY)
    }

    /// What both name.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let pattern = self.pattern.meet(&other.pattern)?;
        let operations: Operations = self
            .operations
            .intersection(&other.operations)
            .copied()
            .collect();
        if operations.is_empty() {
            return None;
        }
        let names = match (self.names.is_empty(), other.names.is_empty()) {
            (true, _) => other.names.clone(),
            (_, true) => self.names.clone(),
            _ => {
                let both: BTreeSet<_> = self.names.intersection(&other.names).cloned().collect();
                if both.is_empty() {
                    return None;
                }
                both
            }
        };
        let versions = if self.is_of_every_version() {
            other.versions.clone()
        } else if other.is_of_every_version() {
            self.versions.clone()
        } else {
            let both: BTreeSet<_> = self
                .versions
                .intersection(&other.versions)
                .cloned()
                .collect();
            // One of the two then sees another version than it names, and the judge says so.
            if both.is_empty() {
                self.versions.clone()
            } else {
                both
            }
        };
        Some(Self {
            pattern,
            versions,
            operations,
            names,
        })
    }

    /// What a request must be; `None` where it always is. Versions are what the API server converts to, so they are
    /// looked at only where asked for.
    pub(super) fn condition(&self, with_versions: bool) -> Option<String> {
        let mut terms: Vec<String> = any_of([&self.pattern]).into_iter().collect();
        if self.operations.len() < EVERY_OPERATION.len() {
            let operations = self.operations.iter().copied();
            terms.push(one_of("request.operation", operations));
        }
        if with_versions && !self.is_of_every_version() {
            let versions = self.versions.iter().map(|version| &**version);
            terms.push(one_of("request.resource.version", versions));
        }
        if !self.names.is_empty() {
            let names = self.names.iter().map(|name| &**name);
            terms.push(format!(
                "has(request.name) && {}",
                one_of("request.name", names)
            ));
        }
        (!terms.is_empty()).then(|| terms.join(" && "))
    }
}
