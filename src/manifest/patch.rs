//! JSON Patch (RFC 6902) on documents: what a mutation does to an object.
//!
//! What a patch brings has no origin; everything it leaves alone keeps its own.

use std::fmt;

use crate::source::{FieldPath, Segment};

use super::{Document, NodeId, NodeRef, View, write_json};

/// A JSON Pointer (RFC 6901).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pointer(Vec<Box<str>>);

impl Pointer {
    /// Parses `/spec/template~1x`; the empty text is the root.
    pub fn parse(text: &str) -> Result<Self, PatchError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(PatchError::Pointer(text.into()));
        };
        let unescape = |token: &str| Box::from(token.replace("~1", "/").replace("~0", "~"));
        Ok(Self(rest.split('/').map(unescape).collect()))
    }

    /// This pointer, counted from the end of `prefix`.
    #[must_use]
    pub fn below(self, prefix: &FieldPath) -> Self {
        let mut tokens = Self::from(prefix).0;
        tokens.extend(self.0);
        Self(tokens)
    }

    /// The steps, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    fn split_last(&self) -> Option<(&str, &[Box<str>])> {
        self.0.split_last().map(|(last, before)| (&**last, before))
    }
}

impl From<&FieldPath> for Pointer {
    fn from(path: &FieldPath) -> Self {
        let token = |segment: &Segment| match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string().into(),
        };
        Self(path.segments().iter().map(token).collect())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.0 {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

/// One operation of a patch.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Sets an entry, or inserts an element (`-`: at the end). What holds it must exist.
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Document,
    },
    /// Removes what must exist.
    Remove {
        /// Where.
        path: Pointer,
    },
    /// Replaces what must exist.
    Replace {
        /// Where.
        path: Pointer,
        /// With what.
        value: Document,
    },
    /// Moves what must exist.
    Move {
        /// Where from.
        from: Pointer,
        /// Where to; not below `from`.
        path: Pointer,
    },
    /// Copies what must exist; the copy keeps its origins.
    Copy {
        /// Where from.
        from: Pointer,
        /// Where to.
        path: Pointer,
    },
    /// Fails the whole patch unless the value is this one.
    Test {
        /// Where.
        path: Pointer,
        /// What must be there.
        value: Document,
    },
}

/// Why a patch cannot be applied. Nothing of it is then applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// A text that is no pointer.
    #[error("`{0}` is no JSON Pointer: it must be empty or begin with `/`")]
    Pointer(Box<str>),
    /// Nothing is there.
    #[error("there is nothing at `{0}`")]
    Missing(Pointer),
    /// What should hold the new value does not exist, or is no list or map.
    #[error("there is no list or map at `{0}` to hold the new value")]
    NoParent(Pointer),
    /// The last step is no index of the list.
    #[error("`{0}` does not end in an index of its list")]
    Index(Pointer),
    /// A move to below itself.
    #[error("`{0}` cannot be moved below itself")]
    IntoItself(Pointer),
    /// A `test` that does not hold.
    #[error("the value at `{0}` is not the expected one")]
    Test(Pointer),
}

/// The document after all operations, in order; or the first that is impossible.
pub fn apply(document: &Document, operations: &[Operation]) -> Result<Document, PatchError> {
    let mut after = document.clone();
    for operation in operations {
        match operation {
            Operation::Add { path, value } => {
                let value = after.import_made(value.root());
                add(&mut after, path, value)?;
            }
            Operation::Remove { path } => {
                take(&mut after, path)?;
            }
            Operation::Replace { path, value } => {
                find(&after, path)?;
                let value = after.import_made(value.root());
                replace(&mut after, path, value)?;
            }
            Operation::Move { from, path } => {
                if path.0.len() > from.0.len() && path.0.starts_with(&from.0) {
                    return Err(PatchError::IntoItself(from.clone()));
                }
                let value = find(&after, from)?.id();
                if from != path {
                    take(&mut after, from)?;
                    add(&mut after, path, value)?;
                }
            }
            Operation::Copy { from, path } => {
                let value = find(&after, from)?.id();
                let value = after.duplicate(value);
                add(&mut after, path, value)?;
            }
            Operation::Test { path, value } => {
                let holds = match find(&after, path) {
                    Ok(found) => found.same_value(value.root()),
                    // As the API server's json-patch has it: a key that is not there is null to a test.
                    Err(_) if is_key_of_map(&after, path) => value.root().is_null(),
                    Err(error) => return Err(error),
                };
                if !holds {
                    return Err(PatchError::Test(path.clone()));
                }
            }
        }
    }
    Ok(after)
}

