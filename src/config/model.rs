//! Config as it is after checking: which policies run where, and how hard.

use std::collections::BTreeMap;

use crate::manifest::{Document, Placed};
use crate::schema::templates::PodTemplateCrd;
use crate::source::Span;

use super::with_bases;

/// What a violation does. Ordered from nothing to refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// Nothing: the policy is not run.
    Disabled,
    /// Recorded: audit annotation, metric, `--show-audit`.
    Audit,
    /// Said to the user, and let through.
    Warn,
    /// Refused.
    Deny,
}

impl Enforcement {
    /// The word in Config and in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// Reads the word of Config.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS
            .into_iter()
            .find(|(known, _)| *known == word)
            .map(|(_, value)| value)
    }

    /// The words of Config, hardest first.
    pub(super) const WORDS: [(&str, Self); 4] = [
        ("deny", Self::Deny),
        ("warn", Self::Warn),
        ("audit", Self::Audit),
        ("disabled", Self::Disabled),
    ];
}

/// What Config (or a profile) says of one policy; what is `None` is left as it was.
#[derive(Clone, Debug, Default)]
pub struct PolicySetting {
    /// How hard.
    pub enforcement: Option<Enforcement>,
    /// Where `enforcement` is said.
    pub enforcement_span: Option<Span>,
    /// Parameters as written, not yet checked against the policy's schema. Later settings replace single keys.
    pub params: Option<Document>,
    /// Where the policy is named.
    pub span: Option<Span>,
}

/// Settings by policy name; `*` stands for every policy.
pub type PolicySettings = BTreeMap<Box<str>, PolicySetting>;

/// A named group of settings that ships with kpolicy.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: Box<str>,
    /// What it is, in one line.
    pub title: Box<str>,
    /// For whom it is, and what it expects.
    pub description: Box<str>,
    /// Profiles that hold wherever this one does.
    pub extends: Vec<Placed<Box<str>>>,
    /// What it turns on beyond them, and how hard.
    pub policies: PolicySettings,
    /// Where Config chooses it; `None` where nobody does.
    pub chosen: Option<Span>,
}

/// One cluster, as Flux sees it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name.
    pub name: Box<str>,
    /// The directory Flux reconciles, relative to the repository root.
    pub path: Option<Box<str>>,
    /// The minor version it runs, such as `1.34`.
    pub kubernetes_version: Option<(u32, u32)>,
    /// Settings of this cluster. Its enforcement is a ceiling for its namespaces.
    pub policies: PolicySettings,
    /// Where its name stands.
    pub span: Option<Span>,
}

/// What holds in some namespaces.
#[derive(Clone, Debug)]
pub struct NamespaceSetting {
    /// Exact names, or globs with `*` (which may only harden).
    pub names: Vec<Box<str>>,
    /// For every policy.
    pub enforcement: Option<Enforcement>,
    /// Where `enforcement` is said.
    pub enforcement_span: Option<Span>,
    /// By policy.
    pub policies: PolicySettings,
    /// What lint assumes of the labels of a namespace that is not in Git.
    pub labels: Option<BTreeMap<Box<str>, Box<str>>>,
}

/// Rules for exceptions.
#[derive(Clone, Debug, Default)]
pub struct ExceptionSettings {
    /// Where exceptions are, relative to the config file.
    pub paths: Vec<Box<str>>,
    /// How far away an expiry may be.
    pub max_lifetime_days: Option<u32>,
    /// The only namespaces a `PolicyException` may be in, and reaches all others from. Where it is empty, one may be in
    /// any namespace and reaches that alone.
    pub allowed_namespaces: Vec<Box<str>>,
}

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Profiles chosen, in order; before each those that it extends.
    pub profiles: Vec<Profile>,
    /// More policy files, relative to the config file.
    pub policy_paths: Vec<Box<str>>,
    /// Settings by policy.
    pub policies: PolicySettings,
    /// Clusters; empty where the file names none.
    pub clusters: Vec<Cluster>,
    /// Namespace settings, in order.
    pub namespaces: Vec<NamespaceSetting>,
    /// Rules for exceptions.
    pub exceptions: ExceptionSettings,
    /// Custom kinds with pod templates.
    pub pod_template_crds: Vec<PodTemplateCrd>,
    /// Whether mutations run at all.
    pub mutate: bool,
    /// Users that may change the scale of workloads without being judged, beside those that kpolicy knows.
    pub autoscalers: Vec<Box<str>>,
}

impl Config {
    /// What holds where there is no Config: the profile `recommended`, and mutations run.
    pub fn without_file(profiles: &[Profile]) -> Self {
        Self {
            profiles: with_bases(RECOMMENDED, profiles)
                .into_iter()
                .cloned()
                .collect(),
            policy_paths: Vec::new(),
            policies: PolicySettings::new(),
            clusters: Vec::new(),
            namespaces: Vec::new(),
            exceptions: ExceptionSettings::default(),
            pod_template_crds: Vec::new(),
            mutate: true,
            autoscalers: Vec::new(),
        }
    }
}

impl Default for Config {
    /// No profile and no setting at all; mutations run.
    fn default() -> Self {
        Self::without_file(&[])
    }
}

/// The profile that holds where Config names none.
pub const RECOMMENDED: &str = "recommended";
