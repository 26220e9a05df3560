//! Advice on the expressions of a policy that compiles: with the types of what it matches, what would go wrong.
//!
//! Each expression is compiled again for every kind that the policy matches, as the API server does for a
//! `ValidatingAdmissionPolicy` (`status.typeChecking`), with the types that values have when it runs. What is said are
//! warnings: the policy works, and unknown kinds are no fault of it. Upstream stops at ten kinds and leaves out
//! wildcards; so does this, except that `*` as a version stands for every version that is served.
//!
//! Start reading at [`advise`].

mod expressions;
mod report;
mod roots;
mod scale;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use crate::manifest::{NodeRef, Problem};
use crate::schema::openapi::{GroupVersionKind, Schemas};
use crate::source::SourceMap;

use super::Policy;

/// What there is to say of a policy.
#[derive(Clone, Debug, Default)]
pub struct PolicyAdvice {
    /// Warnings, each inside its expression.
    pub problems: Vec<Problem>,
    /// The kinds that it was checked against.
    pub kinds: Vec<GroupVersionKind>,
    /// Why it was not checked against all that it matches, where that is so.
    pub incomplete: Option<String>,
}

/// What there is to say of a policy's expressions. `document` is the one it was read from.
pub fn advise(
    policy: &Policy,
    document: NodeRef<'_>,
    schemas: &Schemas,
    sources: &SourceMap,
) -> PolicyAdvice {
    let (schemas, params) = roots::with_parameters(policy, document, schemas);
    let schemas = Arc::new(schemas);
    let seen = views::views(policy, &schemas, params.as_ref());
    let written = expressions::written(document, policy);
    let mut problems = report::problems(&written, &seen.each, &schemas, sources);
    problems.extend(scale::problem(policy));
    PolicyAdvice {
        problems,
        kinds: seen.kinds,
        incomplete: seen.incomplete,
    }
}
