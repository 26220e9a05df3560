//! The judge in office: read by every request, replaced as a whole.

use std::sync::{Arc, PoisonError, RwLock};

use crate::judge::Judge;
use crate::office::Gate;

use super::view::{Cluster, NoCluster};

/// The judge that answers requests now. A request keeps the one it began with.
#[derive(Debug)]
pub struct Judges {
    current: RwLock<Arc<Judge>>,
    /// What policies and exceptions that are applied are held against; `None` where they are not looked at.
    gate: RwLock<Option<Arc<Gate>>>,
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
            gate: RwLock::default(),
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

    /// What policies and exceptions that are applied to the cluster are held against.
    pub(super) fn gate(&self) -> Option<Arc<Gate>> {
        self.gate
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on policies and exceptions that are applied to the cluster are held against this.
    pub fn open_gate(&self, gate: Gate) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(gate));
    }
}
