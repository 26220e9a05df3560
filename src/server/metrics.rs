//! What the server counts, for Prometheus. Every label has a bounded set of values: none comes from an object.

mod office;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use office::OfficeMeter;
pub use watch::{WatchLabels, WatchMeter};

/// Upper bounds of the duration histogram, in seconds: from 50 µs to the longest timeout a webhook can have.
const DURATIONS: [f64; 17] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 3.0, 10.0, 30.0,
];

/// How many bytes of reviews are in flight, how many requests were answered how, and how the certificate fares.
///
/// Cheap to clone; all clones count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    operation: &'static str,
    decision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabel {
    path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyLabel {
    policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExceptedLabels {
    policy: String,
    exception: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    policy: String,
    enforcement: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookUpLabels {
    what: &'static str,
    outcome: &'static str,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<PathLabel, Histogram, fn() -> Histogram>,
    bytes: Counter,
    in_flight: Gauge,
    in_flight_bytes: Gauge,
    shed: Family<ReasonLabel, Counter>,
    panics: Counter,
    deadlines: Counter,
    decisions: Family<DecisionLabels, Counter>,
    excepted: Family<ExceptedLabels, Counter>,
    not_judged: Family<PolicyLabel, Counter>,
    policy_errors: Counter,
    policies: Gauge,
    connections: Gauge,
    handshake_errors: Counter,
    certificate_expiry: Gauge,
    certificate_current: Gauge,
    certificate_errors: Counter,
    certificate_loads: Counter,
    office: OfficeMeter,
    watches: watch::Watches,
    look_ups: Family<LookUpLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics that have counted nothing yet.
    pub fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("kpolicy"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            bytes: Counter::default(),
            in_flight: Gauge::default(),
            in_flight_bytes: Gauge::default(),
            shed: Family::default(),
            panics: Counter::default(),
            deadlines: Counter::default(),
            decisions: Family::default(),
            excepted: Family::default(),
            not_judged: Family::default(),
            policy_errors: Counter::default(),
            policies: Gauge::default(),
            connections: Gauge::default(),
            handshake_errors: Counter::default(),
            certificate_expiry: Gauge::default(),
            certificate_current: Gauge::default(),
            certificate_errors: Counter::default(),
            certificate_loads: Counter::default(),
            office: OfficeMeter::default(),
            watches: watch::Watches::default(),
            look_ups: Family::default(),
        };
        let all = &mut inner.registry;
        all.register(
            "build",
            "The running build",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        all.register(
            "admission_requests",
            "Answered requests, by path, operation and decision",
            inner.requests.clone(),
        );
        all.register_with_unit(
            "admission_duration",
            "Time from the end of a request's head to its answer",
            Unit::Seconds,
            inner.durations.clone(),
        );
        all.register_with_unit(
            "admission_read",
            "Bytes of review bodies read",
            Unit::Bytes,
            inner.bytes.clone(),
        );
        all.register(
            "admission_in_flight",
            "Requests being answered",
            inner.in_flight.clone(),
        );
        all.register_with_unit(
            "admission_in_flight",
            "Bytes reserved for the bodies of requests being answered",
            Unit::Bytes,
            inner.in_flight_bytes.clone(),
        );
        all.register(
            "admission_shed",
            "Requests sent away to be retried, by reason",
            inner.shed.clone(),
        );
        all.register(
            "admission_panics",
            "Panics caught while judging; each was answered",
            inner.panics.clone(),
        );
        all.register(
            "admission_deadlines",
            "Judgements stopped because the API server would no longer wait",
            inner.deadlines.clone(),
        );
        all.register(
            "decisions",
            "Violations, by policy and enforcement",
            inner.decisions.clone(),
        );
        all.register(
            "excepted",
            "Violations lifted by an exception",
            inner.excepted.clone(),
        );
        all.register(
            "not_judged",
            "Validations that could not be decided, by policy",
            inner.not_judged.clone(),
        );
        all.register(
            "policy_errors",
            "Evaluation errors that a failure policy ignored",
            inner.policy_errors.clone(),
        );
        all.register("policies", "Policies that run", inner.policies.clone());
        all.register(
            "connections",
            "Open connections of the admission port",
            inner.connections.clone(),
        );
        all.register(
            "tls_handshake_errors",
            "TLS handshakes that failed or timed out",
            inner.handshake_errors.clone(),
        );
        all.register(
            "certificate_expiry_timestamp",
            "Unix time at which the served certificate ends",
            inner.certificate_expiry.clone(),
        );
        all.register(
            "certificate_current",
            "1 while the served certificate is the one in the files, 0 while the files cannot be used",
            inner.certificate_current.clone(),
        );
        all.register(
            "certificate_loads",
            "Certificates taken into service",
            inner.certificate_loads.clone(),
        );
        all.register(
            "certificate_reload_errors",
            "Changed certificate files that could not be used",
            inner.certificate_errors.clone(),
        );
        inner.office.register(all);
        all.register(
            "look_ups",
            "Objects asked for because no watch had shown them yet, by outcome",
            inner.look_ups.clone(),
        );
        all.register_collector(Box::new(inner.watches.clone()));
        Self(Arc::new(inner))
    }

    /// What is counted of the policies in office.
    pub fn office(&self) -> &OfficeMeter {
        &self.0.office
    }

    /// The text that Prometheus scrapes, in `OpenMetrics` format.
    pub fn expose(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// A meter for a watch of the cluster.
    pub fn watch(&self, labels: WatchLabels) -> Arc<WatchMeter> {
        self.0.watches.add(labels)
    }

    /// Counts an object that was asked for: `namespace` or `owner`, and what came of it.
    pub fn looked_up(&self, what: &'static str, outcome: &'static str) {
        let labels = LookUpLabels { what, outcome };
        self.0.look_ups.get_or_create(&labels).inc();
    }

    /// Counts an answered request.
    pub(super) fn answered(
        &self,
        path: &'static str,
        operation: &'static str,
        decision: &'static str,
        took: Duration,
    ) {
        self.0
            .requests
            .get_or_create(&RequestLabels {
                path,
                operation,
                decision,
            })
            .inc();
        self.0
            .durations
            .get_or_create(&PathLabel { path })
            .observe(took.as_secs_f64());
    }

    pub(super) fn read(&self, bytes: usize) {
        self.0.bytes.inc_by(bytes as u64);
    }

    /// Counts a request as being answered until the guard is dropped.
    pub(super) fn in_flight(&self) -> Guard {
        Guard::add(&self.0.in_flight, 1)
    }

    /// Counts reserved bytes until the guard is dropped.
    pub(super) fn reserved(&self, bytes: usize) -> Guard {
        Guard::add(
            &self.0.in_flight_bytes,
            i64::try_from(bytes).unwrap_or(i64::MAX),
        )
    }

    /// Counts a connection as open until the guard is dropped.
    pub(super) fn connection(&self) -> Guard {
        Guard::add(&self.0.connections, 1)
    }

    pub(super) fn shed(&self, reason: &'static str) {
        self.0.shed.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(super) fn panicked(&self) {
        self.0.panics.inc();
    }

    pub(super) fn stopped_at_deadline(&self) {
        self.0.deadlines.inc();
    }

    pub(super) fn decided(&self, policy: &str, enforcement: &'static str) {
        self.0
            .decisions
            .get_or_create(&DecisionLabels {
                policy: policy.to_owned(),
                enforcement,
            })
            .inc();
    }

    pub(super) fn excepted(&self, policy: &str, exception: &str) {
        let labels = ExceptedLabels {
            policy: policy.to_owned(),
            exception: exception.to_owned(),
        };
        self.0.excepted.get_or_create(&labels).inc();
    }

    pub(super) fn not_judged(&self, policy: &str) {
        self.0
            .not_judged
            .get_or_create(&PolicyLabel {
                policy: policy.to_owned(),
            })
            .inc();
    }

    pub(super) fn policy_errors(&self, count: usize) {
        self.0.policy_errors.inc_by(count as u64);
    }

    /// How many policies run.
    pub fn policies(&self, count: usize) {
        self.0
            .policies
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(super) fn handshake_failed(&self) {
        self.0.handshake_errors.inc();
    }

    /// Records a look at changed certificate files: the new end (Unix seconds), and whether they could be used.
    pub(super) fn certificate(&self, expires: Option<i64>, usable: bool) {
        self.0.certificate_current.set(i64::from(usable));
        if usable {
            self.0.certificate_loads.inc();
            self.0.certificate_expiry.set(expires.unwrap_or(0));
        } else {
            self.0.certificate_errors.inc();
        }
    }
}

/// Takes back what it added to a gauge.
#[derive(Debug)]
pub(super) struct Guard {
    gauge: Gauge,
    amount: i64,
}

impl Guard {
    fn add(gauge: &Gauge, amount: i64) -> Self {
        gauge.inc_by(amount);
        Self {
            gauge: gauge.clone(),
            amount,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.gauge.dec_by(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_shows_what_was_counted() {
        let metrics = Metrics::new();
        metrics.answered("validate", "CREATE", "deny", Duration::from_micros(70));
        metrics.decided("acr-only", "deny");
        metrics.certificate(Some(1_930_348_800), true);
        let guard = metrics.in_flight();
        let text = metrics.expose();
        for line in [
            "kpolicy_admission_requests_total{path=\"validate\",operation=\"CREATE\",decision=\"deny\"} 1",
            "kpolicy_admission_duration_seconds_bucket{le=\"0.00005\",path=\"validate\"} 0",
            "kpolicy_admission_duration_seconds_bucket{le=\"0.0001\",path=\"validate\"} 1",
            "kpolicy_decisions_total{policy=\"acr-only\",enforcement=\"deny\"} 1",
            "kpolicy_certificate_expiry_timestamp 1930348800",
            "kpolicy_admission_in_flight 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is missing in\n{text}"
            );
        }
        drop(guard);
        assert!(metrics.expose().contains("kpolicy_admission_in_flight 0"));
    }
}
