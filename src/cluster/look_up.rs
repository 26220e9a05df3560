//! Asking for what no watch has shown yet: the namespace that was just made, the Job whose first Pod comes already.
//!
//! Few at once, each once, and what was not found is not asked for again for a moment: a flood of requests must not
//! become a flood of look-ups.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::{Api, Client};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::cel::Reads;
use crate::judge::{OwnerReference, Owners};
use crate::server::{ClusterView, Metrics, Missing};

use super::discover::Served;
use super::owners::owner;
use super::prune::prune;
use super::seen::Seen;
use super::state::State;
use super::want::Holds;
use super::world::World;

/// How many objects are asked for at once.
const AT_ONCE: usize = 8;

/// How long an answer counts. A watch shows what there is within that time, or the question is asked again.
const KEPT: Duration = Duration::from_secs(2);

/// How long it counts that there was no answer.
const ABSENT: Duration = Duration::from_secs(1);

/// Asks the API server for single objects.
pub(super) struct LookUps {
    client: Client,
    state: Arc<State>,
    metrics: Metrics,
    at_once: Semaphore,
    /// Until when the answers to these questions count, found or not.
    answered: Mutex<BTreeMap<Box<str>, Instant>>,
    /// The questions that are being asked, each held by who asks it.
    asked: Mutex<BTreeMap<Box<str>, Arc<tokio::sync::Mutex<()>>>>,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Question<'m> {
    Namespace(&'m str),
    Owner(&'m str, &'m OwnerReference),
}

impl<'m> Question<'m> {
    fn of(missing: &'m Missing) -> Self {
        match missing {
            Missing::Namespace(name) => Self::Namespace(name),
            Missing::Owner {
                namespace,
                reference,
            } => Self::Owner(namespace, reference),
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Namespace(_) => "namespace",
            Self::Owner(..) => "owner",
        }
    }

    /// Tells questions apart: names of namespaces and uids, which may be anything.
    fn key(self) -> Box<str> {
        match self {
            Self::Namespace(name) => format!("namespace {name}").into(),
            Self::Owner(_, reference) => format!("owner {}", reference.uid).into(),
        }
    }

