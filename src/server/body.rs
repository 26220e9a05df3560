//! Reading the body of a request within limits of size, of time, and of what is in memory at once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use super::metrics::{Guard, Metrics};
use super::scan::{Scanned, Scanner};

/// One permit of the budget stands for this many bytes; also the least that a request is charged.
const UNIT: usize = 4096;
/// What a body is charged before it comes, at most: an announcement is no body yet.
const UPFRONT: usize = 64 * 1024;
/// A body that is larger than what is judged is still read to its end, so that the client gets to read the answer;
/// up to this many times the limit.
const DRAIN_FACTOR: usize = 8;

/// How many bytes of bodies may be in memory at once.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    units: Arc<Semaphore>,
    largest: usize,
    metrics: Metrics,
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    permit: OwnedSemaphorePermit,
    counted: Vec<Guard>,
}

/// What became of a body.
#[derive(Debug)]
pub(super) enum Read {
    /// It is here, whole.
    Whole(Bytes, Share),
    /// It is larger than the limit; this is what its bytes say it is about.
    TooLarge(Box<Scanned>),
}

/// Why a body could not be read. None of these is caused by what the body says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// Too much is in flight: the client shall come again.
    Full,
    /// The client took too long.
    Slow,
    /// The client went away, or broke HTTP.
    Broken,
}

impl Budget {
    /// A budget of `bytes`, for bodies of at most `largest` bytes. One body of that size always fits.
    pub(super) fn new(bytes: usize, largest: usize, metrics: Metrics) -> Self {
        let units = bytes
            .max(largest)
            .div_ceil(UNIT)
            .min(Semaphore::MAX_PERMITS);
        Self {
            units: Arc::new(Semaphore::new(units)),
            largest,
            metrics,
        }
    }

    fn take(&self, bytes: usize) -> Result<Share, ReadError> {
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX);
        match Arc::clone(&self.units).try_acquire_many_owned(units) {
            Ok(permit) => Ok(Share {
                permit,
                counted: vec![self.metrics.reserved(units as usize * UNIT)],
            }),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => Err(ReadError::Full),
        }
    }

    /// Reads a body, charged as it comes: what is only announced costs nobody else anything.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        timeout: Duration,
    ) -> Result<Read, ReadError> {
        match tokio::time::timeout(timeout, self.read_all(announced(headers, &body), body)).await {
            Ok(result) => result,
            Err(_) => Err(ReadError::Slow),
        }
    }

    async fn read_all(&self, announced: usize, mut body: Body) -> Result<Read, ReadError> {
        if announced > self.largest {
            return self.drain(Scanner::new(), 0, body).await;
        }
        let mut room = announced.clamp(UNIT, UPFRONT);
        let mut share = match self.take(room) {
            Ok(share) => share,
            Err(full) => return self.refuse(full, 0, body).await,
        };
        let mut first = Bytes::new();
        let mut whole: Vec<u8> = Vec::new();
        let mut size = 0;
        while let Some(data) = next(&mut body).await? {
            size += data.len();
            if size > self.largest {
                let mut scanner = Scanner::new();
                scanner.feed(&first);
                scanner.feed(&whole);
                scanner.feed(&data);
                drop((share, first, whole));
                return self.drain(scanner, size, body).await;
            }
            while size > room {
                // Up to what was announced, and by doubling.
                let rest = announced.checked_sub(room).filter(|rest| *rest > 0);
                let step = rest.map_or(room, |rest| rest.min(room));
                match self.take(step) {
                    Ok(more) => share.grow(more),
                    Err(full) => {
                        drop((share, first, whole, data));
                        return self.refuse(full, size, body).await;
                    }
                }
                room += step;
            }
            if size == data.len() {
                // Most reviews come in one piece, which need not be copied.
                first = data;
                continue;
            }
            if whole.is_empty() {
                whole.reserve(room.max(size));
                whole.extend_from_slice(&first);
                first = Bytes::new();
            }
            whole.extend_from_slice(&data);
        }
        self.metrics.read(size);
        Ok(Read::Whole(
            if whole.is_empty() {
                first
            } else {
                whole.into()
            },
            share,
        ))
    }

    /// Reads on without keeping anything but what the scanner looks for.
    async fn drain(
        &self,
        mut scanner: Scanner,
        mut size: usize,
        mut body: Body,
    ) -> Result<Read, ReadError> {
        while size < self.largest.saturating_mul(DRAIN_FACTOR) {
            let Some(data) = next(&mut body).await? else {
                break;
            };
            size += data.len();
            scanner.feed(&data);
        }
        self.metrics.read(size);
        Ok(Read::TooLarge(Box::new(scanner.finish())))
    }

    /// Reads on without keeping anything: a client that is still sending would take an early answer for a broken
    /// connection, and a failed call is not tried again.
    async fn refuse(
        &self,
        error: ReadError,
        mut size: usize,
        mut body: Body,
    ) -> Result<Read, ReadError> {
        while size < self.largest.saturating_mul(DRAIN_FACTOR) {
            let Some(data) = next(&mut body).await? else {
                break;
            };
            size += data.len();
        }
        Err(error)
    }
}

