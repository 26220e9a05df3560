//! Which policies run in a namespace of a cluster, how hard, with which parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use crate::config::{Cluster, Config, Enforcement, NamespaceSetting};
use crate::manifest::{Document, Problem};
use crate::policy::{FilledParams, Policy, PolicySet, layer};

use super::glob;
use super::settings::{EVERY, General, Level, general};
use super::supersede;

/// One policy as it runs somewhere.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) policy: Arc<Policy>,
    pub(super) enforcement: Enforcement,
    pub(super) params: Params,
    /// Why it does not run although it is asked to: another policy makes its checks.
    pub(super) replaced: Option<Arc<str>>,
    /// The policies that make its checks where they judge a request, which they do not judge all of.
    pub(super) unless_judged_by: Vec<Arc<str>>,
}

impl Assignment {
    /// Whether one of these policies, which judged a request, made its checks.
    pub(super) fn is_covered_by(&self, judged_by: &BTreeSet<&str>) -> bool {
        let mut covering = self.unless_judged_by.iter();
        covering.any(|name| judged_by.contains(&**name))
    }

    const fn is_ready(&self) -> bool {
        matches!(self.params, Params::Ready(_))
    }
}

/// Whether a setting says something of the parameters of a policy.
fn sets_params(setting: &NamespaceSetting, policy: &Policy) -> bool {
    let settings = &setting.policies;
    let named = settings
        .get(EVERY)
        .into_iter()
        .chain(settings.get(&policy.name[..]));
    named.into_iter().any(|setting| setting.params.is_some())
}

/// The parameters of a policy somewhere.
#[derive(Clone, Debug)]
pub(super) enum Params {
    Ready(Arc<Document>),
    /// Required parameters that nobody has set: the policy is not judged, never guessed.
    Unset(Arc<str>),
}

/// The assignments of a cluster.
#[derive(Debug)]
pub(super) struct Assignments {
    policies: Vec<(Arc<Policy>, General)>,
    /// The minor version of Kubernetes that the cluster runs, where that is known.
    minor: Option<u32>,
    namespaces: Vec<NamespaceSetting>,
    /// The policies that exceptions name.
    excepted: BTreeSet<Box<str>>,
    general: Arc<[Assignment]>,
    /// By the positions of the namespace settings that meet a name. Few: one for each combination that occurs.
    met: RwLock<BTreeMap<Vec<usize>, Arc<[Assignment]>>>,
}

impl Assignments {
    pub(super) fn new(
        policies: &PolicySet,
        config: &Config,
        (cluster, minor): (Option<&Cluster>, Option<u32>),
        excepted: BTreeSet<Box<str>>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let policies: Vec<_> = policies
            .iter()
            .map(|policy| (policy.clone(), general(policy, config, cluster)))
            .collect();
        let mut general: Vec<_> = policies
            .iter()
            .map(|(policy, general)| assign(policy, &general.level, minor, problems))
            .collect();
        supersede::turn_off(&mut general, &excepted);
        let assignments = Self {
            policies,
            minor,
            namespaces: config.namespaces.clone(),
            excepted,
            general: general.into(),
            met: RwLock::default(),
        };
        // Parameters that break a schema are said now, not when a namespace first comes by. A name, or a glob read as
        // a name, meets its own setting.
        for (position, setting) in assignments.namespaces.iter().enumerate() {
            if let Some(name) = setting.names.first() {
                assignments.levels(&[position], name, problems);
            }
        }
        assignments
    }

    /// Puts another version of a policy, whose parameters are the same, in the place of one.
    pub(super) fn replace(&mut self, known: &Arc<Policy>, by: &Arc<Policy>) {
        for (policy, _) in &mut self.policies {
            if Arc::ptr_eq(policy, known) {
                *policy = by.clone();
            }
        }
        let replaced = self.general.iter().map(|assignment| {
            let mut assignment = assignment.clone();
            if Arc::ptr_eq(&assignment.policy, known) {
                assignment.policy = by.clone();
            }
            assignment
        });
        self.general = replaced.collect();
        self.met = RwLock::default();
    }

    /// What holds where no namespace says otherwise.
    pub(super) fn general(&self) -> &Arc<[Assignment]> {
        &self.general
    }