/// The patch as JSON text, as the API server takes it from a webhook.
pub fn write(operations: &[Operation]) -> String {
    let mut out = String::from("[");
    for (index, operation) in operations.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let (op, from, path, value) = match operation {
            Operation::Add { path, value } => ("add", None, path, Some(value)),
            Operation::Remove { path } => ("remove", None, path, None),
            Operation::Replace { path, value } => ("replace", None, path, Some(value)),
            Operation::Move { from, path } => ("move", Some(from), path, None),
            Operation::Copy { from, path } => ("copy", Some(from), path, None),
            Operation::Test { path, value } => ("test", None, path, Some(value)),
        };
        out.push_str("{\"op\":\"");
        out.push_str(op);
        out.push('"');
        for (name, pointer) in [("from", from), ("path", Some(path))] {
            if let Some(pointer) = pointer {
                out.push_str(",\"");
                out.push_str(name);
                out.push_str("\":");
                super::json_write::quote(&mut out, &pointer.to_string());
            }
        }
        if let Some(value) = value {
            out.push_str(",\"value\":");
            out.push_str(&write_json(value.root()));
        }
        out.push('}');
    }
    out.push(']');
    out
}

fn find<'d>(document: &'d Document, path: &Pointer) -> Result<NodeRef<'d>, PatchError> {
    walk(document, &path.0).ok_or_else(|| PatchError::Missing(path.clone()))
}

/// Whether a pointer ends in a key, there or not, of a map that is there.
fn is_key_of_map(document: &Document, path: &Pointer) -> bool {
    let parent = path.0.split_last().map(|(_, before)| before);
    parent
        .and_then(|before| walk(document, before))
        .is_some_and(|parent| parent.as_map().is_some())
}

fn walk<'d>(document: &'d Document, tokens: &[Box<str>]) -> Option<NodeRef<'d>> {
    tokens
        .iter()
        .try_fold(document.root(), |node, token| match node.view() {
            View::List(list) => list.get(index(token)?),
            _ => node.get(token),
        })
}

/// What holds the last step of a path, by its id, and whether it is a list.
fn parent<'p>(
    document: &Document,
    path: &'p Pointer,
) -> Result<Option<(NodeId, bool, &'p str)>, PatchError> {
    let Some((last, before)) = path.split_last() else {
        return Ok(None);
    };
    let no_parent = || PatchError::NoParent(Pointer(before.to_vec()));
    let node = walk(document, before).ok_or_else(no_parent)?;
    match node.view() {
        View::List(_) => Ok(Some((node.id(), true, last))),
        View::Map(_) => Ok(Some((node.id(), false, last))),
        _ => Err(no_parent()),
    }
}

fn add(document: &mut Document, path: &Pointer, value: NodeId) -> Result<(), PatchError> {
    match parent(document, path)? {
        None => document.set_root(value),
        Some((map, false, key)) => document.set_entry(map, key, value),
        Some((list, true, token)) => {
            let len = document.node(list).as_list().map_or(0, super::ListRef::len);
            let at = if token == "-" {
                Some(len)
            } else {
                index(token)
            };
            if !at.is_some_and(|at| document.insert_item(list, at, value)) {
                return Err(PatchError::Index(path.clone()));
            }
        }
    }
    Ok(())
}

/// Replaces what is known to exist.
fn replace(document: &mut Document, path: &Pointer, value: NodeId) -> Result<(), PatchError> {
    match parent(document, path)? {
        None => document.set_root(value),
        Some((map, false, key)) => document.set_entry(map, key, value),
        Some((list, true, token)) => {
            if !index(token).is_some_and(|at| document.set_item(list, at, value)) {
                return Err(PatchError::Index(path.clone()));
            }
        }
    }
    Ok(())
}

fn take(document: &mut Document, path: &Pointer) -> Result<(), PatchError> {
    let removed = match parent(document, path)? {
        // As the API server's library: the root cannot be removed.
        None => false,
        Some((map, false, key)) => document.remove_entry(map, key),
        Some((list, true, token)) => index(token).is_some_and(|at| document.remove_item(list, at)),
    };
    if removed {
        Ok(())
    } else {
        Err(PatchError::Missing(path.clone()))
    }
}

/// An index as RFC 6901 writes it: digits without leading zeros.
fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit())
        && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}
