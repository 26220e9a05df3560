//! What a `GitOps` repository says about itself: which kustomization builds what from which files.
//!
//! This module owns the reading of `kustomization.yaml`, the graph that they form, and where the repository begins. It must not know policies or
//! findings, and runs nothing: rendering is `render`'s.
//!
//! Start reading at [`Graph`], then [`Kustomization`].

mod graph;
mod kustomization;
mod repository;

pub use graph::{Graph, Member, Reached, Target};
pub use kustomization::{FILE_NAMES, Kustomization, Reference, Use, is_kustomization_file};
pub use repository::{CONFIG_NAME, Repository, shown};
