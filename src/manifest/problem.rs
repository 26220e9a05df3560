//! What reading a text can complain about, and the limits it keeps.
//!
//! Broken input is data: a reader gives the documents it could read *and* its problems.

use crate::source::Span;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text reaches the cluster, but perhaps not as its author thinks.
    Warning,
    /// The document does not load.
    Error,
}

/// Something wrong with a text, at its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower-case start, no final stop.
    pub message: String,
    /// Where; `None` only for a text that was read without a source.
    pub span: Option<Span>,
    /// A second place that belongs to it: the first of two equal keys.
    pub related: Option<Span>,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

impl Problem {
    /// An error at a place.
    pub fn error(message: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            related: None,
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(message: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message, span)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// It in one line, for logs and statuses: where, as `place` says, what is wrong, and what to do about it.
    pub fn line(&self, place: Option<&str>) -> String {
        let place = place.map(|place| format!("{place}: "));
        let help = self.help.as_deref().map(|help| format!(" ({help})"));
        format!(
            "{}{}{}",
            place.unwrap_or_default(),
            self.message,
            help.unwrap_or_default()
        )
    }

    /// Adds a second place.
    #[must_use]
    pub fn with_related(mut self, span: Option<Span>) -> Self {
        self.related = span;
        self
    }
}

/// Whose rules turn plain YAML scalars into values: how the file reaches the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// kubectl, Argo CD's plain directories and the API server: sigs.k8s.io/yaml on go-yaml v2 (`on` is a boolean).
    #[default]
    Kubectl,
    /// kustomize and Flux: go-yaml v3 (`on` is a string, equal keys are an error).
    Kustomize,
}

/// How much a reader takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes. Values above [`Limits::MOST_BYTES`] count as that.
    pub bytes: usize,
    /// The deepest nesting of lists and maps.
    pub depth: usize,
}

impl Limits {
    /// No text longer than this is ever read: offsets are 32 bits wide.
    pub const MOST_BYTES: usize = 1 << 30;

    /// Whether a text of this many bytes is short enough.
    pub(super) fn allow(&self, bytes: usize) -> bool {
        bytes <= self.bytes.min(Self::MOST_BYTES)
    }
}

impl Default for Limits {
    /// 64 MiB and a nesting of 10,000, which is where go-yaml and Go's JSON reader stop.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            depth: 10_000,
        }
    }
}
