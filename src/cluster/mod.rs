//! The cluster that the webhook serves: how its API server is reached, and what is known of it.
//!
//! This module owns the Kubernetes client: it is the only one that names kube. It must not judge anything, and it never
//! changes an object that is not kpolicy's own. What it knows it gives to the server; nothing but `cli` imports it.
//!
//! Start reading at [`connect`].

mod client;

pub use client::{Access, ClientError, connect};
