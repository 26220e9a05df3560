//! What a merge must know of a value: which lists and maps are merged, by which keys, and what is replaced as a whole.
//!
//! Upstream: the conversion of OpenAPI schemas in `k8s.io/kube-openapi/pkg/schemaconv`.

use crate::manifest::suggest::closest;
use crate::schema::openapi::{self, Merge, Schema};

/// Extensions of any content: they are replaced as a whole.
const RAW_EXTENSION: &str = "runtime.RawExtension";

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum MergeType<'s> {
    /// One that a schema describes.
    Known {
        /// The schema.
        schema: Schema<'s>,
        /// Whether the schemas around it keep fields that no schema names.
        keeps: bool,
    },
    /// Whatever the value is, where the schema lets any value stand: maps are merged, lists are replaced.
    Deduced,
    /// As `Deduced`, but maps are replaced too.
    Atomic,
    /// Of a kind whose schema is not here: maps are taken to be merged, and how lists are is not known. In the object
    /// itself, `metadata` is what it is in every kind.
    Unknown {
        /// The schema of `metadata`.
        metadata: Option<Schema<'s>>,
    },
}

/// Which scalars may stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// Integers and other numbers.
    Number,
    /// Strings.
    String,
    /// Booleans.
    Bool,
    /// Any of them.
    Any,
}

/// How the elements of two lists are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListMerge<'s> {
    /// They are not: one list replaces the other.
    Atomic,
    /// Equal elements are one.
    Set,
    /// Elements that agree in these fields are one.
    Keys(&'s [Box<str>]),
}

/// A type's lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListShape<'s> {
    pub(super) merge: ListMerge<'s>,
    /// The type of the elements.
    pub(super) element: MergeType<'s>,
}

impl<'s> ListShape<'s> {
    /// Whether two lists are brought together at all.
    pub(super) fn is_merged(&self) -> bool {
        self.merge != ListMerge::Atomic
    }

    /// The fields that tell its elements apart.
    pub(super) fn keys(&self) -> &'s [Box<str>] {
        match self.merge {
            ListMerge::Keys(keys) => keys,
            ListMerge::Atomic | ListMerge::Set => &[],
        }
    }
}

/// A type's maps, objects with named fields included.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapShape<'s> {
    /// Whether one replaces the other as a whole.
    pub(super) atomic: bool,
    /// The type under keys that are no named field; `None` where there may be no others.
    pub(super) element: Option<MergeType<'s>>,
}

/// What values of a type may be. Most types are one of the three; one that is several goes by the value at hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape<'s> {
    pub(super) scalar: Option<Scalar>,
    pub(super) list: Option<ListShape<'s>>,
    pub(super) map: Option<MapShape<'s>>,
}

impl<'s> Shape<'s> {
    fn scalar(scalar: Scalar) -> Self {
        Self {
            scalar: Some(scalar),
            ..Self::default()
        }
    }

    fn any(atomic: bool, map: MergeType<'s>, list: MergeType<'s>) -> Self {
        Self {
            scalar: Some(Scalar::Any),
            list: Some(ListShape {
                merge: ListMerge::Atomic,
                element: list,
            }),
            map: Some(MapShape {
                atomic,
                element: Some(map),
            }),
        }
    }
}

impl<'s> MergeType<'s> {
    /// The type that a schema describes.
    pub(super) const fn of(schema: Schema<'s>) -> Self {
        Self::Known {
            schema,
            keeps: false,
        }
    }

    /// What values of the type may be.
    pub(super) fn shape(self) -> Shape<'s> {
        match self {
            Self::Known { schema, keeps } => known(schema, keeps),
            Self::Deduced => Shape::any(false, Self::Deduced, Self::Atomic),
            Self::Atomic => Shape::any(true, Self::Atomic, Self::Atomic),
            Self::Unknown { .. } => {
                let inner = Self::Unknown { metadata: None };
                Shape::any(false, inner, inner)
            }
        }
    }

    /// The type under a key of its maps, and whether the schema names the key; `None` where the key may not stand.
    pub(super) fn child(self, map: MapShape<'s>, key: &str) -> Option<(Self, bool)> {
        let named = match self {
            Self::Known { schema, keeps } => schema
                .field(key)
                .map(|field| below(field.schema, keeps_unnamed(schema, keeps))),
            Self::Unknown { metadata } if key == "metadata" => metadata.map(Self::of),
            _ => None,
        };
        match named {
            Some(named) => Some((named, true)),
            None => map.element.map(|element| (element, false)),
        }
    }

    /// The named field that another name was probably meant to be.
    pub(super) fn nearest(self, name: &str) -> Option<&'s str> {
        match self {
            Self::Known { schema, .. } => closest(name, schema.fields().map(|field| field.name)),
            _ => None,
        }
    }

    /// Whether it is a kind's: an object with `apiVersion`.
    pub(super) fn is_object(self) -> bool {
        match self {
            Self::Known { schema, .. } => schema.field("apiVersion").is_some(),
            Self::Unknown { metadata } => metadata.is_some(),
            _ => false,
        }
    }

    /// What stands for a missing field, as JSON.
    pub(super) fn default(self) -> Option<&'s str> {
        match self {
            Self::Known { schema, .. } => schema.default(),
            _ => None,
        }
    }
}

fn known(schema: Schema<'_>, keeps: bool) -> Shape<'_> {
    let atomic = schema.merge() == Merge::Atomic;
    let map = |element| Shape {
        map: Some(MapShape { atomic, element }),
        ..Shape::default()
    };
    let keeps = keeps_unnamed(schema, keeps);
    match schema.shape() {
        openapi::Shape::Any => Shape::any(atomic, MergeType::Deduced, MergeType::Atomic),
        openapi::Shape::Bool => Shape::scalar(Scalar::Bool),
        openapi::Shape::Int | openapi::Shape::Number => Shape::scalar(Scalar::Number),
        openapi::Shape::String => Shape::scalar(match schema.format() {
            None | Some("byte") => Scalar::String,
            Some(_) => Scalar::Any,
        }),
        openapi::Shape::IntOrString | openapi::Shape::Quantity => Shape::scalar(Scalar::Any),
        openapi::Shape::List(element) => Shape {
            list: Some(ListShape {
                merge: list_merge(schema),
                element: element.map_or(MergeType::Atomic, |element| below(element, keeps)),
            }),
            ..Shape::default()
        },
        openapi::Shape::Map(value) => map(Some(below(value, keeps))),
        openapi::Shape::Object if schema.name().is_some_and(is_raw_extension) => {
            MergeType::Atomic.shape()
        }
        openapi::Shape::Object => map((keeps || schema.is_open()).then_some(MergeType::Deduced)),
    }
}

fn is_raw_extension(name: &str) -> bool {
    name.strip_suffix(RAW_EXTENSION)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Kubernetes' own lists all say how server-side apply merges them; what says nothing is replaced.
fn list_merge(schema: Schema<'_>) -> ListMerge<'_> {
    match schema.merge() {
        Merge::Set => ListMerge::Set,
        Merge::ListMap(keys) => ListMerge::Keys(keys),
        _ => ListMerge::Atomic,
    }
}

/// Whether fields that no schema names are kept in an object, and in the objects written inside it.
fn keeps_unnamed(schema: Schema<'_>, keeps: bool) -> bool {
    keeps || schema.is_open() && !schema.is_blank()
}

/// A schema inside another one. Whether unnamed fields are kept passes on to what is written there, not to what is
/// referred to.
fn below(schema: Schema<'_>, keeps: bool) -> MergeType<'_> {
    MergeType::Known {
        schema,
        keeps: keeps && schema.name().is_none(),
    }
}
