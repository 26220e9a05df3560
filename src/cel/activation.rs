//! What an evaluation reads: the roots' values, the variables (each evaluated once, when first read), the budget.

use std::cell::{Cell, RefCell};

use super::patterns::Patterns;
use super::{EvalError, EvalErrorKind, Program, Recorder, Value};

/// How many steps pass between two questions whether the evaluation is still wanted.
const STEPS_BETWEEN_QUESTIONS: u64 = 1024;
/// How many times the budget of an evaluation blame may take.
const BLAME_FACTOR: u64 = 8;
/// How many steps every expression may take, and how many more for each unit of cost. Some things that take time cost
/// nothing in the API server; steps end what would take forever all the same, and nothing else comes near.
const LEAST_STEPS: u64 = 100_000;
const STEPS_PER_COST: u64 = 100;

/// How much an evaluation may do.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    cost: u64,
    steps: u64,
    cancelled: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Budget<'a> {
    /// A budget of this cost for each expression and each variable, in the units of the API server.
    pub const fn new(cost: u64) -> Self {
        Self {
            cost,
            steps: cost
                .saturating_mul(STEPS_PER_COST)
                .saturating_add(LEAST_STEPS),
            cancelled: None,
        }
    }

    /// Also bounds the steps of loops, comparisons and copies.
    #[must_use]
    pub(super) const fn with_steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
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
            .field("cost", &self.cost)
            .field("cancellable", &self.cancelled.is_some())
            .finish()
    }
}

impl From<u64> for Budget<'_> {
    fn from(cost: u64) -> Self {
        Self::new(cost)
    }
}

/// What evaluations cost, in the units of the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The expression that was evaluated last, without its variables.
    pub expression: u64,
    /// The variables that were evaluated for it.
    pub variables: u64,
    /// All expressions and variables since the activation was made or [restarted](Activation::restart).
    pub total: u64,
}

/// What became of a variable.
type Outcome<'a> = Result<Value<'a>, Box<EvalError<'a>>>;

/// A variable that was read.
#[derive(Clone)]
struct Cached<'a> {
    outcome: Outcome<'a>,
    cost: u64,
    /// Whether `cost` is a part of what was counted. It is not after blame was the first to read it.
    is_counted: bool,
}

/// What an evaluation may still do, and whether it is counted; blame sets these aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// What one program may cost.
    limit: u64,
    /// Steps that are left.
    steps: u64,
    /// Whether what variables cost counts.
    counts: bool,
}

/// What an evaluation reads. Serves all programs of one policy on one object, so that each variable is evaluated at
/// most once.
pub struct Activation<'a> {
    roots: Vec<Value<'a>>,
    variables: &'a [Program],
    /// What the variables that were read came to, by index.
    cache: RefCell<Vec<Option<Cached<'a>>>>,
    budget: Budget<'a>,
    /// What the program that is being evaluated has cost so far: a variable's own cost while that is evaluated.
    spent: Cell<u64>,
    limit: Cell<u64>,
    steps: Cell<u64>,
    counts: Cell<bool>,
    cost: Cell<Cost>,
    /// The stack of macro-bound names, kept between evaluations for its memory.
    locals: Cell<Vec<Value<'a>>>,
    patterns: Patterns,
    recorder: Option<&'a dyn Recorder>,
}

