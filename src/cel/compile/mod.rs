//! Syntax tree to program: names are looked up, macros become nodes, types are checked, literals are prepared.
//!
//! One error ends it: what a second one would say depends on what the first was meant to be.

mod call;
mod check;
mod fold;
mod format;
mod macro_types;
mod macros;
mod names;
mod operators;
#[cfg(test)]
mod tests;

pub(super) use macros::FORMS as MACRO_FORMS;

use super::cost;
use super::expression::{Call, Entry, Expression, Field, Item, Kind};
use super::syntax::{
    self, ListItem, Literal, LogicalOperator, MapEntry, StructField, Syntax, SyntaxError,
    SyntaxKind, TextRange, UnaryOperator,
};
use super::types::{StaticType, Unifier};
use super::value::{Bytes, Str, Value};
use super::{Environment, Program};

/// An expression or the error that ends compilation.
type Compiled = Result<Expression, SyntaxError>;

/// Compiles an expression against the names it may use.
///
/// # Errors
/// The first error that makes it no expression, with its place in the text.
pub fn compile(
    source: &str,
    environment: &Environment,
) -> Result<Program, Vec<super::CompileError>> {
    let program = syntax::parse(source, !environment.is_native()).and_then(|syntax| {
        let height = syntax.height();
        let mut compiler = Compiler {
            environment,
            locals: Vec::new(),
            unifier: Unifier::default(),
            mixed: 0,
        };
        let mut expression = compiler.expression(&syntax)?;
        expression.settle(&compiler.unifier);
        cost::plan(&mut expression);
        Ok(Program::new(source, expression, height))
    });
    program.map_err(|error| vec![*error])
}

struct Compiler<'e> {
    environment: &'e Environment,
    /// The names that macros bind, by slot.
    locals: Vec<Local>,
    unifier: Unifier,
    /// How many calls around the node take lists of mixed types: `format`.
    mixed: usize,
}

/// A name that a macro binds.
struct Local {
    name: Box<str>,
    kind: StaticType,
}

impl Compiler<'_> {
    fn expression(&mut self, syntax: &Syntax) -> Compiled {
        let range = syntax.range;
        let kind = match &syntax.kind {
            SyntaxKind::Literal(literal) => Kind::Constant(constant(literal)),
            SyntaxKind::Name { name, .. } => match self.named(syntax)? {
                Some(kind) => kind,
                None if self.environment.is_unchecked() => Kind::Call(Call::unresolved()),
                None => return Err(self.undeclared(name, range)),
            },
            // A chain of selects may be one dotted name.
            SyntaxKind::Select {
                operand,
                field,
                optional,
            } => {
                if let Some(kind) = self.named(syntax)? {
                    kind
                } else {
                    if *optional
                        && let Some(variable) = self.optional_variable(operand, field, range)?
                    {
                        return Ok(variable);
                    }
                    Kind::Select {
                        operand: self.boxed(operand)?,
                        field: field.clone(),
                        optional: *optional,
                    }
                }
            }
            SyntaxKind::Call(call) => return self.call(call, range),
            SyntaxKind::Index {
                operand,
                index,
                optional,
            } => Kind::Index {
                operand: self.boxed(operand)?,
                index: self.boxed(index)?,
                optional: *optional,
            },
            SyntaxKind::Unary { operator, operand } => {
                let operand = self.boxed(operand)?;
                match operator {
                    UnaryOperator::Not => Kind::Not(operand),
                    UnaryOperator::Negate => Kind::Negate(operand),
                }
            }
            SyntaxKind::Arithmetic {
                operator,
                left,
                right,
            } => Kind::Arithmetic {
                operator: *operator,
                left: self.boxed(left)?,
                right: self
                    .boxed(right)
                    .map_err(|error| names::unquoted_key(error, *operator, left, right))?,
            },
            SyntaxKind::Relation {
                relation,
                left,
                right,
            } => Kind::Relation {
                relation: *relation,
                left: self.boxed(left)?,
                right: self.boxed(right)?,
            },
            SyntaxKind::Logical { operator, operands } => {
                let operands = self.all(operands)?;
                match operator {
                    LogicalOperator::And => Kind::And(operands),
                    LogicalOperator::Or => Kind::Or(operands),
                }
            }
            SyntaxKind::Conditional {
                condition,
                then,
                otherwise,
            } => Kind::Conditional {
                condition: self.boxed(condition)?,
                then: self.boxed(then)?,
                otherwise: self.boxed(otherwise)?,
            },
            SyntaxKind::List(items) => self.list(items)?,
            SyntaxKind::Map(entries) => self.map(entries)?,
            SyntaxKind::Struct { name, fields } => {
                self.check_struct(name, range)?;
                self.structure(name, fields)?
            }
        };
        self.finish(kind, range)
    }

    /// Checks a node and evaluates it now if it is constant.
    fn finish(&mut self, kind: Kind, range: TextRange) -> Compiled {
        if self.environment.is_unchecked() {
            return Ok(Expression::new(kind, range, StaticType::Dyn));
        }
        let of = self.type_of(&kind, range)?;
        if let Kind::Call(call) = &kind
            && call.function.name == "format"
        {
            format::check(&call.arguments, range)?;
        }
        fold::fold(Expression::new(kind, range, of), self.environment)
    }

    fn boxed(&mut self, syntax: &Syntax) -> Result<Box<Expression>, SyntaxError> {
        self.expression(syntax).map(Box::new)
    }

    fn all(&mut self, nodes: &[Syntax]) -> Result<Box<[Expression]>, SyntaxError> {
        nodes.iter().map(|node| self.expression(node)).collect()
    }

    fn list(&mut self, items: &[ListItem]) -> Result<Kind, SyntaxError> {
        let items = items.iter().map(|item| {
            let value = self.expression(&item.value)?;
            Ok(Item {
                value,
                optional: item.optional,
            })
        });
        items.collect::<Result<_, SyntaxError>>().map(Kind::List)
    }

    fn map(&mut self, entries: &[MapEntry]) -> Result<Kind, SyntaxError> {
        let entries = entries.iter().map(|entry| {
            let key = self.expression(&entry.key)?;
            let value = self.expression(&entry.value)?;
            Ok(Entry {
                key,
                value,
                optional: entry.optional,
            })
        });
        entries.collect::<Result<_, SyntaxError>>().map(Kind::Map)
    }

    fn structure(&mut self, name: &str, fields: &[StructField]) -> Result<Kind, SyntaxError> {
        let mut compiled: Vec<Field> = Vec::with_capacity(fields.len());
        for field in fields {
            names::check_field(name, field)?;
            compiled.push(Field {
                name: field.name.clone(),
                value: self.expression(&field.value)?,
                optional: field.optional,
            });
        }
        Ok(Kind::Struct {
            name: name.into(),
            fields: compiled.into(),
        })
    }
}

fn constant(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::String(Str::Shared(text.as_ref().into())),
        Literal::Bytes(bytes) => Value::Bytes(Bytes::from(bytes.to_vec())),
    }
}
