//! Whether a policy applies to a request.

use crate::policy::{Match, MatchFacts, Matching};

use super::Context;

/// Holds match constraints, a policy's or a binding's, against a request. Match conditions are expressions and come
/// later.
pub fn applies(matching: &Matching, context: &Context<'_>) -> Match {
    let request = context.request();
    matching.matches(&MatchFacts {
        operation: request.operation,
        group: request.resource.group,
        version: request.resource.version,
        resource: request.resource.resource,
        subresource: request.subresource,
        name: request.name,
        namespace: request.namespace,
        carries_pods: context.carries_pods(),
        object: request.object,
        old_object: request.old_object,
        namespace_object: request.namespace_object,
    })
}
