//! Findings: decisions, and problems of reading, placed in a file.
//!
//! This module owns what a finding is and the order of findings. It must not know how findings are written (that is
//! `report`) or made (that is `lint`).

mod model;

pub use model::{ClusterVerdict, Finding, FindingKind, ObjectId, Summary, Unjudged};
