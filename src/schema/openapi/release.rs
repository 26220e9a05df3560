//! Releases of Kubernetes, and sets of those that a bundle knows.

use std::fmt;

/// A minor release of Kubernetes 1, such as 1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u16);

impl Release {
    /// Kubernetes 1.`minor`.
    pub const fn new(minor: u16) -> Self {
        Self(minor)
    }

    /// Reads `1.36`, `v1.36` or a version of it such as `v1.36.3`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (minor, patch) = rest.split_at(end);
        (patch.is_empty() || patch.starts_with(['.', '-', '+']))
            .then(|| minor.parse().ok().map(Self))
            .flatten()
    }

    /// The minor number.
    pub const fn minor(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

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
    fn a_release_is_read_from_what_people_write() {
        for (text, expected) in [
            ("1.36", Some(36)),
            ("v1.36.3", Some(36)),
            ("v1.37.0-rc.1", Some(37)),
            ("1.36+", Some(36)),
            ("2.0", None),
            ("1.", None),
            ("1.x", None),
            ("1.36x", None),
            ("1.99999999", None),
        ] {
            assert_eq!(Release::parse(text), expected.map(Release::new), "{text}");
        }
        assert_eq!(Release::new(36).to_string(), "1.36");
    }

    #[test]
    fn a_set_of_releases_knows_its_members() {
        let some = Releases::only(1).and(Releases::only(3));
        assert!(some.has(1) && some.has(3) && !some.has(2));
        assert_eq!(Releases::first(2), Releases(3));
        assert!(Releases::ALL.has(31) && !Releases::ALL.has(32));
    }
}
