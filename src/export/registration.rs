//! Which requests the API server must send where, so that each policy sees what it judges once, and little else.
//!
//! Validations are split by kind: a kind that some fail-closed policy judges goes whole to the entry that fails closed,
//! with everything that any policy needs of it; all others go to the entry that fails open. Where a wildcard makes rules
//! of the two overlap, one condition and its opposite keep them apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Enforcement;
use crate::policy::{Policy, RuleScope};
use crate::schema::templates::PodTemplateCrd;

use super::conditions::{self, Condition, Own};
use super::expression;
use super::needs::{Need, may_fail_closed, mutates_or_refuses, of_mutations, of_validations};
use super::pattern::{ANY, Clause, Operations, Pattern, any_of};
use super::vital;

/// One rule of a webhook configuration: resources of one version and scope, with the operations to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// API group, or `*`.
    pub(super) group: Box<str>,
    /// API version, or `*`.
    pub(super) version: Box<str>,
    /// `*`, `Cluster` or `Namespaced`.
    pub(super) scope: &'static str,
    /// Resources and subresources.
    pub(super) resources: Vec<String>,
    pub(super) operations: Operations,
}

/// One webhook: what is sent, unless a condition says no.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) rules: Vec<Rule>,
    pub(super) conditions: Vec<Condition>,
}

/// What must be sent where.
#[derive(Clone, Debug, Default)]
pub(super) struct Registration {
    /// To the validating webhook that fails closed.
    pub(super) fail: Option<Entry>,
    /// To the validating webhook that fails open.
    pub(super) ignore: Option<Entry>,
    /// To the mutating webhook.
    pub(super) mutate: Option<Entry>,
    /// What whoever registers this should know, a line each.
    pub(super) notes: Vec<String>,
}

/// What a registration depends on beside the policies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'s> {
    pub(super) crds: &'s [PodTemplateCrd],
    /// Categories and policies that fail closed.
    pub(super) fail_closed: &'s [&'s str],
    /// Whether objects are mutated at all.
    pub(super) mutate: bool,
    /// Where kpolicy runs.
    pub(super) own: Own<'s>,
}

impl Registration {
    /// The registration for policies, each with the hardest enforcement that it has anywhere.
    pub(super) fn new<'p>(
        policies: impl IntoIterator<Item = (&'p Policy, Enforcement)>,
        setting: Setting<'_>,
    ) -> Self {
        let mut notes = Vec::new();
        let (mut validated, mut mutated) = (Vec::new(), Vec::new());
        for (policy, enforcement) in policies {
            // What no binding puts to work needs no call.
            if enforcement == Enforcement::Disabled || policy.is_unbound() {
                continue;
            }
            let fails = fails_closed(policy, enforcement, setting.fail_closed, &mut notes);
            let mut needs = of_validations(policy, setting.crds, fails);
            // Policies that only audit leave objects as they are.
            let may_change = setting.mutate && enforcement > Enforcement::Audit;
            let mut changes = if may_change {
                of_mutations(policy, setting.crds)
            } else {
                Vec::new()
            };
            if !changes.is_empty() && mutates_or_refuses(policy) {
                notes.push(format!(
                    "`{}` has failure policy Fail, but mutations are registered with Ignore: where kpolicy does not \
                     answer, objects pass unchanged; a validation that fails closed keeps them out",
                    policy.name
                ));
            }
            needs.retain(|need| vital::is_sent(policy, need, &mut notes));
            changes.retain(|need| vital::is_sent(policy, need, &mut notes));
            validated.extend(needs);
            mutated.extend(changes);
        }
        tell_versions(&validated, &mut notes);
        tell_versions(&mutated, &mut notes);
        let kinds = FailKinds::of(&validated);
        let (fail, ignore, ambiguous) = kinds.split(&validated);
        let (closed, open) = if ambiguous {
            let condition = kinds.condition();
            let opposite = condition.as_deref().map(expression::not);
            (
                condition.map(|text| Condition::new("of-a-kind-that-fails-closed", text)),
                opposite.map(|text| Condition::new("of-a-kind-that-fails-open", text)),
            )
        } else {
            (None, None)
        };
        let entry = |needs: &[Need], split: Option<Condition>| {
            (!needs.is_empty()).then(|| Entry {
                rules: rules(needs),
                conditions: split
                    .into_iter()
                    .chain(conditions::validating(needs, setting.crds, setting.own))
                    .collect(),
            })
        };
        let (fail, ignore) = (entry(&fail, closed), entry(&ignore, open));
        let mutate = (!mutated.is_empty()).then(|| Entry {
            rules: rules(&mutated),
            conditions: conditions::mutating(&mutated, setting.crds, setting.own),
        });
        let mut told = BTreeSet::new();
        notes.retain(|note| told.insert(note.clone()));
        Self {
            fail,
            ignore,
            mutate,
            notes,
        }
    }
}

