//! What changed between two texts, line by line.

use crate::report::{Step, all_of_both, steps};

/// Lines of context around what changed.
const CONTEXT: usize = 4;

/// Texts with more lines than this are not compared line by line: the table grows with the square.
const LONGEST: usize = 1000;

/// The difference as `diff -U` prints it, without headers; `...` stands for lines that are left out.
pub fn diff(old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let steps = between(&old, &new);
    let changed: Vec<usize> = (0..)
        .zip(&steps)
        .filter(|(_, step)| !matches!(step, Step::Keep(_)))
        .map(|(at, _)| at)
        .collect();
    let near = |at: usize| changed.iter().any(|other| other.abs_diff(at) <= CONTEXT);
    let mut text = String::new();
    let mut left_out = false;
    for (at, step) in steps.iter().enumerate() {
        if !near(at) {
            left_out = true;
            continue;
        }
        if std::mem::take(&mut left_out) {
            text.push_str(" ...\n");
        }
        let (sign, line) = match step {
            Step::Keep(line) => (' ', line),
            Step::Remove(line) => ('-', line),
            Step::Add(line) => ('+', line),
        };
        text.push(sign);
        text.push_str(line);
        text.push('\n');
    }
    if left_out {
        text.push_str(" ...\n");
    }
    text
}

/// In how many lines two texts differ.
pub(super) fn distance(old: &str, new: &str) -> usize {
    let (old, new) = (lines(old), lines(new));
    let steps = between(&old, &new);
    let changed = steps.iter().filter(|step| !matches!(step, Step::Keep(_)));
    changed.count()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn between<'t>(old: &'t [&'t str], new: &'t [&'t str]) -> Vec<Step<'t, &'t str>> {
    if old.len().max(new.len()) > LONGEST {
        all_of_both(old, new)
    } else {
        steps(old, new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_and_what_stands_near_it_is_shown() {
        for (old, new, expected) in [
            ("a\nb\n", "a\nb\n", " ...\n"),
            ("a\nb\n", "a\nc\n", " a\n-b\n+c\n"),
            ("", "a\n", "+a\n"),
            ("a\n", "", "-a\n"),
            ("a\nc\n", "a\nb\nc\n", " a\n+b\n c\n"),
            (
                "1\n2\n3\n4\n5\n6\n7\n",
                "1\n2\n3\n4\n5\n6\n8\n",
                " ...\n 3\n 4\n 5\n 6\n-7\n+8\n",
            ),
            (
                "1\n2\n3\n4\n5\n6\n",
                "0\n1\n2\n3\n4\n5\n6\n",
                "+0\n 1\n 2\n 3\n 4\n ...\n",
            ),
        ] {
            assert_eq!(diff(old, new), expected, "{old:?} to {new:?}");
        }
    }

    #[test]
    fn a_distance_counts_lines_that_go_and_lines_that_come() {
        for (old, new, expected) in [
            ("a\nb\n", "a\nb\n", 0),
            ("a\nb\n", "b\nc\n", 2),
            ("", "a\nb", 2),
        ] {
            assert_eq!(distance(old, new), expected, "{old:?} to {new:?}");
        }
    }

    #[test]
    fn very_long_texts_cost_no_square() {
        let long = "x\n".repeat(LONGEST + 1);
        assert_eq!(distance(&long, "x\n"), LONGEST + 2);
    }
}
