//! The schemas as Kubernetes wants those of custom resources.

use serde_json::{Value, json};

use super::schema;

/// What the API server asks of a structural schema, as far as these definitions could break it.
#[test]
fn the_schemas_are_structural() {
    fn check(schema: &Value, at: &str, wrong: &mut Vec<String>) {
        let Some(map) = schema.as_object() else {
            return;
        };
        for key in [
            "$ref",
            "$defs",
            "definitions",
            "anyOf",
            "oneOf",
            "not",
            "const",
            "nullable",
        ] {
            if map.contains_key(key) {
                wrong.push(format!("{at}: `{key}`"));
            }
        }
        let opaque = map.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
        match map.get("type").and_then(Value::as_str) {
            None => wrong.push(format!("{at}: no `type`")),
            Some("array") if map.get("items").is_none() => wrong.push(format!("{at}: no `items`")),
            // The metadata is the API server's own.
            Some("object") if !opaque && at != "/metadata" => {
                if !map.contains_key("properties") && !map.contains_key("additionalProperties") {
                    wrong.push(format!("{at}: no `properties`"));
                }
            }
            Some(_) => {}
        }
        if map
            .get("description")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
            && !at.ends_with("[]")
            && !at.ends_with("/*")
            && at != "/metadata"
        {
            wrong.push(format!("{at}: no description"));
        }
        for (key, below) in map
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            check(below, &format!("{at}/{key}"), wrong);
        }
        for (key, mark) in [("items", "[]"), ("additionalProperties", "/*")] {
            if let Some(below) = map.get(key) {
                check(below, &format!("{at}{mark}"), wrong);
            }
        }
    }
    let mut wrong = Vec::new();
    for kind in ["Policy", "PolicyException"] {
        let mut schema = schema(kind);
        // Set by the API server for every object.
        schema["properties"]["metadata"] = json!({"type": "object"});
        check(&schema, "", &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
