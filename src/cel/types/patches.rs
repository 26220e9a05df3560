//! The structs that mutations make: `JSONPatch`, and `Object` with its nested types, which may have any field.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/mutation` (KEP-3962).

use super::{FieldType, StaticType};

/// The fields of a JSON Patch operation.
const JSON_PATCH: [&str; 4] = ["op", "path", "from", "value"];

/// Whether this is the name of such a struct.
pub(crate) fn is_struct(name: &str) -> bool {
    name == "JSONPatch" || is_object(name)
}

/// What is known of a field of such a struct.
pub(crate) fn field(name: &str, field: &str) -> Option<FieldType> {
    let kind = match (name, field) {
        ("JSONPatch", "op" | "path" | "from") => StaticType::STRING,
        ("JSONPatch", "value") => StaticType::Dyn,
        _ if is_object(name) => StaticType::Dyn,
        _ => return None,
    };
    Some(FieldType {
        kind,
        required: false,
    })
}

/// The names of the fields of such a struct where they are fixed.
pub(crate) fn fields(name: &str) -> impl Iterator<Item = &'static str> {
    let known = (name == "JSONPatch").then_some(JSON_PATCH);
    known.into_iter().flatten()
}

/// Whether this is the name of an object, or of a part of one.
pub(crate) fn is_object(name: &str) -> bool {
    name == "Object" || name.starts_with("Object.")
}
