//! What a request needs to know of the cluster before it is judged: taken from what the watch has shown, and asked for
//! where that lacks something.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::engine::Request;
use crate::judge::{Judge, Lineage};

use super::deadline::Deadline;
use super::view::{Cluster, ClusterView, Missing, needed_namespace};

/// How often the cluster is asked for one request: each answer may name one more owner.
const ROUNDS: usize = 8;

/// What is known of the cluster for one request.
#[derive(Debug)]
pub(super) struct Known {
    /// The cluster.
    pub(super) view: Arc<dyn ClusterView>,
    /// Who stands behind the object, as far as the view tells.
    pub(super) lineage: Lineage,
    /// What the request needs and the view does not tell.
    pub(super) missing: Vec<Missing>,
}

impl Known {
    /// What a view tells for a request.
    pub(super) fn new(view: Arc<dyn ClusterView>, judge: &Judge, request: &Request<'_>) -> Self {
        let lineage = judge.lineage(request, &*view);
        let namespace = needed_namespace(request.namespace, &request.resource);
        let unknown = namespace.filter(|name| view.namespace(name).is_err());
        let namespace = unknown.map(|name| Missing::Namespace(name.into()));
        let owner = lineage.missing().map(|reference| Missing::Owner {
            namespace: request.namespace.unwrap_or_default().into(),
            reference: reference.clone(),
        });
        let missing = namespace.into_iter().chain(owner).collect();
        Self {
            view,
            lineage,
            missing,
        }
    }
}

/// Asks the cluster for what is missing, for half of the time that is left at most. What is not known then is for the
/// judge to deal with. `None` where the cluster panicked.
pub(super) async fn learn(
    cluster: &dyn Cluster,
    known: Known,
    deadline: &Deadline,
    judge: &Judge,
    request: &Request<'_>,
) -> Option<Known> {
    let asking = guarded(ask(cluster, known, judge, request));
    match tokio::time::timeout_at(deadline.halfway(), asking).await {
        Ok(known) => known,
        // The watch may have shown it meanwhile.
        Err(_) => guarded(async { Known::new(cluster.snapshot(), judge, request) }).await,
    }
}

async fn ask(
    cluster: &dyn Cluster,
    mut known: Known,
    judge: &Judge,
    request: &Request<'_>,
) -> Known {
    for _ in 0..ROUNDS {
        let view = cluster.look_up(&known.missing).await;
        let asked = std::mem::replace(&mut known, Known::new(view, judge, request)).missing;
        if known.missing.is_empty() || known.missing == asked {
            break;
        }
    }
    known
}

/// Waits for a future; `None` where it panics, of which the connection must not die.
async fn guarded<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        // Nothing of the future is looked at after a panic.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
