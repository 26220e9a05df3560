//! A compiled expression.

use std::ops::Range;

use super::activation::Activation;
use super::cost::{self, CostEstimate};
use super::error::{CompileError, EvalError, Place};
use super::evaluate::Evaluator;
use super::explain::{self, Detail, Explanation, Sensitive};
use super::expression::{Expression, Kind};
use super::objects::SetField;
use super::types::StaticType;
use super::value::Value;
use super::{blame, coverage, objects};
use crate::source::Span;

/// A compiled expression: immutable, shared between threads.
#[derive(Clone, Debug)]
pub struct Program {
    source: Box<str>,
    expression: Expression,
    height: u16,
    origin: Option<Span>,
    roots: Box<[usize]>,
    variables: Box<[usize]>,
}

impl Program {
    pub(super) fn new(source: &str, expression: Expression, height: u16) -> Self {
        let mut roots = Vec::new();
        let mut variables = Vec::new();
        expression.visit(&mut |node| match node.kind {
            Kind::Root(slot) => roots.push(slot),
            Kind::Variable(index) => variables.push(index),
            _ => {}
        });
        Self {
            source: source.into(),
            expression,
            height,
            origin: None,
            roots: sorted(roots),
            variables: sorted(variables),
        }
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Says where its text stands in a file.
    #[must_use]
    pub const fn at(mut self, origin: Option<Span>) -> Self {
        self.origin = origin;
        self
    }

    /// Where its text stands in a file, as far as whoever compiled it said.
    pub const fn origin(&self) -> Option<Span> {
        self.origin
    }

    /// The type of its value as far as the text and the declarations say it.
    pub const fn static_type(&self) -> &StaticType {
        &self.expression.of
    }

    /// The slots of the roots it reads itself, ascending.
    pub fn reads(&self) -> Vec<usize> {
        self.roots.to_vec()
    }

    /// The members of a root that it names itself, with the bytes of their names: `x` in `root.x`, `root.?x`,
    /// `has(root.x)` and `root["x"]`.
    pub fn members(&self, slot: usize) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        self.expression.visit(&mut |node| {
            let (operand, member, written) = match &node.kind {
                Kind::Select { operand, field, .. } | Kind::Has { operand, field } => {
                    (operand, &**field, node.range)
                }
                Kind::Index { operand, index, .. } => match &index.kind {
                    Kind::Constant(value) => match value.as_str() {
                        Some(member) => (operand, member, index.range),
                        None => return,
                    },
                    _ => return,
                },
                _ => return,
            };
            if !matches!(operand.kind, Kind::Root(root) if root == slot) {
                return;
            }
            // A select reaches from its operand to the name, with a dot and perhaps parentheses around the two.
            let start = written.start.max(operand.range.end) as usize;
            let written = start.max(written.start as usize)..written.end as usize;
            let range = self.source.get(written.clone()).and_then(|text| {
                let at = start + text.find(member)?;
                Some(at..at + member.len())
            });
            found.push((member, range.unwrap_or(written)));
        });
        found
    }

    /// Whether it reads more of a root than what stands behind these routes of fields. To ask whether a field is there
    /// is not to read it.
    pub fn reads_beyond(&self, slot: usize, routes: &[&[&str]]) -> bool {
        let (mut mentions, mut harmless) = (0_usize, 0_usize);
        self.expression.visit(&mut |node| match &node.kind {
            Kind::Root(root) if *root == slot => mentions += 1,
            Kind::Has { operand, .. } if route_from(operand, slot).is_some() => harmless += 1,
            Kind::Select { .. } => {
                let is_named = |route: &[&str]| routes.contains(&route);
                if route_from(node, slot).is_some_and(|route| is_named(&route)) {
                    harmless += 1;
                }
            }
            _ => {}
        });
        mentions > harmless
    }

    /// Whether it names this field of a root, by selecting one field after another.
    pub fn names(&self, slot: usize, route: &[&str]) -> bool {
        let mut found = false;
        self.expression.visit(&mut |node| {
            let named = match &node.kind {
                Kind::Select { .. } => route_from(node, slot),
                Kind::Has { operand, field } => route_from(operand, slot).map(|mut fields| {
                    fields.push(field);
                    fields
                }),
                _ => None,
            };
            found |= named.is_some_and(|named| named == route);
        });
        found
    }

    /// The indices of the variables it reads itself, ascending.
    pub fn reads_variables(&self) -> Vec<usize> {
        self.variables.to_vec()
    }

    /// Whether each `Object` in it is of the type that its place asks for, as far as the text tells.
    ///
    /// # Errors
    /// The first that is not, with its place in the text.
    pub fn check_objects(&self) -> Result<(), CompileError> {
        objects::check(&self.expression)
    }

    /// The fields that its `Object` literals set, as far as the text tells; outer ones first.
    pub fn set_fields(&self) -> Vec<SetField<'_>> {
        objects::fields(&self.expression)
    }

    /// What the expression costs at least and at most, whatever object it meets: what its variables cost is not in it.
    pub fn estimate(&self) -> CostEstimate {
        cost::estimate(&self.expression)
    }

    /// The value of the expression. What it cost the [activation](Activation::cost) knows then.
    pub fn evaluate<'a>(&'a self, activation: &Activation<'a>) -> Result<Value<'a>, EvalError<'a>> {
        activation.open();
        let outcome = Evaluator::new(activation).program(self);
        activation.close();
        if let Some(recorder) = activation.recorder() {
            coverage::record(self, activation, recorder);
        }
        outcome.map_err(|error| *error)
    }

    /// The places that made it false or an error; empty when nothing in a document is to blame.
    ///
    /// Call after [`evaluate`](Self::evaluate) gave `false` or an error, with the same activation. It has a budget of
    /// its own and gives what it found when that is used up.
    pub fn blame<'a>(&'a self, activation: &Activation<'a>) -> Vec<Place<'a>> {
        blame::blame(self, activation)
    }

    /// The value of every part, for people.
    ///
    /// Call after [`evaluate`](Self::evaluate), with the same activation. It has a budget of its own, as
    /// [`blame`](Self::blame) has.
    pub fn explain<'a>(
        &'a self,
        activation: &Activation<'a>,
        detail: Detail,
        sensitive: &dyn Sensitive,
    ) -> Explanation<'a> {
        explain::explain(self, activation, detail, sensitive)
    }

    pub(super) const fn expression(&self) -> &Expression {
        &self.expression
    }

    /// How many levels the expression has: what evaluating it needs of the stack.
    pub(super) const fn height(&self) -> u16 {
        self.height
    }
}

/// The fields by which a chain of selects leads from a root to a node, outermost first.
fn route_from(node: &Expression, slot: usize) -> Option<Vec<&str>> {
    let mut fields = Vec::new();
    let mut at = node;
    loop {
        match &at.kind {
            Kind::Root(root) if *root == slot => break,
            Kind::Select { operand, field, .. } => {
                fields.push(&**field);
                at = operand;
            }
            _ => return None,
        }
    }
    fields.reverse();
    Some(fields)
}

fn sorted(mut numbers: Vec<usize>) -> Box<[usize]> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into()
}
