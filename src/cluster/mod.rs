//! The cluster that the webhook serves: how its API server is reached, and what is known of it.
//!
//! This module owns the Kubernetes client: it is the only one that names kube. It must not judge anything, and it never
//! changes an object that is not kpolicy's own. What it knows it gives to the server; nothing but `cli` imports it.
//!
//! The way of an object: `want` says what is watched and how much of it is read, `watch` follows it, `prune` keeps what is
//! read, `objects` and `owners` hold it, `world` shows it to one request. `look_up` asks for what no watch has shown yet.
//!
//! Start reading at [`connect`], then [`Watches`].

mod client;
mod contact;
mod discover;
mod failure;
mod keep;
mod look_up;
mod objects;
mod own;
mod owners;
mod prune;
mod release;
mod seen;
mod state;
#[cfg(test)]
mod tests;
mod want;
mod watch;
mod watches;
mod world;

pub use client::{Access, ClientError, connect};
pub use own::OwnResources;
pub use want::Wanted;
pub use watches::Watches;
