//! Sets of the releases that a bundle knows.

/// Some of the releases that an arena of schemas tells apart: a bit for each, the oldest lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Releases(pub(super) u32);

impl Releases {
    /// Every release, also where there is nothing to tell apart.
    pub(super) const ALL: Self = Self(u32::MAX);

    /// The one at a position. Beyond the 32nd it is none.
    pub(super) fn only(index: usize) -> Self {
        u32::try_from(index)
            .ok()
            .and_then(|index| 1_u32.checked_shl(index))
            .map_or(Self(0), Self)
    }

    /// The first `count`.
    pub(super) fn first(count: usize) -> Self {
        (0..count).fold(Self(0), |all, index| all.and(Self::only(index)))
    }

    /// Both together.
    #[must_use]
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have one in common.
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the one at a position is among them.
    pub(super) fn has(self, index: usize) -> bool {
        self.meets(Self::only(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_releases_knows_its_members() {
        let some = Releases::only(1).and(Releases::only(3));
        assert!(some.has(1) && some.has(3) && !some.has(2));
        assert_eq!(Releases::first(2), Releases(3));
        assert!(Releases::ALL.has(31) && !Releases::ALL.has(32));
    }
}
