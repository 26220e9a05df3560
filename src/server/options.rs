//! What can be set about a server.

use std::net::SocketAddr;
use std::time::Duration;

use super::{CertificateFiles, Drain};

/// Everything that a server needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where reviews are answered, over TLS. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where health, readiness and metrics are answered, without TLS.
    pub metrics_listen: SocketAddr,
    /// The certificate that is served.
    pub certificate: CertificateFiles,
    /// How often the certificate files are looked at.
    pub certificate_interval: Duration,
    /// How much is accepted at once.
    pub limits: Limits,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// How the server stops.
    pub drain: Drain,
}

/// How much is accepted at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest review that is judged, in bytes. A larger one is answered without being judged.
    ///
    /// An object of 2.9 MiB can arrive as a review of 18 MB, because Go escapes `<`, `>` and `&`; an UPDATE carries two.
    pub body: usize,
    /// How many bytes of reviews may be in memory at once. What goes beyond is sent away with 429 to come again.
    pub in_flight: usize,
    /// How many connections may be open.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            in_flight: 96 << 20,
            connections: 4096,
        }
    }
}

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request to the end of its head.
    pub header: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// How long a connection may stay unused.
    pub idle: Duration,
    /// The webhook timeout that holds where a request names none.
    pub webhook: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            header: Duration::from_secs(5),
            body: Duration::from_secs(10),
            idle: Duration::from_mins(5),
            webhook: Duration::from_secs(3),
        }
    }
}
