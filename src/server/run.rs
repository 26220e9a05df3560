//! Starting a server, and stopping it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::listener::Port;
use super::shutdown::{Life, Phase};
use super::{CertificateError, Certificates, Metrics, Options, Readiness, Shutdown, router, tls};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The certificate cannot be served.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A port is taken, or may not be used.
    #[error("cannot listen on `{address}`: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    metrics_address: SocketAddr,
    shutdown: Shutdown,
    life: Life,
    certificates: Arc<Certificates>,
    end: JoinHandle<()>,
}

impl Server {
    /// Opens both ports and answers on them: reviews over TLS by `admission`, health and metrics in plain.
    ///
    /// Returns once connections are accepted. Needs a tokio runtime.
    pub async fn start(
        options: Options,
        metrics: Metrics,
        admission: Router,
    ) -> Result<Self, StartError> {
        Self::start_when(options, metrics, admission, Arc::new(())).await
    }

    /// As [`start`](Self::start), but `/readyz` fails until nothing is missing.
    pub async fn start_when(
        options: Options,
        metrics: Metrics,
        admission: Router,
        readiness: Arc<dyn Readiness>,
    ) -> Result<Self, StartError> {
        let life = Life::new();
        let certificates = Arc::new(Certificates::load(
            options.certificate.clone(),
            metrics.clone(),
        )?);
        let acceptor = tls::acceptor(Arc::clone(&certificates))?;
        let (listener, address) = bind(options.listen).await?;
        let (plain, metrics_address) = bind(options.metrics_listen).await?;
        let (open, closed) = mpsc::channel(1);
        let (plain_open, _) = mpsc::channel(1);
        let admission = Port {
            listener,
            tls: Some(acceptor),
            router: admission,
            timeouts: options.timeouts,
            connections: options.limits.connections,
            life: life.clone(),
            metrics: Some(metrics.clone()),
            until: Phase::Draining,
            open,
        };
        let plain = Port {
            listener: plain,
            tls: None,
            router: router::plain(metrics, life.clone(), readiness),
            timeouts: options.timeouts,
            connections: PLAIN_CONNECTIONS,
            life: life.clone(),
            metrics: None,
            until: Phase::Gone,
            open: plain_open,
        };
        tokio::spawn(admission.accept());
        tokio::spawn(plain.accept());
        let watch = tokio::spawn(Arc::clone(&certificates).watch(options.certificate_interval));
        life.enter(Phase::Serving);
        tracing::info!(%address, %metrics_address, "listening");
        let shutdown = Shutdown::new();
        let end = tokio::spawn({
            let (life, shutdown) = (life.clone(), shutdown.clone());
            async move {
                shutdown.asked().await;
                drain(&life, options.drain, closed).await;
                watch.abort();
            }
        });
        Ok(Self {
            address,
            metrics_address,
            shutdown,
            life,
            certificates,
            end,
        })
    }

    /// Where reviews are answered; with the port that was taken where port 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are answered.
    pub const fn metrics_address(&self) -> SocketAddr {
        self.metrics_address
    }

    /// The served certificate.
    pub const fn certificates(&self) -> &Arc<Certificates> {
        &self.certificates
    }

    /// The way to stop it.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Returns once the server is in this phase or a later one.
    pub async fn reached(&self, phase: Phase) {
        self.life.reached(phase).await;
    }

    /// Returns once the server has stopped, drain included.
    pub async fn finished(self) {
        // A panic while draining leaves nothing to wait for either.
        let _ = self.end.await;
    }
}

/// Probes and scrapers are few; they must get through when the admission port is full.
const PLAIN_CONNECTIONS: usize = 256;

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn drain(life: &Life, times: super::Drain, mut closed: mpsc::Receiver<()>) {
    tracing::info!(
        lame_duck_s = times.lame_duck.as_secs_f64(),
        "stopping: not ready, still answering"
    );
    life.enter(Phase::LameDuck);
    tokio::time::sleep(times.lame_duck).await;
    life.enter(Phase::Draining);
    // Every task that serves a connection holds a sender; nobody sends. `recv` returns once all are gone.
    if timeout(times.linger, closed.recv()).await.is_err() {
        life.enter(Phase::Closing);
        if timeout(times.finish, closed.recv()).await.is_err() {
            tracing::warn!("stopped with requests still under way");
        }
    }
    life.enter(Phase::Gone);
    tracing::info!("stopped");
}
