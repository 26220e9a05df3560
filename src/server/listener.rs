//! Accepting connections: a cap on how many, a limit on how long a handshake may take.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

use super::connection;
use super::metrics::Metrics;
use super::options::Timeouts;
use super::shutdown::{Life, Phase};

/// How long to wait after a failed `accept`, which mostly means that no file descriptor is left.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// A port that answers requests.
pub(super) struct Port {
    pub(super) listener: TcpListener,
    /// `None` for plain HTTP.
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) router: Router,
    pub(super) timeouts: Timeouts,
    pub(super) connections: usize,
    pub(super) life: Life,
    /// `None` for a port whose connections are not counted.
    pub(super) metrics: Option<Metrics>,
    /// The phase in which it stops accepting.
    pub(super) until: Phase,
    /// Dropped by each connection when it ends: once all are gone, the receiver knows.
    pub(super) open: mpsc::Sender<()>,
}

impl Port {
    /// Accepts until the phase to stop has come. Connections live on in tasks of their own.
    pub(super) async fn accept(self) {
        let slots = Arc::new(Semaphore::new(
            self.connections.clamp(1, Semaphore::MAX_PERMITS),
        ));
        let stop = self.life.reached(self.until);
        tokio::pin!(stop);
        loop {
            // At the cap, clients wait in the backlog: a slot comes free as soon as a slow client is cut.
            let slot = tokio::select! {
                () = stop.as_mut() => return,
                slot = Arc::clone(&slots).acquire_owned() => slot,
            };
            let accepted = tokio::select! {
                () = stop.as_mut() => return,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(AFTER_ERROR).await;
                    continue;
                }
            };
            let connection = self.connection(stream);
            let open = self.open.clone();
            tokio::spawn(async move {
                connection.await;
                drop((slot, open));
            });
        }
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + 'static {
        let counted = self.metrics.as_ref().map(Metrics::connection);
        let metrics = self.metrics.clone();
        let (tls, router, timeouts, life) = (
            self.tls.clone(),
            self.router.clone(),
            self.timeouts,
            self.life.clone(),
        );
        async move {
            // Answers are small and whole: waiting to fill a packet would only delay them.
            let _ = stream.set_nodelay(true);
            match tls {
                None => connection::serve(stream, router, timeouts, life).await,
                Some(tls) => {
                    match tokio::time::timeout(timeouts.handshake, tls.accept(stream)).await {
                        Ok(Ok(stream)) => connection::serve(stream, router, timeouts, life).await,
                        failed => {
                            let why = failed.map_or_else(
                                |late| late.to_string(),
                                |result| {
                                    result
                                        .err()
                                        .map(|error| error.to_string())
                                        .unwrap_or_default()
                                },
                            );
                            tracing::debug!(why, "a TLS handshake failed");
                            if let Some(metrics) = metrics {
                                metrics.handshake_failed();
                            }
                        }
                    }
                }
            }
            drop(counted);
        }
    }
}
