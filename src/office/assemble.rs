//! Making a judge of files and resources, and saying what became of each resource.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{Config, Date, Enforcement, PolicyException};
use crate::judge::{AtCluster, Judge, misfits};
use crate::manifest::Problem;
use crate::policy::{Policy, PolicySet};

use super::exceptions::accept;
use super::place::describe_files;
use super::resource::Held;
use super::{Condition, Earlier, Files, Gate, Key, Office, Outcome, Reason};

/// How many resources are in which state, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Policies whose newest version judges, or would where Config let it.
    pub current: usize,
    /// Policies of which an earlier version judges.
    pub earlier: usize,
    /// Policies of which no version judges, because it is wrong or its name is taken.
    pub out: usize,
    /// Exceptions that have an effect.
    pub accepted: usize,
    /// Exceptions that have none.
    pub refused: usize,
}

/// What an office came to.
#[derive(Debug)]
pub struct Assembly {
    /// The judge.
    pub judge: Judge,
    /// What new resources are held against.
    pub gate: Gate,
    /// What became of each resource, in order.
    pub outcomes: Vec<Outcome>,
    /// How many are in which state.
    pub counts: Counts,
    /// Why newer files are not in office, where there are any.
    pub waiting: Option<String>,
}

/// What became of a policy of a resource before it is known how hard it runs.
struct Chosen {
    /// The version that judges.
    policy: Option<(i64, Arc<Policy>)>,
    conditions: Vec<Condition>,
}

impl Office {
    /// Puts newer files into office, if they are right: alone, and with the resources in office. Files that only the
    /// resources keep out are tried again whenever a judge is made. The judge in office is asked for with
    /// [`Office::assemble`].
    ///
    /// Errors: what is wrong with the files; the old ones stay.
    pub fn replace_files(&mut self, files: Files, today: Date) -> Result<(), Vec<Problem>> {
        self.waiting = None;
        self.check(&files, today)?;
        self.waiting = Some(Arc::new(files));
        Ok(())
    }

    /// Makes the judge of a day.
    ///
    /// Errors: what is wrong with the files in office; only the files that an office began with can be so.
    pub fn assemble(&mut self, today: Date) -> Result<Assembly, Vec<Problem>> {
        let waiting = self.try_waiting();
        let (chosen, _) = self.choose(&self.files);
        let policies = chosen.values().filter_map(|chosen| chosen.policy.clone());
        let policies: Vec<_> = policies.map(|(_, policy)| policy).collect();
        let mut outcomes = Vec::new();
        let mut counts = Counts::default();
        let set = Arc::new(self.files.policies.joined(policies));
        let mut exceptions = self.files.exceptions.clone();
        for (key, held) in &self.exceptions {
            let (accepted, condition) = accept(
                held,
                &set,
                &self.files.config,
                self.cluster.as_deref(),
                today,
            );
            let holds = |exception: &PolicyException| today <= exception.expires;
            if accepted.as_ref().is_some_and(holds) {
                counts.accepted += 1;
            } else {
                counts.refused += 1;
            }
            exceptions.extend(accepted);
            outcomes.push(outcome(key, held, vec![condition], Earlier::Unknown));
        }
        let judge = self.judge(&set, &self.files.config, &exceptions, today)?;
        let mut judging = BTreeMap::new();
        for (key, chosen) in chosen {
            let Some(held) = self.policies.get(key) else {
                continue;
            };
            let mut conditions = chosen.conditions;
            let mut earlier = Earlier::Unknown;
            match &chosen.policy {
                Some((generation, policy)) => {
                    if *generation == held.identity.generation {
                        counts.current += 1;
                        conditions.push(in_force(&judge, policy));
                        earlier = Earlier::Needless;
                    } else {
                        counts.earlier += 1;
                        earlier = Earlier::Version {
                            generation: *generation,
                            spec: Arc::clone(&held.good_spec),
                        };
                    }
                    judging.insert(key.name.clone(), *generation);
                }
                None => counts.out += 1,
            }
            outcomes.push(outcome(key, held, conditions, earlier));
        }
        self.judging = judging;
        self.settle();
        outcomes.sort_by(|a, b| a.key.cmp(&b.key));
        let gate = Gate {
            files: Arc::clone(&self.files),
            policies: set,
            cluster: self.cluster.clone(),
            today,
        };
        Ok(Assembly {
            judge,
            gate,
            outcomes,
            counts,
            waiting,
        })
    }