/// Whether a policy fails closed: its category or its name is listed, and it can.
fn fails_closed(
    policy: &Policy,
    enforcement: Enforcement,
    listed: &[&str],
    notes: &mut Vec<String>,
) -> bool {
    let by_name = listed.contains(&&*policy.name);
    if !by_name && !listed.contains(&&*policy.about.category) {
        // Whoever wrote it for the API server meant it so, and has no category to be listed by.
        let meant = policy.native.is_some() && !listed.is_empty();
        if meant && may_fail_closed(policy, enforcement).is_ok() {
            notes.push(format!(
                "`{}` has failure policy Fail, but is registered with Ignore where no other policy fails closed: \
                 `--fail-closed` takes its name too",
                policy.name
            ));
        }
        return false;
    }
    match may_fail_closed(policy, enforcement) {
        Ok(()) => true,
        Err(reason) => {
            if by_name {
                notes.push(format!("`{}` does not fail closed: {reason}", policy.name));
            }
            false
        }
    }
}

/// The kinds that some fail-closed policy judges.
#[derive(Debug, Default)]
struct FailKinds {
    /// Kinds, without those that the same policy excludes altogether.
    items: Vec<(Pattern, Vec<Pattern>)>,
}

impl FailKinds {
    fn of(needs: &[Need]) -> Self {
        let mut items = BTreeSet::new();
        for need in needs.iter().filter(|need| need.fails) {
            let clause = &need.clause;
            let whole = |exclude: &&Clause| {
                exclude.names.is_empty()
                    && exclude.is_of_every_version()
                    && exclude.operations.is_superset(&clause.operations)
                    && (&*exclude.pattern.subresource == ANY
                        || exclude.pattern.subresource == clause.pattern.subresource)
            };
            let except = need.excludes.iter().filter(whole);
            let except: Vec<Pattern> = except.map(|exclude| exclude.pattern.kinds()).collect();
            items.insert((clause.pattern.kinds(), except));
        }
        // What another names without exception needs no word of its own.
        let covered = |item: &(Pattern, Vec<Pattern>)| {
            items.iter().any(|(other, except)| {
                except.is_empty() && *other != item.0 && other.covers(&item.0)
            })
        };
        Self {
            items: items
                .iter()
                .filter(|item| !covered(item))
                .cloned()
                .collect(),
        }
    }

    /// The needs of these kinds, those of all others, and whether some are among both.
    fn split(&self, needs: &[Need]) -> (Vec<Need>, Vec<Need>, bool) {
        let (mut fail, mut ignore) = (BTreeSet::new(), BTreeSet::new());
        let mut ambiguous = false;
        for need in needs {
            let kinds = need.clause.pattern.kinds();
            let mut whole = false;
            let mut any = false;
            for (item, except) in &self.items {
                if !item.overlaps(&kinds) {
                    continue;
                }
                whole |=
                    item.covers(&kinds) && !except.iter().any(|except| except.overlaps(&kinds));
                let within = need.within(item).filter(|within| {
                    let kinds = within.clause.pattern.kinds();
                    !except.iter().any(|except| except.covers(&kinds))
                });
                any |= within.is_some();
                fail.extend(within);
            }
            if !whole {
                ignore.insert(need.clone());
                ambiguous |= any;
            }
        }
        (
            fail.into_iter().collect(),
            ignore.into_iter().collect(),
            ambiguous,
        )
    }

