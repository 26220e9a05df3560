//! The bundle: the structure of Kubernetes' own kinds in several releases, as one text that ships with kpolicy.
//!
//! `structures.txt` is written by `make schemas` and kept with the source. It holds no descriptions and no text of
//! Kubernetes, only names, types and merge rules. A line says what one definition is, the lines below it name its
//! fields; what does not hold in all releases says in which:
//!
//! ```text
//! kpolicy schemas 1
//! release 1.36.3
//! release 1.37.1
//! core.v1.ContainerPort object
//!  containerPort! int format=int32 default=0
//!  protocol string default="TCP"
//!  shiny 37 @.ShinyPort
//! core.v1.Pod object
//!   /v1 Pod pods namespaced
//!  metadata @meta.v1.ObjectMeta default={}
//! ```
//!
//! A schema is a word (`any bool int number string int-or-string quantity object`), a reference (`@name`, or `@.name`
//! for one in the same package), `list of` or `map of` another one; its attributes stand before the `of`.

mod kinds;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use std::sync::OnceLock;

use crate::cel::Release;

use super::model::Arena;
use super::release::Releases;

pub use write::{Origin, write};

pub(super) use kinds::{KindFacts, Kinds, collect_resources, gvks};

/// The first line of the text.
const HEADER: &str = "kpolicy schemas 1";

/// The text that ships.
const TEXT: &str = include_str!("structures.txt");

/// The structures of several releases.
#[derive(Clone, Debug, Default)]
pub(super) struct Bundle {
    /// The releases, oldest first; their positions are the bits of [`Releases`].
    pub(super) releases: Vec<Version>,
    pub(super) arena: Arena,
    pub(super) kinds: Kinds,
}

/// A release and the version of it that the structures are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) release: Release,
    /// Such as `1.36.3`.
    pub(super) text: Box<str>,
}

impl Bundle {
    /// The one that ships, read when it is first asked for.
    pub(super) fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Bundle> = OnceLock::new();
        // A test holds the text to be readable.
        SHIPPED.get_or_init(|| parse::parse(TEXT).unwrap_or_default())
    }

    /// The position of a release; of the nearest one for a release that is not here.
    pub(super) fn nearest(&self, release: Release) -> usize {
        let after = self
            .releases
            .partition_point(|version| version.release <= release);
        after.saturating_sub(1)
    }

    /// The releases that are here, as people write them.
    pub(super) fn names(&self, releases: Releases) -> Vec<Release> {
        self.releases
            .iter()
            .enumerate()
            .filter(|(index, _)| releases.has(*index))
            .map(|(_, version)| version.release)
            .collect()
    }
}
