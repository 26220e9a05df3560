//! The phases of a server's life, and how it ends without losing a request.
//!
//! Endpoints of a Service move about a second after a pod is told to stop. A server that stops accepting at once
//! turns that second into failed admissions. So: first not ready, but still answering (each answer closes its
//! connection); then no new connections; then idle connections are closed; then whatever is left.

use std::time::Duration;

use tokio::sync::watch;

/// Where a server is in its life; it only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not yet listening.
    Starting,
    /// Ready and answering.
    Serving,
    /// Told to stop: not ready, still accepting and answering; each answer closes its connection.
    LameDuck,
    /// No new connections; those that are open are answered, each answer closes its connection.
    Draining,
    /// Idle connections are closed; requests under way are finished.
    Closing,
    /// What is still open is cut.
    Gone,
}

/// How long each phase of stopping may take.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// How long requests are still accepted after the server said that it is not ready.
    pub lame_duck: Duration,
    /// How long open connections may live on after that, until they have been used once more.
    pub linger: Duration,
    /// How long requests under way may then take.
    pub finish: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            lame_duck: Duration::from_secs(5),
            linger: Duration::from_secs(5),
            finish: Duration::from_secs(10),
        }
    }
}

/// Tells a server to stop; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown {
    asked: watch::Sender<bool>,
}

impl Shutdown {
    pub(super) fn new() -> Self {
        Self {
            asked: watch::Sender::new(false),
        }
    }

    /// Begins the drain. A second call changes nothing.
    pub fn begin(&self) {
        self.asked.send_replace(true);
    }

    /// Returns once somebody asked for the end.
    pub(super) async fn asked(&self) {
        let mut asked = self.asked.subscribe();
        // The sender lives in `self`, so this cannot fail.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}

/// The phase, shared by everything that acts on it.
#[derive(Clone, Debug)]
pub(super) struct Life {
    phase: watch::Sender<Phase>,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            phase: watch::Sender::new(Phase::Starting),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Returns once the server is in this phase or a later one.
    pub(super) async fn reached(&self, phase: Phase) {
        let mut watch = self.phase.subscribe();
        let _ = watch.wait_for(|now| *now >= phase).await;
    }
}
