//! Integration tests.

mod manifest_read;
