//! How functions declare the types that they take and give: constants that need no allocation.

use std::fmt;

use super::super::value::Type;
use super::{StaticType, Unifier};

/// A type in a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Dyn,
    Plain(Type),
    TypeOf(&'static Sort),
    List(&'static Sort),
    Map(&'static Sort, &'static Sort),
    Optional(&'static Sort),
    /// A type parameter of the declaration: 0 and 1 stand for A and B.
    Parameter(u8),
}

/// One way to call a function: the types it takes, the receiver first, and the type it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overload {
    pub(crate) arguments: &'static [Sort],
    pub(crate) result: Sort,
    /// The minor Kubernetes release 1.x in which it came; 0 where every release that kpolicy knows has it.
    pub(crate) since: u8,
}

impl Overload {
    pub(crate) const fn new(arguments: &'static [Sort], result: Sort) -> Self {
        Self {
            arguments,
            result,
            since: 0,
        }
    }

    /// The same, from a minor release on.
    pub(crate) const fn since(mut self, minor: u8) -> Self {
        self.since = minor;
        self
    }
}

impl Sort {
    /// How many type parameters a declaration may have.
    const PARAMETERS: usize = 2;

    /// Whether it names a type parameter.
    const fn is_generic(self) -> bool {
        match self {
            Self::Dyn | Self::Plain(_) => false,
            Self::TypeOf(inner) | Self::List(inner) | Self::Optional(inner) => inner.is_generic(),
            Self::Map(key, value) => key.is_generic() || value.is_generic(),
            Self::Parameter(_) => true,
        }
    }

    /// The type, with these types for its parameters.
    fn with(self, parameters: &[StaticType]) -> StaticType {
        match self {
            Self::Dyn => StaticType::Dyn,
            Self::Plain(kind) => StaticType::Plain(kind),
            Self::TypeOf(inner) => StaticType::TypeOf(inner.with(parameters).into()),
            Self::List(inner) => StaticType::list(inner.with(parameters)),
            Self::Map(key, value) => StaticType::map(key.with(parameters), value.with(parameters)),
            Self::Optional(inner) => StaticType::optional(inner.with(parameters)),
            Self::Parameter(index) => parameters
                .get(usize::from(index))
                .cloned()
                .unwrap_or(StaticType::Dyn),
        }
    }
}

/// As signatures write it: `list(A)`.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Plain(kind) => f.write_str(kind.short_name()),
            Self::TypeOf(inner) => write!(f, "type({inner})"),
            Self::List(inner) => write!(f, "list({inner})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(inner) => write!(f, "optional({inner})"),
            Self::Parameter(0) => f.write_str("A"),
            Self::Parameter(_) => f.write_str("B"),
        }
    }
}

impl Unifier {
    /// The type that a call with these arguments gives: the first overload that fits says it, and `dyn` where several
    /// fit and disagree. `None` where none fits.
    pub(crate) fn resolve<'o>(
        &mut self,
        overloads: impl IntoIterator<Item = &'o Overload>,
        arguments: &[StaticType],
    ) -> Option<StaticType> {
        let mut result: Option<StaticType> = None;
        for overload in overloads {
            if overload.arguments.len() != arguments.len() {
                continue;
            }
            let generic = overload.result.is_generic()
                || overload.arguments.iter().any(|sort| sort.is_generic());
            let parameters: Vec<StaticType> = if generic {
                (0..Sort::PARAMETERS).map(|_| self.fresh()).collect()
            } else {
                Vec::new()
            };
            let wanted: Vec<StaticType> = overload
                .arguments
                .iter()
                .map(|sort| sort.with(&parameters))
                .collect();
            if !self.all_assignable(arguments, &wanted) {
                continue;
            }
            let found = self.settled(&overload.result.with(&parameters));
            result = Some(match result {
                None => found,
                Some(before) if before.is_dyn() || before == found => before,
                Some(_) => StaticType::Dyn,
            });
        }
        result
    }
}

/// The names of sorts, for declarations that read like signatures.
pub(crate) mod sorts {
    use super::{Sort, Type};

    pub(crate) const DYN: Sort = Sort::Dyn;
    pub(crate) const BOOL: Sort = Sort::Plain(Type::Bool);
    pub(crate) const INT: Sort = Sort::Plain(Type::Int);
    pub(crate) const UINT: Sort = Sort::Plain(Type::Uint);
    pub(crate) const DOUBLE: Sort = Sort::Plain(Type::Double);
    pub(crate) const STRING: Sort = Sort::Plain(Type::String);
    pub(crate) const BYTES: Sort = Sort::Plain(Type::Bytes);
    pub(crate) const DURATION: Sort = Sort::Plain(Type::Duration);
    pub(crate) const TIMESTAMP: Sort = Sort::Plain(Type::Timestamp);
    pub(crate) const QUANTITY: Sort = Sort::Plain(Type::Quantity);
    pub(crate) const IMAGE: Sort = Sort::Plain(Type::Image);
    pub(crate) const URL: Sort = Sort::Plain(Type::Url);
    pub(crate) const IP: Sort = Sort::Plain(Type::Ip);
    pub(crate) const CIDR: Sort = Sort::Plain(Type::Cidr);
    pub(crate) const SEMVER: Sort = Sort::Plain(Type::Semver);
    pub(crate) const NAMED_FORMAT: Sort = Sort::Plain(Type::NamedFormat);
    pub(crate) const AUTHORIZER: Sort = Sort::Plain(Type::Authorizer);
    pub(crate) const PATH_CHECK: Sort = Sort::Plain(Type::PathCheck);
    pub(crate) const GROUP_CHECK: Sort = Sort::Plain(Type::GroupCheck);
    pub(crate) const RESOURCE_CHECK: Sort = Sort::Plain(Type::ResourceCheck);
    pub(crate) const DECISION: Sort = Sort::Plain(Type::Decision);
    pub(crate) const A: Sort = Sort::Parameter(0);
    pub(crate) const B: Sort = Sort::Parameter(1);
    pub(crate) const TYPE_OF_A: Sort = Sort::TypeOf(&A);
    pub(crate) const LIST_OF_A: Sort = Sort::List(&A);
    pub(crate) const LIST_OF_LISTS: Sort = Sort::List(&LIST_OF_A);
    pub(crate) const LIST_OF_OPTIONALS: Sort = Sort::List(&OPTIONAL_A);
    pub(crate) const LIST_OF_DYN: Sort = Sort::List(&DYN);
    pub(crate) const LIST_OF_INT: Sort = Sort::List(&INT);
    pub(crate) const LIST_OF_STRINGS: Sort = Sort::List(&STRING);
    pub(crate) const MAP_OF_LISTS: Sort = Sort::Map(&STRING, &LIST_OF_STRINGS);
    pub(crate) const MAP_OF_A_B: Sort = Sort::Map(&A, &B);
    pub(crate) const OPTIONAL_A: Sort = Sort::Optional(&A);
    pub(crate) const OPTIONAL_FORMAT: Sort = Sort::Optional(&NAMED_FORMAT);
    pub(crate) const OPTIONAL_STRINGS: Sort = Sort::Optional(&LIST_OF_STRINGS);
    pub(crate) const OPTIONAL_B: Sort = Sort::Optional(&B);
    pub(crate) const OPTIONAL_LIST: Sort = Sort::Optional(&LIST_OF_A);
    pub(crate) const OPTIONAL_MAP: Sort = Sort::Optional(&MAP_OF_A_B);
}
