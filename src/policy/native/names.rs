//! Names as the API server checks them.
//!
//! Upstream: k8s.io/apimachinery `pkg/util/validation` and `pkg/api/validate/content`, 1.36.

/// Lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part; at most 253 bytes.
pub(super) fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name
            .split('.')
            .all(|part| is_label_of_any_length(part, word))
}

/// As a subdomain without dots, with a letter first; at most 63 bytes.
pub(super) fn is_dns_1035_label(name: &str) -> bool {
    name.len() <= 63
        && is_label_of_any_length(name, word)
        && name
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_lowercase())
}

/// `name` or `prefix/name`: the prefix a subdomain, the name up to 63 letters, digits, `-`, `_` and `.`, with a letter
/// or digit at both ends.
pub(super) fn is_qualified_name(name: &str) -> bool {
    let (prefix, name) = name
        .split_once('/')
        .map_or((None, name), |(prefix, name)| (Some(prefix), name));
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    prefix.is_none_or(|prefix| !prefix.is_empty() && is_subdomain(prefix))
        && name.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Whether a name can stand in the path of a URL.
pub(in crate::policy) fn is_path_segment(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '%'])
}

fn word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label_of_any_length(text: &str, word: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| word(*byte))
        && bytes.last().is_some_and(|byte| word(*byte))
        && bytes.iter().all(|byte| word(*byte) || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_as_upstream_does() {
        let cases: &[(&str, [bool; 4])] = &[
            // subdomain, 1035 label, qualified name, path segment
            ("a", [true, true, true, true]),
            ("a.b-c.d1", [true, false, true, true]),
            ("1a", [true, false, true, true]),
            ("A", [false, false, true, true]),
            ("a_b", [false, false, true, true]),
            ("a/b", [false, false, true, false]),
            ("a.b/c", [false, false, true, false]),
            ("a/b/c", [false, false, false, false]),
            ("-a", [false, false, false, true]),
            ("a.", [false, false, false, true]),
            ("..", [false, false, false, false]),
            ("a b", [false, false, false, true]),
            ("", [false, false, false, false]),
        ];
        for (name, expected) in cases {
            let found = [
                is_subdomain(name),
                is_dns_1035_label(name),
                is_qualified_name(name),
                is_path_segment(name),
            ];
            assert_eq!(found, *expected, "`{name}`");
        }
        assert!(!is_dns_1035_label(&"a".repeat(64)) && is_subdomain(&"a".repeat(64)));
        assert!(!is_subdomain(&"a".repeat(254)) && !is_qualified_name(&"a".repeat(64)));
    }
}
