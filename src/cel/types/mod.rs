//! The types that the checker knows of an expression before any value is there, and what objects look like.
//!
//! This module owns the notation and the unification of types; which operator and function takes which is declared
//! in `functions` and `compile::operators`. It must not know Kubernetes schemas: they come in as [`ObjectTypes`].
//!
//! Upstream: `checker/types.go` of cel-go, whose rules of assignability these are.

mod notation;
pub(crate) mod patches;
mod unify;

use std::fmt;
use std::sync::Arc;

pub(crate) use notation::{Overload, Sort, sorts};
pub(crate) use unify::Unifier;

use super::value::Type;

/// The type of an expression as far as the text and the declarations say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaticType {
    /// Anything: only evaluation can tell.
    Dyn,
    /// A type without parameters: scalars, times, and the values of Kubernetes' libraries.
    Plain(Type),
    /// A type as a value, as `type(x)` gives it.
    TypeOf(Arc<StaticType>),
    /// A list of such elements.
    List(Arc<StaticType>),
    /// A map of such keys and values.
    Map(Arc<StaticType>, Arc<StaticType>),
    /// Such a value or none.
    Optional(Arc<StaticType>),
    /// A struct, by the name under which [`ObjectTypes`] knows its fields.
    Object(Arc<str>),
    /// A type that is not settled yet.
    Variable(u32),
}

/// What is known of a field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldType {
    /// The type of its value.
    pub kind: StaticType,
    /// Whether the field is always there, so that reading it needs no `has`.
    pub required: bool,
}

/// The fields of structs by the structs' names. Asked while expressions compile, never while they run.
pub trait ObjectTypes: fmt::Debug + Send + Sync {
    /// What is known of a field; `None` where the struct, or the field in it, does not exist.
    fn field(&self, object: &str, field: &str) -> Option<FieldType>;

    /// The names of all fields of a struct, in order; empty where there is no such struct.
    fn fields(&self, object: &str) -> Vec<String>;
}

impl StaticType {
    /// `bool`
    pub const BOOL: Self = Self::Plain(Type::Bool);
    /// `int`
    pub const INT: Self = Self::Plain(Type::Int);
    /// `string`
    pub const STRING: Self = Self::Plain(Type::String);
    /// `null_type`
    pub const NULL: Self = Self::Plain(Type::Null);

    /// A list of such elements.
    pub fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    /// A map of such keys and values.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// Such a value or none.
    pub fn optional(value: Self) -> Self {
        Self::Optional(Arc::new(value))
    }

    /// A struct of this name.
    pub fn object(name: &str) -> Self {
        Self::Object(name.into())
    }

    /// The same with structs as the maps that documents hold when an expression runs.
    pub(crate) fn with_plain_objects(&self) -> Self {
        match self {
            Self::Object(_) => Self::map(Self::STRING, Self::Dyn),
            Self::List(element) => Self::list(element.with_plain_objects()),
            Self::Map(key, value) => Self::map(key.as_ref().clone(), value.with_plain_objects()),
            Self::Optional(inner) => Self::optional(inner.with_plain_objects()),
            Self::Dyn | Self::Plain(_) | Self::TypeOf(_) | Self::Variable(_) => self.clone(),
        }
    }

    /// Whether only evaluation can tell.
    pub const fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn)
    }

    /// The type that `type(x)` gives at run time; `None` where only evaluation can tell.
    pub fn at_run_time(&self) -> Option<Type> {
        Some(match self {
            // Objects of documents are maps to the evaluator.
            Self::Dyn | Self::Variable(_) | Self::Object(_) => return None,
            Self::Plain(kind) => *kind,
            Self::TypeOf(_) => Type::Type,
            Self::List(_) => Type::List,
            Self::Map(..) => Type::Map,
            Self::Optional(_) => Type::Optional,
        })
    }

    /// The type of the value inside where this is an optional.
    pub(crate) fn unwrapped(&self) -> (&Self, bool) {
        match self {
            Self::Optional(inner) => (inner, true),
            other => (other, false),
        }
    }
}

/// As cel-go writes types: `list(string)`, `map(string, dyn)`.
impl fmt::Display for StaticType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Plain(kind) => f.write_str(kind.name()),
            Self::TypeOf(inner) => write!(f, "type({inner})"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(inner) => write!(f, "optional_type({inner})"),
            Self::Object(name) => f.write_str(name),
            Self::Variable(number) => write!(f, "_var{number}"),
        }
    }
}
