//! Manifests: text in, a tree of values with the place of every key and value out.
//!
//! This module owns how a text becomes values, exactly as the API server and kustomize would read it, and the one
//! document tree that CEL, matching, locating and fixing share. It must not know policies, and does no I/O.
//!
//! Start reading at [`Document`] and [`NodeRef`].

mod builder;
mod document;
mod edit;
mod node;

pub use builder::DocumentBuilder;
pub use document::{Document, NodeId, Text};
pub use node::{EntryRef, ListRef, MapRef, NodeRef, View};
