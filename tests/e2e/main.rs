//! The end-to-end suite: kpolicy behind a real kube-apiserver. `make e2e` runs it; README.md says how to add to it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail so"
)]

mod answers;
mod away;
mod beside_safeguards;
mod controllers;
mod every_fixture;
#[allow(dead_code, unused_imports, reason = "the other suite uses all of it")]
#[path = "../it/fixtures.rs"]
mod fixtures;
mod harness;
mod lifecycle;
mod mutations;
mod namespaces;
mod native;
mod objects;
mod own_kinds;
mod owners;
mod pod_security;
mod pod_security_changes;
#[path = "../it/pod_security.rs"]
mod pod_security_checks;
mod pod_security_namespaces;
mod quality_of_service;
mod registration;
mod release;
#[path = "../it/safeguards.rs"]
mod safeguards;
mod said;
mod sample;
mod watching;
mod ways_in;
