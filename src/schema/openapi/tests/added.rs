//! What is read of documents that others wrote: custom resources and OpenAPI documents, right and wrong.

use std::fmt::Write as _;

use crate::manifest::{Dialect, Document, Limits, Problem, Severity, read_one};
use crate::source::{Source, SourceMap};

use super::*;

fn document(text: &str) -> (Document, SourceMap) {
    let mut sources = SourceMap::new();
    let id = sources.add(Source::new("test.yaml", text));
    let mut reading = read_one(id, text, Dialect::Kubectl, &Limits::default());
    let document = reading.documents.pop().expect("one document");
    (document, sources)
}

pub(super) fn crd(text: &str) -> (Schemas, Vec<Problem>) {
    let (document, _) = document(text);
    let mut schemas = schemas(36);
    let mut problems = Vec::new();
    schemas.add_crd(&document, &mut problems);
    (schemas, problems)
}

pub(super) const WIDGET: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.io}
spec:
  group: example.io
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, format: int64}
                port: {x-kubernetes-int-or-string: true}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                color: {type: string, enum: [red, green], default: red, maxLength: 5}
                when: {type: string, format: date-time, nullable: true}
                parts:
                  type: array
                  maxItems: 7
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [id]
                  items: {type: object, properties: {id: {type: string}}}
                inner:
                  type: object
                  x-kubernetes-embedded-resource: true
                  properties: {spec: {type: object, additionalProperties: {type: boolean}}}
    - name: v1alpha1
      served: false
      schema: {openAPIV3Schema: {type: object}}
";

#[test]
fn a_crd_gives_its_kinds() {
    let (known, problems) = crd(WIDGET);
    assert_eq!(problems, []);
    for (path, expected) in [
        ("spec.size", "int:int64"),
        ("spec.port", "int-or-string"),
        ("spec.free", "object"),
        ("spec.color", "string"),
        ("spec.when", "string:date-time"),
        ("spec.parts", "list(object)"),
        ("spec.parts[0].id", "string"),
        ("spec.inner.spec", "map(bool)"),
        ("spec.inner.metadata.labels", "map(string)"),
        ("metadata", "meta.v1.ObjectMeta"),
        ("metadata.ownerReferences[0].uid", "string"),
        ("kind", "string"),
    ] {
        assert_eq!(
            word(at(&known, "example.io/v1", "Widget", path)),
            expected,
            "{path}"
        );
    }
    let color = at(&known, "example.io/v1", "Widget", "spec.color");
    assert_eq!(color.values().len(), 2);
    assert_eq!((color.default(), color.most()), (Some("\"red\""), Some(5)));
    assert!(at(&known, "example.io/v1", "Widget", "spec.when").is_nullable());
    assert!(at(&known, "example.io/v1", "Widget", "spec.free").is_open());
    assert!(at(&known, "example.io/v1", "Widget", "spec.inner").is_embedded());
    let parts = at(&known, "example.io/v1", "Widget", "spec.parts");
    assert_eq!(
        (parts.merge(), parts.most()),
        (Merge::ListMap(&["id".into()]), Some(7))
    );
    let kind = GroupVersionKind::new("example.io", "v1", "Widget");
    let served = known.served(&kind).expect("a known kind");
    assert_eq!((served.resource, served.namespaced), ("widgets", false));
    assert!(
        known
            .kind(&GroupVersionKind::new("example.io", "v1alpha1", "Widget"))
            .is_none()
    );
}

/// A CRD whose only version has this schema, in flow style.
pub(super) fn with_schema(schema: &str) -> String {
    format!(
        "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {{group: g.io, \
         names: {{kind: K}}, versions: [{{name: v1, schema: {{openAPIV3Schema: {schema}}}}}]}}}}"
    )
}

