//! What a request needs to know of the cluster before it is judged: taken from what the watch has shown, and asked for
//! where that lacks something.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::deadline::Deadline;
use super::review::Review;
use super::view::{Cluster, ClusterView, Missing, needed_namespace};

/// How often the cluster is asked for one request: each answer may name one more owner.
const ROUNDS: usize = 8;

/// What is known of the cluster for one request. `lacking` says what a view does not know of what the request needs.
///
/// Asking takes half of the time that is left at most. What is not known then is for the judge to deal with.
/// `None` where the cluster panicked.
pub(super) async fn learn(
    cluster: &dyn Cluster,
    view: Arc<dyn ClusterView>,
    deadline: &Deadline,
    lacking: impl Fn(&dyn ClusterView) -> Vec<Missing>,
) -> Option<Arc<dyn ClusterView>> {
    let asking = guarded(ask(cluster, view, lacking));
    match tokio::time::timeout_at(deadline.halfway(), asking).await {
        Ok(known) => known,
        // The watch may have shown it meanwhile.
        Err(_) => guarded(async { cluster.snapshot() }).await,
    }
}

async fn ask(
    cluster: &dyn Cluster,
    mut view: Arc<dyn ClusterView>,
    lacking: impl Fn(&dyn ClusterView) -> Vec<Missing>,
) -> Arc<dyn ClusterView> {
    let mut asked = Vec::new();
    for _ in 0..ROUNDS {
        let missing = lacking(&*view);
        if missing.is_empty() || missing == asked {
            break;
        }
        asked = missing;
        view = cluster.look_up(&asked).await;
    }
    view
}

/// What a view does not know of what a review needs.
pub(super) fn lacking(view: &dyn ClusterView, review: &Review<'_>) -> Vec<Missing> {
    let request = &review.request;
    let namespace = needed_namespace(request.namespace, &request.resource);
    let unknown = namespace.filter(|name| view.namespace(name).is_err());
    unknown
        .map(|name| Missing::Namespace(name.into()))
        .into_iter()
        .collect()
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
