//! kpolicy judges Kubernetes objects by one policy set, in Git before they are merged and in the cluster when they
//! are admitted, with the same verdict.
//!
//! `ARCHITECTURE.md` is the map of the house.

pub mod cel;
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod config;
#[cfg(feature = "cluster")]
pub mod crds;
pub mod documents;
pub mod engine;
pub mod export;
pub mod finding;
pub mod fixture;
pub mod gitops;
pub mod judge;
#[cfg(feature = "lint")]
pub mod lint;
pub mod manifest;
pub mod office;
pub mod pages;
pub mod policy;
pub mod render;
pub mod report;
pub mod repository;
pub mod schema;
#[cfg(feature = "serve")]
pub mod server;
pub mod source;
