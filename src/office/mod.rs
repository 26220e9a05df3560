//! Who is in office: which policies, settings and exceptions make the judge, where they come from files and from the
//! cluster and change while requests are answered.
//!
//! This module owns the rules of that: a file or resource that is wrong never replaces one that is right, the judge is
//! replaced as a whole or not at all, and each resource is told what became of it. It must not know how files and
//! resources are found or where a status is written; it does no I/O and reads no clock.
//!
//! Start reading at [`Office`].

mod assemble;
mod event;
mod exceptions;
mod gate;
mod outcome;
mod place;
mod resource;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, PolicyException};
use crate::manifest::Problem;
use crate::policy::{Policy, PolicySet};
use crate::source::SourceMap;

pub use assemble::{Assembly, Counts};
pub use event::{Event, Version};
pub use gate::{Admission, Gate};
pub use outcome::{Condition, Earlier, Outcome, Reason};
pub use resource::{Identity, Key, Kind};

use resource::{Held, read_as};

/// What the files of the webhook say: read as one, put into office as one.
#[derive(Clone, Debug)]
pub struct Files {
    /// The built-in policies and those of files.
    pub policies: Arc<PolicySet>,
    /// The configuration.
    pub config: Config,
    /// The exceptions of files.
    pub exceptions: Vec<PolicyException>,
    /// Their texts, for the places of problems.
    pub sources: SourceMap,
}

/// What judges are made of.
#[derive(Debug)]
pub struct Office {
    files: Arc<Files>,
    /// Newer files, which resources keep out: a policy in office does not take the parameters that they set.
    waiting: Option<Arc<Files>>,
    /// The cluster of Config that is served.
    cluster: Option<Box<str>>,
    /// The minor version of Kubernetes that its API server says it runs.
    minor: Option<u32>,
    /// Whether policies may come from the cluster, now or later.
    open: bool,
    policies: BTreeMap<Key, Held<Arc<Policy>>>,
    exceptions: BTreeMap<Key, Held<PolicyException>>,
    /// The policies of resources that judge now.
    judging: BTreeMap<Box<str>, i64>,
}

impl Office {
    /// An office for a cluster of Config. With `open`, policies and exceptions may come from the cluster too, now or
    /// later, so that a name which nothing answers to yet is no error.
    pub fn new(files: Files, cluster: Option<&str>, open: bool) -> Self {
        Self {
            files: Arc::new(files),
            waiting: None,
            cluster: cluster.map(Box::from),
            minor: None,
            open,
            policies: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            judging: BTreeMap::new(),
        }
    }

    /// Takes in which minor version of Kubernetes the API server runs. Gives whether that is news.
    pub fn runs(&mut self, minor: u32) -> bool {
        self.minor.replace(minor) != Some(minor)
    }

    /// What Config says of the version that the cluster runs, where the API server says another one.
    pub fn other_version(&self) -> Option<(u32, u32)> {
        let clusters = &self.files.config.clusters;
        let named = clusters
            .iter()
            .find(|cluster| Some(&*cluster.name) == self.cluster.as_deref())?;
        let configured = named.kubernetes_version?;
        (self.minor? != configured.1).then_some(configured)
    }

    /// The files in office.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Takes in the newest version of a resource, as JSON. Gives whether there was anything new in it.
    pub fn receive(&mut self, key: Key, identity: Identity, json: &str) -> bool {
        match key.kind {
            Kind::Policy => read_as(&mut self.policies, key, identity, json, resource::policy),
            Kind::PolicyException => read_as(
                &mut self.exceptions,
                key,
                identity,
                json,
                resource::exception,
            ),
        }
    }

    /// Forgets a resource that is gone. Gives whether it was known.
    pub fn forget(&mut self, key: &Key) -> bool {
        match key.kind {
            Kind::Policy => self.policies.remove(key).is_some(),
            Kind::PolicyException => self.exceptions.remove(key).is_some(),
        }
    }

    /// Forgets every resource of a kind that is not among these: all that there are after a new list. Gives whether any
    /// was known.
    pub fn keep_only(&mut self, kind: Kind, keys: &std::collections::BTreeSet<Key>) -> bool {
        let before = self.policies.len() + self.exceptions.len();
        match kind {
            Kind::Policy => self.policies.retain(|key, _| keys.contains(key)),
            Kind::PolicyException => self.exceptions.retain(|key, _| keys.contains(key)),
        }
        before != self.policies.len() + self.exceptions.len()
    }

    /// What Config and exceptions of the files name and nothing answers to, now that resources had their say.
    pub fn unknown_policies(&self) -> Vec<Problem> {
        let Files {
            policies,
            config,
            exceptions,
            ..
        } = &*self.files;
        let mut known = policies.joined(std::iter::empty());
        let judging = self.policies.values().filter_map(|held| held.good.clone());
        known = known.joined(judging.map(|(_, policy)| policy));
        let mut unknown = crate::judge::unknown_policies(&known, config, exceptions);
        unknown.extend(crate::judge::unknown_superseded(&known));
        unknown
    }
}
