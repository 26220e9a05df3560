//! Who is judged, and who is mutated.
//!
//! A Pod always; a controller object for early feedback; an object that the controller of another judged object made is
//! judged through its Pods. The rules follow the Policy format's "Who is judged" and "Mutations".

use std::collections::BTreeSet;

use crate::config::Config;
use crate::engine::{Context, Request};
use crate::manifest::{MapRef, NodeRef, View};
use crate::policy::{Operation, Policy};
use crate::schema::controllers::AUTOSCALERS;

use super::Lineage;
use super::lineage::{controllers, read};

/// The users that are taken for autoscalers, in order.
pub(super) fn autoscalers(config: &Config) -> Vec<Box<str>> {
    let known = AUTOSCALERS.iter().copied();
    let all = known.chain(config.autoscalers.iter().map(|user| &**user));
    let all: BTreeSet<&str> = all.collect();
    all.into_iter().map(Into::into).collect()
}

/// Whether an autoscaler changes the scale of a workload. It does what an object says that was judged itself, and a
/// refusal would stop it for good; so no policy judges it, native ones neither.
pub(super) fn is_autoscaling(request: &Request<'_>, autoscalers: &[Box<str>]) -> bool {
    let user = request.user_info.and_then(|user| user.get("username"));
    let user = user.and_then(NodeRef::as_str);
    request.subresource == "scale"
        && user.is_some_and(|user| autoscalers.iter().any(|known| **known == *user))
}

/// Whether a policy of ours has nothing to say of the object now. Native ones always have, as in the API server.
pub(super) fn is_left_alone(policy: &Policy, context: &Context<'_>, lineage: &Lineage) -> bool {
    is_judged_by_its_pods(policy, context, lineage) || is_unchanged(policy, context)
}

/// Whether another object's controller made this one and makes Pods from it: a Deployment's ReplicaSet, a CronJob's Job.
/// For a policy of pod templates its Pods are judged instead. Any other policy judges it: nothing else would.
///
/// Who only says that a controller made it is judged like anything else, and so is what something made that is not
/// judged itself: an operator's StatefulSet.
fn is_judged_by_its_pods(policy: &Policy, context: &Context<'_>, lineage: &Lineage) -> bool {
    policy.matching.is_pod_templates() && !is_pod(context.request()) && lineage.is_made()
}

/// Whether the object is judged as what its Pods will be. It is not mutated, because it names a controller that would
/// undo that, or is of a kind of which only the pod templates are known; but its Pods are, and what they then look like
/// is what counts.
pub(super) fn is_mutated_by_its_pods(context: &Context<'_>, lineage: &Lineage) -> bool {
    let request = context.request();
    (lineage.is_claimed() && !lineage.is_made() || context.is_of_known_kind())
        && !is_pod(request)
        && request.subresource.is_empty()
        && !context.templates().is_empty()
}

/// Whether an UPDATE leaves everything alone that the policy looks at: the pod templates and labels for policies of
/// pod templates, everything but status and bookkeeping for the others.
///
/// Another controller is a change too, for what makes Pods: their exceptions follow it. Having none any more is not:
/// whoever deletes an owner and keeps what it owns must not be stopped halfway.
fn is_unchanged(policy: &Policy, context: &Context<'_>) -> bool {
    let request = context.request();
    let (Operation::Update, Some(object), Some(old)) =
        (request.operation, request.object, request.old_object)
    else {
        return false;
    };
    let same_labels = same(
        object.at(&["metadata", "labels"]),
        old.at(&["metadata", "labels"]),
    );
    if policy.matching.is_pod_templates() {
        let same_templates = if is_pod(request) {
            let part = |path: &[&str]| same(object.at(path), old.at(path));
            part(&["spec"]) && part(&["metadata", "annotations"])
        } else {
            let (new, old) = (context.templates(), context.old_templates());
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| new.equal_value(*old))
        };
        return same_labels && same_templates && (is_pod(request) || same_controller(object, old));
    }
    same_labels
        && same(
            object.at(&["metadata", "annotations"]),
            old.at(&["metadata", "annotations"]),
        )
        && same_content(object, old, request.subresource)
}

