//! The one door for every mouth: joins policies, Config, exceptions, a cluster and a date into enforced decisions.
//!
//! This module owns who is judged, how hard, and what an exception lifts. It must not know files, HTTP or output
//! formats; today's date and the limits come in with the call.
//!
//! Start reading at [`Judge`].

mod judge;
mod verdict;

pub use judge::{Judge, TopOwner};
pub use verdict::{Decision, Drift, Mutation, Verdict};
