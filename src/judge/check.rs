//! What can be wrong between documents that are right by themselves: names that nothing answers to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Cluster, Config, PolicyException, PolicySettings};
use crate::manifest::Problem;
use crate::manifest::suggest::suggestion;
use crate::policy::{Policy, PolicySet};
use crate::source::Span;

use super::AtCluster;
use super::assign::Assignments;
use super::settings::EVERY;

/// Policies, and validations of policies, that Config and exceptions name and that do not exist.
pub fn unknown_policies(
    policies: &PolicySet,
    config: &Config,
    exceptions: &[PolicyException],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let own = config.clusters.iter().map(|cluster| &cluster.policies);
    let namespaces = config.namespaces.iter().map(|setting| &setting.policies);
    let profiles = config.profiles.iter().map(|profile| &profile.policies);
    for settings in std::iter::once(&config.policies)
        .chain(own)
        .chain(namespaces)
        .chain(profiles)
    {
        settings_of(settings, policies, &mut problems);
    }
    for exception in exceptions {
        for name in &exception.policies {
            excepted(&name.value, name.span, policies, &mut problems);
        }
    }
    problems
}

/// Clusters that exceptions name and that Config does not: they would reach nothing.
pub(super) fn clusters(config: &Config, exceptions: &[PolicyException]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let named = exceptions
        .iter()
        .flat_map(|exception| &exception.matches.clusters);
    for cluster in named {
        let mut all = config.clusters.iter().map(|known| &*known.name);
        if !all.any(|known| *known == *cluster.value) {
            problems.push(no_cluster(&cluster.value, cluster.span, config));
        }
    }
    problems
}

/// What is wrong with what Config says of one policy: parameters that break its schema.
pub fn misfits(policy: &Arc<Policy>, config: &Config, cluster: Option<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let known = self::cluster(config, cluster, &mut problems);
    let minor = AtCluster::from(cluster).minor(known);
    let alone = PolicySet::default().joined([Arc::clone(policy)]);
    let excepted = BTreeSet::default();
    Assignments::new(&alone, config, (known, minor), excepted, &mut problems);
    problems.sort_by_key(|problem| problem.span);
    problems.dedup();
    problems
}

/// Names under `supersedes` that no policy has.
pub fn unknown_superseded(policies: &PolicySet) -> Vec<Problem> {
    let named = policies.iter().flat_map(|policy| &policy.supersedes);
    named
        .filter(|name| policies.get(&name.value).is_none())
        .map(|name| unknown(&name.value, policies, name.span))
        .collect()
}

/// Checks a `policy` or `policy/validation` that an exception names.
fn excepted(name: &str, span: Option<Span>, policies: &PolicySet, problems: &mut Vec<Problem>) {
    let (policy, validation) = name.split_once('/').unzip();
    let policy = policy.unwrap_or(name);
    let Some(known) = policies.get(policy) else {
        problems.push(unknown(policy, policies, span));
        return;
    };
    let validations = known.validations.iter().map(|entry| &*entry.id);
    let mutations = known.mutations.iter().map(|entry| &*entry.id);
    let ids: Vec<&str> = validations.chain(mutations).collect();
    if validation.is_some() && !ids.contains(&name) {
        let mut problem = Problem::error(
            format!("policy `{policy}` has no validation `{name}`"),
            span,
        );
        problem.help = suggestion(name, ids.iter().copied());
        problems.push(problem);
    }
}

/// The cluster of this name.
pub(super) fn cluster<'c>(
    config: &'c Config,
    name: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<&'c Cluster> {
    let name = name?;
    let known = config
        .clusters
        .iter()
        .find(|cluster| &*cluster.name == name);
    if known.is_none() {
        problems.push(no_cluster(name, None, config));
    }
    known
}

fn no_cluster(name: &str, span: Option<Span>, config: &Config) -> Problem {
    let mut problem = Problem::error(format!("there is no cluster `{name}` in Config"), span);
    let names = config.clusters.iter().map(|cluster| &*cluster.name);
    problem.help = if config.clusters.is_empty() {
        Some("`clusters` of Config names none, or there is no Config here".to_owned())
    } else {
        suggestion(name, names)
    };
    problem
}

fn settings_of(settings: &PolicySettings, policies: &PolicySet, problems: &mut Vec<Problem>) {
    for (name, setting) in settings {
        if &**name != EVERY && policies.get(name).is_none() {
            problems.push(unknown(name, policies, setting.span));
        }
    }
}

fn unknown(name: &str, policies: &PolicySet, span: Option<Span>) -> Problem {
    let mut problem = Problem::error(format!("there is no policy `{name}`"), span);
    let names: Vec<&str> = policies.iter().map(|policy| &*policy.name).collect();
    problem.help = suggestion(name, names.iter().copied())
        .or_else(|| Some("`kpolicy policies` lists them".to_owned()));
    problem
}
