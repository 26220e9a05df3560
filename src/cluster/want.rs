//! What has to be known of the cluster: which kinds the policies in office look at, where, and how much of each object.

use std::collections::{BTreeMap, BTreeSet};

use crate::cel::Reads;
use crate::config::Enforcement;
use crate::judge::Judge;
use crate::policy::{ParamChoice, Policy, Root};
use crate::schema::controllers::MAKERS;

/// More places than this are not watched one by one.
const MOST_PLACES: usize = 16;

/// Everything that a judge needs to know of its cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(pub(super) Vec<Watched>);

/// One thing to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    /// API group; empty for the core group.
    pub(super) group: Box<str>,
    pub(super) kind: Box<str>,
    /// The version to read it in; `None` for the one that the API server prefers.
    pub(super) version: Option<Box<str>>,
    pub(super) within: Within,
    pub(super) holds: Holds,
}

/// Where the objects are: everywhere, unless something is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Within {
    pub(super) namespace: Option<Box<str>>,
    pub(super) name: Option<Box<str>>,
}

/// What is kept of each object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Its name, and what is read of it.
    Objects(Reads),
    /// Its name and its controller: only metadata is asked for.
    Owners,
}

impl Watched {
    /// The kind with its group, as kubectl takes it.
    pub(super) fn name(&self) -> String {
        match &*self.group {
            "" => self.kind.to_string(),
            group => format!("{}.{group}", self.kind),
        }
    }

    /// Whether both watch the same thing, whatever they keep of it.
    pub(super) fn is_about(&self, other: &Self) -> bool {
        let owners = |watched: &Self| watched.holds == Holds::Owners;
        (&self.group, &self.kind, &self.within) == (&other.group, &other.kind, &other.within)
            && owners(self) == owners(other)
    }

    /// Whether this one serves where `other` is wanted.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.is_about(other)
            && self.version == other.version
            && match (&self.holds, &other.holds) {
                (Holds::Objects(mine), Holds::Objects(theirs)) => mine.covers(theirs),
                _ => true,
            }
    }
}

impl Within {
    /// For people and labels: empty for everywhere, else a namespace, a name after `/`, or both.
    pub(super) fn text(&self) -> String {
        let name = self.name.iter().map(|name| format!("/{name}"));
        let namespace = self.namespace.iter().map(ToString::to_string);
        namespace.chain(name).collect()
    }

    /// Whether all that `other` holds is in this one too.
    fn holds(&self, other: &Self) -> bool {
        let has =
            |mine: &Option<Box<str>>, other: &Option<Box<str>>| mine.is_none() || mine == other;
        has(&self.namespace, &other.namespace) && has(&self.name, &other.name)
    }
}

/// What is needed of one kind.
#[derive(Default)]
struct Need {
    version: Option<Box<str>>,
    within: BTreeSet<Within>,
    reads: Reads,
}

impl Wanted {
    /// What a judge needs: Namespaces, what its policies declare, the parameters that native policies take, and what may
    /// stand behind a pod. Policies that run nowhere need nothing.
    pub fn by(judge: &Judge) -> Self {
        let mut needs: BTreeMap<(Box<str>, Box<str>), Need> = BTreeMap::new();
        let namespaces = needs.entry(("".into(), "Namespace".into())).or_default();
        namespaces.within.insert(Within::default());
        namespaces.reads.add_route(&["metadata", "labels"]);
        let running = judge
            .hardest()
            .into_iter()
            .filter(|(_, enforcement)| *enforcement > Enforcement::Disabled);
        for (policy, _) in running {
            if policy.reads(Root::NamespaceObject) {
                let reads = policy.reads_of(Root::NamespaceObject);
                let namespaces = needs.entry(("".into(), "Namespace".into())).or_default();
                namespaces.reads.add(&reads);
            }
            declared(&policy, &mut needs);
            parameters(&policy, &mut needs);
        }
        let mut wanted = Vec::new();
        for ((group, kind), need) in needs {
            for within in places(&need.within) {
                wanted.push(Watched {
                    group: group.clone(),
                    kind: kind.clone(),
                    version: need.version.clone(),
                    within,
                    holds: Holds::Objects(need.reads.clone()),
                });
            }
        }
        let custom = judge
            .pod_template_crds()
            .iter()
            // Of those that are only known nobody says who makes what.
            .filter(|crd| !crd.known)
            .map(|crd| (&*crd.group, &*crd.kind));
        let built_in = MAKERS.iter().map(|maker| (maker.group, maker.kind));
        let owners: BTreeSet<_> = built_in.chain(custom).collect();
        wanted.extend(owners.into_iter().map(|(group, kind)| Watched {
            group: group.into(),
            kind: kind.into(),
            version: None,
            within: Within::default(),
            holds: Holds::Owners,
        }));
        Self(wanted)
    }
}

fn declared(policy: &Policy, needs: &mut BTreeMap<(Box<str>, Box<str>), Need>) {
    if policy.resources.is_empty() {
        return;
    }
    let reads = policy.reads_of(Root::Resources);
    for declared in &policy.resources {
        let key = (declared.api_group.clone(), declared.kind.clone());
        let need = needs.entry(key).or_default();
        need.within.insert(Within::default());
        need.reads
            .add(&reads.below(&declared.name).unwrap_or_default());
    }
}

fn parameters(policy: &Policy, needs: &mut BTreeMap<(Box<str>, Box<str>), Need>) {
    let Some(native) = &policy.native else { return };
    let Some(kind) = &native.param_kind else {
        return;
    };
    let references = native
        .bindings
        .iter()
        .filter_map(|it| it.param_ref.as_ref());
    for reference in references {
        let need = needs
            .entry((kind.group.clone(), kind.kind.clone()))
            .or_default();
        need.version.get_or_insert_with(|| kind.version.clone());
        need.reads.add(&policy.reads_of(Root::Params));
        let name = match &reference.choice {
            ParamChoice::Name(name) => Some(name.clone()),
            ParamChoice::Selector(_) => {
                need.reads.add_route(&["metadata", "labels"]);
                None
            }
        };
        need.within.insert(Within {
            namespace: reference.namespace.clone(),
            name,
        });
    }
}

/// The places without those that lie in others.
fn places(all: &BTreeSet<Within>) -> Vec<Within> {
    if all.len() > MOST_PLACES {
        return vec![Within::default()];
    }
    let inside = |within: &&Within| {
        all.iter()
            .any(|other| other != *within && other.holds(within))
    };
    all.iter()
        .filter(|within| !inside(within))
        .cloned()
        .collect()
}
