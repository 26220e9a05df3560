//! Objects that the API server refuses before any policy sees them, as findings of their own.

use std::sync::Arc;

use crate::config::Enforcement;
use crate::finding::{Finding, FindingKind};
use crate::manifest::NodeRef;
use crate::policy::Severity;
use crate::schema::refusals::{Circumstances, Outcome, Refusal, refusals};
use crate::source::{FieldPath, Segment, Span};

use super::Selection;
use super::clusters::Cluster;
use super::locate::{Locator, Place};
use super::world::{Case, Provenance};

/// The policy of findings about objects that have not the structure of their kind.
pub(super) const INVALID: &str = "manifest-invalid";
/// What the API server refuses.
const STRUCTURE: &str = "manifest-invalid/structure";
/// What nobody reads.
const UNKNOWN_FIELD: &str = "manifest-invalid/unknown-field";

/// All ids of such findings.
pub(super) const IDS: [&str; 3] = [INVALID, STRUCTURE, UNKNOWN_FIELD];

/// What is wrong with the structure of an object.
pub(super) struct Faults {
    refusals: Vec<Refusal>,
}

impl Faults {
    /// Looks at an object as somebody wrote or built it.
    pub(super) fn of(case: &Case<'_>, cluster: &Cluster, selection: &Selection) -> Self {
        let is_whole = match case.provenance {
            Provenance::File => true,
            // What is missing there may come from a kustomization that was not built.
            Provenance::AsWritten => false,
            Provenance::Built(build, _) => !build.is_part,
        };
        let about = Circumstances {
            schemas: cluster.judge.schemas(),
            release: cluster.release,
            is_whole,
        };
        let mut refusals = refusals(case.document.root(), about);
        refusals.retain(|refusal| selection.wants(INVALID, id(refusal)));
        Self { refusals }
    }

    /// Whether the API server refuses the object, so that no policy ever judges it.
    pub(super) fn refuse(&self) -> bool {
        let refuses = |refusal: &Refusal| refusal.outcome == Outcome::Refused;
        self.refusals.iter().any(refuses)
    }

    /// The findings, at the places where they stand.
    pub(super) fn tell(
        self,
        case: &Case<'_>,
        cluster: &Cluster,
        locator: &Locator<'_>,
    ) -> Vec<Finding> {
        let finding = |refusal: Refusal| {
            let validation: Arc<str> = id(&refusal).into();
            let Refusal {
                outcome,
                path,
                existing,
                message,
                help,
            } = refusal;
            let root = case.document.root();
            let Place { span, mut notes } = locator.place(case, root, &path, existing, None);
            // Of a field that nobody reads the name is what is wrong.
            let name = key(root, &path)
                .filter(|_| outcome == Outcome::Dropped)
                .filter(|_| !matches!(case.provenance, Provenance::Built(..)));
            let span = name.or(span);
            let (enforcement, severity) = match outcome {
                Outcome::Refused => (Enforcement::Deny, Severity::High),
                Outcome::Dropped => (Enforcement::Warn, Severity::Medium),
            };
            if outcome == Outcome::Refused {
                notes.push("no policy judges the object before that is mended".to_owned());
            }
            Finding {
                span,
                object: Some(case.identity.id()),
                field_path: Some(path),
                clusters: cluster.verdict(enforcement, enforcement),
                notes,
                help,
                ..Finding::new(
                    FindingKind::Invalid,
                    (INVALID.into(), validation),
                    (severity, enforcement),
                    message,
                )
            }
        };
        self.refusals.into_iter().map(finding).collect()
    }
}

/// Where the last key of a path is written.
fn key(root: NodeRef<'_>, path: &FieldPath) -> Option<Span> {
    let mut parent = path.clone();
    let Segment::Key(key) = parent.pop()? else {
        return None;
    };
    root.follow(&parent)?.as_map()?.entry(&key)?.key_origin
}

fn id(refusal: &Refusal) -> &'static str {
    match refusal.outcome {
        Outcome::Refused => STRUCTURE,
        Outcome::Dropped => UNKNOWN_FIELD,
    }
}
