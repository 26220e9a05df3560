//! How much an evaluation may cost.

/// Limits of one judgement; they come in with the call.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Evaluation steps for all expressions of one policy.
    pub steps: u64,
    /// Says whether the answer is no longer wanted; asked now and then.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl Default for Limits<'_> {
    /// A million steps for each policy, never cancelled.
    fn default() -> Self {
        Self {
            steps: 1_000_000,
            cancelled: &|| false,
        }
    }
}
