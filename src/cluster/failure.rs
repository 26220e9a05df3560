//! What it means that the API server did not answer as it should.

use kube::runtime::watcher;

use super::want::Watched;

/// What a 401 means.
pub(super) const NOT_KNOWN: &str = "the API server does not know who kpolicy is (401): its token or certificate is wrong or has ended";

/// A request that failed.
pub(super) struct Failure {
    /// The HTTP code, where the API server said no itself.
    code: Option<u16>,
    /// What it was about: `found`, `listed` or `watched`.
    what: &'static str,
    text: String,
}

impl Failure {
    pub(super) fn of(error: &kube::Error, what: &'static str) -> Self {
        let code = match error {
            kube::Error::Api(status) => Some(status.code),
            _ => None,
        };
        Self {
            code,
            what,
            text: with_sources(error),
        }
    }

    pub(super) fn of_watch(error: &watcher::Error) -> Self {
        match error {
            watcher::Error::InitialListFailed(error) => Self::of(error, "listed"),
            watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => {
                Self::of(error, "watched")
            }
            watcher::Error::WatchError(status) => Self {
                code: Some(status.code),
                what: "watched",
                text: status.message.clone(),
            },
            watcher::Error::NoResourceVersion => Self {
                code: None,
                what: "watched",
                text: error.to_string(),
            },
        }
    }

    /// The HTTP code, where the API server said no itself.
    pub(super) const fn code(&self) -> Option<u16> {
        self.code
    }

    /// The resource is not there, or no more.
    pub(super) fn is_not_found(&self) -> bool {
        self.code == Some(404)
    }

    /// kpolicy may not do this, and asking again will not help.
    pub(super) fn is_refusal(&self) -> bool {
        self.code == Some(403)
    }

    /// The API server has forgotten what was before: a new list is made, and nothing is wrong.
    pub(super) fn is_harmless(&self) -> bool {
        self.code == Some(410)
    }

    /// For people: in a log, on `/readyz`, and where something is not judged.
    pub(super) fn reason(&self, watched: &Watched) -> String {
        let what = self.what;
        let name = watched.name();
        match self.code {
            Some(403) => format!(
                "kpolicy may not have {name} {what}: its role needs the verbs get, list and watch for it"
            ),
            Some(401) => format!("{name} cannot be {what}: {NOT_KNOWN}"),
            Some(code) => format!("{name} cannot be {what}: the API server answers {code}"),
            None => format!("{name} cannot be {what}: {}", self.text),
        }
    }
}

/// An error with what it came from: the outermost alone often says no more than that something failed.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
