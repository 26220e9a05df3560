//! Explanation: the value of every part of an expression, as a list of steps in the order of the text.
//!
//! Runs only after evaluation, with the same activation, and evaluates again what it shows; what evaluation passed
//! by (the right of a decided `&&`, the branch not taken) is named and not evaluated. It changes neither the outcome
//! nor what is left of the budget. Bounded in parts, levels and elements; what is left out is counted or said.
//!
//! A part that is computed from *sensitive* nodes is marked, so that whoever shows it can hide it. What is sensitive
//! is the caller's to say.

mod elements;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::activation::Activation;
use super::error::EvalError;
use super::evaluate::Evaluator;
use super::expression::{Expression, Kind};
use super::program::Program;
use super::types::StaticType;
use super::value::{Content, Value};
use crate::manifest::NodeRef;

/// How much is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The most steps.
    pub steps: usize,
    /// The most levels.
    pub levels: usize,
    /// The most elements of each collection that a macro walks over.
    pub elements: usize,
}

impl Default for Detail {
    fn default() -> Self {
        Self {
            steps: 400,
            levels: 60,
            elements: 8,
        }
    }
}

/// Says which values of documents are sensitive.
pub trait Sensitive {
    /// Whether there are any. Where parts are left out, what is computed then counts as sensitive.
    fn any(&self) -> bool;

    /// Whether a node is sensitive or holds what is.
    fn holds(&self, node: NodeRef<'_>) -> bool;
}

/// Nothing is sensitive.
#[derive(Clone, Copy, Debug)]
pub struct NothingSensitive;

impl Sensitive for NothingSensitive {
    fn any(&self) -> bool {
        false
    }

    fn holds(&self, _: NodeRef<'_>) -> bool {
        false
    }
}

/// What an evaluation did.
#[derive(Debug, Default)]
pub struct Explanation<'a> {
    /// The steps: each is followed by those that it is made of, one level deeper.
    pub steps: Vec<Step<'a>>,
    /// Whether steps are missing because there are too many, or they nest too deeply.
    pub is_cut: bool,
}

/// One step.
#[derive(Debug)]
pub struct Step<'a> {
    /// How deep it lies, from 0.
    pub level: usize,
    /// What it is about.
    pub subject: Subject<'a>,
    /// What became of it.
    pub outcome: StepOutcome<'a>,
    /// Whether it is computed from what is sensitive. A value of a document is asked for itself.
    pub is_sensitive: bool,
    /// The type of a part as far as the text and the declarations say it.
    pub static_type: Option<&'a StaticType>,
}

/// What a step is about.
#[derive(Debug)]
pub enum Subject<'a> {
    /// A part of the expression, or of a variable's expression: its text as written.
    Part(&'a str),
    /// The expression of the variable that the step above names.
    Definition(&'a str),
    /// An element that a macro looked at: the name it binds, and its index or key where that says more. The outcome is
    /// the element.
    Element {
        /// The bound name, or two of them with a comma.
        names: String,
        /// Index or key.
        key: Value<'a>,
    },
    /// So many further elements were looked at.
    Elements(usize),
}

/// What became of a part.
#[derive(Debug)]
pub enum StepOutcome<'a> {
    /// A value.
    Value(Value<'a>),
    /// An error. It has risen from a part below where one has the same.
    Error(Box<EvalError<'a>>),
    /// It was not evaluated: the outcome was decided without it.
    Skipped,
    /// There is no value to show.
    Nothing,
}

/// What the parts around one need to know of it.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    is_sensitive: bool,
    /// The boolean that it is.
    truth: Option<bool>,
    failed: bool,
}

impl Seen {
    const fn and(self, later: Self) -> Self {
        Self {
            is_sensitive: self.is_sensitive || later.is_sensitive,
            truth: later.truth,
            failed: later.failed,
        }
    }
}

/// Explains a program; empty steps never come of it.
pub(super) fn explain<'a>(
    program: &'a Program,
    activation: &Activation<'a>,
    detail: Detail,
    sensitive: &dyn Sensitive,
) -> Explanation<'a> {
    let before = activation.begin_blame();
    let mut explainer = Explainer {
        evaluator: Evaluator::new(activation),
        source: program.source(),
        explanation: Explanation::default(),
        detail,
        sensitive,
        level: 0,
        locals: Vec::new(),
        variables: BTreeMap::new(),
    };
    let expression = program.expression();
    if let Ok(caller) = explainer.evaluator.begin(program, expression) {
        explainer.whole(expression);
        explainer.evaluator.end(caller);
    }
    let explanation = std::mem::take(&mut explainer.explanation);
    drop(explainer);
    activation.end_blame(before);
    explanation
}

struct Explainer<'e, 'a, 's> {
    evaluator: Evaluator<'e, 'a>,
    /// The text of the program at hand.
    source: &'a str,
    explanation: Explanation<'a>,
    detail: Detail,
    sensitive: &'s dyn Sensitive,
    level: usize,
    /// Which macro-bound names stand for what is sensitive: slot and answer, the innermost last.
    locals: Vec<(usize, bool)>,
    /// The variables that were explained, and whether they are sensitive.
    variables: BTreeMap<usize, bool>,
}

