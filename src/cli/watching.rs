//! The options by which `kpolicy serve` finds its cluster.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::cluster::{Access, OwnResources, Wanted, Watches, connect};
use crate::judge::Judge;
use crate::server::{Cluster, Metrics, NoCluster, Readiness};

use super::input;
use super::reload::{Ends, Follower, Listed, Prepared};

/// How the cluster is reached.
#[derive(Debug, clap::Args)]
pub(super) struct ClusterArguments {
    /// The kubeconfig by which the cluster is watched; in a pod its service account does without
    #[arg(
        long,
        env = "KPOLICY_KUBECONFIG",
        value_name = "FILE",
        conflicts_with = "no_watch"
    )]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig; otherwise its current one
    #[arg(
        long,
        env = "KPOLICY_CONTEXT",
        value_name = "NAME",
        requires = "kubeconfig"
    )]
    context: Option<String>,

    /// Watch no cluster: what policies ask of other objects and of namespaces is then not judged
    #[arg(long, env = "KPOLICY_NO_WATCH", value_parser = clap::builder::BoolishValueParser::new())]
    no_watch: bool,
}

/// What is seen of the cluster, when the server may say that it is ready, and who is told of new judges.
pub(super) type Sight = (Arc<dyn Cluster>, Arc<dyn Readiness>, Box<dyn Follower>);

/// How long a new judge waits until what it needs is known.
const PATIENCE: Duration = Duration::from_secs(10);

impl Follower for Arc<Watches> {
    fn prepare(&self, judge: &Judge) -> Prepared {
        let watches = Self::clone(self);
        watches.want(&Wanted::by(judge));
        Box::pin(async move {
            if timeout(PATIENCE, watches.settled()).await.is_err() {
                tracing::warn!("new policies take office before all that they look at is known");
            }
        })
    }

    fn settle(&self, judge: &Judge) {
        self.want_only(&Wanted::by(judge));
    }
}

/// Ready when both are.
struct Both(Arc<Watches>, Arc<Listed>);

impl Readiness for Both {
    fn missing(&self) -> Option<String> {
        let missing: Vec<_> = [self.0.missing(), self.1.missing()]
            .into_iter()
            .flatten()
            .collect();
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

/// What the kubelet sets in each container.
const IN_CLUSTER: &str = "KUBERNETES_SERVICE_HOST";

impl ClusterArguments {
    /// Begins to watch the cluster, if there is one to watch.
    pub(super) async fn begin(
        &self,
        judge: &Judge,
        metrics: &Metrics,
        ends: Ends,
    ) -> anyhow::Result<Sight> {
        let Some(access) = self.access() else {
            return Ok((Arc::new(Arc::new(NoCluster)), Arc::new(()), Box::new(())));
        };
        let client = connect(&access).await?;
        let wanted = Wanted::by(judge);
        let Ends {
            events,
            outcomes,
            listed,
        } = ends;
        OwnResources::begin(&client, &events, outcomes, input::now, metrics);
        let watches = Arc::new(Watches::begin(client, &wanted, metrics.clone()));
        let readiness = Arc::new(Both(watches.clone(), listed));
        Ok((watches.clone(), readiness, Box::new(watches)))
    }

    /// Whether there is a cluster to watch.
    pub(super) fn watches(&self) -> bool {
        let in_cluster = !self.no_watch && std::env::var_os(IN_CLUSTER).is_some();
        self.kubeconfig.is_some() || in_cluster
    }

    fn access(&self) -> Option<Access> {
        if let Some(file) = &self.kubeconfig {
            return Some(Access::Kubeconfig {
                file: file.clone(),
                context: self.context.clone(),
            });
        }
        if self.no_watch {
            tracing::info!("no cluster is watched, as --no-watch says");
            return None;
        }
        if std::env::var_os(IN_CLUSTER).is_some() {
            return Some(Access::InCluster);
        }
        tracing::warn!(
            "no cluster is watched: this is no pod, and --kubeconfig is not set; what policies ask of other objects \
             and of namespaces is not judged"
        );
        None
    }
}
