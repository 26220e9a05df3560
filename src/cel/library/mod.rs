//! The functions behind CEL's names, on plain Rust types: no CEL value, no document, no I/O.
//!
//! One module for each library. `functions` makes them callable from expressions.

pub(crate) mod authorizer;
pub(crate) mod cidr;
pub(crate) mod format;
pub(crate) mod formats;
pub(crate) mod image;
pub(crate) mod ip;
pub(crate) mod quantity;
pub(crate) mod quoted;
pub(crate) mod regex;
pub(crate) mod selector;
pub(crate) mod semver;
pub(crate) mod strings;
pub(crate) mod time;
pub(crate) mod toleration;
pub(crate) mod url;
