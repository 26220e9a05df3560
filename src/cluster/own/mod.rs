//! kpolicy's own kinds in the cluster: policies and exceptions as they come and go, and their status.
//!
//! `follow` watches them and tells the office; `status` writes back what became of each. Neither knows what a policy
//! means.

mod follow;
mod standing;
mod status;

use kube::Client;
use kube::api::ApiResource;
use tokio::sync::{mpsc, watch};

use crate::office::{Event, Kind, Outcome};
use crate::server::{Metrics, WatchLabels};

use super::release;
use standing::Standings;

/// The resources of kpolicy's own kinds.
#[derive(Debug)]
pub struct OwnResources;

impl OwnResources {
    /// Watches both kinds for ever and tells `events` of them, and of the release that the API server runs; writes what `outcomes` says into their status. `now` gives
    /// the time as Kubernetes writes it.
    pub fn begin(
        client: &Client,
        events: &mpsc::Sender<Event>,
        outcomes: watch::Receiver<std::sync::Arc<[Outcome]>>,
        now: fn() -> String,
        metrics: &Metrics,
    ) {
        let standings = Standings::default();
        let (follows, asks, told) = (standings.clone(), client.clone(), events.clone());
        let meters = metrics.clone();
        tokio::spawn(async move {
            // The webhook is not ready before both kinds were listed, and so not before this.
            let first = release::first(&asks, &told).await;
            for kind in [Kind::Policy, Kind::PolicyException] {
                let (client, events) = (asks.clone(), told.clone());
                let meter = meters.watch(WatchLabels {
                    kind: format!("{}.kpolicy.io", kind.as_str()),
                    holds: "resources",
                    within: String::new(),
                });
                tokio::spawn(follow::follow(client, kind, events, follows.clone(), meter));
            }
            release::follow(asks, told, first).await;
        });
        let writer = status::Writer::new(client.clone(), standings, now, metrics.clone());
        tokio::spawn(writer.write(outcomes));
    }
}

/// Where the API server serves a kind.
fn resource(kind: Kind) -> ApiResource {
    let plural = match kind {
        Kind::Policy => "policies",
        Kind::PolicyException => "policyexceptions",
    };
    ApiResource {
        group: "kpolicy.io".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: "kpolicy.io/v1alpha1".to_owned(),
        kind: kind.as_str().to_owned(),
        plural: plural.to_owned(),
    }
}

#[cfg(test)]
mod tests;
