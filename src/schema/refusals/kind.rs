//! Kinds that no API server has.

use crate::cel::Release;
use crate::manifest::suggest::{closest, words};
use crate::source::FieldPath;

use super::{GroupVersionKind, Outcome, Refusal, Schemas};

/// Why nobody serves a kind; `None` for one of a group that may be anybody's.
pub(super) fn unserved(gvk: &GroupVersionKind, release: Option<Release>) -> Option<Refusal> {
    if !Schemas::is_own_group(&gvk.group) {
        return None;
    }
    let releases = Schemas::releases_with(gvk);
    let (message, key, help) = match (releases.first(), releases.last(), release) {
        (Some(first), Some(last), Some(release)) => (
            format!(
                "Kubernetes {release} has no `{gvk}`, {} has",
                range(*first, *last)
            ),
            "kind",
            None,
        ),
        // Some release has it, and nobody says which one the cluster runs.
        (Some(_), ..) => return None,
        _ => {
            let (first, last) = Schemas::first_and_last_release()?;
            let homes = Schemas::homes(&gvk.group, &gvk.kind);
            let help = if homes.is_empty() {
                let near = closest(&gvk.kind, Schemas::kinds_in(&gvk.group, &gvk.version));
                near.map(|near| format!("did you mean `{near}`?"))
            } else {
                let homes = words(homes.iter().map(String::as_str));
                Some(format!("`{}` is in {homes}", gvk.kind))
            };
            let is_version = Schemas::kinds_in(&gvk.group, &gvk.version).next().is_none();
            (
                format!("{} has no `{gvk}`", range(first, last)),
                if is_version { "apiVersion" } else { "kind" },
                help,
            )
        }
    };
    Some(Refusal {
        outcome: Outcome::Refused,
        path: FieldPath::root().key(key),
        existing: 1,
        message: format!("the API server refuses this: {message}"),
        help,
    })
}

/// Releases for people.
pub(super) fn range(first: Release, last: Release) -> String {
    if first == last {
        format!("Kubernetes {first}")
    } else {
        format!("Kubernetes {first} to {last}")
    }
}