    /// Puts the waiting files into office, unless a policy that judges now would not judge with them. Gives why not.
    fn try_waiting(&mut self) -> Option<String> {
        let files = self.waiting.take()?;
        let (chosen, taken) = self.choose(&files);
        let judges = |name: &str| {
            let mut chosen = chosen.iter().filter(|(key, _)| *key.name == *name);
            taken.contains(name) || chosen.any(|(_, chosen)| chosen.policy.is_some())
        };
        // A resource that is gone keeps nothing out.
        let lost = self.judging.keys().find(|name| {
            let known = self.policies.keys().any(|key| key.name == **name);
            known && !judges(name)
        });
        let Some(lost) = lost else {
            drop(chosen);
            self.files = files;
            return None;
        };
        let said = chosen.iter().filter(|(key, _)| key.name == *lost);
        let conditions = said.flat_map(|(_, chosen)| &chosen.conditions);
        let why = conditions
            .filter(|condition| condition.kind == "InForce")
            .map(|condition| condition.message.clone())
            .next();
        let lost = lost.clone();
        let why = format!(
            "policy `{lost}`, which comes from the cluster, would no longer judge: {}",
            why.unwrap_or_default()
        );
        drop(chosen);
        self.waiting = Some(files);
        Some(why)
    }

    /// Which version of each policy judges, and the names of those that files keep out.
    fn choose(&self, files: &Files) -> (BTreeMap<&Key, Chosen>, BTreeSet<Box<str>>) {
        let mut taken = BTreeSet::new();
        let mut chosen = BTreeMap::new();
        for (key, held) in &self.policies {
            let of_file = files.policies.get(&key.name);
            let misfit = |policy: &Arc<Policy>| {
                // An earlier version may name what has become a file's since.
                if let Some(name) = turns_off(policy, &files.policies) {
                    return Some(format!("it supersedes `{name}`"));
                }
                let problems = misfits(policy, &files.config, self.cluster.as_deref());
                let place = |span| files.sources.place(span);
                (!problems.is_empty()).then(|| describe_files(&problems, place))
            };
            let kept_out = if let Some(policy) = of_file {
                let message = format!("{} of this name, and that one judges", whose(policy));
                Some((Reason::NameTaken, message))
            } else {
                let newest = held.newest.as_ref().ok();
                newest.and_then(|policy| turns_off(policy, &files.policies)).map(|name| {
                    let message = format!(
                        "it supersedes `{name}`, which stands in a file or is built in, and no resource may turn off"
                    );
                    (Reason::SupersedesFile, message)
                })
            };
            if kept_out.is_some() {
                taken.insert(key.name.clone());
            }
            chosen.insert(key, choice(held, kept_out, misfit));
        }
        (chosen, taken)
    }

    /// Remembers what is in office now, for the time when a newer version is wrong.
    fn settle(&mut self) {
        for (key, held) in &mut self.policies {
            let newest = held.identity.generation;
            if let Ok(policy) = &held.newest
                && self.judging.get(&key.name) == Some(&newest)
            {
                held.good = Some((newest, Arc::clone(policy)));
                held.good_spec = Arc::clone(&held.spec);
            }
        }
        for held in self.exceptions.values_mut() {
            if let Ok(exception) = &held.newest {
                held.good = Some((held.identity.generation, exception.clone()));
            }
        }
    }

    /// Whether files make a judge by themselves.
    fn check(&self, files: &Files, today: Date) -> Result<(), Vec<Problem>> {
        self.judge(&files.policies, &files.config, &files.exceptions, today)
            .map(|_| ())
    }

    fn judge(
        &self,
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        today: Date,
    ) -> Result<Judge, Vec<Problem>> {
        let at = AtCluster {
            name: self.cluster.as_deref(),
            minor: self.minor,
        };
        if self.open {
            Judge::with_policies_to_come(policies, config, exceptions, at, today)
        } else {
            Judge::new(policies, config, exceptions, at, today)
        }
    }
}

