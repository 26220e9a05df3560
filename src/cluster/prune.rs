//! What is kept of an object: who it is, and what the policies read of it.

use crate::cel::Reads;
use crate::manifest::{Document, DocumentBuilder, MapRef, NodeId, NodeRef};

/// Who wrote which field when: half of many objects, and no policy's business.
const MANAGED_FIELDS: &str = "managedFields";

/// The object with its type, and of the rest what is read.
pub(super) fn prune(object: NodeRef<'_>, api_version: &str, kind: &str, reads: &Reads) -> Document {
    let mut builder = DocumentBuilder::new();
    let b = &mut builder;
    // The items of a list do not say what they are.
    let mut entries = vec![
        ("apiVersion", b.string(api_version, None)),
        ("kind", b.string(kind, None)),
    ];
    for entry in object.as_map().into_iter().flat_map(MapRef::iter) {
        let value = match entry.key {
            "apiVersion" | "kind" => None,
            "metadata" => Some(metadata(b, entry.value, reads)),
            key => reads.below(key).map(|reads| reads.copy(b, entry.value)),
        };
        entries.extend(value.map(|value| (entry.key, value)));
    }
    let root = builder.object(&entries);
    // The copy has no room to grow, which the original has and will not need.
    #[allow(
        clippy::redundant_clone,
        reason = "it makes the memory as small as the content"
    )]
    builder.finish(root).clone()
}

fn metadata(builder: &mut DocumentBuilder, metadata: NodeRef<'_>, reads: &Reads) -> NodeId {
    let reads = reads.below("metadata").unwrap_or_default();
    let mut entries = Vec::new();
    for entry in metadata.as_map().into_iter().flat_map(MapRef::iter) {
        let value = match entry.key {
            MANAGED_FIELDS => None,
            "name" | "namespace" | "uid" => Some(builder.copy(entry.value)),
            key => reads
                .below(key)
                .map(|reads| reads.copy(builder, entry.value)),
        };
        entries.extend(value.map(|value| (entry.key, value)));
    }
    builder.object(&entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{read_json, write_json};

    #[test]
    fn an_object_keeps_its_name_and_what_is_read() {
        let object = r#"{"metadata":{"name":"a","uid":"u","namespace":"n","managedFields":[{"x":1}],
            "labels":{"l":"1"},"annotations":{"long":"text"}},
            "spec":{"rules":[{"a":1,"b":{"c":2}},{"a":3}],"other":{"x":1},"plain":"text"},"status":{"x":1}}"#;
        let object = read_json(None, object).unwrap();
        let mut some = Reads::default();
        some.add_route(&["spec", "rules", "a"]);
        some.add_route(&["metadata", "labels"]);
        for (reads, expected) in [
            (
                Reads::default(),
                r#"{"apiVersion":"g/v1","kind":"K","metadata":{"name":"a","uid":"u","namespace":"n"}}"#,
            ),
            (
                some,
                r#"{"apiVersion":"g/v1","kind":"K","metadata":{"name":"a","uid":"u","namespace":"n",
                "labels":{"l":"1"}},"spec":{"rules":[{"a":1},{"a":3}]}}"#,
            ),
            (
                Reads::everything(),
                r#"{"apiVersion":"g/v1","kind":"K","metadata":{"name":"a","uid":"u","namespace":"n",
                "labels":{"l":"1"},"annotations":{"long":"text"}},
                "spec":{"rules":[{"a":1,"b":{"c":2}},{"a":3}],"other":{"x":1},"plain":"text"},"status":{"x":1}}"#,
            ),
        ] {
            let expected = read_json(None, expected).unwrap();
            let pruned = prune(object.root(), "g/v1", "K", &reads);
            assert_eq!(
                write_json(pruned.root()),
                write_json(expected.root()),
                "{reads:?}"
            );
        }
    }

    #[test]
    fn lists_in_lists_cost_no_stack() {
        let nested = format!(
            r#"{{"metadata":{{"name":"a"}},"spec":{}1{}}}"#,
            "[".repeat(9000),
            "]".repeat(9000)
        );
        let object = read_json(None, &nested).unwrap();
        let mut reads = Reads::default();
        reads.add_route(&["spec", "x"]);
        let pruned = prune(object.root(), "v1", "K", &reads);
        assert!(pruned.node_count() > 9000);
    }
}
