//! The functions that an expression can call: names, the types they take and give, the release they came with, and the
//! bridge from [`Value`] to the plain Rust functions of `library`.
//!
//! One entry stands for all overloads of a name: the checker picks them by static type, the implementation by value.

#![allow(
    clippy::unnecessary_wraps,
    reason = "all implementations have the one signature of the table"
)]

mod authorizer;
mod convert;
mod formats;
mod image;
mod json;
mod lists;
mod network;
mod order;
mod quantity;
mod regex;
mod selector;
mod semver;
mod standard;
mod strings;
#[cfg(test)]
mod tests;
pub(super) mod time;
mod toleration;
mod url;

use super::error::{EvalErrorKind, Failure};
use super::library::regex::Pattern;
use super::types::{Overload, StaticType};
use super::value::{Content, Items, Value};

/// Most arguments of any function, the receiver included.
pub(crate) const MAX_ARGUMENTS: usize = 4;

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `f(x)`, with a dotted name too: `sets.contains(x, y)`.
    Global,
    /// `x.f()`; the receiver is the first argument.
    Method,
}

/// Who offers a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// The API server, to every expression.
    Kubernetes,
    /// The API server, to mutations only.
    Mutation,
    /// kpolicy, to policies of its own kind.
    KPolicy,
}

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    pub(crate) overloads: &'static [Overload],
    pub(crate) group: Group,
    /// Which argument is a regular expression.
    pub(crate) pattern: Option<usize>,
    pub(crate) implementation: Implementation,
}

/// What a call gives.
type Computed<'a> = Result<Value<'a>, Failure>;

/// What a function does.
pub(crate) type Implementation = for<'a> fn(&Arguments<'_, 'a>) -> Result<Value<'a>, Failure>;

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Arguments<'c, 'a> {
    pub(crate) values: &'c [Value<'a>],
    /// The pattern argument, where it was compiled with the expression.
    pub(crate) pattern: Option<&'c Pattern>,
    /// The type of the result as far as the checker knows it.
    pub(crate) result: &'c StaticType,
}

impl Function {
    const fn global(
        name: &'static str,
        overloads: &'static [Overload],
        implementation: Implementation,
    ) -> Self {
        Self::new(name, Style::Global, overloads, implementation)
    }

    const fn method(
        name: &'static str,
        overloads: &'static [Overload],
        implementation: Implementation,
    ) -> Self {
        Self::new(name, Style::Method, overloads, implementation)
    }

    const fn new(
        name: &'static str,
        style: Style,
        overloads: &'static [Overload],
        implementation: Implementation,
    ) -> Self {
        Self {
            name,
            style,
            overloads,
            group: Group::Kubernetes,
            pattern: None,
            implementation,
        }
    }

    /// The argument at this position is a regular expression.
    const fn with_pattern(mut self, position: usize) -> Self {
        self.pattern = Some(position);
        self
    }

    const fn of(mut self, group: Group) -> Self {
        self.group = group;
        self
    }

    /// Whether it takes so many arguments, the receiver included.
    pub(crate) fn takes(&self, count: usize) -> bool {
        self.overloads
            .iter()
            .any(|overload| overload.arguments.len() == count)
    }

    /// Fewest and most arguments between the parentheses.
    pub(crate) fn written_arguments(&self) -> (usize, usize) {
        let receiver = usize::from(self.style == Style::Method);
        let counts = || {
            self.overloads
                .iter()
                .map(|overload| overload.arguments.len())
        };
        let least = counts().min().unwrap_or(0).saturating_sub(receiver);
        let most = counts().max().unwrap_or(0).saturating_sub(receiver);
        (least, most)
    }
}

impl<'c, 'a> Arguments<'c, 'a> {
    /// What the argument at a position is; null where there is none, which no function takes for anything else.
    pub(crate) fn content(&self, position: usize) -> Content<'c, 'a> {
        self.values
            .get(position)
            .map_or(Content::Null, Value::content)
    }

    pub(crate) fn value(&self, position: usize) -> Value<'a> {
        self.values.get(position).cloned().unwrap_or(Value::Null)
    }

    /// The argument that must be a string.
    fn text(&self, position: usize) -> Result<&'c str, Failure> {
        match self.content(position) {
            Content::String(text) => Ok(text),
            _ => Err(Failure::overload()),
        }
    }

    /// The argument that must be an int.
    fn int(&self, position: usize) -> Result<i64, Failure> {
        match self.content(position) {
            Content::Int(value) => Ok(value),
            _ => Err(Failure::overload()),
        }
    }

    /// The argument that must be a list.
    fn list(&self, position: usize) -> Result<Items<'c, 'a>, Failure> {
        match self.content(position) {
            Content::List(items) => Ok(items),
            _ => Err(Failure::overload()),
        }
    }

    /// How many there are, the receiver included.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// All functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> + Clone {
    TABLES.iter().flat_map(|table| table.iter())
}

const TABLES: &[&[Function]] = &[
    authorizer::FUNCTIONS,
    convert::FUNCTIONS,
    formats::FUNCTIONS,
    image::FUNCTIONS,
    json::FUNCTIONS,
    lists::FUNCTIONS,
    network::FUNCTIONS,
    order::FUNCTIONS,
    quantity::FUNCTIONS,
    regex::FUNCTIONS,
    selector::FUNCTIONS,
    semver::FUNCTIONS,
    standard::FUNCTIONS,
    strings::FUNCTIONS,
    time::FUNCTIONS,
    toleration::FUNCTIONS,
    url::FUNCTIONS,
];

/// Stands for a name that means nothing, in expressions that nobody checked.
pub(crate) static UNRESOLVED: Function = Function::global("this name", &[], |_| {
    Err(Failure::new(
        EvalErrorKind::NoSuchOverload,
        "this name means nothing here",
    ))
});

/// Whether there is a function of this name that is no method.
pub(crate) fn is_global(name: &str) -> bool {
    all().any(|function| function.style == Style::Global && function.name == name)
}

/// Whether functions have names that start with this prefix and a dot.
pub(crate) fn is_namespace(prefix: &str) -> bool {
    all().any(|function| {
        function
            .name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}
