//! Evaluation: one policy on one request gives violations with their places, or changes.
//!
//! This module is synchronous and `Send + Sync`; it knows no Config, no files, no clock. Limits come in with the call.
//!
//! Start reading at [`Request`], then [`evaluate()`].

mod applies;
pub mod apply;
mod conditions;
mod context;
mod evaluate;
mod limits;
mod message;
mod mutate;
mod outcome;
mod request;
mod secrets;

pub use applies::applies;
pub use conditions::may_leave_alone;
pub use context::{Context, UNKNOWN_REQUESTER};
pub use evaluate::evaluate;
pub use limits::Limits;
pub use mutate::{Mutated, mutate};
pub use outcome::{Change, Evaluation, NotJudged, Violation};
pub use request::{Kind, NoOtherObjects, OtherObjects, Request, Resource};
