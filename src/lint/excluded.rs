//! What is said of objects that are in the files and not judged for where they are.

use std::collections::BTreeMap;

use crate::schema::namespaces;

use super::discover::count;

/// More namespaces than this are counted, not named.
const MOST_NAMES: usize = 5;

/// A line for each reason: how many objects, why, and in which namespaces.
pub(super) fn remarks(excluded: &BTreeMap<Option<String>, usize>) -> Vec<String> {
    let of = |system: bool| {
        let is_system = |namespace: &Option<String>| {
            let name = namespace.as_deref();
            name.is_some_and(namespaces::is_system)
        };
        let found: Vec<_> = excluded
            .iter()
            .filter(|(namespace, _)| is_system(namespace) == system)
            .collect();
        let objects: usize = found.iter().map(|(_, count)| **count).sum();
        let mut names: Vec<String> = found
            .iter()
            .take(MOST_NAMES)
            .map(|(namespace, _)| match namespace {
                Some(name) => format!("`{name}`"),
                None => "none".to_owned(),
            })
            .collect();
        if found.len() > MOST_NAMES {
            names.push(format!("and {} more", found.len() - MOST_NAMES));
        }
        (objects > 0).then(|| (count(objects, "object"), names.join(", ")))
    };
    let system = of(true).map(|(objects, names)| {
        format!("left out {objects} in namespaces of the cluster itself: {names}")
    });
    let disabled = of(false).map(|(objects, names)| {
        format!("left out {objects} in namespaces where Config enforces nothing: {names}")
    });
    system.into_iter().chain(disabled).collect()
}
