//! A compiled expression.

use super::{Activation, CompileError, Environment, EvalError, Place, Value};

/// A compiled expression: immutable, shared between threads.
#[derive(Debug)]
pub struct Program {
    source: Box<str>,
}

/// Compiles an expression against the names it may use.
pub fn compile(source: &str, _environment: &Environment) -> Result<Program, Vec<CompileError>> {
    Ok(Program {
        source: source.into(),
    })
}

impl Program {
    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The slots of the roots it reads itself, ascending.
    pub fn reads(&self) -> Vec<usize> {
        Vec::new()
    }

    /// The indices of the variables it reads itself, ascending.
    pub fn reads_variables(&self) -> Vec<usize> {
        Vec::new()
    }

    /// The value of the expression.
    pub fn evaluate<'a>(
        &'a self,
        _activation: &Activation<'a>,
    ) -> Result<Value<'a>, EvalError<'a>> {
        Ok(Value::Bool(true))
    }

    /// The places that made it false or an error; empty when nothing in a document is to blame.
    /// Call after [`evaluate`](Self::evaluate) gave `false` or an error, with the same activation.
    pub fn blame<'a>(&'a self, _activation: &Activation<'a>) -> Vec<Place<'a>> {
        Vec::new()
    }
}
