//! The order of a merged list, and the steps that lead there from the list as it was.
//!
//! Upstream: `typed/merge.go` of `sigs.k8s.io/structured-merge-diff` v6. What the configuration does not name stays
//! where it is; what it names comes in its order.

/// The most list positions that single steps may touch; beyond it the list is written anew.
const MOST_WORK: usize = 250_000;

/// Where an element of the merged list comes from. The first number is a position in the old list, the second one in
/// the configuration's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It stays as it is.
    Kept(usize),
    /// Both have it, and both are merged.
    Merged(usize, usize),
    /// The old list has it more than once: the configuration's takes the place of all.
    Replaced(usize, usize),
    /// Only the configuration has it.
    New(usize),
}

impl Source {
    /// The position in the old list that it stands on.
    fn old(self) -> Option<usize> {
        match self {
            Self::Kept(old) | Self::Merged(old, _) | Self::Replaced(old, _) => Some(old),
            Self::New(_) => None,
        }
    }
}

/// What an old list holds of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Nowhere,
    Once(usize),
    /// More than once; where first.
    Often(usize),
}

/// The merged list. Keys are numbers below `keys`; those of `new` are distinct.
pub(super) fn arrange(old: &[usize], new: &[usize], keys: usize) -> Vec<Source> {
    let mut held = vec![Held::Nowhere; keys];
    for (position, &key) in old.iter().enumerate() {
        if let Some(held) = held.get_mut(key) {
            *held = match *held {
                Held::Nowhere => Held::Once(position),
                Held::Once(first) | Held::Often(first) => Held::Often(first),
            };
        }
    }
    let held = |key: usize| held.get(key).copied().unwrap_or(Held::Nowhere);
    let mut wanted = vec![false; keys];
    for &key in new {
        if let Some(wanted) = wanted.get_mut(key) {
            *wanted = true;
        }
    }
    let is_wanted = |key: usize| wanted.get(key).copied().unwrap_or(false);
    // For each position in `new`, the next key from there on that both lists have.
    let mut shared = vec![None; new.len() + 1];
    for (position, &key) in new.iter().enumerate().rev() {
        let next = if held(key) == Held::Nowhere {
            shared.get(position + 1).copied().flatten()
        } else {
            Some(key)
        };
        if let Some(slot) = shared.get_mut(position) {
            *slot = next;
        }
    }
    let take = |position: usize, key: usize| match held(key) {
        Held::Nowhere => Source::New(position),
        Held::Once(old) => Source::Merged(old, position),
        Held::Often(first) => Source::Replaced(first, position),
    };
    let mut merged = vec![false; keys];
    let mut out = Vec::with_capacity(old.len().max(new.len()));
    let (mut left, mut right) = (0, 0);
    loop {
        let here = old.get(left).copied();
        let there = new.get(right).copied();
        let next = shared.get(right).copied().flatten();
        match (here, there) {
            (None, None) => return out,
            (Some(key), Some(wanted)) if key == wanted => {
                out.push(take(right, key));
                if let Some(merged) = merged.get_mut(key) {
                    *merged = true;
                }
                left += 1;
                right += 1;
            }
            // Both have it, but it is not its turn.
            (Some(key), Some(_)) if is_wanted(key) && next.is_some_and(|next| next != key) => {
                left += 1;
            }
            (Some(key), _) if !is_wanted(key) => {
                out.push(Source::Kept(left));
                left += 1;
            }
            _ => {
                let done = here.is_some_and(|key| merged.get(key).copied().unwrap_or(false));
                if done || there.is_none() {
                    left += 1;
                }
                if let Some(key) = there {
                    out.push(take(right, key));
                    if let Some(merged) = merged.get_mut(key) {
                        *merged = true;
                    }
                    right += 1;
                }
            }
        }
    }
}

/// One step from the old list to the merged one; positions are those at the time of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rearrange {
    /// Takes the element at a position out.
    Remove(usize),
    /// Moves an element.
    Move {
        /// From here.
        from: usize,
        /// To here.
        to: usize,
    },
    /// Inserts an element of the configuration.
    Insert {
        /// Here.
        at: usize,
        /// Its position in the configuration.
        new: usize,
    },
}

