//! What a merge must know of a kind: which lists and maps are merged, by which keys, and what is replaced as a whole.
//!
//! Upstream: the schema of `sigs.k8s.io/structured-merge-diff`, as `k8s.io/kube-openapi` makes it from OpenAPI.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeType {
    /// One that the kind's schema describes, by a number that means something to [`MergeTypes`] alone.
    Known(u32),
    /// Whatever the value is, where the schema lets any value stand: maps are merged, lists are replaced.
    Deduced,
    /// As `Deduced`, but maps are replaced too.
    Atomic,
    /// Of a kind whose schema is not here: maps are taken to be merged, and how lists are is not known.
    Unknown,
}

/// Which scalars may stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
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
pub enum ListMerge<'s> {
    /// They are not: one list replaces the other.
    Atomic,
    /// Equal elements are one: `x-kubernetes-list-type: set`.
    Set,
    /// Elements that agree in these fields are one: `x-kubernetes-list-type: map`.
    Keys(&'s [Box<str>]),
}

/// A type's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListShape<'s> {
    /// How they are merged.
    pub merge: ListMerge<'s>,
    /// The type of the elements.
    pub element: MergeType,
}

/// A type's maps, objects with named fields included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// Whether one replaces the other as a whole: `x-kubernetes-map-type: atomic`.
    pub atomic: bool,
    /// The type under keys that [`MergeTypes::field`] does not know; `None` where there may be no others.
    pub element: Option<MergeType>,
}

/// What values of a type may be. Most types are one of the three; one that is several goes by the value at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape<'s> {
    /// It may be a scalar.
    pub scalar: Option<Scalar>,
    /// It may be a list.
    pub list: Option<ListShape<'s>>,
    /// It may be a map.
    pub map: Option<MapShape>,
}

/// Schemas, as a merge sees them.
pub trait MergeTypes {
    /// What the values of a type may be. An unknown number is a type without values.
    fn shape(&self, number: u32) -> Shape<'_>;

    /// The type of a named field.
    fn field(&self, number: u32, name: &str) -> Option<MergeType>;

    /// The default of a field's type, as JSON: it stands for the field where a key of a list's element is missing.
    fn default_of(&self, number: u32) -> Option<&str>;

    /// The type of `metadata`, which is the same in every kind.
    fn object_meta(&self) -> Option<MergeType>;
}

/// What the values of any type may be.
pub(super) fn shape(types: &dyn MergeTypes, of: MergeType) -> Shape<'_> {
    let any = |atomic, map, list| Shape {
        scalar: Some(Scalar::Any),
        list: Some(ListShape {
            merge: ListMerge::Atomic,
            element: list,
        }),
        map: Some(MapShape {
            atomic,
            element: Some(map),
        }),
    };
    match of {
        MergeType::Known(number) => types.shape(number),
        MergeType::Deduced => any(false, MergeType::Deduced, MergeType::Atomic),
        MergeType::Atomic => any(true, MergeType::Atomic, MergeType::Atomic),
        MergeType::Unknown => any(false, MergeType::Unknown, MergeType::Unknown),
    }
}

/// The type under a key of a map of type `of`; whether the schema names it; `None` where the key may not stand.
pub(super) fn child(
    types: &dyn MergeTypes,
    of: MergeType,
    map: MapShape,
    key: &str,
) -> Option<(MergeType, bool)> {
    let named = match of {
        MergeType::Known(number) => types.field(number, key),
        _ => None,
    };
    match named {
        Some(named) => Some((named, true)),
        None => map.element.map(|element| (element, false)),
    }
}