    fn is_known(self, world: &World) -> bool {
        match self {
            Self::Namespace(name) => world.namespace(name).is_ok(),
            Self::Owner(_, reference) => world.owner(&reference.uid).is_some(),
        }
    }
}

impl LookUps {
    pub(super) fn new(client: Client, state: Arc<State>, metrics: Metrics) -> Self {
        Self {
            client,
            state,
            metrics,
            at_once: Semaphore::new(AT_ONCE),
            answered: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Asks for these, unless the answers are known.
    pub(super) async fn ask(&self, missing: &[Missing]) {
        let questions = missing
            .iter()
            .map(|missing| self.answer(Question::of(missing)));
        futures::future::join_all(questions).await;
    }

    async fn answer(&self, question: Question<'_>) {
        if self.is_answered(question) {
            return;
        }
        // One asks, the others wait for its answer; should it not live to get it, the next one asks.
        let turn = self.turn(question);
        let _turn = turn.lock().await;
        if self.is_answered(question) {
            return;
        }
        let Ok(_permit) = self.at_once.acquire().await else {
            return;
        };
        let outcome = match question {
            Question::Namespace(name) => self.namespace(name).await,
            Question::Owner(namespace, reference) => self.owner(namespace, reference).await,
        };
        let (word, kept) = match outcome {
            Ok(true) => ("found", KEPT),
            Ok(false) => ("absent", ABSENT),
            Err(kube::Error::Api(status)) if status.code == 403 => ("refused", ABSENT),
            Err(error) => {
                tracing::debug!(error = %error, what = question.what(), "a look-up failed");
                ("failed", ABSENT)
            }
        };
        self.metrics.looked_up(question.what(), word);
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.insert(question.key(), Instant::now() + kept);
    }

    fn turn(&self, question: Question<'_>) -> Arc<tokio::sync::Mutex<()>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(asked.entry(question.key()).or_default())
    }

    fn is_answered(&self, question: Question<'_>) -> bool {
        self.forget();
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.contains_key(&question.key()) || question.is_known(&self.state.now())
    }

    /// Forgets answers that no longer count.
    pub(super) fn forget(&self) {
        let now = Instant::now();
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let before = answered.len();
        answered.retain(|_, until| *until > now);
        if answered.len() == before {
            return;
        }
        let counts = |question: Question<'_>| answered.contains_key(&question.key());
        let world = self.state.now();
        let stale = world
            .recent
            .namespaces
            .keys()
            .any(|name| !counts(Question::Namespace(name)))
            || world
                .recent
                .owners
                .keys()
                .any(|uid| !counts_owner(&answered, uid));
        if !stale {
            return;
        }
        self.state.change(|world| {
            let recent = Arc::make_mut(&mut world.recent);
            recent
                .namespaces
                .retain(|name, _| answered.contains_key(&Question::Namespace(name).key()));
            recent.owners.retain(|uid, _| counts_owner(&answered, uid));
        });
    }

    async fn namespace(&self, name: &str) -> Result<bool, kube::Error> {
        let resource = kube::api::ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&());
        let api: Api<Seen<false>> = Api::all_with(self.client.clone(), &resource);
        let Some(found) = api.get_opt(name).await?.and_then(|seen| seen.read()) else {
            return Ok(false);
        };
        let reads = self.reads_of_namespaces();
        let found = Arc::new(prune(found.root(), "v1", "Namespace", &reads));
        self.state.change(|world| {
            let recent = Arc::make_mut(&mut world.recent);
            recent.namespaces.insert(name.into(), found);
        });
        Ok(true)
    }

    fn reads_of_namespaces(&self) -> Reads {
        let world = self.state.now();
        let slots = world.slots.iter().rev();
        let reads = slots.filter_map(|slot| match &slot.watched.holds {
            Holds::Objects(reads) if &*slot.watched.kind == "Namespace" => Some(reads.clone()),
            _ => None,
        });
        reads.into_iter().next().unwrap_or_default()
    }

    async fn owner(
        &self,
        namespace: &str,
        reference: &OwnerReference,
    ) -> Result<bool, kube::Error> {
        let Some(served) = self.served(reference).filter(|_| is_name(&reference.name)) else {
            return Ok(false);
        };
        let client = self.client.clone();
        let api: Api<Seen<true>> = if served.namespaced {
            Api::namespaced_with(client, namespace, &served.resource)
        } else {
            Api::all_with(client, &served.resource)
        };
        let Some(found) = api.get_opt(&reference.name).await? else {
            return Ok(false);
        };
        let found = found.read();
        let found = found.and_then(|found| owner(found.root(), reference.group(), &reference.kind));
        // A name may be used again; a uid is not.
        let Some(found) = found.filter(|owner| owner.uid == reference.uid) else {
            return Ok(false);
        };
        self.state.change(|world| {
            let recent = Arc::make_mut(&mut world.recent);
            recent.owners.insert(reference.uid.clone(), Arc::new(found));
        });
        Ok(true)
    }

    /// The resource of an owner; only of kinds that are watched as such.
    fn served(&self, reference: &OwnerReference) -> Option<Arc<Served>> {
        let world = self.state.now();
        let slot = world.slots.iter().find(|slot| {
            let watched = &slot.watched;
            watched.holds == Holds::Owners
                && *watched.group == *reference.group()
                && watched.kind == reference.kind
        })?;
        slot.served.clone()
    }
}

/// Whether this may be the name of an object. What a reference says becomes part of a path, and anybody may write one.
///
/// Upstream: `NameIsDNSSubdomain` of k8s.io/apimachinery, which holds for all kinds that make pods.
fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    (1..=253).contains(&name.len()) && name.bytes().all(is_part) && !name.starts_with('.')
}

fn counts_owner(answered: &BTreeMap<Box<str>, Instant>, uid: &str) -> bool {
    answered.contains_key(&*format!("owner {uid}"))
}
