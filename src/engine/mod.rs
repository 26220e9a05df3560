//! Evaluation: one policy on one request gives violations with their places, or changes.
//!
//! This module is synchronous and `Send + Sync`; it knows no Config, no files, no clock. Limits come in with the call.
//!
//! Start reading at [`Request`].

mod limits;
mod outcome;
mod request;

pub use limits::Limits;
pub use outcome::{Change, Evaluation, Mutated, NotJudged, Violation};
pub use request::{Kind, NoOtherObjects, OtherObjects, Request, Resource};
