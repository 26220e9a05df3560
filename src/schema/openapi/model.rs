//! The form in which schemas are kept: nodes in one arena, which name each other by number.
//!
//! A node says what a value may be. Definitions are nodes with a name; a reference names a definition, so that
//! schemas may be recursive without anything here being so.

use std::collections::BTreeMap;

use super::release::Releases;

/// Names a node inside its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

impl NodeId {
    /// The node that says nothing: every arena begins with it.
    pub(super) const ANY: Self = Self(0);
}

/// Names a definition inside its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DefinitionId(pub(super) u32);

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything: the schema names no type.
    Any,
    Bool,
    Int,
    Number,
    String,
    /// An integer or a string, such as a port: `x-kubernetes-int-or-string`.
    IntOrString,
    /// A string or a number: a resource quantity.
    Quantity,
    /// A list; `None` where nothing is said of its elements.
    List(Option<NodeId>),
    /// A map with any keys.
    Map(NodeId),
    /// An object with these fields: a range of [`Arena::properties`].
    Object {
        start: u32,
        len: u32,
    },
    /// What the definition says; the node's own attributes come before the definition's.
    Reference(DefinitionId),
    /// `ObjectMeta` of the built-in kinds, which every custom resource has.
    ObjectMeta,
}

/// How two writers' lists are put together: `x-kubernetes-list-type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListType {
    Atomic,
    Set,
    /// Elements with equal keys are the same.
    Map(Box<[Box<str>]>),
}

/// How two writers' maps or objects are put together: `x-kubernetes-map-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MapType {
    Atomic,
    Granular,
}

/// How a strategic merge patch changes it: `x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Elements or fields are merged instead of replaced.
    pub merge: bool,
    /// Fields that the patch does not name go away.
    pub retain_keys: bool,
    /// What tells the elements of a merged list apart.
    pub merge_key: Option<Box<str>>,
}

/// One schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) format: Option<Box<str>>,
    pub(super) list: Option<ListType>,
    pub(super) map: Option<MapType>,
    pub(super) patch: Option<Box<Patch>>,
    /// The default, as compact JSON.
    pub(super) default: Option<Box<str>>,
    /// The only values, where all are strings.
    pub(super) values: Vec<Box<str>>,
    /// `maxLength`, `maxItems` or `maxProperties`, whichever fits the kind.
    pub(super) most: Option<u64>,
    pub(super) nullable: bool,
    /// Fields that are not named are kept: `x-kubernetes-preserve-unknown-fields`, or `additionalProperties: true`.
    pub(super) open: bool,
    /// It is a whole resource: `x-kubernetes-embedded-resource`.
    pub(super) embedded: bool,
}

impl From<Kind> for Node {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::any()
        }
    }
}

impl Node {
    /// The schema that says nothing.
    pub(super) const fn any() -> Self {
        Self {
            kind: Kind::Any,
            format: None,
            list: None,
            map: None,
            patch: None,
            default: None,
            values: Vec::new(),
            most: None,
            nullable: false,
            open: false,
            embedded: false,
        }
    }
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) name: Box<str>,
    pub(super) required: bool,
    pub(super) releases: Releases,
    pub(super) node: NodeId,
}

/// What a name means in some releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) releases: Releases,
    pub(super) node: NodeId,
}

/// A schema with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: Box<str>,
    /// No two hold for the same release; none at all for a name that is only referred to.
    pub(super) variants: Vec<Variant>,
}

/// Schemas that refer to each other.
#[derive(Clone, Debug)]
pub(super) struct Arena {
    pub(super) nodes: Vec<Node>,
    /// The fields of each object stand together, by name, then release.
    pub(super) properties: Vec<Property>,
    pub(super) definitions: Vec<Definition>,
    by_name: BTreeMap<Box<str>, DefinitionId>,
}

impl Default for Arena {
    fn default() -> Self {
        Self {
            nodes: vec![Kind::Any.into()],
            properties: Vec::new(),
            definitions: Vec::new(),
            by_name: BTreeMap::new(),
        }
    }
}

impl Arena {
    /// Adds a node.
    pub(super) fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    /// Adds the fields of an object.
    pub(super) fn object(&mut self, mut fields: Vec<Property>) -> Kind {
        fields.sort_by(|a, b| (&a.name, a.releases).cmp(&(&b.name, b.releases)));
        let start = self.properties.len() as u32;
        let len = fields.len() as u32;
        self.properties.extend(fields);
        Kind::Object { start, len }
    }

    /// The definition of this name, which may still have no meaning.
    pub(super) fn define(&mut self, name: &str) -> DefinitionId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = DefinitionId(self.definitions.len() as u32);
        self.definitions.push(Definition {
            name: name.into(),
            variants: Vec::new(),
        });
        self.by_name.insert(name.into(), id);
        id
    }

    /// Gives a definition its meaning in some releases.
    pub(super) fn mean(&mut self, id: DefinitionId, releases: Releases, node: NodeId) {
        if let Some(definition) = self.definitions.get_mut(id.0 as usize) {
            definition.variants.push(Variant { releases, node });
        }
    }

    /// The definition of this name, if there is one.
    pub(super) fn definition(&self, name: &str) -> Option<DefinitionId> {
        self.by_name.get(name).copied()
    }

    /// A node; the one that says nothing where there is no such node.
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// What a definition means in a release.
    pub(super) fn meaning(&self, id: DefinitionId, releases: Releases) -> Option<NodeId> {
        let definition = self.definitions.get(id.0 as usize)?;
        let variant = definition
            .variants
            .iter()
            .find(|variant| variant.releases.meets(releases))?;
        Some(variant.node)
    }

    /// The fields of an object, those of other releases too; empty for anything else.
    pub(super) fn fields(&self, kind: Kind) -> &[Property] {
        match kind {
            Kind::Object { start, len } => {
                let range = start as usize..(start as usize).saturating_add(len as usize);
                self.properties.get(range).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// What is known of a field, in each release that has it.
    pub(super) fn field(&self, kind: Kind, name: &str) -> &[Property] {
        let fields = self.fields(kind);
        let start = fields.partition_point(|field| *field.name < *name);
        let rest = fields.get(start..).unwrap_or_default();
        let len = rest.partition_point(|field| *field.name == *name);
        rest.get(..len).unwrap_or_default()
    }
}
