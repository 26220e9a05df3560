//! What differs between two objects, as lines of YAML. What Secrets hold is not shown, only that it differs.

use crate::manifest::NodeRef;
use crate::manifest::secrets::is_secret;

use super::super::{Step, all_of_both, steps};
use super::yaml::{Line, lines as yaml};

/// Lines shown around each difference.
const AROUND: usize = 3;

/// More comparisons than this are not made: then all lines between the first and the last difference are shown.
const MOST_COMPARISONS: usize = 4_000_000;

/// More lines than this are not shown: nobody reads them.
const MOST_LINES: usize = 400;

/// The lines that only one of both has, with `-` and `+`, and a few lines around them. Maps are compared by their
/// keys, so both are written with their keys in order.
pub(super) fn lines(from: NodeRef<'_>, to: NodeRef<'_>) -> Vec<String> {
    let is_secret = is_secret(from) || is_secret(to);
    let (from, to) = (yaml(from, is_secret), yaml(to, is_secret));
    let edits = edits(&from, &to);
    let mut shown = vec![false; edits.len()];
    for (at, edit) in edits.iter().enumerate() {
        if !matches!(edit, Step::Keep(_)) {
            let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(edits.len());
            shown.get_mut(around).unwrap_or_default().fill(true);
        }
    }
    let mut lines = Vec::new();
    let mut left_out = false;
    for (edit, shown) in edits.iter().zip(shown) {
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
        let (sign, line) = match edit {
            Step::Keep(line) => (' ', line),
            Step::Remove(line) => ('-', line),
            Step::Add(line) => ('+', line),
        };
        lines.push(format!("{sign} {}", line.shown()));
    }
    lines
}

/// A short way from one list of lines to the other.
fn edits<'l>(from: &'l [Line], to: &'l [Line]) -> Vec<Step<'l, Line>> {
    let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (head, old) = from.split_at(same);
    let (_, new) = to.split_at(same);
    let pairs = old.iter().rev().zip(new.iter().rev());
    let same_end = pairs.take_while(|(a, b)| a == b).count();
    let (old, tail) = old.split_at(old.len() - same_end);
    let (new, _) = new.split_at(new.len() - same_end);
    let middle = if old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        all_of_both(old, new)
    } else {
        steps(old, new)
    };
    let head = head.iter().map(Step::Keep);
    head.chain(middle)
        .chain(tail.iter().map(Step::Keep))
        .collect()
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
