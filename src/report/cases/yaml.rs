//! An object as lines of YAML, maps in order of their keys, for people to compare.

use crate::manifest::secrets::{secrets, values_if_secret};
use crate::manifest::{EntryRef, NodeRef, View, is_plain, write_json};

/// Deeper values are written on one line.
const DEEPEST: usize = 40;

/// Longer lines are cut when they are shown.
const LONGEST: usize = 600;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What stands before the value.
    start: String,
    /// The value, where there is one on this line.
    value: String,
    /// Whether the value is part of a Secret.
    hidden: bool,
}

impl Line {
    /// The line as it is shown.
    pub(super) fn shown(&self) -> String {
        let value = if self.hidden { "(hidden)" } else { &self.value };
        let line = format!("{}{value}", self.start);
        match line.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
            None => line,
        }
    }
}

/// What is still to be written: a value after the start of its line.
struct Pending<'a> {
    start: String,
    depth: usize,
    node: NodeRef<'a>,
    hidden: bool,
}

/// The lines of an object. `is_secret`: whether it is shown beside a Secret, so that what it calls itself does not
/// matter. Does not recurse.
pub(super) fn lines(root: NodeRef<'_>, is_secret: bool) -> Vec<Line> {
    let within = secrets(root).into_iter();
    let within = within.chain(is_secret.then_some(root));
    let secrets: Vec<NodeRef<'_>> = within.flat_map(values_if_secret).collect();
    let mut lines = Vec::new();
    let mut pending = vec![Pending {
        start: String::new(),
        depth: 0,
        node: root,
        hidden: false,
    }];
    while let Some(Pending {
        start,
        depth,
        node,
        hidden,
    }) = pending.pop()
    {
        let hidden = hidden || secrets.iter().any(|secret| secret.is(node));
        let inner = if depth < DEEPEST && !hidden {
            inner(node)
        } else {
            Vec::new()
        };
        if inner.is_empty() {
            let gap = if start.is_empty() || start.ends_with(' ') {
                ""
            } else {
                " "
            };
            lines.push(Line {
                start: format!("{start}{gap}"),
                value: scalar(node),
                hidden,
            });
            continue;
        }
        // What follows a dash stands on its line; lists stand as deep as the key that they are under.
        let is_after_dash = start.is_empty() || start.ends_with("- ");
        let is_list = node.as_list().is_some();
        if !is_after_dash {
            lines.push(Line {
                start: start.clone(),
                value: String::new(),
                hidden: false,
            });
        }
        let depth = if is_list && !is_after_dash {
            depth - 1
        } else {
            depth
        };
        for (index, (mark, node)) in inner.into_iter().enumerate().rev() {
            let before = match index {
                0 if is_after_dash => start.clone(),
                _ => "  ".repeat(depth),
            };
            pending.push(Pending {
                start: format!("{before}{mark}"),
                depth: depth + 1,
                node,
                hidden: false,
            });
        }
    }
    lines
}

/// What a list or a map holds, each with what stands before it; nothing for anything else.
fn inner(node: NodeRef<'_>) -> Vec<(String, NodeRef<'_>)> {
    match node.view() {
        View::Map(map) => {
            let mut entries: Vec<EntryRef<'_>> = map.iter().collect();
            entries.sort_by_key(|entry| entry.key);
            let entries = entries.into_iter();
            entries
                .map(|entry| (format!("{}:", key(entry.key)), entry.value))
                .collect()
        }
        View::List(list) => list.iter().map(|item| ("- ".to_owned(), item)).collect(),
        _ => Vec::new(),
    }
}

fn key(key: &str) -> String {
    if is_plain(key) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

/// A value on one line: JSON is YAML, and what needs no quotes has none.
fn scalar(node: NodeRef<'_>) -> String {
    match node.view() {
        View::String(text) if is_plain(text) => text.to_owned(),
        _ => write_json(node),
    }
}
