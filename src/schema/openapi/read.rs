//! Reading a schema as it is written in OpenAPI v3 documents and in CustomResourceDefinitions.
//!
//! What is written is believed only as far as it makes sense: whatever does not is a problem at its place, and says
//! nothing of the value. Nesting and size are bounded.

use crate::manifest::{MapRef, NodeRef, Problem, View, fields::wrong_type, write_json};

use super::model::{Arena, Kind, ListType, MapType, Node, NodeId, Patch, Property};
use super::release::Releases;

/// The deepest nesting of one schema. Kubernetes' own reach 4, large custom resources about 30.
const DEEPEST: usize = 100;

/// The most nodes that one document may add. A whole cluster's `apps/v1` has 7,000.
const MOST: usize = 500_000;

/// The longest default that is kept, in bytes.
const LONGEST_DEFAULT: usize = 4096;

/// What references to definitions begin with.
const REFERENCE: &str = "#/components/schemas/";

/// Whose rules a schema follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An API server's own document: schemas refer to each other.
    OpenApi,
    /// A CustomResourceDefinition: one tree.
    Crd,
    /// A JSON Schema, whose objects are open unless they say otherwise. Only the words it shares with OpenAPI are read.
    JsonSchema,
}

/// Reads schemas into an arena.
pub(super) struct Reader<'r> {
    arena: &'r mut Arena,
    source: Source,
    /// Gives the name under which a definition is kept.
    rename: &'r dyn Fn(&str) -> String,
    problems: &'r mut Vec<Problem>,
    left: usize,
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        arena: &'r mut Arena,
        source: Source,
        rename: &'r dyn Fn(&str) -> String,
        problems: &'r mut Vec<Problem>,
    ) -> Self {
        Self {
            arena,
            source,
            rename,
            problems,
            left: MOST,
        }
    }

    /// Reads a whole schema.
    pub(super) fn schema(&mut self, node: NodeRef<'_>) -> NodeId {
        self.nested(node, 0)
    }

    /// Reads the root of a custom resource, which is an object with a name whatever its schema says.
    pub(super) fn resource(&mut self, node: NodeRef<'_>) -> NodeId {
        let id = self.nested(node, 0);
        self.embed(id);
        id
    }

    /// The arena that it reads into.
    pub(super) fn arena(&mut self) -> &mut Arena {
        self.arena
    }

    fn nested(&mut self, node: NodeRef<'_>, depth: usize) -> NodeId {
        if depth > DEEPEST {
            self.warn(
                node,
                format!(
                    "the schema nests deeper than {DEEPEST} levels; what is below is not known"
                ),
            );
            return NodeId::ANY;
        }
        if self.left == 0 {
            return NodeId::ANY;
        }
        self.left -= 1;
        if self.left == 0 {
            self.warn(
                node,
                format!("the document has more than {MOST} schemas; the rest is not known"),
            );
            return NodeId::ANY;
        }
        let Some(map) = node.as_map() else {
            self.problems
                .push(warning(wrong_type(node, "a schema", "a map")));
            return NodeId::ANY;
        };
        let mut made = Node::from(Kind::Any);
        made.kind = match self.reference(map) {
            Some(kind) => kind,
            None => self.kind(map, depth),
        };
        self.attributes(map, &mut made);
        let embedded = made.embedded && self.source == Source::Crd;
        let id = self.arena.add(made);
        if embedded {
            self.embed(id);
        }
        id
    }

    /// `$ref`, bare or wrapped in `allOf` beside a default.
    fn reference(&mut self, map: MapRef<'_>) -> Option<Kind> {
        if self.source != Source::OpenApi {
            return None;
        }
        let direct = map.get("$ref").and_then(NodeRef::as_str);
        let wrapped = || {
            let all = map.get("allOf")?.as_list()?;
            all.iter().find_map(|part| part.get("$ref")?.as_str())
        };
        let name = direct.or_else(wrapped)?.strip_prefix(REFERENCE)?;
        let name = (self.rename)(name);
        Some(Kind::Reference(self.arena.define(&name)))
    }

    fn kind(&mut self, map: MapRef<'_>, depth: usize) -> Kind {
        let text = |key: &str| map.get(key).and_then(NodeRef::as_str);
        if text("format") == Some("int-or-string") || self.flag(map, "x-kubernetes-int-or-string") {
            return Kind::IntOrString;
        }
        let Some(node) = map.get("type") else {
            return if is_quantity(map) {
                Kind::Quantity
            } else {
                Kind::Any
            };
        };
        match node.as_str() {
            Some("boolean") => Kind::Bool,
            Some("integer") => Kind::Int,
            Some("number") => Kind::Number,
            Some("string") => Kind::String,
            Some("array") => {
                Kind::List(map.get("items").map(|items| self.nested(items, depth + 1)))
            }
            Some("object") => self.object(map, depth),
            Some("") => Kind::Any,
            Some(other) => {
                self.warn(node, format!("a schema has no type `{other}`"));
                Kind::Any
            }
            None => {
                self.problems
                    .push(warning(wrong_type(node, "`type`", "a string")));
                Kind::Any
            }
        }
    }

    fn object(&mut self, map: MapRef<'_>, depth: usize) -> Kind {
        if let Some(values) = map
            .get("additionalProperties")
            .filter(|node| node.as_map().is_some())
        {
            return Kind::Map(self.nested(values, depth + 1));
        }
        let required = self.texts(map, "required");
        let Some(properties) = map.get("properties").filter(|node| !node.is_null()) else {
            return self.arena.object(Vec::new());
        };
        let Some(properties) = properties.as_map() else {
            self.problems
                .push(warning(wrong_type(properties, "`properties`", "a map")));
            return self.arena.object(Vec::new());
        };
        let mut fields: Vec<Property> = Vec::with_capacity(properties.len());
        for entry in properties.iter() {
            fields.push(Property {
                name: entry.key.into(),
                required: required.iter().any(|name| **name == *entry.key),
                releases: Releases::ALL,
                node: self.nested(entry.value, depth + 1),
            });
        }
        self.arena.object(fields)
    }

    fn attributes(&mut self, map: MapRef<'_>, made: &mut Node) {
        let text = |key: &str| map.get(key).and_then(NodeRef::as_str);
        made.format = text("format")
            .filter(|format| !format.is_empty())
            .map(Into::into);
        made.list = match text("x-kubernetes-list-type") {
            Some("atomic") => Some(ListType::Atomic),
            Some("set") => Some(ListType::Set),
            Some("map") => Some(ListType::Map(self.texts(map, "x-kubernetes-list-map-keys"))),
            _ => None,
        };
        made.map = match text("x-kubernetes-map-type") {
            Some("atomic") => Some(MapType::Atomic),
            Some("granular") => Some(MapType::Granular),
            _ => None,
        };
        made.patch = patch(
            text("x-kubernetes-patch-strategy"),
            text("x-kubernetes-patch-merge-key"),
        );
        made.default = map
            .get("default")
            .filter(|node| !node.is_null())
            .map(write_json)
            .filter(|text| text.len() <= LONGEST_DEFAULT)
            .map(Into::into);
        made.values = enumeration(map);
        let most = match made.kind {
            Kind::List(_) => "maxItems",
            Kind::Map(_) | Kind::Object { .. } => "maxProperties",
            _ => "maxLength",
        };
        made.most = map
            .get(most)
            .and_then(NodeRef::as_i64)
            .map(|most| most.max(0).cast_unsigned());
        made.nullable = self.flag(map, "nullable");
        made.embedded = self.flag(map, "x-kubernetes-embedded-resource");
        let more = map.get("additionalProperties").and_then(NodeRef::as_bool);
        made.open = self.flag(map, "x-kubernetes-preserve-unknown-fields")
            || more.unwrap_or(self.source == Source::JsonSchema);
    }

    /// Every resource has `apiVersion`, `kind` and the API server's own `metadata`, and says so when it publishes its
    /// schema; what a custom resource writes of them itself only narrows their values.
    fn embed(&mut self, id: NodeId) {
        let Some(kind) = self.arena.node(id).map(|node| node.kind) else {
            return;
        };
        if !matches!(kind, Kind::Object { .. } | Kind::Any) || id == NodeId::ANY {
            return;
        }
        let mut fields: Vec<Property> = self
            .arena
            .fields(kind)
            .iter()
            .filter(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"))
            .cloned()
            .collect();
        for (name, kind) in [
            ("apiVersion", Kind::String),
            ("kind", Kind::String),
            ("metadata", Kind::ObjectMeta),
        ] {
            fields.push(Property {
                name: name.into(),
                required: false,
                releases: Releases::ALL,
                node: self.arena.add(kind.into()),
            });
        }
        let kind = self.arena.object(fields);
        if let Some(node) = self.arena.nodes.get_mut(id.0 as usize) {
            node.kind = kind;
        }
    }

    fn flag(&mut self, map: MapRef<'_>, key: &str) -> bool {
        let Some(node) = map.get(key) else {
            return false;
        };
        if node.as_bool().is_none() && !node.is_null() {
            self.problems
                .push(warning(wrong_type(node, &format!("`{key}`"), "a boolean")));
        }
        node.as_bool() == Some(true)
    }

    fn texts(&mut self, map: MapRef<'_>, key: &str) -> Box<[Box<str>]> {
        let Some(node) = map.get(key).filter(|node| !node.is_null()) else {
            return Box::default();
        };
        let texts: Option<Box<[Box<str>]>> = node.as_list().and_then(|list| {
            list.iter()
                .map(|item| item.as_str().map(Into::into))
                .collect()
        });
        texts.unwrap_or_else(|| {
            self.problems.push(warning(wrong_type(
                node,
                &format!("`{key}`"),
                "a list of strings",
            )));
            Box::default()
        })
    }

    fn warn(&mut self, node: NodeRef<'_>, message: String) {
        self.problems.push(Problem::warning(message, node.origin()));
    }
}

