//! Texts as YAML, with quotes where they need them.

/// Whether YAML reads this as the same string without quotes; when in doubt, not.
pub fn is_plain(text: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

/// A text on one line, also within `[]` and `{}`: what controls something becomes a space.
pub fn quoted(text: &str) -> String {
    // Words with single spaces between them mean nothing else than themselves.
    let words = || text.split(' ');
    let is_text = |word: &str| is_plain(word) || word.chars().all(|c| c.is_ascii_alphanumeric());
    if is_plain(text)
        || words().count() > 1
            && words().next().is_some_and(is_plain)
            && words().all(|word| !word.is_empty() && is_text(word))
    {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, NodeRef, read};
    use crate::source::SourceId;

    #[test]
    fn a_word_that_yaml_would_read_as_something_else_is_quoted() {
        for (text, expected) in [
            ("web-1.a", "web-1.a"),
            ("acr-only/registry", "acr-only/registry"),
            ("why this one may", "why this one may"),
            ("until the 3 are moved", "until the 3 are moved"),
            ("true", "\"true\""),
            ("On", "\"On\""),
            ("on the way", "\"on the way\""),
            ("1e3", "\"1e3\""),
            ("a: b", "\"a: b\""),
            ("a - b", "\"a - b\""),
            ("a ", "\"a \""),
            ("a  b", "\"a  b\""),
            ("web-*", "\"web-*\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\tb", "\"a b\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(text), expected);
            let list = format!("[{expected}, x]");
            let read = read(SourceId(0), &list, Dialect::Kubectl, &Limits::default());
            let root = read.documents[0].root();
            let first = root.as_list().and_then(|list| list.iter().next());
            let back = first.and_then(NodeRef::as_str).map(str::to_owned);
            assert_eq!(back, Some(text.replace('\t', " ")));
        }
    }
}
