//! How much the evaluation of a policy may cost: the API server's budgets.

use crate::cel::{Activation, Budget, Outcome, Program, Recorder, Value};

/// Limits of one judgement; they come in with the call. Costs are in the units of the API server.
///
/// Upstream: `pkg/apis/cel/config.go` of k8s.io/apiserver.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// What each expression may cost, and each variable.
    pub expression: u64,
    /// What all validations of a policy may cost, with the variables that they read and with what the message
    /// expressions cost. All audit annotations may cost as much, and so may each mutation.
    pub policy: u64,
    /// What all match conditions of a policy may cost, with their variables.
    pub match_conditions: u64,
    /// How many places one validation names of an object; that there are more is said once.
    pub places: usize,
    /// Says whether the answer is no longer wanted; asked now and then.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Is told what each evaluation shows of its expression; for tests of policies.
    pub recorder: Option<&'a dyn Recorder>,
}

impl<'a> Limits<'a> {
    /// An activation whose expressions may cost what they may.
    pub(super) fn activate<'v>(
        &self,
        roots: Vec<Value<'v>>,
        variables: &'v [Program],
    ) -> Activation<'v>
    where
        'a: 'v,
    {
        let budget = Budget::new(self.expression).with_cancel(self.cancelled);
        Activation::new(roots, variables, budget).with_recorder(self.recorder)
    }

    /// Tells the recorder whether a patch changed anything.
    pub(super) fn saw_patch(&self, expression: &Program, is_change: bool) {
        if let Some(recorder) = self.recorder {
            let outcome = if is_change {
                Outcome::Changed
            } else {
                Outcome::Unchanged
            };
            recorder.saw(expression, expression.range(), outcome);
        }
    }

    /// Whether so many more expressions could come to cost more than this, with all variables that they may read.
    pub(super) fn could_exceed(
        &self,
        limit: u64,
        spent: u64,
        expressions: usize,
        variables: usize,
    ) -> bool {
        let more = (expressions as u64).saturating_add(variables as u64);
        spent.saturating_add(more.saturating_mul(self.expression)) > limit
    }
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("expression", &self.expression)
            .field("policy", &self.policy)
            .field("match_conditions", &self.match_conditions)
            .finish_non_exhaustive()
    }
}

impl Default for Limits<'_> {
    /// The API server's, never cancelled.
    fn default() -> Self {
        Self {
            expression: 1_000_000,
            policy: 10_000_000,
            match_conditions: 2_500_000,
            places: 100,
            cancelled: &|| false,
            recorder: None,
        }
    }
}
