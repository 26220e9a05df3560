//! Explicit nulls, as the API server reads them into its own types: a field that is null is not set.
//!
//! Charts leave `resources:` or `nodeSelector:` empty all the time. The API server never sends such a null to a
//! webhook, so lint must not show it to a policy either: `has()` would call it set. Upstream: Go's `encoding/json`,
//! which leaves a field at its zero value, and `resource.Quantity`, which reads null as 0.

use crate::manifest::{Document, NodeId, NodeRef, View};

/// Maps whose keys are the user's: there a null is the zero value under its key.
const TEXTS: [&str; 7] = [
    "annotations",
    "data",
    "labels",
    "matchLabels",
    "nodeSelector",
    "stringData",
    "volumeAttributes",
];

/// As [`TEXTS`], with quantities.
const QUANTITIES: [&str; 4] = ["capacity", "hard", "limits", "requests"];

/// Removes what is null, or puts the zero value there, in the whole tree below `root`.
pub(super) fn remove(document: &mut Document, root: NodeId) {
    let mut open = vec![(root, None)];
    while let Some((node, zero)) = open.pop() {
        let mut nulls: Vec<String> = Vec::new();
        match document.node(node).view() {
            View::Map(map) => {
                for entry in map.iter() {
                    match entry.value.view() {
                        View::Null => nulls.push(entry.key.to_owned()),
                        View::Map(_) | View::List(_) => {
                            open.push((entry.value.id(), zero_below(entry.key)));
                        }
                        _ => {}
                    }
                }
            }
            View::List(list) => open.extend(list.iter().map(NodeRef::id).map(|item| (item, None))),
            _ => {}
        }
        for key in nulls {
            if let Some(zero) = zero {
                let zero = document.make_string(zero);
                document.set_entry(node, &key, zero);
            } else {
                document.remove_entry(node, &key);
            }
        }
    }
}

fn zero_below(key: &str) -> Option<&'static str> {
    if TEXTS.contains(&key) {
        Some("")
    } else if QUANTITIES.contains(&key) {
        Some("0")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{read_json, write_json};

    #[test]
    fn a_null_field_is_not_set_and_a_null_under_a_users_key_is_its_zero_value() {
        for (given, expected) in [
            (
                r#"{"spec":{"nodeSelector":null,"containers":[{"name":"a","livenessProbe":null,"resources":{"limits":null}}]}}"#,
                r#"{"spec":{"containers":[{"name":"a","resources":{}}]}}"#,
            ),
            (r#"{"a":null,"b":null,"c":{"d":null}}"#, r#"{"c":{}}"#),
            (
                r#"{"metadata":{"labels":{"app":null}},"limits":{"memory":null}}"#,
                r#"{"metadata":{"labels":{"app":""}},"limits":{"memory":"0"}}"#,
            ),
            (r#"{"args":["a",null]}"#, r#"{"args":["a",null]}"#),
        ] {
            let mut document = read_json(None, given).expect("json");
            let root = document.root().id();
            remove(&mut document, root);
            assert_eq!(write_json(document.root()), expected, "{given}");
        }
    }
}
