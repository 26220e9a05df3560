//! The fewest steps from one list of lines to another. How the lines are shown, and how many are too many to compare, is
//! the caller's.

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'t, T> {
    /// It stays.
    Keep(&'t T),
    /// It goes.
    Remove(&'t T),
    /// It comes.
    Add(&'t T),
}

/// The steps by the longest common subsequence; lines that go stand before lines that come. Time and memory grow with
/// the product of both lengths, which the caller bounds.
pub(crate) fn steps<'t, T: PartialEq>(old: &'t [T], new: &'t [T]) -> Vec<Step<'t, T>> {
    // How many lines `old[i..]` and `new[j..]` have in common, in order.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            let longest = if before == after {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
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
                steps.push(Step::Keep(before));
                (i, j) = (i + 1, j + 1);
            }
            (Some(before), after)
                if after.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) =>
            {
                steps.push(Step::Remove(before));
                i += 1;
            }
            (_, Some(after)) => {
                steps.push(Step::Add(after));
                j += 1;
            }
            (None | Some(_), None) => return steps,
        }
    }
}

/// The steps where nobody looks for what both have in common.
pub(crate) fn all_of_both<'t, T>(old: &'t [T], new: &'t [T]) -> Vec<Step<'t, T>> {
    let out = old.iter().map(Step::Remove);
    out.chain(new.iter().map(Step::Add)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_in_order_stays_and_what_goes_stands_before_what_comes() {
        for (old, new, expected) in [
            ("", "", ""),
            ("ab", "ab", " a b"),
            ("a", "b", "-a+b"),
            ("abc", "xbz", "-a+x b-c+z"),
            ("", "ab", "+a+b"),
            ("ab", "", "-a-b"),
            ("abcab", "cabx", "-a-b c a b+x"),
        ] {
            let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
            let text: String = steps(&old, &new)
                .into_iter()
                .flat_map(|step| match step {
                    Step::Keep(line) => [' ', *line],
                    Step::Remove(line) => ['-', *line],
                    Step::Add(line) => ['+', *line],
                })
                .collect();
            assert_eq!(text, expected, "{old:?} to {new:?}");
        }
    }
}