    /// Each policy with the hardest enforcement that it has in any namespace, whatever settings meet there; disabled
    /// where nowhere are all of its required parameters set.
    pub(super) fn hardest(&self) -> Vec<(Arc<Policy>, Enforcement)> {
        let hardest = |(at, (policy, general)): (usize, &(Arc<Policy>, General))| {
            let ready = self.general.get(at).is_some_and(Assignment::is_ready);
            if !ready
                && !self
                    .namespaces
                    .iter()
                    .any(|setting| sets_params(setting, policy))
            {
                return (policy.clone(), Enforcement::Disabled);
            }
            let mut level = general.level.clone();
            // Several settings may meet in one namespace, and what one turns on another may harden.
            loop {
                let before = level.enforcement;
                for setting in &self.namespaces {
                    for name in &setting.names {
                        let within = general.within(level.clone(), &policy.name, setting, name);
                        level.enforcement = level.enforcement.max(within.enforcement);
                    }
                }
                if level.enforcement == before {
                    return (policy.clone(), before);
                }
            }
        };
        self.policies.iter().enumerate().map(hardest).collect()
    }

    /// What holds in a namespace; `None` for cluster-scoped objects.
    pub(super) fn within(&self, namespace: Option<&str>) -> Arc<[Assignment]> {
        let Some(namespace) = namespace else {
            return self.general.clone();
        };
        let meets = |setting: &NamespaceSetting| {
            setting
                .names
                .iter()
                .any(|name| glob::matches(name, namespace))
        };
        let met: Vec<usize> = self
            .namespaces
            .iter()
            .enumerate()
            .filter(|(_, setting)| meets(setting))
            .map(|(at, _)| at)
            .collect();
        if met.is_empty() {
            return self.general.clone();
        }
        // Exact names and globs differ in what they may do, so the way a setting was met is part of the key.
        let exact = |at: &usize| {
            self.namespaces[*at]
                .names
                .iter()
                .any(|name| &**name == namespace)
        };
        let key: Vec<usize> = met
            .iter()
            .map(|at| at * 2 + usize::from(exact(at)))
            .collect();
        if let Some(known) = self
            .met
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return known.clone();
        }
        let resolved: Arc<[Assignment]> = self.levels(&met, namespace, &mut Vec::new()).into();
        self.met
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, resolved.clone());
        resolved
    }

    fn levels(
        &self,
        met: &[usize],
        namespace: &str,
        problems: &mut Vec<Problem>,
    ) -> Vec<Assignment> {
        let settings: Vec<_> = met
            .iter()
            .filter_map(|&at| self.namespaces.get(at))
            .collect();
        let resolve = |(at, (policy, general)): (usize, &(Arc<Policy>, General))| {
            let level = settings
                .iter()
                .fold(general.level.clone(), |level, setting| {
                    general.within(level, &policy.name, setting, namespace)
                });
            let unchanged = level.params.len() == general.level.params.len();
            match self.general.get(at) {
                Some(known) if unchanged => Assignment {
                    enforcement: level.enforcement,
                    replaced: None,
                    unless_judged_by: Vec::new(),
                    ..known.clone()
                },
                _ => assign(policy, &level, self.minor, problems),
            }
        };
        let mut levels: Vec<_> = self.policies.iter().enumerate().map(resolve).collect();
        supersede::turn_off(&mut levels, &self.excepted);
        levels
    }
}

fn assign(
    policy: &Arc<Policy>,
    level: &Level,
    minor: Option<u32>,
    problems: &mut Vec<Problem>,
) -> Assignment {
    let params = match policy.parameters.fill(Some(&layer(&level.params))) {
        Ok(FilledParams::Ready(mut document)) => {
            policy.parameters.settle_release(&mut document, minor);
            Params::Ready(Arc::new(document))
        }
        Ok(FilledParams::Unset(names)) => {
            Params::Unset(format!("set the parameter {} in Config", quoted(&names)).into())
        }
        Err(wrong) => {
            problems.extend(wrong);
            Params::Unset("its parameters are not valid".into())
        }
    };
    Assignment {
        policy: policy.clone(),
        enforcement: level.enforcement,
        params,
        replaced: None,
        unless_judged_by: Vec::new(),
    }
}

fn quoted(names: &[Box<str>]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
