//! What changed between two texts, line by line.

/// Lines of context around what changed.
const CONTEXT: usize = 4;

/// Texts with more lines than this are not compared line by line: the table grows with the square.
const LONGEST: usize = 1000;

/// One line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'t> {
    Same(&'t str),
    Out(&'t str),
    In(&'t str),
}

/// The difference as `diff -U` prints it, without headers; `...` stands for lines that are left out.
pub fn diff(old: &str, new: &str) -> String {
    let steps = steps(old, new);
    let changed: Vec<usize> = (0..)
        .zip(&steps)
        .filter(|(_, step)| !matches!(step, Step::Same(_)))
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
            Step::Same(line) => (' ', line),
            Step::Out(line) => ('-', line),
            Step::In(line) => ('+', line),
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
    let steps = steps(old, new);
    let changed = steps.iter().filter(|step| !matches!(step, Step::Same(_)));
    changed.count()
}

/// The fewest steps from one text to the other, lines that go before lines that come.
fn steps<'t>(old: &'t str, new: &'t str) -> Vec<Step<'t>> {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    if old.len().max(new.len()) > LONGEST {
        let out = old.into_iter().map(Step::Out);
        return out.chain(new.into_iter().map(Step::In)).collect();
    }
    // common[i][j]: how many lines `old[i..]` and `new[j..]` have in common.
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    let get =
        |common: &[usize], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            let longest = if before == after {
                get(&common, i + 1, j + 1) + 1
            } else {
                get(&common, i + 1, j).max(get(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let mut steps = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(before), Some(after)) if before == after => {
                steps.push(Step::Same(before));
                (i, j) = (i + 1, j + 1);
            }
            (Some(before), after)
                if after.is_none() || get(&common, i + 1, j) >= get(&common, i, j + 1) =>
            {
                steps.push(Step::Out(before));
                i += 1;
            }
            (_, Some(after)) => {
                steps.push(Step::In(after));
                j += 1;
            }
            _ => return steps,
        }
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