/// Whether mutations may touch the object at all.
///
/// On CREATE; on UPDATE only of a controller object whose pod template changed. Never on an object with a controller,
/// except a Pod on CREATE: patching a Deployment's ReplicaSet makes the Deployment create ReplicaSets without end.
/// Never on Pod UPDATE, subresources or a Job that exists: immutable fields would turn every edit into a refusal.
pub(super) fn may_mutate(context: &Context<'_>) -> bool {
    let request = context.request();
    let Some(object) = request.object else {
        return false;
    };
    if !request.subresource.is_empty()
        || object.at(&["metadata", "deletionTimestamp"]).is_some()
        || context.is_of_known_kind()
    {
        return false;
    }
    if has_controller(object) && !(is_pod(request) && request.operation == Operation::Create) {
        return false;
    }
    match request.operation {
        Operation::Create => true,
        Operation::Update => {
            let (new, old) = (context.templates(), context.old_templates());
            let changed = new.len() != old.len()
                || new.iter().zip(old).any(|(new, old)| !new.equal_value(*old));
            !is_pod(request) && !is(request, "batch", "Job") && !new.is_empty() && changed
        }
        Operation::Delete | Operation::Connect => false,
    }
}

fn is_pod(request: &Request<'_>) -> bool {
    is(request, "", "Pod")
}

fn is(request: &Request<'_>, group: &str, kind: &str) -> bool {
    request.kind.group == group && request.kind.kind == kind
}

fn has_controller(object: NodeRef<'_>) -> bool {
    controllers(object).next().is_some()
}

/// Whether an object has no controller that it did not have before.
fn same_controller(object: NodeRef<'_>, old: NodeRef<'_>) -> bool {
    let new: Vec<_> = controllers(object).map(read).collect();
    new.iter()
        .all(|new| controllers(old).any(|old| read(old) == *new))
}

fn same(new: Option<NodeRef<'_>>, old: Option<NodeRef<'_>>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => new.equal_value(old),
        (None, None) => true,
        (Some(one), None) | (None, Some(one)) => is_empty(one),
    }
}

fn is_empty(node: NodeRef<'_>) -> bool {
    match node.view() {
        View::Null => true,
        View::Map(map) => map.is_empty(),
        View::List(list) => list.is_empty(),
        _ => false,
    }
}

/// Whether all but metadata is the same, and but the status, unless the request is about the status. What is gone is
/// a change as much as what is new.
fn same_content(object: NodeRef<'_>, old: NodeRef<'_>, subresource: &str) -> bool {
    let counts = |key: &str| key != "metadata" && (key != "status" || subresource == "status");
    let keeps = |one: NodeRef<'_>, other: NodeRef<'_>| {
        let entries = one.as_map().into_iter().flat_map(MapRef::iter);
        entries
            .filter(|entry| counts(entry.key))
            .all(|entry| same(Some(entry.value), other.get(entry.key)))
    };
    object.as_map().is_some() && keeps(object, old) && keeps(old, object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::read_json;

    #[test]
    fn what_is_gone_is_a_change_as_much_as_what_is_new() {
        for (new, old, same) in [
            (
                r#"{"data":{"a":"1"},"status":{"b":2}}"#,
                r#"{"data":{"a":"1"}}"#,
                true,
            ),
            (
                r#"{"data":{"a":"1"},"other":{}}"#,
                r#"{"data":{"a":"1"}}"#,
                true,
            ),
            (r#"{"spec":{"a":1.0}}"#, r#"{"spec":{"a":1}}"#, true),
            (r#"{"data":{"a":"2"}}"#, r#"{"data":{"a":"1"}}"#, false),
            // As many keys as before, and the new one is empty.
            (r#"{"other":{}}"#, r#"{"data":{"a":"1"}}"#, false),
            ("{}", r#"{"data":{"a":"1"}}"#, false),
        ] {
            let documents = [new, old].map(|text| read_json(None, text).expect("JSON"));
            let [new, old] = documents.each_ref().map(|document| document.root());
            assert_eq!(same_content(new, old, ""), same, "{new:?} {old:?}");
        }
    }
}
