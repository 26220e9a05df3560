//! Which release of Kubernetes the API server runs: asked before anything is judged, and again as time goes, for a
//! cluster is upgraded under its webhooks.

use std::time::Duration;

use kube::Client;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::office::Event;

/// How long until it is asked again. An upgrade takes many minutes, and a new rule may wait for one.
const AGAIN: Duration = Duration::from_mins(1);

/// How long an answer may take. What waits for it goes on without.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks until nobody listens any more; `first` is what the first answer was.
pub(super) async fn follow(client: Client, events: mpsc::Sender<Event>, first: Option<u32>) {
    let mut known = first;
    loop {
        tokio::time::sleep(AGAIN).await;
        let found = ask(&client).await;
        if found.is_none() || found == known {
            continue;
        }
        known = found;
        if !tell(&events, found).await {
            return;
        }
    }
}

/// Asks once and tells what was found. Gives it.
pub(super) async fn first(client: &Client, events: &mpsc::Sender<Event>) -> Option<u32> {
    let found = ask(client).await;
    tell(events, found).await;
    found
}

async fn tell(events: &mpsc::Sender<Event>, minor: Option<u32>) -> bool {
    let Some(minor) = minor else { return true };
    tracing::info!(
        minor,
        "the API server says which release of Kubernetes 1 it runs"
    );
    events.send(Event::Runs(minor)).await.is_ok()
}

async fn ask(client: &Client) -> Option<u32> {
    let asked = timeout(PATIENCE, client.apiserver_version()).await.ok()?;
    let version = match asked {
        Ok(version) => version,
        Err(error) => {
            tracing::debug!(error = %error, "the API server does not say which version it runs");
            return None;
        }
    };
    minor(&version.major, &version.minor)
}

/// The minor version. Vendors write `29+`.
fn minor(major: &str, minor: &str) -> Option<u32> {
    let digits = minor.trim_end_matches('+');
    (major == "1").then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn a_minor_version_is_read_as_vendors_write_it() {
        for (text, read) in [
            (("1", "34"), Some(34)),
            (("1", "29+"), Some(29)),
            (("1", ""), None),
            (("1", "x"), None),
            (("2", "0"), None),
        ] {
            assert_eq!(minor(text.0, text.1), read, "{text:?}");
        }
    }
}
