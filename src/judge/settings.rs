//! How hard each policy is, and with which parameters, in one cluster: in general and in each configured namespace.
//!
//! Precedence, later wins: profile < `policies` < cluster `*` < cluster by name < namespace. Of overlapping profiles the
//! strictest counts. What a cluster says is a ceiling for its namespaces, and a glob of namespaces may only harden.

use crate::config::{
    Cluster, Config, Enforcement, NamespaceSetting, PolicySetting, PolicySettings,
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

/// Resolves one policy for a cluster.
pub(super) fn general(policy: &Policy, config: &Config, cluster: Option<&Cluster>) -> General {
    let unnamed = if policy.built_in {
        Enforcement::Disabled
    } else {
        Enforcement::Deny
    };
    let from_profiles = config
        .profiles
        .iter()
        .flat_map(|profile| named(&profile.policies, &policy.name))
        .filter_map(|setting| setting.enforcement)
        .max();
    let mut level = Level {
        enforcement: from_profiles.unwrap_or(unnamed),
        params: Vec::new(),
    };
    for profile in &config.profiles {
        for setting in named(&profile.policies, &policy.name) {
            level.params.extend(setting.params.clone());
        }
    }
    apply(&mut level, &config.policies, &policy.name, true);
    let mut ceiling = None;
    if let Some(cluster) = cluster {
        apply(&mut level, &cluster.policies, &policy.name, false);
        ceiling = named(&cluster.policies, &policy.name)
            .filter_map(|setting| setting.enforcement)
            .last();
    }
    General { level, ceiling }
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

/// `turns_on` says whether `*` turns on what does not run yet. In a cluster it only says how hard what runs is.
fn apply(level: &mut Level, settings: &PolicySettings, policy: &str, turns_on: bool) {
    let every = settings
        .get(EVERY)
        .filter(|_| turns_on || level.enforcement > Enforcement::Disabled);
    for setting in every.into_iter().chain(settings.get(policy)) {
        if let Some(enforcement) = setting.enforcement {
            level.enforcement = enforcement;
        }
        level.params.extend(setting.params.clone());
    }
}
