//! Which cluster a judge is for.

use crate::config::Cluster;

/// The cluster that a judge is for, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtCluster<'c> {
    /// Its name in Config; `None` for none of the clusters there.
    pub name: Option<&'c str>,
    /// The minor version of Kubernetes that its API server says it runs; `None` where nobody asked.
    pub minor: Option<u32>,
}

impl<'c> From<Option<&'c str>> for AtCluster<'c> {
    fn from(name: Option<&'c str>) -> Self {
        Self { name, minor: None }
    }
}

impl AtCluster<'_> {
    /// The minor version that counts: what Config says of the cluster, otherwise what its API server says.
    pub(super) fn minor(self, known: Option<&Cluster>) -> Option<u32> {
        let configured = known.and_then(|cluster| cluster.kubernetes_version);
        configured.map_or(self.minor, |(_, minor)| Some(minor))
    }
}
