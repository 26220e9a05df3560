//! CEL, the language of policies: text in, a compiled [`Program`] out, and values, errors and places from it.
//!
//! This module owns the whole way of an expression: lexer, parser, name resolution, evaluation over the document
//! tree in place, and *blame*: which nodes of a document made a verdict false. Semantics are cel-go's, as in the API
//! server. It must not know policies or Kubernetes kinds beyond its function library, does no I/O and reads no clock.
//!
//! Start reading at [`compile`], then [`Program`] and [`Value`].

mod activation;
mod environment;
mod error;
mod program;
mod value;

pub use activation::{Activation, Budget};
pub use environment::Environment;
pub use error::{CompileError, EvalError, EvalErrorKind, Place};
pub use program::{Program, compile};
pub use value::{Bytes, List, Map, Str, Struct, Type, Value};
