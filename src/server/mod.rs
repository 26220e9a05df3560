//! The admission webhook: TLS, HTTP, reviews in and out, limits, metrics, an end without losses.
//!
//! This module owns the wire: what comes from the API server and what it is told. It must not decide anything about
//! an object, which is `judge`'s, nor read policies. It is the only module that names axum, hyper, rustls and tokio.
//!
//! Two promises shape it. A review that carries a uid is answered with a review under that uid, whatever its content
//! does: a failed call would be a way around every policy. And what the server cannot judge is decided by failure
//! policy, said with a reason, never by a hang.
//!
//! Start reading at [`Server`], then `handler.rs`.

mod answer;
mod body;
mod certificates;
mod connection;
mod deadline;
mod expiry;
mod handler;
mod judges;
mod learn;
mod listener;
pub mod logs;
mod metrics;
mod options;
mod own_kinds;
mod record;
mod review;
mod router;
mod run;
mod scan;
mod shutdown;
mod tls;
mod undecided;
mod view;

pub use certificates::{CertificateError, CertificateFiles, Certificates, Refresh};
pub use deadline::parse_duration;
pub use judges::Judges;
pub use metrics::{Metrics, OfficeMeter, WatchLabels, WatchMeter};
pub use options::{Limits, Options, Timeouts};
pub use router::{Readiness, admission};
pub use run::{Server, StartError};
pub use scan::{Scanned, Scanner};
pub use shutdown::{Drain, Phase, Shutdown};
pub use view::{Cluster, ClusterView, LookUp, Missing, NoCluster};
