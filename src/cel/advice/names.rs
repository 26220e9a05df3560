//! Names for what expressions read: two parts of an expression with one name have one value.
//!
//! CEL is pure, so that a name is the text of a part with everything resolved: roots by slot, variables that only
//! stand for a path by that path, elements of collections by a name of their own.

use std::fmt::Write as _;

use super::super::Program;
use super::super::expression::{Expression, Kind};
use super::super::value::Value;

/// Longer names are not worth knowing.
const LONGEST: usize = 2048;

/// Bytes of all names for one expression.
const ALL: usize = 16 << 20;

/// How far variables are followed that stand for other variables.
const DEEPEST: usize = 16;

/// Gives names.
pub(super) struct Names<'c> {
    variables: &'c [Option<&'c Program>],
    /// What the locals of macros stand for, by slot.
    pub(super) locals: Vec<Option<String>>,
    depth: usize,
    next: u32,
    /// How many bytes of names may still be written.
    left: usize,
}

impl<'c> Names<'c> {
    pub(super) fn new(variables: &'c [Option<&'c Program>]) -> Self {
        Self {
            variables,
            locals: Vec::new(),
            depth: 0,
            next: 0,
            left: ALL,
        }
    }

    /// The program of a variable.
    pub(super) fn variable(&self, index: usize) -> Option<&'c Program> {
        self.variables.get(index).copied().flatten()
    }

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self) -> String {
        self.next += 1;
        format!("e{}", self.next)
    }

    /// Lets a local stand for a name; gives what it stood for.
    pub(super) fn bind(&mut self, slot: usize, name: Option<String>) -> Option<String> {
        if self.locals.len() <= slot {
            self.locals.resize(slot + 1, None);
        }
        self.locals
            .get_mut(slot)
            .and_then(|local| std::mem::replace(local, name))
    }

    /// Goes into a variable, where the locals around its use mean nothing; gives those, for [`leave`](Self::leave).
    /// `None` where that goes too deep.
    pub(super) fn enter(&mut self, index: usize) -> Option<(&'c Expression, Vec<Option<String>>)> {
        let program = self.variable(index)?;
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        Some((program.expression(), std::mem::take(&mut self.locals)))
    }

    /// Goes back to where the variable was read.
    pub(super) fn leave(&mut self, locals: Vec<Option<String>>) {
        self.locals = locals;
        self.depth -= 1;
    }

    /// Looks into a variable. `None` where that goes too deep.
    fn inside<T>(
        &mut self,
        index: usize,
        look: impl FnOnce(&mut Self, &'c Expression) -> T,
    ) -> Option<T> {
        let (inner, locals) = self.enter(index)?;
        let found = look(self, inner);
        self.leave(locals);
        Some(found)
    }

    /// The name of what a part gives; `None` where it has none.
    pub(super) fn name(&mut self, expression: &Expression) -> Option<String> {
        if self.left == 0 {
            return None;
        }
        let mut name = String::new();
        let written = self.write(expression, &mut name);
        self.left = self.left.saturating_sub(name.len());
        written.map(|()| name)
    }

    fn write(&mut self, expression: &Expression, out: &mut String) -> Option<()> {
        if out.len() > LONGEST {
            return None;
        }
        // Writing to a string cannot fail.
        match &expression.kind {
            Kind::Constant(value) => out.push_str(&constant(value)?),
            Kind::Root(slot) => {
                let _ = write!(out, "r{slot}");
            }
            Kind::Variable(index) => {
                let path = self.inside(*index, |names, inner| {
                    is_path(inner).then(|| names.name(inner)).flatten()
                });
                match path.flatten() {
                    Some(path) => out.push_str(&path),
                    None => {
                        let _ = write!(out, "v{index}");
                    }
                }
            }
            Kind::Local(slot) => out.push_str(self.locals.get(*slot)?.as_deref()?),
            Kind::Select { operand, field, .. } => {
                self.write(operand, out)?;
                let _ = write!(out, ".{field:?}");
            }
            Kind::Has { operand, field } => {
                out.push_str("has(");
                self.write(operand, out)?;
                let _ = write!(out, ".{field:?})");
            }
            Kind::Index { operand, index, .. } => {
                self.write(operand, out)?;
                match &index.kind {
                    // `m['k']` and `m.k` are one thing.
                    Kind::Constant(Value::String(key)) => {
                        let _ = write!(out, ".{:?}", key.as_str());
                    }
                    _ => self.list("[", [index.as_ref()], out)?,
                }
            }
            Kind::Not(operand) => self.list("!(", [operand.as_ref()], out)?,
            Kind::Negate(operand) => self.list("-(", [operand.as_ref()], out)?,
            Kind::And(operands) => self.list("and(", operands.iter(), out)?,
            Kind::Or(operands) => self.list("or(", operands.iter(), out)?,
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let parts: [&Expression; 3] = [condition, then, otherwise];
                self.list("if(", parts, out)?;
            }
            Kind::Arithmetic {
                operator,
                left,
                right,
            } => {
                let parts: [&Expression; 2] = [left, right];
                self.list(&format!("{}(", operator.symbol()), parts, out)?;
            }
            Kind::Relation {
                relation,
                left,
                right,
            } => {
                let parts: [&Expression; 2] = [left, right];
                self.list(&format!("{}(", relation.symbol()), parts, out)?;
            }
            Kind::Call(call) => {
                let head = format!("{}(", call.function.name);
                self.list(&head, call.arguments.iter(), out)?;
            }
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                let parts: [&Expression; 2] = [operand, fallback];
                self.list("else(", parts, out)?;
            }
            Kind::List(_)
            | Kind::Map(_)
            | Kind::Struct { .. }
            | Kind::Quantifier(_)
            | Kind::Transform(_)
            | Kind::OptionalMap { .. } => return None,
        }
        (out.len() <= LONGEST).then_some(())
    }

    fn list<'e>(
        &mut self,
        head: &str,
        parts: impl IntoIterator<Item = &'e Expression>,
        out: &mut String,
    ) -> Option<()> {
        out.push_str(head);
        for part in parts {
            self.write(part, out)?;
            out.push(',');
        }
        out.push(')');
        Some(())
    }
}

/// The text of a constant; `None` where two texts may be one value.
pub(super) fn constant(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::String(text) => format!("{:?}", text.as_str()),
        _ => return None,
    })
}

/// Whether a part only goes from a root or a variable along fields.
fn is_path(expression: &Expression) -> bool {
    let mut at = expression;
    loop {
        at = match &at.kind {
            Kind::Root(_) | Kind::Variable(_) => return true,
            Kind::Select {
                operand,
                optional: false,
                ..
            } => operand,
            Kind::Index {
                operand,
                index,
                optional: false,
            } if matches!(index.kind, Kind::Constant(_)) => operand,
            _ => return false,
        }
    }
}