/// The steps from a list of `len` elements to the merged one, apart from what changes inside the elements; `None` where
/// they would be too many to be taken one by one.
pub(super) fn steps(len: usize, merged: &[Source]) -> Option<Vec<Rearrange>> {
    let mut kept = vec![false; len];
    for old in merged.iter().filter_map(|source| source.old()) {
        if let Some(kept) = kept.get_mut(old) {
            *kept = true;
        }
    }
    let most = MOST_WORK / len.max(merged.len()).max(1);
    let inserts = merged.iter().filter(|source| source.old().is_none());
    let changes = inserts.count() + kept.iter().filter(|kept| !**kept).count();
    if changes > most {
        return None;
    }
    let gone = kept.iter().enumerate().rev().filter(|(_, kept)| !**kept);
    let mut steps: Vec<Rearrange> = gone.map(|(at, _)| Rearrange::Remove(at)).collect();
    let mut now: Vec<Option<usize>> = (0..len)
        .filter(|at| kept.get(*at).copied().unwrap_or(false))
        .map(Some)
        .collect();
    for (at, source) in merged.iter().enumerate() {
        if steps.len() > most {
            return None;
        }
        match (*source, source.old()) {
            (Source::New(new), _) => {
                steps.push(Rearrange::Insert { at, new });
                now.insert(at.min(now.len()), None);
            }
            (_, old) if now.get(at).copied() == Some(old) => {}
            (_, old) => {
                let from = now.iter().position(|element| *element == old)?;
                steps.push(Rearrange::Move { from, to: at });
                let element = now.remove(from);
                now.insert(at.min(now.len()), element);
            }
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names elements by letters; gives the merged list as letters, upper case where the configuration has a part.
    fn merged(old: &str, new: &str) -> String {
        let number = |text: &str| -> Vec<usize> {
            text.bytes()
                .map(|letter| usize::from(letter - b'a'))
                .collect()
        };
        let (old_keys, new_keys) = (number(old), number(new));
        let arranged = arrange(&old_keys, &new_keys, 26);
        // The steps lead to the same list.
        let name = |text: &str, at: usize| text.as_bytes().get(at).map_or('?', |&b| char::from(b));
        let wanted: String = arranged
            .iter()
            .map(|source| match *source {
                Source::Kept(at) => name(old, at),
                Source::Merged(_, at) | Source::Replaced(_, at) | Source::New(at) => {
                    name(new, at).to_ascii_uppercase()
                }
            })
            .collect();
        let mut list: Vec<char> = old.chars().collect();
        for step in steps(old.len(), &arranged).expect("few steps") {
            match step {
                Rearrange::Remove(at) => {
                    list.remove(at);
                }
                Rearrange::Move { from, to } => {
                    let element = list.remove(from);
                    list.insert(to, element);
                }
                Rearrange::Insert { at, new: position } => list.insert(at, name(new, position)),
            }
        }
        let stepped: String = list.into_iter().collect();
        assert_eq!(stepped, wanted.to_ascii_lowercase(), "{old} + {new}");
        wanted
    }

    #[test]
    fn what_the_configuration_names_comes_in_its_order_and_the_rest_stays() {
        for (old, new, expected) in [
            ("abc", "b", "aBc"),
            ("abc", "d", "abcD"),
            ("ab", "ca", "CAb"),
            ("ab", "ba", "BA"),
            ("abc", "ca", "bCA"),
            ("", "ab", "AB"),
            ("ab", "", "ab"),
            ("abcd", "xby", "aXBcdY"),
        ] {
            assert_eq!(merged(old, new), expected, "{old} + {new}");
        }
    }

    #[test]
    fn an_element_that_is_there_twice_is_left_alone_or_becomes_one() {
        assert_eq!(merged("aba", "b"), "aBa");
        assert_eq!(merged("aba", "a"), "Ab");
        assert_eq!(merged("aba", ""), "aba");
    }

    #[test]
    fn many_steps_in_a_long_list_are_not_taken_one_by_one() {
        let old: Vec<usize> = (0..100_000).collect();
        let new: Vec<usize> = (0..100_000).rev().collect();
        let arranged = arrange(&old, &new, 100_000);
        assert_eq!(arranged.len(), 100_000);
        assert_eq!(steps(old.len(), &arranged), None);
        let one = arrange(&old, &[100_000], 100_001);
        let steps = steps(old.len(), &one).expect("one step");
        assert_eq!(
            steps,
            [Rearrange::Insert {
                at: 100_000,
                new: 0
            }]
        );
    }
}
