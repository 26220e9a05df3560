//! One review: read it, learn what is known of its cluster, judge it, answer it.
//!
//! Judging runs where the request was read: a hop to another thread costs more than most judgements. A panic is caught
//! around each judgement and becomes a decision by failure policy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::engine::Limits;
use crate::judge::Judge;
use crate::manifest::{Document, read_json};
use crate::policy::Operation;

use super::Judges;
use super::answer::{of_mutation, of_verdict};
use super::body::{Budget, Read, ReadError};
use super::deadline::{Deadline, budget};
use super::learn::{Known, learn};
use super::metrics::Metrics;
use super::options::{self, Timeouts};
use super::own_kinds;
use super::record;
use super::review::{self, Answer, Review};
use super::scan::{Scanned, Scanner};
use super::undecided::Undecided;
use super::view::namespace_object;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// `/validate`
    Validate,
    /// `/mutate`
    Mutate,
}

impl Call {
    /// The word in metrics and logs.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
        }
    }
}

/// What all requests share.
#[derive(Clone, Debug)]
pub(super) struct Admission(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    judges: Arc<Judges>,
    metrics: Metrics,
    budget: Budget,
    limits: options::Limits,
    timeouts: Timeouts,
}

impl Admission {
    pub(super) fn new(
        judges: Arc<Judges>,
        metrics: Metrics,
        limits: options::Limits,
        timeouts: Timeouts,
    ) -> Self {
        let budget = Budget::new(limits.in_flight, limits.body, metrics.clone());
        metrics.policies(judges.current().policies().count());
        Self(Arc::new(Shared {
            judges,
            metrics,
            budget,
            limits,
            timeouts,
        }))
    }
}

impl Shared {
    /// Does work of which a panic is counted and becomes a decision. Nothing that a panic may leave half done outlives
    /// the call: the judge is immutable, the rest is dropped.
    fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T, Undecided> {
        catch_unwind(AssertUnwindSafe(work)).map_err(|_| self.panicked())
    }

    fn panicked(&self) -> Undecided {
        self.metrics.panicked();
        Undecided::Panicked
    }
}

/// Answers `/validate`.
pub(super) async fn validate(State(admission): State<Admission>, request: Request) -> Response {
    answer(&admission.0, Call::Validate, request).await
}

/// Answers `/mutate`.
pub(super) async fn mutate(State(admission): State<Admission>, request: Request) -> Response {
    answer(&admission.0, Call::Mutate, request).await
}

async fn answer(shared: &Shared, call: Call, request: Request) -> Response {
    let arrived = Instant::now();
    let _in_flight = shared.metrics.in_flight();
    let (head, body) = request.into_parts();
    let deadline = Deadline::new(arrived + budget(head.uri.query(), shared.timeouts.webhook));
    let read = shared
        .budget
        .read(&head.headers, body, shared.timeouts.body)
        .await;
    let judge = shared.judges.current();
    let (outcome, share) = match read {
        Ok(Read::Whole(bytes, share)) => (
            judge_bytes(shared, &judge, call, &bytes, &deadline).await,
            Some(share),
        ),
        Ok(Read::TooLarge(about)) => (
            undecided(
                &judge,
                call,
                &about,
                &Undecided::TooLarge(shared.limits.body),
            ),
            None,
        ),
        Err(error) => return turned_away(shared, call, &error, arrived),
    };
    drop(share);
    let Outcome {
        body,
        operation,
        decision,
    } = outcome;
    shared
        .metrics
        .answered(call.as_str(), operation, decision, arrived.elapsed());
    match body {
        Some(body) => (
            [(header::CONTENT_TYPE, "application/json")],
            Body::from(body),
        )
            .into_response(),
        None => no_review(),
    }
}

/// What became of a request: the review that answers it, and the words for the metrics.
struct Outcome {
    /// `None` where no uid could be found.
    body: Option<Vec<u8>>,
    operation: &'static str,
    decision: &'static str,
}

impl Outcome {
    fn new(uid: &str, operation: &'static str, answer: &Answer) -> Self {
        let decision = match answer {
            Answer {
                denied: Some(_), ..
            } => "deny",
            Answer { patch: Some(_), .. } => "patch",
            Answer { warnings, .. } if !warnings.is_empty() => "warn",
            _ => "allow",
        };
        Self {
            body: Some(answer.write(uid)),
            operation,
            decision,
        }
    }
}

/// Judges a whole body. Whatever happens in here, what comes out is an answer.
async fn judge_bytes(
    shared: &Shared,
    judge: &Judge,
    call: Call,
    bytes: &[u8],
    deadline: &Deadline,
) -> Outcome {
    let why = match judged(shared, judge, call, bytes, deadline).await {
        Ok(outcome) => return outcome,
        Err(why) => why,
    };
    let about = Scanner::scan(bytes);
    let why = match why {
        // The reader may quote the text that it stumbled over.
        Undecided::Unreadable(_) if about.kind == "Secret" => {
            Undecided::Unreadable("it is no JSON that the API server would send".to_owned())
        }
        why => why,
    };
    undecided(judge, call, &about, &why)
}

