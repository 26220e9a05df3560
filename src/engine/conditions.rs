//! Match conditions: whether a policy's expressions want it to be run at all.

use std::collections::BTreeSet;

use crate::cel::{Activation, EvalError, EvalErrorKind, Program, Value};
use crate::manifest::{DocumentBuilder, NodeRef};
use crate::policy::{MatchCondition, Policy, Root};

use super::Limits;

/// What the match conditions of a policy came to.
pub(super) enum Conditions<'a> {
    /// All are true.
    Hold,
    /// One is false.
    Refuse,
    /// None is false, and this one is an error; `None` for all together: they cost too much.
    Failed(Option<&'a MatchCondition>, EvalError<'a>),
}

/// Evaluates all match conditions. As in the API server any false one decides, whatever the others do; only then an
/// error counts. Together they have a budget, and over it nothing else counts.
///
/// Upstream: `Match` in `pkg/admission/plugin/webhook/matchconditions/matcher.go` of k8s.io/apiserver.
pub(super) fn conditions<'a>(
    policy: &'a Policy,
    activation: &Activation<'a>,
    limits: &Limits<'_>,
) -> Conditions<'a> {
    let limit = limits.match_conditions;
    let (mut refused, mut failed) = (false, None);
    let mut left = policy.match_conditions.len();
    for condition in &policy.match_conditions {
        left -= 1;
        match condition.expression.evaluate(activation) {
            Ok(value) if value.as_bool() == Some(true) => {}
            Ok(value) if value.as_bool() == Some(false) => refused = true,
            Ok(_) => {
                failed = failed.or(Some((condition, not_bool(&condition.expression))));
            }
            Err(error) => failed = failed.or(Some((condition, error))),
        }
        let spent = activation.cost().total;
        if spent > limit {
            let error = exhausted("the match conditions", limit);
            return Conditions::Failed(None, error);
        }
        // What follows is asked for its cost only.
        if refused && !limits.could_exceed(limit, spent, left, policy.variables.len()) {
            return Conditions::Refuse;
        }
    }
    match failed {
        _ if refused => Conditions::Refuse,
        Some((condition, error)) => Conditions::Failed(Some(condition), error),
        None => Conditions::Hold,
    }
}

/// Whether a policy may leave alone what another judges: it has a match condition that the other has not, and that
/// these parameters alone do not make true.
pub fn may_leave_alone(policy: &Policy, other: &Policy, params: NodeRef<'_>) -> bool {
    let others = |condition: &&MatchCondition| {
        let mut theirs = other.match_conditions.iter();
        !theirs.any(|one| is_same(policy, &condition.expression, other, &one.expression))
    };
    let own: Vec<_> = policy.match_conditions.iter().filter(others).collect();
    if own.is_empty() {
        return false;
    }
    let mut builder = DocumentBuilder::new();
    let root = builder.unknown("only the parameters are known");
    let unknown = builder.finish(root);
    let mut roots = vec![Value::Node(unknown.root()); Root::COUNT];
    if let Some(slot) = roots.get_mut(Root::Params.slot()) {
        *slot = Value::Node(params);
    }
    let activation = Limits::default().activate(roots, &policy.variables);
    !own.into_iter().all(|condition| {
        let value = condition.expression.evaluate(&activation);
        value.is_ok_and(|value| value.as_bool() == Some(true))
    })
}

/// Whether two expressions have the same text, and so have the variables that they read in either policy.
fn is_same(policy: &Policy, own: &Program, other: &Policy, theirs: &Program) -> bool {
    let mut pending = vec![(own, theirs)];
    let mut seen = BTreeSet::new();
    while let Some((own, theirs)) = pending.pop() {
        if own.source() != theirs.source() {
            return false;
        }
        for slot in own.reads_variables() {
            let name = policy.variable_names.get(slot);
            let mut names = other.variable_names.iter();
            let theirs = names.rposition(|known| Some(known) == name);
            let pair = policy
                .variables
                .get(slot)
                .zip(theirs.and_then(|theirs| other.variables.get(theirs)));
            match pair {
                Some(pair) if seen.insert(slot) => pending.push(pair),
                Some(_) => {}
                None => return false,
            }
        }
    }
    true
}

/// The error of expressions that together cost more than their budget.
pub(super) fn exhausted<'a>(what: &str, limit: u64) -> EvalError<'a> {
    let message = format!("{what} together cost more than the {limit} that the API server allows");
    EvalError::new(EvalErrorKind::Budget, message, 0..0)
}

/// The error of a condition that gives something else.
pub(super) fn not_bool<'a>(program: &Program) -> EvalError<'a> {
    EvalError::new(
        EvalErrorKind::NoSuchOverload,
        "the expression did not give a boolean",
        0..program.source().len(),
    )
}
