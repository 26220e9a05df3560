//! What differs between two objects, as lines of YAML. What Secrets hold is not shown, only that it differs.

use crate::manifest::NodeRef;
use crate::manifest::secrets::is_secret;

use super::yaml::{Line, lines as yaml};

/// Lines shown around each difference.
const AROUND: usize = 3;

/// More comparisons than this are not made: then all lines between the first and the last difference are shown.
const MOST_COMPARISONS: usize = 4_000_000;

/// More lines than this are not shown: nobody reads them.
const MOST_LINES: usize = 400;

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
    let is_secret = is_secret(from) || is_secret(to);
    let (from, to) = (yaml(from, is_secret), yaml(to, is_secret));
    let edits = edits(&from, &to);
    let mut shown = vec![false; edits.len()];
    for (at, (edit, _)) in edits.iter().enumerate() {
        if *edit != Edit::Keep {
            let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(edits.len());
            shown.get_mut(around).unwrap_or_default().fill(true);
        }
    }
    let mut lines = Vec::new();
    let mut left_out = false;
    for ((edit, line), shown) in edits.iter().zip(shown) {
        if !shown {
            left_out = true;
            continue;
        }
        if lines.len() >= MOST_LINES {
            lines.push("  … and more".to_owned());
            break;
        }
        if left_out {
            lines.push("  …".to_owned());
        }
        left_out = false;
        lines.push(format!("{} {}", edit.sign(), line.shown()));
    }
    lines
}

/// A short way from one list of lines to the other.
fn edits<'l>(from: &'l [Line], to: &'l [Line]) -> Vec<(Edit, &'l Line)> {
    let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (head, old) = from.split_at(same);
    let (_, new) = to.split_at(same);
    let pairs = old.iter().rev().zip(new.iter().rev());
    let same_end = pairs.take_while(|(a, b)| a == b).count();
    let (old, tail) = old.split_at(old.len() - same_end);
    let (new, _) = new.split_at(new.len() - same_end);
    let mut edits: Vec<(Edit, &Line)> = Vec::new();
    edits.extend(head.iter().map(|line| (Edit::Keep, line)));
    middle(old, new, &mut edits);
    edits.extend(tail.iter().map(|line| (Edit::Keep, line)));
    edits
}

/// By the longest common subsequence of lines.
fn middle<'l>(old: &'l [Line], new: &'l [Line], edits: &mut Vec<(Edit, &'l Line)>) {
    if old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        edits.extend(old.iter().map(|line| (Edit::Remove, line)));
        edits.extend(new.iter().map(|line| (Edit::Add, line)));
        return;
    }
    // How many lines `old[i..]` and `new[j..]` have in common, in order.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = if a == b {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
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
            (Some(a), b) if b.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Document, DocumentBuilder, Limits, read};
    use crate::source::SourceId;

    fn document(text: &str) -> Document {
        let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
        let mut documents = reading.documents.into_iter();
        let empty = || {
            let mut builder = DocumentBuilder::new();
            let root = builder.null(None);
            builder.finish(root)
        };
        documents.next().unwrap_or_else(empty)
    }

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        let (from, to) = (document(from), document(to));
        assert_eq!(lines(from.root(), to.root()), expected);
    }

    #[test]
    fn only_what_differs_is_shown_with_a_little_around() {
        check(
            "{a: 1, b: 2, c: 3, d: 4, e: [{x: 1, z: '2'}], f: 6, g: 7, h: 8, i: 9, j: 10}",
            "{j: 10, a: 1, b: 2, c: 3, d: 4, e: [{x: 1, z: 2}, {}], f: 6, g: 7, h: 8, i: 9}",
            &[
                "  …",
                "  d: 4",
                "  e:",
                "  - x: 1",
                "-   z: \"2\"",
                "+   z: 2",
                "+ - {}",
                "  f: 6",
                "  g: 7",
                "  h: 8",
            ],
        );
    }

    #[test]
    fn what_a_secret_holds_is_not_shown_but_that_it_differs_is() {
        check(
            "{kind: Secret, data: {a: c2VjcmV0, b: Qg==}}",
            "{kind: Secret, data: {a: b3RoZXI=, b: Qg==}}",
            &[
                "  data:",
                "-   a: (hidden)",
                "+   a: (hidden)",
                "    b: (hidden)",
                "  kind: Secret",
            ],
        );
    }

    #[test]
    fn beside_a_secret_what_calls_itself_something_else_is_not_shown_either() {
        check(
            "{kind: Secert, stringData: {a: hunter2}}",
            "{kind: Secret, stringData: {a: hunter2, b: hunter3}}",
            &[
                "- kind: Secert",
                "+ kind: Secret",
                "  stringData:",
                "    a: (hidden)",
                "+   b: (hidden)",
            ],
        );
    }

    #[test]
    fn what_is_wide_or_deep_is_cut_and_costs_no_stack() {
        let wide = |with: &str| {
            let items: Vec<String> = (0..3000).map(|at| format!("{with}{at}")).collect();
            format!("[{}]", items.join(", "))
        };
        let (from, to) = (document(&wide("a")), document(&wide("b")));
        assert_eq!(lines(from.root(), to.root()).len(), MOST_LINES + 1);
        let deep = |leaf: &str| format!("{}{leaf}{}", "[".repeat(5000), "]".repeat(5000));
        let (from, to) = (document(&deep("1")), document(&deep("2")));
        let lines = lines(from.root(), to.root());
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest < Some(2000), "{longest:?}");
    }
}
