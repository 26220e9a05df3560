//! Field names as identifiers of CEL, as custom resource rules and the API server's type checking write them.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/escaping.go`.

use crate::cel::is_keyword;

/// The identifier for a field's name; `None` for a name that has none.
pub(super) fn escape(name: &str) -> Option<String> {
    if is_keyword(name) {
        return Some(format!("__{name}__"));
    }
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut escaped = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let (taken, written) = match c {
            '_' if rest.starts_with("__") => (2, "__underscores__"),
            '.' => (1, "__dot__"),
            '-' => (1, "__dash__"),
            '/' => (1, "__slash__"),
            c if c.is_ascii_alphanumeric() || c == '_' => {
                escaped.push(c);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => return None,
        };
        escaped.push_str(written);
        rest = rest.get(taken..).unwrap_or_default();
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (name, expected) in [
            ("replicas", Some("replicas")),
            ("namespace", Some("__namespace__")),
            ("a-b", Some("a__dash__b")),
            ("a.b/c", Some("a__dot__b__slash__c")),
            ("__a", Some("__underscores__a")),
            ("_a_", Some("_a_")),
            ("$ref", None),
            ("1a", None),
            ("", None),
            ("ä", None),
        ] {
            assert_eq!(escape(name).as_deref(), expected, "{name}");
        }
    }
}