/// A policy of the files, or a built-in one, that a policy of the cluster would turn off.
pub(super) fn turns_off<'p>(policy: &'p Policy, files: &PolicySet) -> Option<&'p str> {
    let mut names = policy.supersedes.iter().map(|name| &*name.value);
    names.find(|name| files.get(name).is_some())
}

/// Who has a policy that no resource may replace.
pub(super) const fn whose(policy: &Policy) -> &'static str {
    if policy.built_in {
        "kpolicy has a built-in policy"
    } else {
        "a file of the webhook has a policy"
    }
}

/// Which version of a policy judges. `misfit` says why Config's parameters do not fit one.
fn choice(
    held: &Held<Arc<Policy>>,
    kept_out: Option<(Reason, String)>,
    misfit: impl Fn(&Arc<Policy>) -> Option<String>,
) -> Chosen {
    let newest = held.identity.generation;
    let compiled = match &held.newest {
        Ok(policy) => Condition::compiled(true, Reason::Compiled, contents(policy)),
        Err(message) => Condition::compiled(false, Reason::Invalid, message),
    };
    if let Some((reason, message)) = kept_out {
        return Chosen {
            policy: None,
            conditions: vec![compiled, Condition::in_force(false, reason, message)],
        };
    }
    let refused = held.newest.as_ref().ok().and_then(&misfit);
    if let (Ok(policy), None) = (&held.newest, &refused) {
        return Chosen {
            policy: Some((newest, Arc::clone(policy))),
            conditions: vec![compiled],
        };
    }
    // A good version that is not the newest: the newest is wrong, or does not take its parameters.
    let earlier = held
        .good
        .as_ref()
        .filter(|(generation, policy)| *generation != newest && misfit(policy).is_none());
    let instead = match earlier {
        Some((generation, _)) => format!("generation {generation} judges in its place"),
        None => "nothing judges in its place".to_owned(),
    };
    let (reason, message) = match refused {
        Some(problems) => (
            Reason::ParametersRefused,
            format!(
                "Config sets parameters that the policy does not take, so {instead}: {problems}"
            ),
        ),
        None if earlier.is_some() => (
            Reason::EarlierVersion,
            format!("this version is wrong; {instead}"),
        ),
        None => (
            Reason::NoVersion,
            format!("this version is wrong; {instead}"),
        ),
    };
    Chosen {
        policy: earlier.cloned(),
        conditions: vec![compiled, Condition::in_force(false, reason, message)],
    }
}

/// What a policy is made of.
fn contents(policy: &Policy) -> String {
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        more => Some(format!("{more} {word}s")),
    };
    let parts = [
        count(policy.validations.len(), "validation"),
        count(policy.mutations.len(), "mutation"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How a policy of the judge runs.
fn in_force(judge: &Judge, policy: &Arc<Policy>) -> Condition {
    let is = |known: &&Arc<Policy>| Arc::ptr_eq(known, policy);
    if let Some((_, reason)) = judge.idle().find(|(known, _)| is(known)) {
        let message = format!("it judges nothing: {reason}");
        return Condition::in_force(false, Reason::ParametersUnset, message);
    }
    if policy.matching.is_repository() {
        let message = "it judges the repository, which only `kpolicy lint` sees";
        return Condition::in_force(false, Reason::LintOnly, message);
    }
    let general = judge.policies().find(|(known, _)| is(known));
    let general = general.map_or(Enforcement::Disabled, |(_, enforcement)| enforcement);
    let hardest = judge.hardest();
    let hardest = hardest.iter().find(|(known, _)| is(&known));
    let hardest = hardest.map_or(Enforcement::Disabled, |(_, enforcement)| *enforcement);
    if hardest == Enforcement::Disabled {
        let message = "Config disables it everywhere";
        return Condition::in_force(false, Reason::Disabled, message);
    }
    let mut message = format!("enforcement is `{}`", general.as_str());
    if hardest != general {
        message.extend([", and up to `", hardest.as_str(), "` in some namespaces"]);
    }
    Condition::in_force(true, Reason::Judging, message)
}

fn outcome<T>(key: &Key, held: &Held<T>, conditions: Vec<Condition>, earlier: Earlier) -> Outcome {
    Outcome {
        key: key.clone(),
        identity: held.identity.clone(),
        conditions,
        earlier,
    }
}

/// An exception as the judge takes it.
pub(super) type Accepted = (Option<PolicyException>, Condition);
