//! How hard each policy is, and with which parameters, in one cluster: in general and in each configured namespace.
//!
//! Precedence, later wins: profile < `policies` < cluster `*` < cluster by name < namespace. Of overlapping profiles the
//! strictest counts. What a cluster says is a ceiling for its namespaces, and a glob of namespaces may only harden.

use crate::config::{
    Cluster, Config, Enforcement, NamespaceSetting, PolicySetting, PolicySettings, Profile,
};
use crate::manifest::Document;
use crate::policy::Policy;

use super::glob;

/// The name that stands for every policy.
pub(super) const EVERY: &str = "*";

/// One policy's enforcement with the layers of its parameters, lowest first.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) enforcement: Enforcement,
    pub(super) params: Vec<Document>,
}

/// What Config says of one policy in a cluster, namespaces aside.
#[derive(Debug)]
pub(super) struct General {
    pub(super) level: Level,
    /// The cluster's own word, which its namespaces cannot exceed.
    ceiling: Option<Enforcement>,
}

/// How hard a policy is of which nothing speaks.
const fn unnamed(policy: &Policy) -> Enforcement {
    if policy.built_in {
        Enforcement::Disabled
    } else {
        Enforcement::Deny
    }
}

/// Resolves one policy for a cluster.
pub(super) fn general(policy: &Policy, config: &Config, cluster: Option<&Cluster>) -> General {
    let from_profiles = by_profile(policy, config).map(|(_, enforcement)| enforcement);
    let mut level = Level {
        enforcement: from_profiles.unwrap_or_else(|| unnamed(policy)),
        params: Vec::new(),
    };
    for profile in &config.profiles {
        for setting in named(&profile.policies, &policy.name) {
            level.params.extend(setting.params.clone());
        }
    }
    apply(&mut level, &config.policies, policy, true);
    let mut ceiling = None;
    if let Some(cluster) = cluster {
        apply(&mut level, &cluster.policies, policy, false);
        ceiling = named(&cluster.policies, &policy.name)
            .filter_map(|setting| setting.enforcement)
            .last();
    }
    General { level, ceiling }
}

/// The strictest word of a profile, and the first profile that says it.
fn by_profile<'c>(policy: &Policy, config: &'c Config) -> Option<(&'c Profile, Enforcement)> {
    let said = config.profiles.iter().flat_map(|profile| {
        let settings = named(&profile.policies, &policy.name);
        settings.filter_map(move |setting| Some((profile, setting.enforcement?)))
    });
    said.reduce(|first, next| if next.1 > first.1 { next } else { first })
}

/// What says how hard a policy is.
#[derive(Clone, Copy, Debug)]
pub enum Decider<'c> {
    /// Nothing does: a built-in policy is then disabled, any other denies.
    Nothing,
    /// A profile.
    Profile(&'c Profile),
    /// Config, under `policies` of its own or of the cluster.
    Config(&'c PolicySetting),
}

/// What says how hard a policy is in a cluster, namespaces aside.
pub fn decider<'c>(policy: &Policy, config: &'c Config, cluster: Option<&str>) -> Decider<'c> {
    let cluster = cluster.and_then(|name| config.clusters.iter().find(|one| *one.name == *name));
    let (mut level, mut decider) = match by_profile(policy, config) {
        Some((profile, level)) => (level, Decider::Profile(profile)),
        None => (unnamed(policy), Decider::Nothing),
    };
    let of_cluster = cluster.map(|cluster| (&cluster.policies, false));
    for (settings, turns_on) in std::iter::once((&config.policies, true)).chain(of_cluster) {
        let said = saying(settings, policy, turns_on, level);
        let said = said.filter_map(|setting| Some((setting, setting.enforcement?)));
        if let Some((setting, enforcement)) = said.last() {
            (level, decider) = (enforcement, Decider::Config(setting));
        }
    }
    decider
}

impl General {
    /// The level after a namespace setting; unchanged where the setting does not speak of the namespace or policy.
    pub(super) fn within(
        &self,
        mut level: Level,
        policy: &str,
        setting: &NamespaceSetting,
        namespace: &str,
    ) -> Level {
        let mut names = setting
            .names
            .iter()
            .filter(|name| glob::matches(name, namespace));
        let Some(first) = names.next() else {
            return level;
        };
        let hardens_only = glob::is_pattern(first) && names.all(|name| glob::is_pattern(name));
        // What is said of the namespace as a whole does not turn on what does not run.
        let whole = setting
            .enforcement
            .filter(|_| level.enforcement > Enforcement::Disabled);
        let words = named(&setting.policies, policy).filter_map(|setting| setting.enforcement);
        for word in whole.into_iter().chain(words) {
            level.enforcement = if hardens_only {
                word.max(level.enforcement)
            } else {
                word
            };
        }
        if let Some(ceiling) = self.ceiling {
            level.enforcement = level.enforcement.min(ceiling);
        }
        for setting in named(&setting.policies, policy) {
            level.params.extend(setting.params.clone());
        }
        level
    }
}

/// The settings of a policy: what is said of every policy first, what is said of it by name second.
fn named<'s>(
    settings: &'s PolicySettings,
    policy: &str,
) -> impl Iterator<Item = &'s PolicySetting> {
    settings.get(EVERY).into_iter().chain(settings.get(policy))
}

/// The settings that speak to a policy of this level, in order. `turns_on` says whether `*` turns on what does not run
/// yet. In a cluster it only says how hard what runs is.
fn saying<'s>(
    settings: &'s PolicySettings,
    policy: &Policy,
    turns_on: bool,
    level: Enforcement,
) -> impl Iterator<Item = &'s PolicySetting> {
    let every = settings
        .get(EVERY)
        .filter(|_| turns_on || level > Enforcement::Disabled);
    every.into_iter().chain(settings.get(&policy.name[..]))
}

fn apply(level: &mut Level, settings: &PolicySettings, policy: &Policy, turns_on: bool) {
    for setting in saying(settings, policy, turns_on, level.enforcement) {
        if let Some(enforcement) = setting.enforcement {
            level.enforcement = enforcement;
        }
        level.params.extend(setting.params.clone());
    }
}
