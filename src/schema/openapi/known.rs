//! What the built-in kinds are called, over all releases that are known: for whoever wrote one that is not there.

use crate::cel::Release;

use super::GroupVersionKind;
use super::bundle::Bundle;
use super::schemas::Schemas;

impl Schemas {
    /// Whether a group is Kubernetes' own in some known release. A group without a dot can be nobody else's: the API
    /// server takes none from a CustomResourceDefinition.
    pub fn is_own_group(group: &str) -> bool {
        !group.contains('.') || built_in().any(|kind| *kind.group == *group)
    }

    /// The built-in kinds of a group and version, by name.
    pub fn kinds_in<'a>(group: &'a str, version: &'a str) -> impl Iterator<Item = &'static str> {
        built_in()
            .filter(move |kind| *kind.group == *group && *kind.version == *version)
            .map(|kind| &*kind.kind)
    }

    /// Where a built-in kind of this name is, such as `apps/v1`: in the group alone if it is there, else in any.
    pub fn homes(group: &str, kind: &str) -> Vec<String> {
        let named = || built_in().filter(|known| *known.kind == *kind);
        let homes: Vec<String> = named()
            .filter(|known| *known.group == *group)
            .map(GroupVersionKind::api_version)
            .collect();
        if homes.is_empty() {
            return named().map(GroupVersionKind::api_version).collect();
        }
        homes
    }

    /// The oldest and the newest release that is known.
    pub fn first_and_last_release() -> Option<(Release, Release)> {
        let releases = &Bundle::shipped().releases;
        let (first, last) = (releases.first()?, releases.last()?);
        Some((first.release, last.release))
    }
}

fn built_in() -> impl Iterator<Item = &'static GroupVersionKind> {
    Bundle::shipped().kinds.keys()
}
