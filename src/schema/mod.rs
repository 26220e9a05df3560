//! What the API server knows of the built-in kinds: their resources, scopes, pod templates and defaults, and what of
//! them it refuses.
//!
//! This module owns facts about Kubernetes' API, by version. It must not know policies, and does no I/O.
//!
//! Start reading at [`kinds`], then [`defaults`].

pub mod catalogue;
pub mod controllers;
pub mod defaults;
pub mod kinds;
pub mod namespaces;
pub mod openapi;
pub mod refusals;
pub mod templates;
