//! Text to syntax tree: what is written, before any name is looked up.
//!
//! Everything here is bounded: a text of any size or shape gives a tree no higher than [`MAX_NESTING`] or one error.

mod lexer;
mod literal;
mod parser;
mod primary;
#[cfg(test)]
mod tests;
mod tree;
mod words;

pub(super) use parser::parse;
pub(super) use tree::{
    Arithmetic, CallSyntax, ListItem, Literal, LogicalOperator, MapEntry, Relation, StructField,
    Syntax, SyntaxKind, TextRange, UnaryOperator,
};
pub use words::is_keyword;

use super::CompileError;

/// Longest expression in characters; cel-go's default.
pub(super) const MAX_SOURCE: usize = 100_000;
/// Most nodes of a tree: as many as characters, so that no text that short is refused for them.
pub(super) const MAX_NODES: u32 = 100_000;
/// How deep brackets may nest; cel-go's default.
pub(super) const MAX_NESTING: u16 = 250;
/// How high a tree may be: as many links of a chain as brackets may nest, and what the chain starts with.
pub(super) const MAX_HEIGHT: u16 = MAX_NESTING + 1;

/// A syntax error. Boxed: it is rare, and parsing is recursive.
pub(super) type SyntaxError = Box<CompileError>;

/// An error about a part of the text.
pub(super) fn error(range: TextRange, message: impl Into<String>) -> SyntaxError {
    Box::new(CompileError {
        message: message.into(),
        range: range.into(),
        help: None,
    })
}

/// An error about a part of the text, with what to do about it.
pub(super) fn error_with_help(
    range: TextRange,
    message: impl Into<String>,
    help: impl Into<String>,
) -> SyntaxError {
    Box::new(CompileError {
        message: message.into(),
        range: range.into(),
        help: Some(help.into()),
    })
}
