//! Reviews that cannot be judged, and what becomes of them.
//!
//! A review may be too large or too deep, broken, or make the judge fail. None of that may let an object pass that a
//! policy would have to refuse, and none of it may stop what no policy cares about. So the policies that may concern
//! the request are asked what they do with errors: one with enforcement `deny` and failure policy `Fail` refuses it.
//! Otherwise it is allowed, with a warning. A mutating call is always allowed, unchanged: the validating call that
//! follows sees the same object and decides.

use crate::engine::{Kind, Request, Resource};
use crate::judge::Judge;
use crate::manifest::{Document, DocumentBuilder};
use crate::policy::Operation;

use super::answer::warnings;
use super::review::{Answer, Malformed, Status};
use super::scan::Scanned;
use super::view::{NoCluster, namespace_object};

/// Why a review cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecided {
    /// It is larger than the limit.
    #[error("the review is larger than {0} bytes")]
    TooLarge(usize),
    /// It is no text, or no JSON.
    #[error("the review cannot be read: {0}")]
    Unreadable(String),
    /// It is JSON, and no `AdmissionReview`.
    #[error("the review is not as expected: {0}")]
    Malformed(#[from] Malformed),
    /// The judge panicked.
    #[error("an internal error in kpolicy stopped the judgement")]
    Panicked,
}

impl Undecided {
    /// The word in metrics and logs.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too-large",
            Self::Unreadable(_) => "unreadable",
            Self::Malformed(_) => "malformed",
            Self::Panicked => "panic",
        }
    }

    const fn status(&self) -> (u16, &'static str) {
        match self {
            Self::TooLarge(_) => (413, "RequestEntityTooLarge"),
            Self::Unreadable(_) | Self::Malformed(_) => (400, "BadRequest"),
            Self::Panicked => (500, "InternalError"),
        }
    }

    /// The answer to a validating call about which only this is known.
    pub(super) fn validating(&self, judge: &Judge, about: &Scanned) -> Answer {
        // An operation that is not known may be any; the usual one stands for it.
        let operation = Operation::parse(&about.operation).unwrap_or(Operation::Create);
        let object = unknown_object(about);
        let mut request = request(about, operation);
        let namespace = namespace_object(&NoCluster, request.namespace, &request.resource);
        request.namespace_object = namespace.as_deref().map(Document::root);
        if operation != Operation::Delete {
            request.object = Some(object.root());
        }
        if matches!(operation, Operation::Update | Operation::Delete) {
            request.old_object = Some(object.root());
        }
        match judge.refusing_unjudged(&request) {
            Some(policy) => {
                let rest = format!("; policy `{}` refuses what it cannot judge", policy.name);
                self.denying(&rest)
            }
            None => Answer {
                warnings: warnings([format!("kpolicy did not judge this request: {self}")]),
                ..Answer::default()
            },
        }
    }

    /// The answer where not even the policies can be asked.
    pub(super) fn refusing(&self) -> Answer {
        self.denying("")
    }

    fn denying(&self, rest: &str) -> Answer {
        let (code, reason) = self.status();
        let message = format!("{self}{rest}");
        Answer {
            denied: Some(Status {
                code,
                reason,
                message,
            }),
            ..Answer::default()
        }
    }

    /// The answer to a mutating call.
    pub(super) fn mutating(&self) -> Answer {
        Answer {
            annotations: vec![("not-mutated", self.to_string())],
            ..Answer::default()
        }
    }
}

/// The object, of which only the name is known: a selector of labels may match it.
fn unknown_object(about: &Scanned) -> Document {
    let mut builder = DocumentBuilder::new();
    let labels = builder.unknown("the review could not be read");
    let name = builder.string(&about.name, None);
    let metadata = builder.object(&[("name", name), ("labels", labels)]);
    let root = builder.object(&[("metadata", metadata)]);
    builder.finish(root)
}

fn request(about: &Scanned, operation: Operation) -> Request<'_> {
    let kind = Kind {
        group: &about.group,
        version: &about.version,
        kind: &about.kind,
    };
    let resource = Resource {
        group: &about.resource_group,
        version: &about.resource_version,
        resource: &about.resource,
    };
    Request {
        subresource: &about.subresource,
        request_subresource: &about.subresource,
        name: &about.name,
        namespace: (!about.namespace.is_empty()).then_some(&*about.namespace),
        ..Request::new(operation, kind, resource)
    }
}
