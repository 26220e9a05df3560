//! JSON Patch on documents.

use kpolicy::manifest::patch::{Operation, PatchError, Pointer, apply, write};
use kpolicy::manifest::{Dialect, Document, Limits, NodeRef, read, read_json, write_json};
use kpolicy::source::{FieldPath, SourceId};

fn value(text: &str) -> Document {
    read_json(None, text).expect("json")
}

/// Reads a patch from its JSON form.
pub(crate) fn patch(text: &str) -> Vec<Operation> {
    let document = value(text);
    let operations = document.root().as_list().expect("a list");
    operations
        .iter()
        .map(|operation| {
            let text = |key: &str| operation.get(key).and_then(NodeRef::as_str);
            let pointer =
                |key: &str| Pointer::parse(text(key).expect("a pointer")).expect("a pointer");
            let value = || value(&operation.get("value").map(write_json).expect("a value"));
            let path = pointer("path");
            match text("op") {
                Some("add") => Operation::Add {
                    path,
                    value: value(),
                },
                Some("remove") => Operation::Remove { path },
                Some("replace") => Operation::Replace {
                    path,
                    value: value(),
                },
                Some("move") => Operation::Move {
                    from: pointer("from"),
                    path,
                },
                Some("copy") => Operation::Copy {
                    from: pointer("from"),
                    path,
                },
                _ => Operation::Test {
                    path,
                    value: value(),
                },
            }
        })
        .collect()
}

fn patched(before: &str, operations: &str) -> Result<String, String> {
    apply(&value(before), &patch(operations))
        .map(|document| write_json(document.root()))
        .map_err(|error| error.to_string())
}

#[test]
fn operations_do_what_rfc_6902_says() {
    for (before, operations, after) in [
        (
            r#"{"a":1}"#,
            r#"[{"op":"add","path":"/b","value":[2]}]"#,
            r#"{"a":1,"b":[2]}"#,
        ),
        (
            r#"{"a":1}"#,
            r#"[{"op":"add","path":"/a","value":null}]"#,
            r#"{"a":null}"#,
        ),
        (
            r#"{"a":[1,3]}"#,
            r#"[{"op":"add","path":"/a/1","value":2}]"#,
            r#"{"a":[1,2,3]}"#,
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"add","path":"/a/-","value":2}]"#,
            r#"{"a":[1,2]}"#,
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"add","path":"/a/1","value":2}]"#,
            r#"{"a":[1,2]}"#,
        ),
        (r#"{"a":1}"#, r#"[{"op":"add","path":"","value":7}]"#, "7"),
        (
            r#"{"a":1,"b":2}"#,
            r#"[{"op":"remove","path":"/a"}]"#,
            r#"{"b":2}"#,
        ),
        (
            r#"{"a":[1,2]}"#,
            r#"[{"op":"remove","path":"/a/0"}]"#,
            r#"{"a":[2]}"#,
        ),
        (
            r#"{"a":[1,2]}"#,
            r#"[{"op":"replace","path":"/a/1","value":{}}]"#,
            r#"{"a":[1,{}]}"#,
        ),
        (
            r#"{"a":{"b":1}}"#,
            r#"[{"op":"move","from":"/a/b","path":"/c"}]"#,
            r#"{"a":{},"c":1}"#,
        ),
        (
            r#"{"a":[1,2,3]}"#,
            r#"[{"op":"move","from":"/a/0","path":"/a/2"}]"#,
            r#"{"a":[2,3,1]}"#,
        ),
        (
            r#"{"a":{"b":1}}"#,
            r#"[{"op":"copy","from":"/a","path":"/a/c"}]"#,
            r#"{"a":{"b":1,"c":{"b":1}}}"#,
        ),
        (
            r#"{"a/b":1,"c~d":2}"#,
            r#"[{"op":"replace","path":"/a~1b","value":3},{"op":"remove","path":"/c~0d"}]"#,
            r#"{"a/b":3}"#,
        ),
        (
            r#"{"~1":1}"#,
            r#"[{"op":"replace","path":"/~01","value":2}]"#,
            r#"{"~1":2}"#,
        ),
        (
            r#"{"a":{"x":1,"y":2}}"#,
            r#"[{"op":"test","path":"/a","value":{"y":2,"x":1}},{"op":"remove","path":"/a"}]"#,
            "{}",
        ),
        (
            r#"{"":{"":1}}"#,
            r#"[{"op":"replace","path":"//","value":2}]"#,
            r#"{"":{"":2}}"#,
        ),
    ] {
        assert_eq!(
            patched(before, operations).as_deref(),
            Ok(after),
            "{operations}"
        );
    }
}

