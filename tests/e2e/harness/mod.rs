//! What the scenarios stand on: a control plane, a kpolicy in front of it, and the ways to speak to both.
//!
//! Nothing here knows a scenario. Start reading at `scenario`.

#![allow(dead_code, unused_imports, reason = "a scenario takes what it needs")]

pub(crate) mod api;
mod authority;
pub(crate) mod cluster;
mod control_plane;
pub(crate) mod crds;
pub(crate) mod injector;
pub(crate) mod kpolicy;
mod kubectl;
mod process;
pub(crate) mod scenario;
mod territory;
pub(crate) mod waiting;

pub(crate) use api::Answer;
pub(crate) use cluster::Cluster;
pub(crate) use control_plane::program;
pub(crate) use kpolicy::sum;
pub(crate) use scenario::{Scenario, Setup, in_turn};
pub(crate) use waiting::{LONG, eventually};