    /// What a request must be to be of these kinds; `None` where each is.
    fn condition(&self) -> Option<String> {
        let plain = self.items.iter().filter(|(_, except)| except.is_empty());
        let mut alternatives = Vec::new();
        let mut plain = plain.map(|(item, _)| item).peekable();
        if plain.peek().is_some() {
            alternatives.push(any_of(plain)?);
        }
        for (item, except) in self.items.iter().filter(|(_, except)| !except.is_empty()) {
            let excluded = any_of(except).map(|text| expression::not(&text));
            let terms: Vec<String> = any_of([item]).into_iter().chain(excluded).collect();
            alternatives.push(terms.join(" && "));
        }
        Some(expression::any(alternatives))
    }
}

/// Group, version, scope and operations of a rule.
type Key<'r> = (&'r str, &'r str, RuleScope, &'r Operations);

/// The rules that send what is needed.
fn rules(needs: &[Need]) -> Vec<Rule> {
    let mut all: BTreeMap<(Pattern, Box<str>), Operations> = BTreeMap::new();
    for need in needs {
        let clause = &need.clause;
        for version in &clause.versions {
            let key = (clause.pattern.clone(), version.clone());
            let operations = all.entry(key).or_default();
            operations.extend(&clause.operations);
        }
    }
    // What a broader rule sends anyhow needs no rule.
    let is_covered = |(pattern, version): &(Pattern, Box<str>), operations: &Operations| {
        all.iter().any(|((other, others), theirs)| {
            (other, others) != (pattern, version)
                && other.covers(pattern)
                && (&**others == ANY || others == version)
                && theirs.is_superset(operations)
        })
    };
    let mut together: BTreeMap<Key<'_>, Vec<String>> = BTreeMap::new();
    for (key, operations) in &all {
        if is_covered(key, operations) {
            continue;
        }
        let (pattern, version) = key;
        let key = (&*pattern.group, &**version, pattern.scope, operations);
        together.entry(key).or_default().push(pattern.written());
    }
    let rules = together.into_iter();
    let rules = rules.map(|((group, version, scope, operations), resources)| Rule {
        group: group.into(),
        version: version.into(),
        scope: match scope {
            RuleScope::All => ANY,
            RuleScope::Cluster => "Cluster",
            RuleScope::Namespaced => "Namespaced",
        },
        resources,
        operations: operations.clone(),
    });
    rules.collect()
}

/// Tells where one resource is named in different versions. A request is sent in one version, its own where any policy
/// names that; none is left out, since nobody knows here which versions are served.
fn tell_versions(needs: &[Need], notes: &mut Vec<String>) {
    let mut named: BTreeMap<(&str, &str), BTreeSet<&BTreeSet<Box<str>>>> = BTreeMap::new();
    for clause in needs.iter().map(|need| &need.clause) {
        if clause.pattern.is_one_kind() && !clause.is_of_every_version() {
            let kind = (&*clause.pattern.group, &*clause.pattern.resource);
            named.entry(kind).or_default().insert(&clause.versions);
        }
    }
    for ((_, resource), lists) in named {
        if lists.len() > 1 {
            let versions: BTreeSet<&str> = lists
                .into_iter()
                .flatten()
                .map(|version| &**version)
                .collect();
            let versions: Vec<&str> = versions.into_iter().collect();
            notes.push(format!(
                "policies name `{resource}` in different versions ({}): a request is sent in one, and is not judged by \
                 those that do not name it",
                versions.join(", ")
            ));
        }
    }
}
