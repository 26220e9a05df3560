//! What is counted of the policies in office: where they come from, and how changes of them fare.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabel {
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Counts what becomes of policies, Config and exceptions. All clones count together.
#[derive(Clone, Debug)]
pub struct OfficeMeter {
    loads: Counter,
    errors: Family<SourceLabel, Counter>,
    files_current: Gauge,
    resources: Family<StateLabels, Gauge>,
    status_writes: Family<OutcomeLabel, Counter>,
}

impl Default for OfficeMeter {
    fn default() -> Self {
        let meter = Self {
            loads: Counter::default(),
            errors: Family::default(),
            files_current: Gauge::default(),
            resources: Family::default(),
            status_writes: Family::default(),
        };
        // What is alerted on is there from the start.
        for source in ["files", "resources"] {
            drop(meter.errors.get_or_create(&SourceLabel { source }));
        }
        meter.files_current.set(1);
        meter
    }
}

impl OfficeMeter {
    pub(super) fn register(&self, all: &mut Registry) {
        all.register(
            "policy_loads",
            "Judges taken into office: at the start, for a new day, and when files or resources changed",
            self.loads.clone(),
        );
        all.register(
            "policy_reload_errors",
            "Changes that were not taken: files that are wrong, and versions of resources that are not in force",
            self.errors.clone(),
        );
        all.register(
            "policy_files_current",
            "1 while the files in office are the newest, 0 while the newest cannot be used",
            self.files_current.clone(),
        );
        all.register(
            "policy_resources",
            "Policies and exceptions of the cluster, by what became of them",
            self.resources.clone(),
        );
        all.register(
            "policy_status_writes",
            "Statuses of policies and exceptions that were to be written, by what came of it",
            self.status_writes.clone(),
        );
    }

    /// Counts a judge that is in office now.
    pub fn loaded(&self) {
        self.loads.inc();
    }

    /// Counts a change that was not taken, of `files` or `resources`.
    pub fn failed(&self, source: &'static str) {
        self.errors.get_or_create(&SourceLabel { source }).inc();
    }

    /// Whether the files in office are the newest.
    pub fn files_current(&self, current: bool) {
        self.files_current.set(i64::from(current));
    }

    /// How many resources of a kind are in a state.
    pub fn resources(&self, kind: &'static str, state: &'static str, count: usize) {
        let gauge = self.resources.get_or_create(&StateLabels { kind, state });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts a status: `written`, `conflict`, `refused` or `failed`.
    pub fn status(&self, outcome: &'static str) {
        let counter = self.status_writes.get_or_create(&OutcomeLabel { outcome });
        counter.inc();
    }
}
