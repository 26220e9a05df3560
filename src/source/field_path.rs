//! A route of keys from the root of an object to a value, written as Kubernetes writes it.

use std::fmt;

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a map.
    Key(Box<str>),
    /// An element of a list, counted from 0.
    Index(usize),
}

/// A route of keys from the root of an object to a value, such as
/// `spec.template.spec.containers[0].image`.
///
/// Keys that are not plain names are written in brackets: `metadata.labels["app.kubernetes.io/name"]`.
/// This is how a place is known before, and without, a source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<Segment>);

impl FieldPath {
    /// The root of the object.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Parses the text form that [`fmt::Display`] writes. Returns `None` where the text is not of that form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix("[\"") {
                let end = inner.find("\"]")?;
                segments.push(Segment::Key(inner[..end].into()));
                rest = &inner[end + 2..];
            } else if let Some(inner) = rest.strip_prefix('[') {
                let end = inner.find(']')?;
                segments.push(Segment::Index(inner[..end].parse().ok()?));
                rest = &inner[end + 1..];
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                segments.push(Segment::Key(rest[..end].into()));
                rest = &rest[end..];
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return None;
                }
                rest = after;
            }
        }
        Some(Self(segments))
    }

    /// The steps, from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends a key.
    pub fn push_key(&mut self, key: &str) {
        self.0.push(Segment::Key(key.into()));
    }

    /// Appends an index.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    /// Appends one step.
    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    /// Removes the last step.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// This path with `key` appended.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.push_key(key);
        path
    }

    /// This path with `index` appended.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.push_index(index);
        path
    }

    /// This path followed by `rest`.
    #[must_use]
    pub fn join(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// What follows `prefix`, if this path starts with it.
    pub fn strip_prefix(&self, prefix: &Self) -> Option<Self> {
        self.0
            .strip_prefix(prefix.0.as_slice())
            .map(|rest| Self(rest.to_vec()))
    }
}

impl FromIterator<Segment> for FieldPath {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_plain(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Segment::Key(key) => write!(f, "[\"{key}\"]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        for text in [
            "",
            "kind",
            "spec.template.spec.containers[0].image",
            "metadata.labels[\"app.kubernetes.io/name\"]",
            "items[3][\"a b\"].c",
        ] {
            assert_eq!(
                FieldPath::parse(text)
                    .map(|path| path.to_string())
                    .as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn a_text_that_is_no_path_is_refused() {
        for text in [".a", "a.", "a[", "a[x]", "a[\"x", "a..b"] {
            assert_eq!(FieldPath::parse(text), None, "{text}");
        }
    }

    #[test]
    fn stripping_a_prefix_leaves_the_rest() {
        let path = FieldPath::parse("spec.template.spec.hostNetwork");
        let prefix = FieldPath::parse("spec.template");
        let rest = path
            .zip(prefix)
            .and_then(|(path, prefix)| path.strip_prefix(&prefix));
        assert_eq!(
            rest.map(|rest| rest.to_string()).as_deref(),
            Some("spec.hostNetwork")
        );
    }
}