#[test]
fn what_is_wrong_with_a_schema_is_a_warning_at_its_place() {
    for (schema, marked, expected) in [
        (
            "{type: object, properties: {a: {type: text}}}",
            "text",
            "a schema has no type `text`",
        ),
        (
            "{type: object, properties: {a: 5}}",
            "5",
            "a schema must be a map, not an integer",
        ),
        (
            "{type: object, properties: [a]}",
            "[a]",
            "`properties` must be a map, not a list",
        ),
        (
            "{type: object, required: a}",
            "a}",
            "`required` must be a list of strings, not a string",
        ),
        ("{type: 7}", "7", "`type` must be a string, not an integer"),
        (
            "{type: object, x-kubernetes-preserve-unknown-fields: yes please}",
            "yes please",
            "`x-kubernetes-preserve-unknown-fields` must be a boolean, not a string",
        ),
    ] {
        let text = with_schema(schema);
        let (known, problems) = crd(&text);
        let [problem] = &problems[..] else {
            panic!("{schema}: {problems:?}")
        };
        assert_eq!(
            (problem.message.as_str(), problem.severity),
            (expected, Severity::Warning),
            "{schema}"
        );
        let span = problem.span.expect("a place");
        assert!(
            text[span.start as usize..].starts_with(marked),
            "{schema}: {}",
            &text[span.start as usize..]
        );
        // The rest is known.
        assert!(
            known
                .kind(&GroupVersionKind::new("g.io", "v1", "K"))
                .is_some()
        );
    }
}

#[test]
fn a_crd_without_a_group_or_a_kind_gives_nothing_and_says_so() {
    for text in [
        "{kind: CustomResourceDefinition}",
        "{kind: CustomResourceDefinition, spec: {group: g.io, names: {kind: 5}, versions: [{}]}}",
        "{kind: CustomResourceDefinition, spec: {group: g.io, names: {kind: K}, versions: 5}}",
        "[]",
    ] {
        let (known, problems) = crd(text);
        assert!(!problems.is_empty(), "{text}");
        assert_eq!(known.kinds().len(), schemas(36).kinds().len());
    }
}

#[test]
fn nesting_and_size_of_a_schema_are_bounded() {
    let deep = format!(
        "{}{{type: string}}{}",
        "{type: array, items: ".repeat(5000),
        "}".repeat(5000)
    );
    let (known, problems) = crd(&with_schema(&deep));
    assert!(
        problems
            .iter()
            .any(|problem| problem.message.contains("nests deeper")),
        "{problems:?}"
    );
    assert!(
        known
            .kind(&GroupVersionKind::new("g.io", "v1", "K"))
            .is_some()
    );
    // Each alias doubles what it stands for.
    let mut wide = "{a: &a0 {type: string}".to_owned();
    for level in 1..30 {
        let below = level - 1;
        let _ = write!(
            wide,
            ", p{level}: &a{level} {{type: object, properties: {{x: *a{below}, y: *a{below}}}}}"
        );
    }
    wide.push('}');
    let text = with_schema(&format!("{{type: object, properties: {wide}}}"));
    let mut sources = SourceMap::new();
    let id = sources.add(Source::new("test.yaml", text.as_str()));
    // The reader of YAML refuses such a text, or the reader of schemas stops.
    for document in read_one(id, &text, Dialect::Kubectl, &Limits::default()).documents {
        let mut problems = Vec::new();
        schemas(36).add_crd(&document, &mut problems);
        assert!(!problems.is_empty());
    }
}

#[test]
fn an_openapi_document_gives_its_kinds_and_their_references() {
    let text = "
openapi: 3.0.0
paths:
  /apis/example.io/v1/namespaces/{namespace}/gadgets:
    post:
      x-kubernetes-group-version-kind: {group: example.io, version: v1, kind: Gadget}
components:
  schemas:
    io.example.v1.Gadget:
      type: object
      properties:
        spec: {default: {}, allOf: [{$ref: '#/components/schemas/io.example.v1.GadgetSpec'}]}
        loop: {$ref: '#/components/schemas/io.example.v1.Loop'}
        lost: {$ref: '#/components/schemas/io.example.v1.Lost'}
      x-kubernetes-group-version-kind: [{group: example.io, version: v1, kind: Gadget}]
    io.example.v1.GadgetSpec:
      type: object
      properties:
        more: {$ref: '#/components/schemas/io.example.v1.GadgetSpec'}
        size: {type: integer}
    io.example.v1.Loop: {$ref: '#/components/schemas/io.example.v1.Loop'}
";
    let (document, _) = document(text);
    assert!(is_openapi(document.root()));
    let mut known = schemas(36);
    let mut problems = Vec::new();
    known.add_openapi(&document, &mut problems);
    assert_eq!(problems, []);
    for (path, expected) in [
        ("spec.more.more.more.size", "int"),
        ("loop", "any"),
        ("lost", "any"),
    ] {
        assert_eq!(
            word(at(&known, "example.io/v1", "Gadget", path)),
            expected,
            "{path}"
        );
    }
    let served = known.served(&GroupVersionKind::new("example.io", "v1", "Gadget"));
    assert_eq!(served.map(|served| served.resource), Some("gadgets"));
}
