//! The functions that an expression can call: names, numbers of arguments, and the bridge from [`Value`] to the plain
//! Rust functions of `library`.
//!
//! One entry stands for all overloads of a name: CEL picks overloads by type, and so does the implementation.
//! The type checker of a later day needs result types of each overload; they belong into these tables.

#![allow(
    clippy::unnecessary_wraps,
    reason = "all implementations have the one signature of the table"
)]

mod convert;
mod image;
mod lists;
mod quantity;
mod regex;
mod selector;
mod standard;
mod strings;
#[cfg(test)]
mod tests;
pub(super) mod time;

use super::error::Failure;
use super::library::regex::Pattern;
use super::value::{Content, Items, Type, Value};

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

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    /// Fewest and most arguments, the receiver included.
    pub(crate) arguments: (usize, usize),
    /// The type of every result, where all overloads agree.
    pub(crate) result: Option<Type>,
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
}

impl Function {
    const fn global(
        name: &'static str,
        arguments: (usize, usize),
        result: Option<Type>,
        implementation: Implementation,
    ) -> Self {
        Self {
            name,
            style: Style::Global,
            arguments,
            result,
            pattern: None,
            implementation,
        }
    }

    const fn method(
        name: &'static str,
        arguments: (usize, usize),
        result: Option<Type>,
        implementation: Implementation,
    ) -> Self {
        Self {
            name,
            style: Style::Method,
            arguments,
            result,
            pattern: None,
            implementation,
        }
    }

    /// The argument at this position is a regular expression.
    const fn with_pattern(mut self, position: usize) -> Self {
        self.pattern = Some(position);
        self
    }

    /// Whether it takes so many arguments, the receiver included.
    pub(crate) fn takes(&self, count: usize) -> bool {
        (self.arguments.0..=self.arguments.1).contains(&count)
    }

    /// Fewest and most arguments between the parentheses.
    pub(crate) const fn written_arguments(&self) -> (usize, usize) {
        let receiver = matches!(self.style, Style::Method) as usize;
        (self.arguments.0 - receiver, self.arguments.1 - receiver)
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
    convert::FUNCTIONS,
    image::FUNCTIONS,
    lists::FUNCTIONS,
    quantity::FUNCTIONS,
    regex::FUNCTIONS,
    selector::FUNCTIONS,
    standard::FUNCTIONS,
    strings::FUNCTIONS,
    time::FUNCTIONS,
];

/// Whether functions have names that start with this prefix and a dot.
pub(crate) fn is_namespace(prefix: &str) -> bool {
    all().any(|function| {
        function
            .name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}