/// A schema that is wrong only says less.
fn warning(problem: Problem) -> Problem {
    Problem {
        severity: crate::manifest::Severity::Warning,
        ..problem
    }
}

/// The API server's way to say "a quantity": one of string and number, with no type.
fn is_quantity(map: MapRef<'_>) -> bool {
    let Some(one_of) = map.get("oneOf").and_then(NodeRef::as_list) else {
        return false;
    };
    let types: Vec<_> = one_of
        .iter()
        .map(|part| part.get("type").and_then(NodeRef::as_str))
        .collect();
    types == [Some("string"), Some("number")]
}

fn patch(strategy: Option<&str>, merge_key: Option<&str>) -> Option<Box<Patch>> {
    let strategy = strategy?;
    let has = |word: &str| strategy.split(',').any(|part| part.trim() == word);
    Some(Box::new(Patch {
        merge: has("merge"),
        retain_keys: has("retainKeys"),
        merge_key: merge_key.map(Into::into),
    }))
}

/// The values of `enum`, where all are strings.
fn enumeration(map: MapRef<'_>) -> Vec<Box<str>> {
    let values = map.get("enum").and_then(NodeRef::as_list);
    let texts: Option<Vec<Box<str>>> = values.and_then(|list| {
        list.iter()
            .map(|value| match value.view() {
                View::String(text) => Some(text.into()),
                _ => None,
            })
            .collect()
    });
    texts.unwrap_or_default()
}
