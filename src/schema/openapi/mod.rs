//! Schemas of kinds: Kubernetes' own in several releases, and those of custom resources.
//!
//! This module owns the structure of objects: fields, types, merge rules. Kubernetes' own come from a bundle that
//! ships with kpolicy (`make schemas` writes it); custom ones from CustomResourceDefinitions and OpenAPI documents
//! that are handed in. It judges no object, and does no I/O.
//!
//! Start reading at [`Schemas`] and [`Schema`]; how they are kept is in `model.rs`.

pub mod bundle;
mod crd;
mod documents;
mod escape;
mod gvk;
mod known;
mod model;
mod read;
mod release;
mod schema;
mod schemas;
mod sizes;
#[cfg(test)]
mod tests;
mod types;

pub use crd::is_crd;
pub use documents::is_openapi;
pub use gvk::GroupVersionKind;
pub use model::Patch;
pub use schema::{Field, Merge, Schema, Shape};
pub use schemas::{Schemas, Served};
pub use types::{Mapping, SchemaTypes};
