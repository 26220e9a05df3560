//! What an evaluation reads: the roots' values, the variables (each evaluated once, when first read), the budget.

use std::cell::{Cell, RefCell};

use super::{EvalError, EvalErrorKind, Program, Value};

/// How many steps pass between two questions whether the evaluation is still wanted.
const STEPS_BETWEEN_QUESTIONS: u64 = 1024;
/// How many times the steps of an evaluation blame may take.
const BLAME_FACTOR: u64 = 8;

/// How much an evaluation may do.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    steps: u64,
    cancelled: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Budget<'a> {
    /// A budget of this many evaluation steps.
    pub const fn new(steps: u64) -> Self {
        Self {
            steps,
            cancelled: None,
        }
    }

    /// Also asks `cancelled` now and then, and ends the evaluation when it says so.
    #[must_use]
    pub fn with_cancel(mut self, cancelled: &'a dyn Fn() -> bool) -> Self {
        self.cancelled = Some(cancelled);
        self
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget")
            .field("steps", &self.steps)
            .field("cancellable", &self.cancelled.is_some())
            .finish()
    }
}

impl From<u64> for Budget<'_> {
    fn from(steps: u64) -> Self {
        Self::new(steps)
    }
}

/// What became of a variable.
type Cached<'a> = Result<Value<'a>, Box<EvalError<'a>>>;

/// What an evaluation reads. Serves all programs of one policy on one object, so that each variable is evaluated at
/// most once and all share one budget.
pub struct Activation<'a> {
    roots: Vec<Value<'a>>,
    variables: &'a [Program],
    /// What the variables that were read came to, by index.
    cache: RefCell<Vec<Option<Cached<'a>>>>,
    budget: Budget<'a>,
    remaining: Cell<u64>,
    /// The stack of macro-bound names, kept between evaluations for its memory.
    locals: Cell<Vec<Value<'a>>>,
}

impl<'a> Activation<'a> {
    /// Roots in the slot order of the [`Environment`](super::Environment), the programs of its variables in the order
    /// they were declared, and a [`Budget`] (or a number of steps).
    pub fn new(
        roots: Vec<Value<'a>>,
        variables: &'a [Program],
        budget: impl Into<Budget<'a>>,
    ) -> Self {
        let budget = budget.into();
        Self {
            roots,
            variables,
            cache: RefCell::new(Vec::new()),
            remaining: Cell::new(budget.steps),
            budget,
            locals: Cell::new(Vec::new()),
        }
    }

    /// Steps that are left of the budget.
    pub fn remaining(&self) -> u64 {
        self.remaining.get()
    }

    /// The value of a root.
    pub(super) fn root(&self, slot: usize) -> Option<&Value<'a>> {
        self.roots.get(slot)
    }

    /// The program of a variable.
    pub(super) fn variable(&self, index: usize) -> Option<&'a Program> {
        self.variables.get(index)
    }

    /// What a variable came to, if it was read before.
    pub(super) fn cached(&self, index: usize) -> Option<Cached<'a>> {
        self.cache.borrow().get(index)?.clone()
    }

    /// Keeps what a variable came to.
    pub(super) fn cache(&self, index: usize, outcome: Cached<'a>) {
        let mut cache = self.cache.borrow_mut();
        if cache.len() <= index {
            cache.resize_with(self.variables.len().max(index + 1), || None);
        }
        if let Some(slot) = cache.get_mut(index) {
            *slot = Some(outcome);
        }
    }

    /// Takes steps from the budget; says what is wrong when there are none left.
    pub(super) fn spend(&self, steps: u64) -> Result<(), EvalErrorKind> {
        let before = self.remaining.get();
        let Some(after) = before.checked_sub(steps) else {
            self.remaining.set(0);
            return Err(EvalErrorKind::Budget);
        };
        self.remaining.set(after);
        let asks = before / STEPS_BETWEEN_QUESTIONS != after / STEPS_BETWEEN_QUESTIONS;
        if asks && self.budget.cancelled.is_some_and(|cancelled| cancelled()) {
            return Err(EvalErrorKind::Cancelled);
        }
        Ok(())
    }

    /// Gives blame a budget of its own. It evaluates parts of an expression again for each level above them.
    pub(super) fn refill(&self) {
        self.remaining
            .set(self.budget.steps.saturating_mul(BLAME_FACTOR));
    }

    /// Sets what is left, after a [`refill`](Self::refill).
    pub(super) fn set_remaining(&self, steps: u64) {
        self.remaining.set(steps);
    }

    /// Takes the memory of the stack of macro-bound names; [`return_locals`](Self::return_locals) gives it back.
    pub(super) fn take_locals(&self) -> Vec<Value<'a>> {
        self.locals.take()
    }

    pub(super) fn return_locals(&self, mut locals: Vec<Value<'a>>) {
        locals.clear();
        self.locals.set(locals);
    }
}

impl std::fmt::Debug for Activation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activation")
            .field("roots", &self.roots)
            .field("budget", &self.budget)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}
