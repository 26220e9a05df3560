//! `AdmissionReview` v1 on the wire: in, borrowed from the document that was read; out, written by hand.
//!
//! Upstream: `k8s.io/api/admission/v1`. Core types know nothing of this format.

mod request;
mod response;

pub(super) use request::{Malformed, Review, read};
pub(super) use response::{Answer, Status};
