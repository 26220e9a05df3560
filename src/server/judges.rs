//! The judge in office: read by every request, replaced as a whole.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::config::Date;
use crate::judge::Judge;

use super::Metrics;
use super::view::{Cluster, NoCluster};

/// The judge that answers requests now. A request keeps the one it began with.
#[derive(Debug)]
pub struct Judges {
    current: RwLock<Arc<Judge>>,
    cluster: Arc<dyn Cluster>,
}

impl Judges {
    /// This judge is in office, and knows nothing of the cluster.
    pub fn new(judge: Judge) -> Self {
        Self::with_cluster(judge, Arc::new(Arc::new(NoCluster)))
    }

    /// This judge is in office, and follows `cluster`.
    pub fn with_cluster(judge: Judge, cluster: Arc<dyn Cluster>) -> Self {
        Self {
            current: RwLock::new(Arc::new(judge)),
            cluster,
        }
    }

    /// The cluster.
    pub fn cluster(&self) -> &dyn Cluster {
        &*self.cluster
    }

    /// The judge in office.
    pub fn current(&self) -> Arc<Judge> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another judge in office; requests under way finish with the old one.
    pub fn replace(&self, judge: Judge) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(judge);
    }
}

/// Makes a judge for a day. Exceptions end with their day, so a server that runs for weeks needs a new judge each day.
pub trait Appoint: Send + Sync + 'static {
    /// The UTC day it is.
    fn today(&self) -> Date;

    /// The judge of this day; says why there is none.
    fn judge(&self, today: Date) -> Result<Judge, String>;
}

/// Keeps the judge in step with the calendar, for ever; `day` is the day of the judge in office.
pub async fn follow_calendar(
    judges: Arc<Judges>,
    appoint: Arc<dyn Appoint>,
    mut day: Date,
    metrics: Metrics,
) {
    loop {
        tokio::time::sleep(CALENDAR).await;
        let today = appoint.today();
        if today == day {
            continue;
        }
        match appoint.judge(today) {
            Ok(judge) => {
                metrics.policies(judge.policies().count());
                judges.replace(judge);
                day = today;
                tracing::info!(
                    year = day.year,
                    month = day.month,
                    day = day.day,
                    "a new day: exceptions checked"
                );
            }
            Err(reason) => tracing::error!(
                reason,
                "cannot renew the judge for the new day; the old one stays"
            ),
        }
    }
}

/// How often the calendar is looked at: an exception may hold this long after its last day.
const CALENDAR: Duration = Duration::from_secs(15);
