//! Cost: what the API server charges for an expression, to the unit.
//!
//! The API server ends expressions by cost and not by time, so that a policy that passes once passes always. cel-go
//! counts while it evaluates; this module holds the same prices. `plan` puts the fixed ones into the compiled nodes,
//! `formula` holds those that depend on values, `functions` says which function has which, and `estimate` says before
//! any value is there how much an expression may cost at least and at most. The evaluator spends; nothing here knows
//! budgets.
//!
//! Upstream: `interpreter/runtimecost.go` and `checker/cost.go` of cel-go, `pkg/cel/library/cost.go` of k8s.io/apiserver.

mod calls;
mod estimate;
mod formula;
mod functions;
mod macros;
mod plan;
mod size;
#[cfg(test)]
mod tests;

pub(crate) use estimate::estimate;
pub(crate) use formula::Formula;
pub(crate) use plan::{is_empty_constant, plan, plan_node};
pub use size::CostEstimate;

/// Making a list, when it is no constant.
const LIST: u32 = 10;
/// Making a map, when it is no constant.
const MAP: u32 = 30;
/// An access check: two of them fill the budget of one expression.
const AUTHORIZATION: u32 = 350_000;
/// Making a struct.
const STRUCT: u32 = 40;

/// What evaluating a node costs besides its parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Charge {
    /// Spent whenever the node is evaluated, whatever comes of it.
    pub(crate) entry: u32,
    /// Spent for each element that a macro walks over or keeps; of a call and of `has` once, when it is done.
    pub(crate) each: u32,
    /// What depends on the operands.
    pub(crate) formula: Formula,
    /// Whether cel-go makes a constant of it while compiling, too. More nodes are constants here: what they would have
    /// cost is their `entry`.
    pub(crate) constant: bool,
    /// Whether an operand that is an error keeps those behind it from being evaluated, and the call from costing
    /// anything. cel-go evaluates both operands of most calls with two.
    pub(crate) stops: bool,
    /// A name that `optMap` binds: the first mention costs what the optional cost.
    pub(crate) held: bool,
    /// A `has` that takes back one more than it costs.
    pub(crate) refunds: bool,
}

impl Charge {
    /// A constant, which is free.
    pub(crate) const CONSTANT: Self = Self {
        entry: 0,
        each: 0,
        formula: Formula::Nothing,
        constant: true,
        stops: false,
        held: false,
        refunds: false,
    };

    /// A constant here that cel-go computes anew each time.
    pub(crate) fn folded(cost: u64) -> Self {
        Self {
            entry: u32::try_from(cost).unwrap_or(u32::MAX),
            ..Self::default()
        }
    }
}
