//! The compiled form of an expression: a tree whose names are resolved and whose macros are nodes of their own.
//!
//! Evaluation and blame walk it; only `compile` makes it.

use super::cost::Charge;
use super::functions::{Function, UNRESOLVED};
use super::library::regex::Pattern;
use super::syntax::{Arithmetic, Relation, TextRange};
use super::types::{StaticType, Unifier};
use super::value::Value;

/// A compiled node with the bytes it was written as.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) kind: Kind,
    pub(crate) range: TextRange,
    /// The type of its value as far as the text says it.
    pub(crate) of: StaticType,
    /// What evaluating it costs.
    pub(crate) charge: Charge,
    /// What was evaluated while compiling to make this constant, for estimates: cel-go does not do that.
    pub(crate) folded: Option<Box<Expression>>,
}

/// What a compiled node does.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Constant(Value<'static>),
    /// A root, by slot.
    Root(usize),
    /// `variables.x`, by index.
    Variable(usize),
    /// A name that a macro binds, by slot among those in scope.
    Local(usize),
    Select {
        operand: Box<Expression>,
        field: Box<str>,
        optional: bool,
    },
    /// `has(operand.field)`
    Has {
        operand: Box<Expression>,
        field: Box<str>,
    },
    Index {
        operand: Box<Expression>,
        index: Box<Expression>,
        optional: bool,
    },
    Not(Box<Expression>),
    Negate(Box<Expression>),
    And(Box<[Expression]>),
    Or(Box<[Expression]>),
    Conditional {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Box<Expression>,
    },
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Relation {
        relation: Relation,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    List(Box<[Item]>),
    Map(Box<[Entry]>),
    Struct {
        name: Box<str>,
        fields: Box<[Field]>,
    },
    Call(Call),
    Quantifier(Box<Quantifier>),
    Transform(Box<Transform>),
    /// `optional.optMap(name, body)`, or `optFlatMap` where the body is an optional itself.
    OptionalMap {
        operand: Box<Expression>,
        slot: usize,
        body: Box<Expression>,
        flat: bool,
    },
    /// `optional.or(fallback)`, or `orValue` where the fallback is no optional. The fallback is read only if needed.
    OptionalOr {
        operand: Box<Expression>,
        fallback: Box<Expression>,
        unwrap: bool,
    },
}

/// An element of a list literal.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) value: Expression,
    pub(crate) optional: bool,
}

/// An entry of a map literal.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Expression,
    pub(crate) value: Expression,
    pub(crate) optional: bool,
}

/// A field of a struct literal.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) value: Expression,
    pub(crate) optional: bool,
}

/// A call of a function; the receiver, if any, is the first argument.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Box<[Expression]>,
    /// The pattern argument, compiled, where it is a literal.
    pub(crate) pattern: Option<Box<Pattern>>,
}

impl Call {
    /// A name that means nothing.
    pub(crate) fn unresolved() -> Self {
        Self {
            function: &UNRESOLVED,
            arguments: Box::default(),
            pattern: None,
        }
    }

    /// Whether a pattern has to be compiled for each call.
    pub(crate) const fn compiles_pattern(&self) -> bool {
        self.function.pattern.is_some() && self.pattern.is_none()
    }
}

/// What a quantifier asks of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    All,
    Exists,
    ExistsOne,
}

impl Quantity {
    /// The name of the macro.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
        }
    }
}

/// `all`, `exists` and `exists_one`.
#[derive(Clone, Debug)]
pub(crate) struct Quantifier {
    pub(crate) quantity: Quantity,
    pub(crate) domain: Domain,
    pub(crate) predicate: Expression,
}

/// What a macro walks over and the names it binds on the way.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) collection: Expression,
    /// The first local's slot. With two names the index or key comes first and the value in the next slot.
    pub(crate) slot: usize,
    /// Whether there are two names. With one it is a list's element or a map's key.
    pub(crate) pairs: bool,
}

/// What a transformation builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `filter`: the elements themselves.
    Filter,
    /// `map` and `transformList`: a list of results.
    List,
    /// `transformMap`: the results under the keys they came from.
    Map,
    /// `transformMapEntry`: maps of results, put together.
    MapEntries,
    /// `sortBy`: the elements, ordered by the results.
    SortBy,
}

impl Shape {
    /// The name of the macro.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::List => "map",
            Self::Map => "transformMap",
            Self::MapEntries => "transformMapEntry",
            Self::SortBy => "sortBy",
        }
    }
}

