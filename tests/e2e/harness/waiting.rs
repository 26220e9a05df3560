//! Waiting for what happens elsewhere: always for an event, always with a bound.

use std::time::{Duration, Instant};

/// Longer than anything in the suite takes on a machine that is busy with other work.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// How often is asked.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and gives it. Fails with what was said last.
pub(crate) async fn eventually<T>(
    what: &str,
    bound: Duration,
    mut ask: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let start = Instant::now();
    loop {
        match ask().await {
            Ok(value) => return value,
            Err(last) if start.elapsed() > bound => {
                panic!("{what}: not within {bound:?}; at last: {last}")
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