/// Reads a review, learns what is known of its cluster, and judges it.
async fn judged(
    shared: &Shared,
    judge: &Judge,
    call: Call,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<Outcome, Undecided> {
    let document = shared.guarded(|| {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Undecided::Unreadable("it is not UTF-8".to_owned()))?;
        read_json(None, text).map_err(|problem| Undecided::Unreadable(problem.message))
    })??;
    let cluster = shared.judges.cluster();
    let (review, mut known) = shared.guarded(|| {
        let review = review::read(&document)?;
        let known = Known::new(cluster.snapshot(), judge, &review.request);
        Ok::<_, Undecided>((review, known))
    })??;
    if !known.missing.is_empty() {
        let learned = learn(cluster, known, deadline, judge, &review.request).await;
        known = learned.ok_or_else(|| shared.panicked())?;
    }
    shared.guarded(|| {
        let sized = (&review, bytes.len());
        judge_review(shared, judge, call, sized, &known, deadline)
    })
}

fn judge_review(
    shared: &Shared,
    judge: &Judge,
    call: Call,
    (review, size): (&Review<'_>, usize),
    known: &Known,
    deadline: &Deadline,
) -> Outcome {
    let (view, lineage) = (&*known.view, &known.lineage);
    let mut request = review.request;
    let namespace = namespace_object(view, request.namespace, &request.resource);
    request.namespace_object = namespace.as_deref().map(Document::root);
    let cancelled = || deadline.passed();
    let limits = Limits {
        cancelled: &cancelled,
        ..Limits::default()
    };
    let answer = match call {
        Call::Validate => {
            let verdict = judge.validate(&request, lineage, view, &limits);
            record::verdict(&shared.metrics, review, lineage, &verdict);
            let answer = of_verdict(&verdict, lineage);
            own_kinds::look_at(&shared.judges, &request, answer)
        }
        Call::Mutate => {
            let mutation = judge.mutate(&request, lineage, view, &limits);
            record::mutation(&shared.metrics, review, lineage, &mutation);
            // Half of the mutations may be worse than none; the validating call decides what then happens.
            if deadline.stopped_work() {
                Answer::allowed()
            } else {
                of_mutation(&mutation, size)
            }
        }
    };
    if deadline.stopped_work() {
        shared.metrics.stopped_at_deadline();
        tracing::warn!(
            uid = review.uid,
            kind = review.request.kind.kind,
            "judging was stopped at the deadline"
        );
    }
    Outcome::new(review.uid, review.request.operation.as_str(), &answer)
}

/// Answers what cannot be judged, under its uid if it has one.
fn undecided(judge: &Judge, call: Call, about: &Scanned, why: &Undecided) -> Outcome {
    let operation = Operation::parse(&about.operation).map_or("unknown", Operation::as_str);
    let Some(uid) = about.uid.as_deref().filter(|uid| !uid.is_empty()) else {
        return Outcome {
            body: None,
            operation,
            decision: "bad-request",
        };
    };
    // The judge is asked once more, and may fail once more: then nothing is left but to refuse.
    let answer = catch_unwind(AssertUnwindSafe(|| match call {
        Call::Validate => why.validating(judge, about),
        Call::Mutate => why.mutating(),
    }))
    .unwrap_or_else(|_| Undecided::Panicked.refusing());
    record::undecided(uid, about, why, answer.denied.is_some());
    Outcome::new(uid, operation, &answer)
}

/// The answer to what is no review at all. The API server never sends this.
fn no_review() -> Response {
    let message = "expected an AdmissionReview of admission.k8s.io/v1 in JSON with a `request.uid`, as a POST with \
                   content type application/json";
    error(StatusCode::BAD_REQUEST, message)
}

/// The answer to a request whose body did not come.
fn turned_away(shared: &Shared, call: Call, why: &ReadError, arrived: Instant) -> Response {
    let (word, response) = match why {
        ReadError::Full => {
            shared.metrics.shed("bytes-in-flight");
            let mut response = error(
                StatusCode::TOO_MANY_REQUESTS,
                "too many bytes of reviews are in flight",
            );
            // The API server comes again within the webhook's timeout, but only if it is told when.
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            ("shed", response)
        }
        ReadError::Slow => (
            "timeout",
            error(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        ),
        ReadError::Broken => (
            "broken",
            error(StatusCode::BAD_REQUEST, "the body broke off"),
        ),
    };
    shared
        .metrics
        .answered(call.as_str(), "unknown", word, arrived.elapsed());
    response
}

pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({"error": message}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
