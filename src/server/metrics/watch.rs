//! What the watches of the cluster do: a meter for each, read when Prometheus comes.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use tokio::time::Instant;

/// What a watch is about; all of it comes from policies and Config, none from an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct WatchLabels {
    /// The kind with its group, such as `NetworkPolicy.networking.k8s.io`.
    pub kind: String,
    /// `objects`, `owners` where only metadata is watched, or `resources`: policies and exceptions.
    pub holds: &'static str,
    /// The place where it watches; empty for the whole cluster.
    pub within: String,
}

/// What one watch does. It is shown as long as it exists.
#[derive(Debug)]
pub struct WatchMeter {
    labels: WatchLabels,
    began: Instant,
    /// Milliseconds from the beginning to the last contact.
    contact: AtomicU64,
    objects: AtomicU64,
    restarts: AtomicU64,
    known: AtomicBool,
}

impl WatchMeter {
    fn new(labels: WatchLabels) -> Self {
        Self {
            labels,
            began: Instant::now(),
            contact: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            known: AtomicBool::new(false),
        }
    }

    /// The API server has sent something: an answer, an event, a bookmark.
    pub fn contact(&self) {
        let millis = self.began.elapsed().as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.contact.store(millis, Ordering::Relaxed);
    }

    /// So many objects are held.
    pub fn objects(&self, count: usize) {
        self.objects.store(count as u64, Ordering::Relaxed);
    }

    /// The watch broke and begins again.
    pub fn restarted(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it is known what there is.
    pub fn known(&self, known: bool) {
        self.known.store(known, Ordering::Relaxed);
    }

    fn silence(&self) -> f64 {
        let contact = self.contact.load(Ordering::Relaxed) as f64 / 1000.0;
        (self.began.elapsed().as_secs_f64() - contact).max(0.0)
    }
}

/// The meters of all watches.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches(Arc<Mutex<Vec<Weak<WatchMeter>>>>);

impl Watches {
    pub(super) fn add(&self, labels: WatchLabels) -> Arc<WatchMeter> {
        let meter = Arc::new(WatchMeter::new(labels));
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|meter| meter.strong_count() > 0);
        meters.push(Arc::downgrade(&meter));
        meter
    }

    fn all(&self) -> Vec<Arc<WatchMeter>> {
        let meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        meters.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Collector for Watches {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let meters = self.all();
        let mut gauge = |name: &str, help: &str, of: &dyn Fn(&WatchMeter) -> i64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for meter in &meters {
                ConstGauge::new(of(meter)).encode(family.encode_family(&meter.labels)?)?;
            }
            Ok::<_, fmt::Error>(())
        };
        let help = "Objects held of a watched kind";
        gauge("watch_objects", help, &|meter| {
            i64::try_from(meter.objects.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
        })?;
        let help = "1 where it is known which objects of the kind there are, 0 where it is not";
        gauge("watch_known", help, &|meter| {
            i64::from(meter.known.load(Ordering::Relaxed))
        })?;
        let help = "Time since the API server last sent anything into a watch, bookmarks included";
        let unit = Some(&Unit::Seconds);
        let mut family =
            encoder.encode_descriptor("watch_silence", help, unit, MetricType::Gauge)?;
        for meter in &meters {
            ConstGauge::new(meter.silence()).encode(family.encode_family(&meter.labels)?)?;
        }
        let help = "Watches that broke and began again";
        let mut family =
            encoder.encode_descriptor("watch_restarts", help, None, MetricType::Counter)?;
        for meter in &meters {
            let restarts = ConstCounter::new(meter.restarts.load(Ordering::Relaxed));
            restarts.encode(family.encode_family(&meter.labels)?)?;
        }
        Ok(())
    }
}
