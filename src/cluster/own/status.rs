//! Writing back what became of each resource.
//!
//! Every replica may write, and none of them answers to what another wrote: each writes an outcome once, on top of the
//! version it was made of, and not at all where the status says it already. So replicas of different versions, which may
//! see things differently, end with the word of the last one instead of a quarrel.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::crds::{Condition, ConditionStatus, EarlierVersion, Status};
use crate::office::{self, Earlier, Key, Outcome};
use crate::server::{Metrics, OfficeMeter};

use super::resource;
use super::standing::{Standing, Standings};

/// The name under which the API server notes who wrote a field.
const MANAGER: &str = "kpolicy";

/// How long the API server may take for one status.
const PATIENCE: Duration = Duration::from_secs(10);

/// An outcome that could not be written so often is left: others write too, and the next change is written again.
const ATTEMPTS: u32 = 8;

/// The first pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long nothing is written once the API server has said that kpolicy may not.
const REFUSED: Duration = Duration::from_mins(5);

/// Writes statuses.
pub(super) struct Writer {
    client: Client,
    standings: Standings,
    now: fn() -> String,
    metrics: Metrics,
    /// The outcomes that are settled: written, found to be there already, or given up.
    settled: BTreeMap<Key, Outcome>,
    /// Those that failed, and when they are tried again.
    failed: BTreeMap<Key, Failed>,
    /// The API server has said no.
    refused: bool,
    /// It was said that the definition in the cluster drops what is written.
    outdated: bool,
    /// The first pause after a failure; it doubles with each.
    pause: Duration,
}

/// An outcome that could not be written.
struct Failed {
    outcome: Outcome,
    attempts: u32,
    again: Instant,
}

/// What came of an attempt.
enum Wrote {
    /// The status is there, or there is nothing any more to have one.
    Done,
    /// Somebody else wrote meanwhile, or the API server could not.
    Failed,
    /// kpolicy may not write.
    Refused,
}

impl Writer {
    pub(super) fn new(
        client: Client,
        standings: Standings,
        now: fn() -> String,
        metrics: Metrics,
    ) -> Self {
        Self {
            client,
            standings,
            now,
            metrics,
            settled: BTreeMap::new(),
            failed: BTreeMap::new(),
            refused: false,
            outdated: false,
            pause: PAUSE,
        }
    }

    /// Does not wait between attempts.
    #[cfg(test)]
    pub(super) fn without_pauses(self) -> Self {
        Self {
            pause: Duration::ZERO,
            ..self
        }
    }

    /// Writes what became of resources until nobody says so any more.
    pub(super) async fn write(mut self, mut outcomes: watch::Receiver<Arc<[Outcome]>>) {
        loop {
            let current = Arc::clone(&outcomes.borrow_and_update());
            let again = self.turn(&current).await;
            let changed = match again {
                Some(again) => tokio::time::timeout_at(again, outcomes.changed()).await,
                None => Ok(outcomes.changed().await),
            };
            if matches!(changed, Ok(Err(_))) {
                return;
            }
        }
    }

    /// Writes what is to be written now. Gives when something is to be tried again.
    pub(super) async fn turn(&mut self, outcomes: &[Outcome]) -> Option<Instant> {
        let is_there = |key: &Key| outcomes.iter().any(|outcome| outcome.key == *key);
        self.settled.retain(|key, _| is_there(key));
        self.failed.retain(|key, _| is_there(key));
        for outcome in outcomes {
            let key = &outcome.key;
            if self.settled.get(key) == Some(outcome) {
                continue;
            }
            let before = self.failed.remove(key);
            let before = before.filter(|failed| failed.outcome == *outcome);
            if let Some(failed) = before
                .as_ref()
                .filter(|failed| failed.again > Instant::now())
            {
                let again = failed.again;
                let attempts = failed.attempts;
                self.note(outcome, attempts, again);
                continue;
            }
            let attempts = before.map_or(0, |failed| failed.attempts) + 1;
            match self.attempt(outcome).await {
                Wrote::Done => self.settle(outcome),
                Wrote::Failed if attempts >= ATTEMPTS => {
                    tracing::warn!(
                        kind = key.kind.as_str(),
                        name = key.to_string(),
                        "the status of a resource could not be written"
                    );
                    self.settle(outcome);
                }
                Wrote::Failed => {
                    let pause = self
                        .pause
                        .saturating_mul(1 << attempts.min(10))
                        .min(LONGEST_PAUSE);
                    self.note(outcome, attempts, Instant::now() + pause);
                }
                Wrote::Refused => self.note(outcome, 0, Instant::now() + REFUSED),
            }
        }
        self.failed.values().map(|failed| failed.again).min()
    }

    fn settle(&mut self, outcome: &Outcome) {
        self.settled.insert(outcome.key.clone(), outcome.clone());
    }