impl<'a> Explainer<'_, 'a, '_> {
    /// The whole expression of a program: shown even if it is a literal.
    fn whole(&mut self, expression: &'a Expression) -> Seen {
        if matches!(expression.kind, Kind::Constant(_)) {
            let outcome = self.evaluator.value(expression);
            return self.record(expression, outcome, Seen::default());
        }
        self.part(expression)
    }

    /// Shows a part and all below it. Literals are not shown: they are their own value.
    fn part(&mut self, expression: &'a Expression) -> Seen {
        if matches!(expression.kind, Kind::Constant(_)) {
            let value = self.evaluator.value(expression);
            return Seen {
                truth: value.as_ref().ok().and_then(Value::as_bool),
                failed: value.is_err(),
                is_sensitive: false,
            };
        }
        let outcome = self.evaluator.value(expression);
        let at = self.explanation.steps.len();
        let seen = self.record(expression, outcome, Seen::default());
        if at == self.explanation.steps.len() {
            return seen;
        }
        self.level += 1;
        let below = self.parts(expression);
        self.level -= 1;
        let Some(step) = self.explanation.steps.get_mut(at) else {
            return seen;
        };
        step.is_sensitive = match &step.outcome {
            StepOutcome::Value(value) => derived(value, below.is_sensitive, self.sensitive),
            _ => below.is_sensitive,
        };
        Seen {
            is_sensitive: step.is_sensitive,
            ..seen
        }
    }

    /// Adds a step for a part; without room for it, says that the explanation is cut.
    fn record(
        &mut self,
        expression: &'a Expression,
        outcome: Result<Value<'a>, Box<EvalError<'a>>>,
        seen: Seen,
    ) -> Seen {
        let seen = Seen {
            truth: outcome.as_ref().ok().and_then(Value::as_bool),
            failed: outcome.is_err(),
            ..seen
        };
        // The explanation's own budget is used up, not that of the evaluation.
        let is_over = outcome.as_ref().is_err_and(|error| error.kind.is_final());
        let has_room = self.has_room();
        if !has_room || (is_over && self.level > 0) {
            self.explanation.is_cut = true;
            return Seen {
                is_sensitive: self.sensitive.any(),
                ..seen
            };
        }
        let outcome = match outcome {
            Ok(value) => StepOutcome::Value(value),
            Err(error) => StepOutcome::Error(error),
        };
        let subject = Subject::Part(self.text(expression));
        self.push(subject, outcome, seen.is_sensitive);
        if let Some(step) = self.explanation.steps.last_mut() {
            step.static_type = Some(&expression.of);
        }
        seen
    }

    fn has_room(&self) -> bool {
        self.explanation.steps.len() < self.detail.steps && self.level < self.detail.levels
    }

    fn push(&mut self, subject: Subject<'a>, outcome: StepOutcome<'a>, is_sensitive: bool) {
        self.explanation.steps.push(Step {
            level: self.level,
            subject,
            outcome,
            is_sensitive,
            static_type: None,
        });
    }

    /// Shows a part that evaluation passed by.
    fn skipped(&mut self, expression: &'a Expression) {
        if matches!(expression.kind, Kind::Constant(_)) {
            return;
        }
        if self.has_room() {
            self.push(
                Subject::Part(self.text(expression)),
                StepOutcome::Skipped,
                false,
            );
        } else {
            self.explanation.is_cut = true;
        }
    }

    fn text(&self, expression: &Expression) -> &'a str {
        let range = std::ops::Range::<usize>::from(expression.range);
        self.source.get(range).unwrap_or_default()
    }
}

/// Whether a computed value tells what is sensitive. A boolean tells no more than that something holds; a value of a
/// document is sensitive or not whatever led to it.
fn derived(value: &Value<'_>, from_sensitive: bool, sensitive: &dyn Sensitive) -> bool {
    match value {
        Value::Node(node) => sensitive.holds(*node),
        Value::Bool(_) | Value::Null | Value::Type(_) => false,
        _ => from_sensitive || holds(value, sensitive),
    }
}

/// Whether a value is, or holds, a node that is sensitive.
fn holds(value: &Value<'_>, sensitive: &dyn Sensitive) -> bool {
    if !sensitive.any() {
        return false;
    }
    match (value, value.content()) {
        (Value::Node(node), _) => sensitive.holds(*node),
        (_, Content::List(items)) => items.iter().any(|item| holds(&item, sensitive)),
        (_, Content::Map(entries)) => entries
            .iter()
            .any(|(key, value)| holds(&key, sensitive) || holds(&value, sensitive)),
        (_, Content::Struct(value)) => value.fields().any(|(_, value)| holds(value, sensitive)),
        (_, Content::Optional(Some(value))) => holds(value, sensitive),
        _ => false,
    }
}
