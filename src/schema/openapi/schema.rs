//! A schema at its place: what a value may be, and how to go on from there.

use crate::cel::Release;
use crate::source::{FieldPath, Segment};

use super::bundle::Bundle;
use super::model::{Arena, DefinitionId, Kind, ListType, MapType, Node, NodeId, Patch, Property};
use super::release::Releases;

/// How many references are followed from one schema to what it means.
const MOST_HOPS: usize = 16;

/// The definition that every object's `metadata` has.
const OBJECT_META: &str = "meta.v1.ObjectMeta";

/// A schema, borrowed. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'s> {
    arena: &'s Arena,
    /// The one release it is read for; the bit of the bundle.
    at: Releases,
    /// What the place says itself.
    written: &'s Node,
    /// What that means, after all references.
    node: &'s Node,
    /// The name of `node` in its arena.
    id: NodeId,
    definition: Option<DefinitionId>,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'s> {
    /// Anything: nothing is known.
    Any,
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// A number.
    Number,
    /// A string; [`Schema::format`] may say more.
    String,
    /// An integer or a string.
    IntOrString,
    /// A string or a number: a resource quantity.
    Quantity,
    /// A list, and what its elements are where that is known.
    List(Option<Schema<'s>>),
    /// A map with any keys, and what its values are.
    Map(Schema<'s>),
    /// An object with the fields of [`Schema::fields`].
    Object,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field<'s> {
    /// Its name in YAML.
    pub name: &'s str,
    /// Whether the API server refuses an object without it.
    pub required: bool,
    /// What its value may be.
    pub schema: Schema<'s>,
}

/// How the values of two writers are put together by server-side apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge<'s> {
    /// Nothing is known of the value.
    Unknown,
    /// A single value.
    Scalar,
    /// A list, a map or an object that one writer sets as a whole.
    Atomic,
    /// A list of different single values: both writers' elements.
    Set,
    /// A list in which elements with equal values of these fields are the same.
    ListMap(&'s [Box<str>]),
    /// A map or an object that is put together field by field.
    Granular,
}

impl<'s> Schema<'s> {
    /// The schema of a node in an arena, with `at` as the release.
    pub(super) fn new(arena: &'s Arena, id: NodeId, at: Releases) -> Self {
        let written = arena.node(id).unwrap_or(&ANY);
        let schema = Self {
            arena,
            at,
            written,
            node: written,
            id,
            definition: None,
        };
        schema.resolved()
    }

    /// What a definition means in a release; `None` where it means nothing.
    pub(super) fn defined(arena: &'s Arena, id: DefinitionId, at: Releases) -> Option<Self> {
        let meaning = arena.meaning(id, at)?;
        let node = arena.node(meaning)?;
        let schema = Self {
            arena,
            at,
            written: node,
            node,
            id: meaning,
            definition: Some(id),
        };
        Some(schema.resolved())
    }

    fn resolved(self) -> Self {
        let mut schema = self;
        for _ in 0..MOST_HOPS {
            match schema.node.kind {
                Kind::Reference(id) => schema.enter(id),
                Kind::ObjectMeta => {
                    let shipped: &'s Bundle = Bundle::shipped();
                    schema.arena = &shipped.arena;
                    if let Some(id) = shipped.arena.definition(OBJECT_META) {
                        schema.enter(id);
                    } else {
                        schema.node = &ANY;
                        schema.id = NodeId::ANY;
                    }
                }
                _ => return schema,
            }
        }
        // References in a circle say nothing.
        schema.node = &ANY;
        schema.id = NodeId::ANY;
        schema
    }

    fn enter(&mut self, id: DefinitionId) {
        self.definition = Some(id);
        let meaning = self.arena.meaning(id, self.at);
        self.id = meaning.unwrap_or(NodeId::ANY);
        self.node = self.arena.node(self.id).unwrap_or(&ANY);
    }

    /// Where it is kept, to be found again with [`Schema::found`].
    pub(super) fn key(self) -> (&'s Arena, NodeId, Option<DefinitionId>) {
        (self.arena, self.id, self.definition)
    }

    /// The schema that is kept there.
    pub(super) fn found(
        arena: &'s Arena,
        id: NodeId,
        definition: Option<DefinitionId>,
        at: Releases,
    ) -> Self {
        Self {
            definition,
            ..Self::new(arena, id, at)
        }
    }

    /// Whether the place refers to a definition, which then says everything.
    pub(super) fn is_reference(self) -> bool {
        !std::ptr::eq(self.written, self.node)
    }

    /// The name of the definition that it refers to, such as `core.v1.Container`.
    pub fn name(self) -> Option<&'s str> {
        let id = self.definition?.0 as usize;
        self.arena.definitions.get(id).map(|known| &*known.name)
    }

    /// What a value may be.
    pub fn shape(self) -> Shape<'s> {
        match self.node.kind {
            Kind::Any | Kind::Reference(_) | Kind::ObjectMeta => Shape::Any,
            Kind::Bool => Shape::Bool,
            Kind::Int => Shape::Int,
            Kind::Number => Shape::Number,
            Kind::String => Shape::String,
            Kind::IntOrString => Shape::IntOrString,
            Kind::Quantity => Shape::Quantity,
            Kind::List(item) => Shape::List(item.map(|id| Self::new(self.arena, id, self.at))),
            Kind::Map(value) => Shape::Map(Self::new(self.arena, value, self.at)),
            Kind::Object { .. } => Shape::Object,
        }
    }

    /// A field of an object, by its name in YAML.
    pub fn field(self, name: &str) -> Option<Field<'s>> {
        let known = self.arena.field(self.node.kind, name);
        known
            .iter()
            .find(|field| field.releases.meets(self.at))
            .map(|field| self.read(field))
    }

    /// The fields of an object by name.
    pub fn fields(self) -> impl Iterator<Item = Field<'s>> {
        self.arena
            .fields(self.node.kind)
            .iter()
            .filter(move |field| field.releases.meets(self.at))
            .map(move |field| self.read(field))
    }

    /// The releases in which an object of this built-in definition has a field, oldest first.
    pub fn releases_with(self, name: &str) -> Vec<Release> {
        let shipped = Bundle::shipped();
        if !std::ptr::eq(self.arena, &raw const shipped.arena) {
            return Vec::new();
        }
        let variants = self
            .definition
            .and_then(|id| self.arena.definitions.get(id.0 as usize))
            .map_or(&[][..], |definition| &definition.variants);
        let held = variants
            .iter()
            .filter_map(|variant| self.arena.node(variant.node))
            .flat_map(|node| self.arena.field(node.kind, name))
            .fold(Releases(0), |all, field| all.and(field.releases));
        shipped.names(held)
    }

    fn read(self, field: &'s Property) -> Field<'s> {
        Field {
            name: &field.name,
            required: field.required,
            schema: Self::new(self.arena, field.node, self.at),
        }
    }

    /// What stands under one step of a path: a field, a value of a map, an element of a list.
    pub fn step(self, segment: &Segment) -> Option<Self> {
        match (segment, self.shape()) {
            (Segment::Key(key), Shape::Object) => self.field(key).map(|field| field.schema),
            (Segment::Key(_), Shape::Map(value)) => Some(value),
            (Segment::Index(_), Shape::List(item)) => item,
            _ => None,
        }
    }

    /// What stands at the end of a path; `None` where that is not known.
    pub fn follow(self, path: &FieldPath) -> Option<Self> {
        path.segments().iter().try_fold(self, Schema::step)
    }

    /// What stands at the end of a route such as `spec.ports[]`; the schema itself for an empty one.
    pub fn along(self, route: &str) -> Option<Self> {
        let words = route.split('.').filter(|word| !word.is_empty());
        words.into_iter().try_fold(self, |schema, word| {
            let (key, list) = word
                .strip_suffix("[]")
                .map_or((word, false), |key| (key, true));
            let found = if key.is_empty() {
                schema
            } else {
                schema.step(&Segment::Key(key.into()))?
            };
            if list {
                found.step(&Segment::Index(0))
            } else {
                Some(found)
            }
        })
    }

    /// How the values of two writers are put together. Where nothing is said, lists are set as a whole, maps and
    /// objects are put together, as structured-merge-diff takes them.
    pub fn merge(self) -> Merge<'s> {
        let list = || self.written.list.as_ref().or(self.node.list.as_ref());
        match self.node.kind {
            Kind::Any | Kind::Reference(_) | Kind::ObjectMeta => Merge::Unknown,
            Kind::Bool
            | Kind::Int
            | Kind::Number
            | Kind::String
            | Kind::IntOrString
            | Kind::Quantity => Merge::Scalar,
            Kind::List(_) => match list() {
                Some(ListType::Set) => Merge::Set,
                Some(ListType::Map(keys)) => Merge::ListMap(keys),
                Some(ListType::Atomic) | None => Merge::Atomic,
            },
            Kind::Map(_) | Kind::Object { .. } => match self.written.map.or(self.node.map) {
                Some(MapType::Atomic) => Merge::Atomic,
                // An object of which nothing is known, such as an embedded resource of any kind.
                None if self.is_blank() => Merge::Unknown,
                Some(MapType::Granular) | None => Merge::Granular,
            },
        }
    }

    /// Whether it is an object without a single known field: any object.
    pub fn is_blank(self) -> bool {
        matches!(self.node.kind, Kind::Object { len: 0, .. })
    }

    /// How a strategic merge patch changes it, where that is not plain replacing.
    pub fn patch(self) -> Option<&'s Patch> {
        self.written.patch.as_deref().or(self.node.patch.as_deref())
    }

    /// The format of a string or number, such as `date-time` or `int32`.
    pub fn format(self) -> Option<&'s str> {
        self.written
            .format
            .as_deref()
            .or(self.node.format.as_deref())
    }

    /// The default as compact JSON. A definition has none of its own.
    pub fn default(self) -> Option<&'s str> {
        self.written.default.as_deref()
    }

    /// The only values a string may have; empty where there is no such list.
    pub fn values(self) -> &'s [Box<str>] {
        if self.written.values.is_empty() {
            &self.node.values
        } else {
            &self.written.values
        }
    }

    /// The most characters of a string, elements of a list or entries of a map.
    pub fn most(self) -> Option<u64> {
        self.written.most.or(self.node.most)
    }

    /// Whether null is a value too.
    pub fn is_nullable(self) -> bool {
        self.written.nullable || self.node.nullable
    }

    /// Whether an object may have fields that its schema does not name.
    pub fn is_open(self) -> bool {
        self.written.open || self.node.open || self.is_blank()
    }

    /// Whether it is a resource inside another one.
    pub fn is_embedded(self) -> bool {
        self.written.embedded || self.node.embedded
    }
}

/// What is known of nothing.
static ANY: Node = Node::any();
