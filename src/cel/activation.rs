//! What an evaluation reads: the roots' values, the variables (each evaluated once, when first read), the budget.

use std::cell::{Cell, RefCell};

use super::{EvalError, Program, Value};

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

/// What an evaluation reads. Serves all programs of one policy on one object, so that each variable is evaluated at
/// most once and all share one budget.
#[derive(Debug)]
pub struct Activation<'a> {
    roots: Vec<Value<'a>>,
    variables: &'a [Program],
    values: RefCell<Vec<Option<Result<Value<'a>, Box<EvalError<'a>>>>>>,
    budget: Budget<'a>,
    remaining: Cell<u64>,
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
            values: RefCell::new(Vec::new()),
            remaining: Cell::new(budget.steps),
            budget,
        }
    }

    /// Steps that are left of the budget.
    pub fn remaining(&self) -> u64 {
        self.remaining.get()
    }
}
