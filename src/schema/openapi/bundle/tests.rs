//! The text of a bundle is written and read alike.

use crate::manifest::{Document, read_json};

use super::parse::parse;
use super::*;

fn origin(version: &str, documents: &[&str]) -> Origin {
    let read = |text: &&str| -> Document { read_json(None, text).expect("JSON") };
    Origin {
        version: version.to_owned(),
        documents: documents.iter().map(read).collect(),
    }
}

const PATHS: &str = r#"{"paths": {
    "/apis/g.io/v1/namespaces/{namespace}/things": {"post": {"x-kubernetes-group-version-kind": {"group": "g.io", "version": "v1", "kind": "Thing"}}},
    "/apis/g.io/v1/namespaces/{namespace}/things/{name}/scale": {"put": {"x-kubernetes-group-version-kind": {"group": "g.io", "version": "v1", "kind": "Scale"}}},
    "/api/v1/nodes/{name}": {"put": {"x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": "Node"}}}
}}"#;

const SCHEMAS: &str = r##"{"components": {"schemas": {
    "io.k8s.api.g.v1.Thing": {
        "description": "not kept",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "old": {"type": "string"},
            "spec": {"default": {}, "allOf": [{"$ref": "#/components/schemas/io.k8s.api.g.v1.ThingSpec"}]}
        },
        "x-kubernetes-group-version-kind": [{"group": "g.io", "version": "v1", "kind": "Thing"}]
    },
    "io.k8s.api.g.v1.ThingSpec": {
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "ports": {
                "type": "array",
                "items": {"default": {}, "allOf": [{"$ref": "#/components/schemas/io.k8s.api.g.v1.ThingSpec"}]},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a", "b"],
                "x-kubernetes-patch-strategy": "merge,retainKeys",
                "x-kubernetes-patch-merge-key": "a"
            },
            "limits": {"type": "object", "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "number"}]}},
            "mode": {"type": "string", "enum": ["x", "y"], "maxLength": 3, "nullable": true, "default": "x"},
            "port": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
        }
    },
    "io.k8s.api.g.v1.NobodyNeedsIt": {"type": "object"}
}}}"##;

const EXPECTED: &str = "\
kpolicy schemas 1
release 1.36.0
release 1.37.2
g.v1.Thing object
  g.io/v1 Thing things namespaced
 old 36 string
 spec! @.ThingSpec default={}
g.v1.ThingSpec object map-atomic
 limits map of quantity
 mode string default=\"x\" values=x,y most=3 nullable
 port int-or-string
 ports list list-map=a,b patch-merge-retain-keys=a of @.ThingSpec
";

#[test]
fn a_bundle_is_written_from_documents_in_any_order_and_says_what_changed() {
    let newer = SCHEMAS.replace(r#""old": {"type": "string"},"#, "");
    let one = write(vec![
        origin("1.36.0", &[PATHS, SCHEMAS]),
        origin("1.37.2", &[PATHS, &newer]),
    ]);
    let other = write(vec![
        origin("1.37.2", &[&newer, PATHS]),
        origin("1.36.0", &[SCHEMAS, PATHS, SCHEMAS]),
    ]);
    assert_eq!(one.as_deref(), Ok(EXPECTED));
    assert_eq!(one, other);
    let bundle = parse(EXPECTED).expect("a bundle");
    assert_eq!(bundle.kinds.len(), 1);
    assert_eq!(
        bundle.names(Releases::ALL),
        [Release::minor(36), Release::minor(37)]
    );
}

#[test]
fn documents_that_cannot_be_written_are_refused() {
    let other = SCHEMAS.replace("atomic", "granular");
    let inline = SCHEMAS.replace(
        r#""old": {"type": "string"}"#,
        r#""old": {"type": "object", "properties": {"a": {}}}"#,
    );
    for (origins, expected) in [
        (
            vec![origin("next", &[])],
            "`next` is no version of Kubernetes 1",
        ),
        (
            vec![origin("1.36.0", &[]), origin("1.36.1", &[])],
            "two versions of one release",
        ),
        (
            vec![origin("1.36.0", &[PATHS, SCHEMAS, &other])],
            "1.36.0: `io.k8s.api.g.v1.ThingSpec` has two meanings",
        ),
        (
            vec![origin("1.36.0", &[PATHS, &inline])],
            "1.36.0: `g.v1.Thing.old` has fields of its own",
        ),
    ] {
        assert_eq!(write(origins), Err(expected.to_owned()));
    }
}

#[test]
fn a_broken_bundle_is_refused_with_its_line() {
    for (text, expected) in [
        ("", None),
        (
            "kpolicy schemas 2",
            Some("line 1: this is no bundle of schemas"),
        ),
        (
            "kpolicy schemas 1\nrelease x",
            Some("line 2: a release is a version such as 1.36.3"),
        ),
        (
            "kpolicy schemas 1\n a string",
            Some("line 2: a field stands below a definition"),
        ),
        (
            "kpolicy schemas 1\nrelease 1.36.0\nd object\n a 35 string",
            Some("line 4: there is no release `35`"),
        ),
        (
            "kpolicy schemas 1\nrelease 1.36.0\nd object\n a strung",
            Some("line 4: there is no schema `strung`"),
        ),
        (
            "kpolicy schemas 1\nd object wide",
            Some("line 2: a schema has no attribute `wide`"),
        ),
        (
            "kpolicy schemas 1\nd",
            Some("line 2: the line ends too soon"),
        ),
    ] {
        let error = parse(text).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), expected, "{text}");
    }
}

#[test]
fn the_shipped_bundle_is_small_and_reads_without_an_error() {
    assert_eq!(parse(TEXT).err(), None);
    assert!(TEXT.len() < 300_000, "{} bytes", TEXT.len());
    let names: Vec<&str> = TEXT
        .lines()
        .filter(|line| !line.starts_with([' ', 'k']) && !line.starts_with("release"))
        .collect();
    assert!(
        names.is_sorted(),
        "definitions stand in the order of their names"
    );
}
