//! How hard a policy is in one place, and who says so.

use crate::config::{Config, Enforcement, PolicySetting};
use crate::judge::{Decider, decider};
use crate::manifest::{MapRef, write_json};
use crate::policy::Policy;
use crate::source::{SourceMap, Span};

use super::{Page, Place};

/// How hard a policy is where the page is asked for.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// One line for each enforcement and whoever decides it.
    pub lines: Vec<HereLine>,
    /// What Config says of it in some namespaces.
    pub namespaces: Vec<String>,
    /// Why it judges nothing although it is turned on.
    pub idle: Option<String>,
}

/// An enforcement with the clusters that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereLine {
    /// How hard.
    pub enforcement: Enforcement,
    /// Where; empty where Config names no clusters.
    pub clusters: Vec<String>,
    /// Who says so.
    pub by: String,
}

impl Here {
    /// `deny`, or `deny in app1, app2; audit in mgmt` where clusters differ.
    pub fn in_words(&self) -> String {
        let mut groups: Vec<(Enforcement, Vec<&str>)> = Vec::new();
        for line in &self.lines {
            let names = line.clusters.iter().map(String::as_str);
            match groups
                .iter_mut()
                .find(|(known, _)| *known == line.enforcement)
            {
                Some((_, known)) => known.extend(names),
                None => groups.push((line.enforcement, names.collect())),
            }
        }
        groups.sort_by_key(|(enforcement, _)| std::cmp::Reverse(*enforcement));
        if let [(enforcement, _)] = groups.as_slice() {
            return enforcement.as_str().to_owned();
        }
        let parts = groups.iter().map(|(enforcement, names)| {
            format!("{} in {}", enforcement.as_str(), names.join(", "))
        });
        parts.collect::<Vec<_>>().join("; ")
    }

    /// Whether it runs anywhere.
    pub fn runs(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.enforcement > Enforcement::Disabled)
    }
}

impl Page {
    /// Adds how hard the policy is here: `strength` is what the judge says for each cluster (without a name where
    /// Config has none), `idle` why it judges nothing.
    pub fn put_here(
        &mut self,
        (policy, config, sources): (&Policy, &Config, &SourceMap),
        strength: &[(Option<&str>, Enforcement)],
        idle: Option<&str>,
    ) {
        let place = |span: Option<Span>| span.map(|span| sources.place(span));
        let mut here = Here {
            idle: idle.map(str::to_owned),
            ..Here::default()
        };
        for (cluster, enforcement) in strength {
            let by = match decider(policy, config, *cluster) {
                Decider::Nothing if policy.built_in => {
                    "no profile and no setting here turns it on".to_owned()
                }
                Decider::Nothing if policy.native.is_some() => "its bindings".to_owned(),
                Decider::Nothing => "nothing says otherwise".to_owned(),
                Decider::Profile(profile) => match place(profile.chosen) {
                    Some(place) => format!("profile `{}`, {place}", profile.name),
                    None => format!("profile `{}`", profile.name),
                },
                Decider::Config(setting) => {
                    place(setting.enforcement_span.or(setting.span)).unwrap_or_default()
                }
            };
            let same = |line: &&mut HereLine| line.enforcement == *enforcement && line.by == by;
            let cluster = cluster.map(str::to_owned);
            match here.lines.iter_mut().find(same) {
                Some(line) => line.clusters.extend(cluster),
                None => here.lines.push(HereLine {
                    enforcement: *enforcement,
                    clusters: cluster.into_iter().collect(),
                    by,
                }),
            }
        }
        here.lines
            .sort_by_key(|line| std::cmp::Reverse(line.enforcement));
        let runs = here.runs();
        for setting in &config.namespaces {
            let own = setting.policies.get(&policy.name[..]);
            let own = own.and_then(|own| Some((own.enforcement?, own.enforcement_span)));
            let whole = setting.enforcement.filter(|_| runs);
            let whole = whole.map(|word| (word, setting.enforcement_span));
            if let Some((word, span)) = own.or(whole) {
                let names: Vec<&str> = setting.names.iter().map(|name| &**name).collect();
                let by = place(span)
                    .map(|place| format!(", {place}"))
                    .unwrap_or_default();
                let line = format!("{} in namespaces {}{by}", word.as_str(), names.join(", "));
                here.namespaces.push(line);
            }
        }
        self.put_parameters(policy, config, sources);
        self.here = Some(here);
    }

    /// Adds to each parameter what profiles and Config set it to.
    fn put_parameters(&mut self, policy: &Policy, config: &Config, sources: &SourceMap) {
        let mut put = |setting: Option<&PolicySetting>, by: &str, is_placed: bool| {
            let params = setting.and_then(|setting| setting.params.as_ref());
            let entries = params.and_then(|params| params.root().as_map());
            for entry in entries.into_iter().flat_map(MapRef::iter) {
                let Some(parameter) = self.parameters.iter_mut().find(|one| one.name == entry.key)
                else {
                    continue;
                };
                let place = entry.value.origin().map(|span| sources.place(span));
                let by = [Some(by.to_owned()), place.filter(|_| is_placed)];
                let by: Vec<String> = by
                    .into_iter()
                    .flatten()
                    .filter(|part| !part.is_empty())
                    .collect();
                parameter.set.push(Place {
                    value: write_json(entry.value),
                    by: by.join(", "),
                });
            }
        };
        let name = &policy.name[..];
        for profile in &config.profiles {
            let by = format!("profile `{}`", profile.name);
            put(profile.policies.get(name), &by, false);
        }
        put(config.policies.get(name), "", true);
        for cluster in &config.clusters {
            let by = format!("cluster {}", cluster.name);
            put(cluster.policies.get(name), &by, true);
        }
        for setting in &config.namespaces {
            let names: Vec<&str> = setting.names.iter().map(|name| &**name).collect();
            let by = format!("namespaces {}", names.join(", "));
            put(setting.policies.get(name), &by, true);
        }
    }
}
