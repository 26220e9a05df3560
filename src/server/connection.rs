//! One connection: who may keep it open, and for how long.
//!
//! hyper's own header timeout also cuts idle keep-alive connections, which the API server holds on purpose and reuses.
//! So the clock here tells a connection that waits for its next request from one that dawdles over a request's head.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tower::ServiceExt;

use super::options::Timeouts;
use super::shutdown::{Life, Phase};

/// Larger heads are refused with 431. The API server's are about 300 bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Serves requests on a connection until it ends, dawdles, stays idle for too long, or the server stops.
pub(super) async fn serve<S>(stream: S, router: Router, timeouts: Timeouts, life: Life)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let clock = Arc::new(Clock::new());
    let service = service_fn({
        let clock = Arc::clone(&clock);
        let life = life.clone();
        move |request: Request<Incoming>| {
            let busy = Busy::begin(&clock);
            let router = router.clone();
            let life = life.clone();
            async move {
                let mut response: Response<Body> = match router.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                if life.phase() >= Phase::LameDuck {
                    response
                        .headers_mut()
                        .insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                drop(busy);
                Ok::<_, std::convert::Infallible>(response)
            }
        }
    });
    let io = TokioIo::new(Watched {
        stream,
        clock: Arc::clone(&clock),
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);
    tokio::pin!(connection);
    let closing = life.reached(Phase::Closing);
    tokio::pin!(closing);
    let mut retired = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = closing.as_mut(), if !retired => {
                retired = true;
                connection.as_mut().graceful_shutdown();
            }
            () = life.reached(Phase::Gone) => return,
            () = tokio::time::sleep(look_interval(&timeouts)) => {
                match clock.verdict(&timeouts) {
                    Pace::Fine => {}
                    Pace::Idle if retired => return,
                    Pace::Idle => {
                        retired = true;
                        connection.as_mut().graceful_shutdown();
                    }
                    Pace::Dawdling => {
                        tracing::debug!("a connection took too long over the head of a request");
                        return;
                    }
                }
            }
        }
    }
}

/// How a connection is doing.
#[derive(Debug, PartialEq, Eq)]
enum Pace {
    Fine,
    /// Nothing was asked for too long.
    Idle,
    /// A head was begun and is not finished.
    Dawdling,
}

const WAITING: u8 = 0;
const READING_HEAD: u8 = 1;
const ANSWERING: u8 = 2;

/// Since when a connection is doing what. Written by its reader and its service, read by its watcher; they run in one
/// task, so no ordering between the two numbers is needed.
#[derive(Debug)]
struct Clock {
    begin: Instant,
    doing: AtomicU8,
    /// Milliseconds after `begin`.
    since: AtomicU64,
}

impl Clock {
    fn new() -> Self {
        Self {
            begin: Instant::now(),
            doing: AtomicU8::new(WAITING),
            since: AtomicU64::new(0),
        }
    }

    fn enter(&self, doing: u8) {
        self.since
            .store(self.begin.elapsed().as_millis() as u64, Ordering::Relaxed);
        self.doing.store(doing, Ordering::Relaxed);
    }

    fn bytes_came(&self) {
        if self.doing.load(Ordering::Relaxed) == WAITING {
            self.enter(READING_HEAD);
        }
    }

    fn verdict(&self, timeouts: &Timeouts) -> Pace {
        let spent = self
            .begin
            .elapsed()
            .saturating_sub(Duration::from_millis(self.since.load(Ordering::Relaxed)));
        match self.doing.load(Ordering::Relaxed) {
            WAITING if spent >= timeouts.idle => Pace::Idle,
            READING_HEAD if spent >= timeouts.header => Pace::Dawdling,
            _ => Pace::Fine,
        }
    }
}

/// How long until a verdict may have changed: often enough to notice a head that dawdles.
fn look_interval(timeouts: &Timeouts) -> Duration {
    timeouts
        .idle
        .min(timeouts.header / 2)
        .max(Duration::from_millis(5))
}

/// A request is being answered until this is dropped.
struct Busy(Arc<Clock>);

impl Busy {
    fn begin(clock: &Arc<Clock>) -> Self {
        clock.enter(ANSWERING);
        Self(Arc::clone(clock))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.enter(WAITING);
    }
}

/// A stream that tells the clock when bytes come.
struct Watched<S> {
    stream: S,
    clock: Arc<Clock>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.clock.bytes_came();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