    fn note(&mut self, outcome: &Outcome, attempts: u32, again: Instant) {
        let failed = Failed {
            outcome: outcome.clone(),
            attempts,
            again,
        };
        self.failed.insert(outcome.key.clone(), failed);
    }

    async fn attempt(&mut self, outcome: &Outcome) -> Wrote {
        let standing = self.standings.get(&outcome.key);
        // Where another version is there by now, its own outcome is to come.
        let Some(standing) = standing.filter(|standing| standing.identity == outcome.identity)
        else {
            return Wrote::Done;
        };
        let status = status(outcome, standing.status.as_ref(), self.now);
        if standing.status.as_ref() == Some(&status) {
            return Wrote::Done;
        }
        let sent = timeout(
            PATIENCE,
            send(&self.client, &outcome.key, &standing, &status),
        )
        .await;
        let error = match sent {
            Ok(Ok(stored)) => {
                if !self.outdated && forgets(&status, &stored) {
                    self.outdated = true;
                    let kind = outcome.key.kind.as_str();
                    tracing::warn!(
                        kind,
                        "the definition of the kind is of an older kpolicy and does not keep which version judges: apply \
                         what `kpolicy export crds` prints"
                    );
                }
                self.meter().status("written");
                self.refused = false;
                return Wrote::Done;
            }
            Ok(Err(error)) => (code(&error), error.to_string()),
            Err(_) => (None, "it did not answer in time".to_owned()),
        };
        match error {
            (Some(404), _) => Wrote::Done,
            (Some(409), _) => {
                self.meter().status("conflict");
                Wrote::Failed
            }
            (Some(403), _) => {
                self.meter().status("refused");
                if !self.refused {
                    let kind = outcome.key.kind.as_str();
                    tracing::warn!(
                        kind,
                        "kpolicy may not write the status of its resources: its role needs the verb patch for \
                         `policies/status` and `policyexceptions/status`"
                    );
                }
                self.refused = true;
                Wrote::Refused
            }
            (_, reason) => {
                self.meter().status("failed");
                let name = outcome.key.to_string();
                tracing::debug!(name, reason, "a status was not written");
                Wrote::Failed
            }
        }
    }

    fn meter(&self) -> &OfficeMeter {
        self.metrics.office()
    }
}

/// Whether the API server dropped the earlier version from a status, as it drops what a definition does not name.
pub(super) fn forgets(sent: &Status, stored: &DynamicObject) -> bool {
    sent.earlier.is_some() && stored.data.pointer("/status/earlier").is_none()
}

/// The HTTP code of an error, where the API server gave one.
fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// Sends a status, to be written on top of the version that was seen and no other.
async fn send(
    client: &Client,
    key: &Key,
    standing: &Standing,
    status: &Status,
) -> Result<DynamicObject, kube::Error> {
    let resource = resource(key.kind);
    let api: Api<DynamicObject> = if key.namespace.is_empty() {
        Api::all_with(client.clone(), &resource)
    } else {
        Api::namespaced_with(client.clone(), &key.namespace, &resource)
    };
    let mut patch = json!({
        "metadata": {"resourceVersion": standing.resource_version, "uid": standing.identity.uid},
        "status": status,
    });
    // What a merge does not name stays.
    if status.earlier.is_none() {
        patch["status"]["earlier"] = serde_json::Value::Null;
    }
    let parameters = PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch_status(&key.name, &parameters, &Patch::Merge(patch))
        .await
}

/// The status that an outcome makes. What has not changed keeps the time of its last change.
fn status(outcome: &Outcome, before: Option<&Status>, now: fn() -> String) -> Status {
    let generation = Some(outcome.identity.generation);
    let condition = |said: &office::Condition| {
        let status = if said.holds {
            ConditionStatus::True
        } else {
            ConditionStatus::False
        };
        let known = before.and_then(|before| before.conditions.as_ref());
        let mut known = known.into_iter().flatten();
        let same = known.find(|known| known.kind == said.kind && known.status == status);
        Condition {
            kind: said.kind.to_owned(),
            status,
            observed_generation: generation,
            last_transition_time: same.map_or_else(now, |same| same.last_transition_time.clone()),
            reason: said.reason.as_str().to_owned(),
            message: said.message.clone(),
        }
    };
    let earlier = match &outcome.earlier {
        Earlier::Unknown => before.and_then(|before| before.earlier.clone()),
        Earlier::Needless => None,
        Earlier::Version { generation, spec } => {
            let spec = serde_json::from_str(spec).ok();
            spec.map(|spec| EarlierVersion {
                generation: *generation,
                spec,
            })
        }
    };
    Status {
        observed_generation: generation,
        conditions: Some(outcome.conditions.iter().map(condition).collect()),
        earlier,
    }
}
