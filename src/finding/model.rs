//! The finding and what stands around it.

use std::sync::Arc;

use crate::config::{Date, Enforcement, ExceptionId, Subject};
use crate::policy::{Safety, Severity};
use crate::source::{FieldPath, Span};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// A text that could not be read.
    Parse,
    /// An object that has not the structure of its kind.
    Invalid,
    /// A violated validation.
    Violation,
    /// A change that our own mutation would make to what Git says.
    Drift,
    /// A comment for kpolicy that does nothing, or not what it says.
    Comment,
}

impl FindingKind {
    /// The word in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Invalid => "invalid",
            Self::Violation => "violation",
            Self::Drift => "drift",
            Self::Comment => "comment",
        }
    }
}

/// Names an object for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// `apiVersion` as written.
    pub api_version: Box<str>,
    /// Kind.
    pub kind: Box<str>,
    /// Namespace, where known.
    pub namespace: Option<Box<str>>,
    /// Name; empty with `generateName`.
    pub name: Box<str>,
}

/// How hard a finding is in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterVerdict {
    /// The cluster's name.
    pub name: Arc<str>,
    /// How hard, in Git.
    pub enforcement: Enforcement,
    /// How hard, at admission.
    pub at_admission: Enforcement,
}

/// A comment that silences a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// Where it stands.
    pub span: Span,
    /// The last day on which it does, if it ends.
    pub until: Option<Date>,
    /// Why.
    pub reason: Box<str>,
}

/// A decision or a problem, placed.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// The policy's name; `manifest-parse` for problems of reading, `manifest-invalid` for objects without the structure of
    /// their kind.
    pub policy: Arc<str>,
    /// `<policy>/<validation>`.
    pub validation: Arc<str>,
    /// How much harm it can do.
    pub severity: Severity,
    /// The hardest of its clusters.
    pub enforcement: Enforcement,
    /// The whole message.
    pub message: String,
    /// Where, in the sources of the run; `None` where a value has no place.
    pub span: Option<Span>,
    /// The object it is about.
    pub object: Option<ObjectId>,
    /// The place in the object.
    pub field_path: Option<FieldPath>,
    /// The container it is about.
    pub container: Option<Box<str>>,
    /// The clusters it hits, in order of their names; empty where there is no cluster.
    pub clusters: Vec<ClusterVerdict>,
    /// What an exception has to match to lift it; of one cause in several objects all of them. Empty where nothing can.
    pub subjects: Vec<Subject>,
    /// The exception that lifts it: listed, not counted.
    pub exception: Option<Arc<ExceptionId>>,
    /// The comment that silences it: listed, not counted. Never where it is denied.
    pub ignored: Option<Arc<Ignored>>,
    /// What can be done about it by itself.
    pub fix: Option<Safety>,
    /// Further facts for the reader, in order.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Finding {
    /// A finding that hits no cluster, lies nowhere and has nothing to add: what is known beyond that is put in.
    pub fn new(
        kind: FindingKind,
        (policy, validation): (Arc<str>, Arc<str>),
        (severity, enforcement): (Severity, Enforcement),
        message: String,
    ) -> Self {
        Self {
            kind,
            policy,
            validation,
            severity,
            enforcement,
            message,
            span: None,
            object: None,
            field_path: None,
            container: None,
            clusters: Vec::new(),
            subjects: Vec::new(),
            exception: None,
            ignored: None,
            fix: None,
            notes: Vec::new(),
            help: None,
        }
    }

    /// Whether it counts: neither an exception lifts it nor a comment silences it.
    pub const fn counts(&self) -> bool {
        self.exception.is_none() && self.ignored.is_none()
    }
}

/// Something that was not judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unjudged {
    /// A file, a build, a policy.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// The figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that hold something to judge, or that a build reads.
    pub files: usize,
    /// Objects judged; one that several clusters run counts once for each.
    pub objects: usize,
    /// Policies run.
    pub policies: usize,
    /// Clusters judged for; 0 where there is none.
    pub clusters: usize,
    /// Findings that deny.
    pub deny: usize,
    /// Findings that warn.
    pub warn: usize,
    /// Findings that audit.
    pub audit: usize,
    /// Findings that an exception lifts; in none of the three figures above.
    pub excepted: usize,
    /// Findings that a comment silences; likewise.
    pub ignored: usize,
    /// Things not judged.
    pub not_judged: usize,
}

impl Summary {
    /// Counts findings by what they lead to; the other figures stay as they are.
    pub fn count(&mut self, findings: &[Finding]) {
        for finding in findings {
            let figure = match finding.enforcement {
                _ if finding.exception.is_some() => &mut self.excepted,
                _ if finding.ignored.is_some() => &mut self.ignored,
                Enforcement::Deny => &mut self.deny,
                Enforcement::Warn => &mut self.warn,
                Enforcement::Audit => &mut self.audit,
                Enforcement::Disabled => continue,
            };
            *figure += 1;
        }
    }
}

/// A finding for tests: denied, at the first two bytes of the first source.
#[cfg(test)]
pub(crate) fn sample(policy: &str) -> Finding {
    Finding {
        span: Some(Span::new(crate::source::SourceId(0), 0, 2)),
        object: Some(ObjectId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: Some("shop".into()),
            name: "web".into(),
        }),
        field_path: FieldPath::parse("spec.template.spec.containers[0].image"),
        container: Some("web".into()),
        ..Finding::new(
            FindingKind::Violation,
            (policy.into(), format!("{policy}/first").into()),
            (Severity::High, Enforcement::Deny),
            "container `web` uses `nginx`: pin it".to_owned(),
        )
    }
}

/// An exception for tests.
#[cfg(test)]
pub(crate) fn legacy() -> Arc<ExceptionId> {
    Arc::new(ExceptionId {
        name: "team/legacy".into(),
        expires: Date {
            year: 2027,
            month: 1,
            day: 31,
        },
    })
}
