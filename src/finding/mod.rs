//! Findings: decisions, and problems of reading, placed in a file.
//!
//! This module owns what a finding is, the order of findings, and which of them are one. It must not know how
//! findings are written (that is `report`) or made (that is `lint`).

mod merge;
mod model;
mod order;

pub use merge::merge;
pub use model::{ClusterVerdict, Finding, FindingKind, Ignored, ObjectId, Summary, Unjudged};
pub use order::sort;

#[cfg(test)]
pub(crate) use model::{legacy, sample};