/// `map`, `filter` and their kin.
#[derive(Clone, Debug)]
pub(crate) struct Transform {
    pub(crate) shape: Shape,
    pub(crate) domain: Domain,
    pub(crate) condition: Option<Expression>,
    /// What becomes of an element; `None` for a filter.
    pub(crate) result: Option<Expression>,
}

impl Expression {
    /// A node that is not priced yet.
    pub(crate) fn new(kind: Kind, range: TextRange, of: StaticType) -> Self {
        let charge = match kind {
            Kind::Constant(_) => Charge::CONSTANT,
            _ => Charge::default(),
        };
        Self {
            kind,
            range,
            of,
            charge,
            folded: None,
        }
    }

    /// Calls `look` on this node and all below it.
    pub(crate) fn visit<'e>(&'e self, look: &mut impl FnMut(&'e Expression)) {
        look(self);
        for child in self.children() {
            child.visit(look);
        }
    }

    /// Whether cel-go too takes it for a constant when it plans an expression: a literal, a list or map of constants, or
    /// a conversion of one. Other calls with constant arguments are constants here only.
    pub(crate) fn is_constant_upstream(&self) -> bool {
        matches!(self.kind, Kind::Constant(_)) && (self.folded.is_none() || self.charge.constant)
    }

    /// Replaces the type variables of this node and all below it by what they came to.
    pub(crate) fn settle(&mut self, unifier: &Unifier) {
        self.of = unifier.final_type(&self.of);
        if let Some(folded) = &mut self.folded {
            folded.settle(unifier);
        }
        for child in self.children_mut() {
            child.settle(unifier);
        }
    }

    /// The nodes directly below this one, to be changed.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            Kind::Constant(_) | Kind::Root(_) | Kind::Variable(_) | Kind::Local(_) => Vec::new(),
            Kind::Select { operand, .. }
            | Kind::Has { operand, .. }
            | Kind::Not(operand)
            | Kind::Negate(operand) => vec![operand],
            Kind::Index { operand, index, .. } => vec![operand, index],
            Kind::And(operands) | Kind::Or(operands) => operands.iter_mut().collect(),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => vec![condition, then, otherwise],
            Kind::Arithmetic { left, right, .. } | Kind::Relation { left, right, .. } => {
                vec![left, right]
            }
            Kind::List(items) => items.iter_mut().map(|item| &mut item.value).collect(),
            Kind::Map(entries) => entries
                .iter_mut()
                .flat_map(|entry| [&mut entry.key, &mut entry.value])
                .collect(),
            Kind::Struct { fields, .. } => {
                fields.iter_mut().map(|field| &mut field.value).collect()
            }
            Kind::Call(call) => call.arguments.iter_mut().collect(),
            Kind::Quantifier(quantifier) => {
                vec![&mut quantifier.domain.collection, &mut quantifier.predicate]
            }
            Kind::Transform(transform) => std::iter::once(&mut transform.domain.collection)
                .chain(&mut transform.condition)
                .chain(&mut transform.result)
                .collect(),
            Kind::OptionalMap { operand, body, .. } => vec![operand, body],
            Kind::OptionalOr {
                operand, fallback, ..
            } => vec![operand, fallback],
        }
    }

    /// The nodes directly below this one, in the order they are written.
    pub(crate) fn children(&self) -> Vec<&Expression> {
        match &self.kind {
            Kind::Constant(_) | Kind::Root(_) | Kind::Variable(_) | Kind::Local(_) => Vec::new(),
            Kind::Select { operand, .. }
            | Kind::Has { operand, .. }
            | Kind::Not(operand)
            | Kind::Negate(operand) => vec![operand],
            Kind::Index { operand, index, .. } => vec![operand, index],
            Kind::And(operands) | Kind::Or(operands) => operands.iter().collect(),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => vec![condition, then, otherwise],
            Kind::Arithmetic { left, right, .. } | Kind::Relation { left, right, .. } => {
                vec![left, right]
            }
            Kind::List(items) => items.iter().map(|item| &item.value).collect(),
            Kind::Map(entries) => entries
                .iter()
                .flat_map(|entry| [&entry.key, &entry.value])
                .collect(),
            Kind::Struct { fields, .. } => fields.iter().map(|field| &field.value).collect(),
            Kind::Call(call) => call.arguments.iter().collect(),
            Kind::Quantifier(quantifier) => {
                vec![&quantifier.domain.collection, &quantifier.predicate]
            }
            Kind::Transform(transform) => std::iter::once(&transform.domain.collection)
                .chain(&transform.condition)
                .chain(&transform.result)
                .collect(),
            Kind::OptionalMap { operand, body, .. } => vec![operand, body],
            Kind::OptionalOr {
                operand, fallback, ..
            } => vec![operand, fallback],
        }
    }
}
