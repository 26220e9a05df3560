//! What differs between two objects, as lines of YAML.

use std::fmt::Write as _;

use crate::manifest::{NodeRef, View, write_json};

/// Lines shown around each difference.
const AROUND: usize = 3;

/// More comparisons than this are not made: then all lines between the first and the last difference are shown.
const MOST: usize = 4_000_000;

/// What is done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

impl Edit {
    const fn sign(self) -> char {
        match self {
            Self::Keep => ' ',
            Self::Remove => '-',
            Self::Add => '+',
        }
    }
}

/// The lines that only one of both has, with `-` and `+`, and a few lines around them. Maps are compared by their
/// keys, so both are written with their keys in order.
pub(super) fn lines(from: NodeRef<'_>, to: NodeRef<'_>) -> Vec<String> {
    let (from, to) = (yaml(from), yaml(to));
    let edits = edits(&from, &to);
    let changed = |at: usize| edits.get(at).is_some_and(|(edit, _)| *edit != Edit::Keep);
    let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
    let mut lines = Vec::new();
    let mut left_out = false;
    for (at, (edit, line)) in edits.iter().enumerate() {
        if near(at) {
            if left_out {
                lines.push("  …".to_owned());
            }
            left_out = false;
            lines.push(format!("{} {line}", edit.sign()));
        } else {
            left_out = true;
        }
    }
    lines
}

/// The shortest way from one list of lines to the other.
fn edits<'l>(from: &'l [String], to: &'l [String]) -> Vec<(Edit, &'l str)> {
    let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (head, from_rest, to_rest) = (
        from.get(..same).unwrap_or_default(),
        from.get(same..).unwrap_or_default(),
        to.get(same..).unwrap_or_default(),
    );
    let pairs = from_rest.iter().rev().zip(to_rest.iter().rev());
    let same_end = pairs.take_while(|(a, b)| a == b).count();
    let (old, tail) = from_rest.split_at(from_rest.len() - same_end);
    let new = to_rest.get(..to_rest.len() - same_end).unwrap_or_default();
    let mut edits: Vec<(Edit, &str)> = Vec::new();
    edits.extend(head.iter().map(|line| (Edit::Keep, &**line)));
    middle(old, new, &mut edits);
    edits.extend(tail.iter().map(|line| (Edit::Keep, &**line)));
    edits
}

fn middle<'l>(old: &'l [String], new: &'l [String], edits: &mut Vec<(Edit, &'l str)>) {
    if old.len().saturating_mul(new.len()) > MOST {
        edits.extend(old.iter().map(|line| (Edit::Remove, &**line)));
        edits.extend(new.iter().map(|line| (Edit::Add, &**line)));
        return;
    }
    // `longest[i][j]`: how many lines `old[i..]` and `new[j..]` have in common, in order.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let value =
        |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = if a == b {
                value(&longest, i + 1, j + 1) + 1
            } else {
                value(&longest, i + 1, j).max(value(&longest, i, j + 1))
            };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                edits.push((Edit::Keep, a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b)
                if b.is_none() || value(&longest, i + 1, j) >= value(&longest, i, j + 1) =>
            {
                edits.push((Edit::Remove, a));
                i += 1;
            }
            (_, Some(b)) => {
                edits.push((Edit::Add, b));
                j += 1;
            }
            (None | Some(_), None) => return,
        }
    }
}

/// What is still to be written: a value after the start of its line, at a depth.
struct Pending<'a> {
    start: String,
    depth: usize,
    node: NodeRef<'a>,
}

/// An object as lines of YAML, maps in order of their keys. Does not recurse.
fn yaml(root: NodeRef<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pending = vec![Pending {
        start: String::new(),
        depth: 0,
        node: root,
    }];
    while let Some(Pending { start, depth, node }) = pending.pop() {
        let inside = pending.len();
        // What follows a dash stands on its line.
        let after_dash = start.ends_with("- ") || start.is_empty();
        match node.view() {
            View::Map(map) if !map.is_empty() => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|entry| entry.key);
                if !after_dash {
                    lines.push(start.clone());
                }
                for (index, entry) in entries.into_iter().enumerate() {
                    let indent = match index {
                        0 if after_dash => start.clone(),
                        _ => "  ".repeat(depth),
                    };
                    pending.push(Pending {
                        start: format!("{indent}{}:", key(entry.key)),
                        depth: depth + 1,
                        node: entry.value,
                    });
                }
            }
            View::List(list) if !list.is_empty() => {
                if !after_dash {
                    lines.push(start.clone());
                }
                for (index, item) in list.iter().enumerate() {
                    let indent = match index {
                        0 if after_dash => start.clone(),
                        _ => "  ".repeat(depth),
                    };
                    pending.push(Pending {
                        start: format!("{indent}- "),
                        depth: depth + 1,
                        node: item,
                    });
                }
            }
            _ => {
                let mut line = start;
                if !line.is_empty() && !line.ends_with(' ') {
                    line.push(' ');
                }
                let _ = write!(line, "{}", scalar(node));
                lines.push(line);
            }
        }
        if let Some(inner) = pending.get_mut(inside..) {
            inner.reverse();
        }
    }
    lines
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

/// Whether YAML reads this as the same string without quotes; when in doubt, not.
fn is_plain(text: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let starts_well = text
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    starts_well
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}
