//! Which path answers what.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::handler::{self, Admission};
use super::shutdown::{Life, Phase};
use super::{Judges, Limits, Metrics, Timeouts};

/// The TLS port: `/validate` and `/mutate`, both by POST.
///
/// Tests and benches call it without a listener.
pub fn admission(
    judges: Arc<Judges>,
    metrics: Metrics,
    limits: Limits,
    timeouts: Timeouts,
) -> Router {
    Router::new()
        .route("/validate", post(handler::validate))
        .route("/mutate", post(handler::mutate))
        .fallback(|| async {
            handler::error(
                StatusCode::NOT_FOUND,
                "there are `/validate` and `/mutate` here",
            )
        })
        .with_state(Admission::new(judges, metrics, limits, timeouts))
}

/// What a server waits for before it says that it is ready.
pub trait Readiness: Send + Sync + 'static {
    /// What is still missing, for people; `None` once there is nothing.
    fn missing(&self) -> Option<String>;
}

/// Ready from the start.
impl Readiness for () {
    fn missing(&self) -> Option<String> {
        None
    }
}

/// The plain port: `/healthz`, `/readyz`, `/metrics`.
pub(super) fn plain(metrics: Metrics, life: Life, readiness: Arc<dyn Readiness>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route(
            "/readyz",
            get(move || async move { ready(life.phase(), &*readiness) }),
        )
        .route("/metrics", get(move || async move { expose(&metrics) }))
}

fn ready(phase: Phase, readiness: &dyn Readiness) -> Response {
    match phase {
        Phase::Serving => match readiness.missing() {
            None => "ok\n".into_response(),
            Some(missing) => {
                (StatusCode::SERVICE_UNAVAILABLE, format!("{missing}\n")).into_response()
            }
        },
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

fn expose(metrics: &Metrics) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.expose()).into_response()
}
