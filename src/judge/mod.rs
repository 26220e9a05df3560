//! The one door for every mouth: joins policies, Config, exceptions, a cluster and a date into enforced decisions.
//!
//! This module owns who is judged, how hard, and what an exception lifts. It must not know files, HTTP or output
//! formats; today's date and the limits come in with the call.
//!
//! Start reading at [`Judge`].

mod assign;
mod at_cluster;
mod check;
mod exceptions;
mod glob;
#[expect(
    clippy::module_inception,
    reason = "the judge is what this module is about"
)]
mod judge;
mod kinds;
mod lift;
mod lineage;
mod mask;
mod mutate;
mod native;
mod owner;
mod params;
mod repository;
mod settings;
mod supersede;
mod unclaimed;
mod verdict;
mod who;

pub use at_cluster::AtCluster;
pub use check::{misfits, unknown_policies, unknown_superseded};
pub use glob::matches as glob_matches;
pub use judge::Judge;
pub use lineage::Lineage;
pub use owner::{NoOwners, Owner, OwnerReference, Owners};
pub use settings::{Decider, decider};
pub use unclaimed::{Unclaimed, without_controllers};
pub use verdict::{Annotation, Decision, Drift, Mutation, Verdict};
