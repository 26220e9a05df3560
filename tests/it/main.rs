//! The integration tests: one binary, a file for each topic.

mod architecture;
mod manifest_read;
mod policy_documents;
