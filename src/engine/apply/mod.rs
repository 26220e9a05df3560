//! `ApplyConfiguration`: a part of an object, merged into it as server-side apply merges, given as a JSON Patch.
//!
//! Upstream: `k8s.io/apiserver` 1.36 `admission/plugin/policy/mutating/patch/smd.go`. As there, nobody owns the fields
//! that are set, and whether the merged object is a valid one is for the API server's own validation to say.
//!
//! Start reading at [`Target`] and [`apply`]; `check` says what is refused, `merge` what is changed, `list` in which
//! order.

mod check;
mod foresee;
mod keys;
mod list;
mod merge;
mod path;
mod types;

use crate::manifest::patch::Operation;
use crate::manifest::{Document, NodeRef};
use crate::schema::openapi::{GroupVersionKind, Schemas};
use crate::source::FieldPath;

pub use foresee::foresee;

use types::MergeType;

/// The schema of `metadata` of any kind.
const OBJECT_META: &str = "meta.v1.ObjectMeta";

/// The schema of the pod templates of any kind.
const POD_TEMPLATE: &str = "core.v1.PodTemplateSpec";

/// What a pod template is called in messages.
const TEMPLATE: &str = "a pod template";

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
#[derive(Clone, Debug)]
pub struct Target<'a> {
    object: NodeRef<'a>,
    of: MergeType<'a>,
    /// What it is, in messages.
    kind: String,
    /// Where it stands in the object that the operations are for.
    prefix: FieldPath,
    /// Fields of the configuration that count for nothing.
    ignored: &'static [&'static str],
}

impl<'a> Target<'a> {
    /// A whole object. Where the schema of its kind is not here, maps are merged, and a list in the configuration
    /// cannot be applied.
    pub fn object(object: NodeRef<'a>, kind: &GroupVersionKind, schemas: &'a Schemas) -> Self {
        Self {
            object,
            of: object_type(kind, schemas),
            kind: kind.to_string(),
            prefix: FieldPath::root(),
            // As the API server, which writes those of the object over them.
            ignored: &["apiVersion", "kind"],
        }
    }

    /// A pod template at `prefix` of its object. Whatever kind has it, it is merged as a built-in kind's: a policy of
    /// pod templates means the same in each.
    pub fn pod_template(template: NodeRef<'a>, prefix: FieldPath, schemas: &'a Schemas) -> Self {
        Self {
            object: template,
            of: template_type(schemas),
            kind: TEMPLATE.to_owned(),
            prefix,
            ignored: &[],
        }
    }
}

fn object_type<'s>(kind: &GroupVersionKind, schemas: &'s Schemas) -> MergeType<'s> {
    match schemas.kind(kind) {
        Some(schema) => MergeType::of(schema),
        None => MergeType::Unknown {
            metadata: schemas.definition(OBJECT_META),
        },
    }
}

fn template_type(schemas: &Schemas) -> MergeType<'_> {
    match schemas.definition(POD_TEMPLATE) {
        Some(schema) => MergeType::of(schema),
        None => MergeType::Unknown { metadata: None },
    }
}

/// The operations that merge a configuration into its target, in order; none where nothing changes.
///
/// # Errors
/// The first thing in the configuration that the API server would refuse, or that cannot be known.
pub fn apply(
    target: &Target<'_>,
    mut configuration: Document,
) -> Result<Vec<Operation>, ApplyError> {
    let root = configuration.root().id();
    for name in target.ignored {
        configuration.remove_entry(root, name);
    }
    let configuration = configuration.root();
    check::check(configuration, target.of, &target.kind)?;
    merge::merge(target.object, configuration, target.of, &target.prefix)
}