impl Share {
    fn grow(&mut self, other: Self) {
        self.permit.merge(other.permit);
        self.counted.extend(other.counted);
    }
}

/// The next piece of data; `None` at the end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, ReadError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => {
                tracing::debug!(%error, "a body broke off");
                return Err(ReadError::Broken);
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// How long the body will be, as far as it says so.
fn announced(headers: &HeaderMap, body: &Body) -> usize {
    let exact = body
        .size_hint()
        .exact()
        .and_then(|size| usize::try_from(size).ok());
    let header = || {
        headers
            .get(header::CONTENT_LENGTH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    };
    exact.or_else(header).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::VecDeque;

    use hyper::body::Frame;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("runtime")
    }

    /// A body that comes in pieces and announces no length.
    struct Pieces(VecDeque<&'static str>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            std::task::Poll::Ready(
                self.0
                    .pop_front()
                    .map(|piece| Ok(Frame::data(Bytes::from(piece)))),
            )
        }
    }

    fn pieces(pieces: &[&'static str]) -> Body {
        Body::new(Pieces(pieces.iter().copied().collect()))
    }

    fn read(budget: &Budget, body: Body) -> Result<Read, ReadError> {
        runtime().block_on(budget.read(&HeaderMap::new(), body, Duration::from_secs(5)))
    }

    fn budget(bytes: usize, largest: usize) -> Budget {
        Budget::new(bytes, largest, Metrics::new())
    }

    #[test]
    fn a_body_is_whole_however_it_comes() {
        let budget = budget(1 << 20, 1 << 20);
        for body in [
            Body::from("abcdef"),
            pieces(&["abcdef"]),
            pieces(&["ab", "", "c", "def"]),
        ] {
            match read(&budget, body) {
                Ok(Read::Whole(bytes, _)) => assert_eq!(&bytes[..], b"abcdef"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_body_that_is_too_large_still_says_what_it_is_about() {
        let budget = budget(48, 48);
        let (head, tail) = (
            r#"{"request":{"uid":"u1","kind":{"kind":"Po"#,
            r#"d"},"object":{"a":"xxxxxxxxxxxx"}}}"#,
        );
        let whole: &'static str = concat!(
            r#"{"request":{"uid":"u1","kind":{"kind":"Po"#,
            r#"d"},"object":{"a":"xxxxxxxxxxxx"}}}"#
        );
        for body in [
            Body::from(whole),
            pieces(&[head, tail]),
            pieces(&[head, "d\"", "},\"x\":", "\"yyyyyyyyyyyyy\""]),
        ] {
            match read(&budget, body) {
                Ok(Read::TooLarge(found)) => {
                    assert_eq!(
                        (found.uid.as_deref(), found.kind.as_str()),
                        (Some("u1"), "Pod")
                    );
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_does_not_fit_into_the_budget_is_sent_away_and_room_comes_back() {
        let budget = budget(2 * UNIT, UNIT);
        let first = read(&budget, Body::from("a")).expect("fits");
        let second = read(&budget, Body::from("b")).expect("fits");
        assert_eq!(read(&budget, Body::from("c")).err(), Some(ReadError::Full));
        drop(first);
        assert!(read(&budget, Body::from("c")).is_ok());
        drop(second);
        assert_eq!(budget.units.available_permits(), 2);
    }

    #[test]
    fn the_largest_body_always_fits_an_empty_budget() {
        let budget = budget(1, 10 * UNIT);
        let body = "x".repeat(10 * UNIT);
        assert!(matches!(
            read(&budget, Body::from(body)),
            Ok(Read::Whole(..))
        ));
    }
}
