//! ApplyConfiguration: a part of an object, merged into it as server-side apply merges, given as a JSON Patch.
//!
//! Upstream: `k8s.io/apiserver` 1.36 `admission/plugin/policy/mutating/patch/smd.go`. As there, nobody owns the fields
//! that are set, and whether the merged object is a valid one is for the API server's own validation to say.
//!
//! Start reading at [`apply`]; `check` says what is refused, `merge` what is changed, `list` in which order.

mod check;
mod keys;
mod list;
mod merge;
mod path;
mod types;

use crate::manifest::NodeRef;
use crate::manifest::patch::Operation;
use crate::source::FieldPath;

pub use types::{ListMerge, ListShape, MapShape, MergeType, MergeTypes, Scalar, Shape};

use types::child;

/// Why a configuration is not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The API server would refuse it.
    #[error("{0}")]
    Refused(String),
    /// What would come of it cannot be known here.
    #[error("{0}")]
    Unknown(String),
}

/// Where a configuration is applied.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The object, or the pod template.
    pub object: NodeRef<'a>,
    /// Its type.
    pub of: MergeType,
    /// What it is, in messages: `apps/v1 Deployment`.
    pub kind: &'a str,
    /// Where it stands in the object that the operations are for.
    pub prefix: &'a FieldPath,
}

/// The operations that merge a configuration into an object, in order; none where nothing changes. Their values have no
/// origins that count: what a patch brings was made here.
///
/// # Errors
/// The first thing in the configuration that the API server would refuse, or cannot be known.
pub fn apply(
    target: Target<'_>,
    configuration: NodeRef<'_>,
    types: &dyn MergeTypes,
) -> Result<Vec<Operation>, ApplyError> {
    check::check(configuration, types, target.of, target.kind)?;
    merge::merge(
        target.object,
        configuration,
        types,
        target.of,
        target.prefix,
    )
}

/// As [`child`], for the object itself: `metadata` is known also of a kind whose schema is not here.
fn root_child(
    types: &dyn MergeTypes,
    of: MergeType,
    map: MapShape,
    key: &str,
) -> Option<(MergeType, bool)> {
    match (of, types.object_meta()) {
        (MergeType::Unknown, Some(metadata)) if key == "metadata" => Some((metadata, true)),
        _ => child(types, of, map, key),
    }
}
