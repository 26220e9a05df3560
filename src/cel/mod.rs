//! CEL, the language of policies: text in, a compiled [`Program`] out, and values, errors and places from it.
//!
//! This module owns the whole way of an expression: lexer, parser, name resolution, evaluation over the document
//! tree in place, and *blame*: which nodes of a document made a verdict false. Semantics are cel-go's, as in the API
//! server. It must not know policies or Kubernetes kinds beyond its function library, does no I/O and reads no clock.
//!
//! The way of an expression: `syntax` (text to tree), `compile` (names, macros, constants), `expression` (what that
//! makes), `evaluate` (with `arithmetic`, `compare`, `functions` and `cost`), `blame`, `explain`; `advice` is for whoever
//! writes an expression. Start reading at [`compile()`], then [`Program`] and [`Value`].

#![allow(
    clippy::unnecessary_box_returns,
    reason = "errors are boxed where they are made: they are rare, and the functions that pass them on are recursive"
)]

mod activation;
mod advice;
mod arithmetic;
mod blame;
mod compare;
mod compile;
mod cost;
mod coverage;
mod environment;
mod error;
mod evaluate;
mod explain;
mod expression;
mod functions;
mod library;
mod mutants;
mod objects;
mod patterns;
mod print;
mod program;
mod reads;
mod reference;
#[cfg(test)]
mod show;
mod syntax;
mod types;
mod value;

pub use activation::{Activation, Budget, Cost};
pub use advice::{
    Advice, AdviceKind, Advised, Surroundings, Unguarded, Unreachable, advise, is_always_evaluated,
};
pub use compile::compile;
pub use cost::CostEstimate;
pub use coverage::{Gap, Outcome, Point, Recorder, Recording};
pub use environment::{Environment, NoRelease, Release};
pub use error::{CompileError, EvalError, EvalErrorKind, Place};
pub use explain::{Detail, Explanation, NothingSensitive, Sensitive, Step, StepOutcome, Subject};
pub use mutants::{Mutant, Purpose};
pub use objects::SetField;
pub use print::Printer;
pub use program::Program;
pub use reads::{Reads, reads};
pub use reference::{Offered, Signature, macros, signatures};
pub use syntax::is_keyword;
pub use types::{FieldType, ObjectTypes, StaticType};
pub use value::{
    Bytes, Duration, Image, List, Map, Opaque, Quantity, Str, Struct, Timestamp, Type, Value,
};

/// Whether a text is a resource quantity, as the API server reads one.
pub fn is_quantity(text: &str) -> bool {
    library::quantity::Quantity::parse(text).is_ok()
}