impl<'a> Activation<'a> {
    /// Roots in the slot order of the [`Environment`](super::Environment), the programs of its variables in the order
    /// they were declared, and a [`Budget`] (or the cost that each expression may have).
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
            spent: Cell::new(0),
            limit: Cell::new(budget.cost),
            steps: Cell::new(budget.steps),
            counts: Cell::new(true),
            cost: Cell::new(Cost::default()),
            budget,
            locals: Cell::new(Vec::new()),
            patterns: Patterns::default(),
            recorder: None,
        }
    }

    /// Also tells a recorder what each evaluation shows.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Option<&'a dyn Recorder>) -> Self {
        self.recorder = recorder;
        self
    }

    /// The same to be read, and nothing read or spent yet.
    #[must_use]
    pub fn again(&self) -> Self {
        Self::new(self.roots.clone(), self.variables, self.budget).with_recorder(self.recorder)
    }

    /// What was spent so far.
    pub fn cost(&self) -> Cost {
        self.cost.get()
    }

    /// Counts anew, as if no variable had been read yet: the API server evaluates match conditions, validations and
    /// messages apart from each other. What variables came to is kept all the same.
    pub fn restart(&self) {
        self.cost.set(Cost::default());
        for cached in self.cache.borrow_mut().iter_mut().flatten() {
            cached.is_counted = false;
        }
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
    pub(super) fn cached(&self, index: usize) -> Option<Outcome<'a>> {
        let mut cache = self.cache.borrow_mut();
        let cached = cache.get_mut(index)?.as_mut()?;
        if !cached.is_counted && self.counts.get() {
            cached.is_counted = true;
            self.count_variable(cached.cost);
        }
        Some(cached.outcome.clone())
    }

    /// Keeps what a variable came to and cost.
    pub(super) fn cache(&self, index: usize, outcome: Outcome<'a>, cost: u64) {
        let mut cache = self.cache.borrow_mut();
        if cache.len() <= index {
            cache.resize_with(self.variables.len().max(index + 1), || None);
        }
        if let Some(slot) = cache.get_mut(index) {
            let is_counted = self.counts.get();
            *slot = Some(Cached {
                outcome,
                cost,
                is_counted,
            });
            if is_counted {
                self.count_variable(cost);
            }
        }
    }

    fn count_variable(&self, spent: u64) {
        let mut cost = self.cost.get();
        cost.variables = cost.variables.saturating_add(spent);
        cost.total = cost.total.saturating_add(spent);
        self.cost.set(cost);
    }

    /// Starts an expression, with a budget of its own.
    pub(super) fn open(&self) {
        self.spent.set(0);
        self.steps.set(self.budget.steps);
        self.cost.set(Cost {
            variables: 0,
            ..self.cost.get()
        });
    }

    /// Counts an expression that is done.
    pub(super) fn close(&self) {
        let (spent, mut cost) = (self.spent.get(), self.cost.get());
        cost.expression = spent;
        cost.total = cost.total.saturating_add(spent);
        self.cost.set(cost);
    }

    /// What the program that is being evaluated has cost so far.
    pub(super) fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Starts a variable, or goes back to the program that reads it; says what was spent so far.
    pub(super) fn exchange(&self, spent: u64) -> u64 {
        self.spent.replace(spent)
    }

    /// The cost that each expression may have.
    pub(super) const fn limit(&self) -> u64 {
        self.budget.cost
    }

    /// Whether the program that is being evaluated costs more than it may.
    pub(super) fn is_overspent(&self) -> bool {
        self.spent.get() > self.limit.get()
    }

    /// Spends cost.
    pub(super) fn charge(&self, cost: u64) -> Result<(), EvalErrorKind> {
        let spent = self.spent.get().saturating_add(cost);
        self.spent.set(spent);
        if spent > self.limit.get() {
            return Err(EvalErrorKind::Budget);
        }
        Ok(())
    }

    /// Takes back one that was spent. Where nothing was, the count goes round to its end, as upstream: then the
    /// expression is over its budget.
    pub(super) fn refund(&self) -> Result<(), EvalErrorKind> {
        let spent = self.spent.get().wrapping_sub(1);
        self.spent.set(spent);
        if self.is_overspent() {
            return Err(EvalErrorKind::Budget);
        }
        Ok(())
    }

    /// Takes steps from the budget; says what is wrong when there are none left.
    pub(super) fn work(&self, steps: u64) -> Result<(), EvalErrorKind> {
        let before = self.steps.get();
        let Some(after) = before.checked_sub(steps) else {
            self.steps.set(0);
            return Err(EvalErrorKind::Budget);
        };
        self.steps.set(after);
        let asks = before / STEPS_BETWEEN_QUESTIONS != after / STEPS_BETWEEN_QUESTIONS;
        if asks && self.budget.cancelled.is_some_and(|cancelled| cancelled()) {
            return Err(EvalErrorKind::Cancelled);
        }
        Ok(())
    }

    /// Gives blame a budget of its own: it evaluates parts of an expression again for each level above them. What it
    /// spends is not counted. Gives back what [`end_blame`](Self::end_blame) needs.
    pub(super) fn begin_blame(&self) -> Bounds {
        self.spent.set(0);
        Bounds {
            limit: self
                .limit
                .replace(self.budget.cost.saturating_mul(BLAME_FACTOR)),
            steps: self
                .steps
                // No more than the evaluation had: steps are what takes time.
                .replace(self.budget.steps),
            counts: self.counts.replace(false),
        }
    }

    /// Ends what [`begin_blame`](Self::begin_blame) began.
    pub(super) fn end_blame(&self, before: Bounds) {
        self.limit.set(before.limit);
        self.steps.set(before.steps);
        self.counts.set(before.counts);
    }

    /// Who is told what evaluations show.
    pub(super) const fn recorder(&self) -> Option<&'a dyn Recorder> {
        self.recorder
    }

    /// The regular expressions that were computed so far.
    pub(super) const fn patterns(&self) -> &Patterns {
        &self.patterns
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
            .field("cost", &self.cost())
            .finish_non_exhaustive()
    }
}