#[test]
fn an_impossible_operation_fails_the_patch_and_says_where() {
    for (operations, error) in [
        (
            r#"[{"op":"add","path":"/x/y","value":1}]"#,
            "there is no list or map at `/x` to hold the new value",
        ),
        (
            r#"[{"op":"add","path":"/s/y","value":1}]"#,
            "there is no list or map at `/s` to hold the new value",
        ),
        (
            r#"[{"op":"add","path":"/l/3","value":1}]"#,
            "`/l/3` does not end in an index of its list",
        ),
        (
            r#"[{"op":"add","path":"/l/01","value":1}]"#,
            "`/l/01` does not end in an index of its list",
        ),
        (
            r#"[{"op":"remove","path":"/l/-"}]"#,
            "there is nothing at `/l/-`",
        ),
        (
            r#"[{"op":"remove","path":"/x"}]"#,
            "there is nothing at `/x`",
        ),
        (r#"[{"op":"remove","path":""}]"#, "there is nothing at ``"),
        (
            r#"[{"op":"replace","path":"/x","value":1}]"#,
            "there is nothing at `/x`",
        ),
        (
            r#"[{"op":"move","from":"/m","path":"/m/a"}]"#,
            "`/m` cannot be moved below itself",
        ),
        (
            r#"[{"op":"copy","from":"/x","path":"/y"}]"#,
            "there is nothing at `/x`",
        ),
        (
            r#"[{"op":"test","path":"/s","value":"u"}]"#,
            "the value at `/s` is not the expected one",
        ),
        (
            r#"[{"op":"test","path":"/x","value":null},{"op":"test","path":"/m/x","value":"u"}]"#,
            "the value at `/m/x` is not the expected one",
        ),
        (
            r#"[{"op":"test","path":"/x/y","value":null}]"#,
            "there is nothing at `/x/y`",
        ),
    ] {
        let before = r#"{"s":"t","l":[1,2],"m":{"a":1}}"#;
        assert_eq!(
            patched(before, operations),
            Err(error.to_owned()),
            "{operations}"
        );
    }
    assert_eq!(
        Pointer::parse("a/b"),
        Err(PatchError::Pointer("a/b".into()))
    );
}

#[test]
fn what_a_patch_brings_has_no_origin_and_the_rest_keeps_its_own() {
    let text = "spec:\n  a: 1\n  b: 2\n";
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    let before = &reading.documents[0];
    let after = apply(
        before,
        &patch(r#"[{"op":"add","path":"/spec/c","value":{"d":1}},{"op":"replace","path":"/spec/a","value":5}]"#),
    )
    .expect("possible");
    let root = after.root();
    assert!(
        root.at(&["spec", "c", "d"])
            .is_some_and(|node| node.origin().is_none())
    );
    assert!(
        root.at(&["spec", "a"])
            .is_some_and(|node| node.origin().is_none())
    );
    let b = root.at(&["spec", "b"]).and_then(NodeRef::origin);
    assert_eq!(
        b,
        before.root().at(&["spec", "b"]).and_then(NodeRef::origin)
    );
    assert!(b.is_some());
    assert_eq!(
        before.root().at(&["spec", "a"]).and_then(NodeRef::as_i64),
        Some(1)
    );
}

#[test]
fn a_patch_is_written_as_it_was_read_and_can_be_set_below_a_path() {
    let text = r#"[{"op":"add","path":"/a~1b/-","value":{"x":"\""}},{"op":"move","from":"/a","path":"/c"},{"op":"remove","path":""}]"#;
    assert_eq!(write(&patch(text)), text);
    let prefix = FieldPath::parse("spec.list[2][\"x/y\"]").expect("a path");
    let below = Pointer::parse("/d~0").expect("a pointer").below(&prefix);
    assert_eq!(below.to_string(), "/spec/list/2/x~1y/d~0");
}
