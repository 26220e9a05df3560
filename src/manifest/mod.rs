//! Manifests: text in, a tree of values with the place of every key and value out.
//!
//! This module owns how a text becomes values, exactly as the API server and kustomize would read it, and the one
//! document tree that CEL, matching, locating and fixing share. It must not know policies, and does no I/O.
//!
//! Start reading at [`Document`] and [`NodeRef`], then [`read()`].

mod builder;
mod decode;
mod document;
mod edit;
mod event;
pub mod fields;
mod granit;
mod json_read;
mod json_string;
mod json_write;
mod keys;
mod labels;
mod load;
mod mend;
mod node;
mod object;
pub mod patch;
mod place;
mod problem;
mod quoted;
mod read;
mod routes;
mod scalar;
pub mod secrets;
mod split;
mod strict;
mod strict_flow;
pub mod suggest;
mod syntax_message;
mod timestamp;
mod written;

pub use builder::DocumentBuilder;
pub use decode::decode_text;
pub use document::{Document, NodeId, Text};
pub use fields::{Fields, Placed};
pub use json_read::read_json;
pub use json_write::{to_serde, write_json};
pub use labels::{LabelSelector, read_labels};
pub use node::{EntryRef, ListRef, MapRef, NodeRef, View};
pub use object::{Content, Manifest, classify, nearly_object, unroll};
pub use problem::{Dialect, Limits, Problem, Severity};
pub use quoted::{is_plain, quoted};
pub use read::{Reading, read, read_one};
pub use routes::Routes;
pub use written::span_inside;
