//! The integration tests: one binary, a file for each topic.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail so"
)]

#[cfg(feature = "serve")]
mod admission;
#[cfg(feature = "serve")]
mod admission_properties;
mod apply;
mod apply_properties;
mod architecture;
mod beside_safeguards;
mod budgets;
mod cel_allocations;
mod cel_blame;
mod cel_blame_property;
mod cel_differential;
mod cel_library;
mod cel_limits;
mod cel_properties;
mod cel_reads;
mod cel_soak;
mod cli_check;
mod cli_check_types;
mod cli_eval;
mod cli_policies;
mod cli_test;
mod cli_test_exercise;
#[cfg(feature = "conformance")]
mod conformance_cel;
#[cfg(feature = "conformance")]
mod conformance_psa;
#[cfg(feature = "conformance")]
mod conformance_yaml;
#[cfg(feature = "cluster")]
mod crds;
mod defaults;
#[cfg(all(feature = "cluster", feature = "lint", feature = "serve"))]
mod documented_commands;
mod exceptions;
mod fixtures;
mod fixtures_apart;
mod generate;
mod generated_functions;
#[cfg(all(feature = "lint", feature = "serve"))]
mod generated_pages;
mod half_objects;
mod image_bypasses;
mod judge;
#[cfg(feature = "lint")]
mod lint_bad_input;
#[cfg(feature = "lint")]
mod lint_cases;
#[cfg(feature = "lint")]
mod lint_comments;
#[cfg(feature = "lint")]
mod lint_sample;
mod manifest_json;
mod manifest_mend;
mod manifest_object;
mod manifest_patch;
mod manifest_properties;
mod manifest_read;
mod manifest_scalars;
mod mutating;
mod native_parameters;
#[cfg(all(feature = "lint", feature = "serve"))]
mod native_parity;
#[cfg(feature = "serve")]
mod native_requests;
mod office;
#[cfg(feature = "serve")]
mod office_gate;
#[cfg(feature = "serve")]
mod owners;
mod parameter_words;
#[cfg(all(feature = "lint", feature = "serve"))]
mod parity;
#[cfg(feature = "conformance")]
mod pod_security;
mod policies;
mod policy_documents;
#[cfg(all(feature = "lint", feature = "real-tools"))]
mod real_render;
mod safeguards;
mod same_words;
#[cfg(feature = "serve")]
mod serve;
mod spot_and_hooks;
mod supersede;
mod template_and_pod;
#[cfg(feature = "serve")]
mod tls;
mod ways_in;
#[cfg(feature = "serve")]
mod webhook;
#[cfg(feature = "serve")]
mod webhook_export;
