//! Policies and exceptions that are applied to the cluster: what is wrong with them is said before they are stored.

use crate::engine::Request;
use crate::manifest::{NodeRef, write_json};
use crate::office::{Admission, Key, Kind};
use crate::policy::{Operation, Reason};

use super::Judges;
use super::review::{Answer, Status};

/// The longest warning: the API server cuts them.
const WARNING: usize = 256;

/// Adds to the answer to a request what there is to say of a policy or an exception that it creates or changes.
pub(super) fn look_at(judges: &Judges, request: &Request<'_>, mut answer: Answer) -> Answer {
    if answer.denied.is_some() {
        return answer;
    }
    let Some(said) = said(judges, request) else {
        return answer;
    };
    answer.denied = said.refused.map(|message| Status {
        code: Reason::Invalid.code(),
        reason: Reason::Invalid.as_str(),
        message,
    });
    if let Some(mut warning) = said.warning {
        if warning.len() > WARNING {
            warning.truncate(warning.floor_char_boundary(WARNING - '…'.len_utf8()));
            warning.push('…');
        }
        answer.warnings.insert(0, warning);
    }
    answer
}

/// What there is to say; `None` where the request is about something else, or changes nothing that counts.
fn said(judges: &Judges, request: &Request<'_>) -> Option<Admission> {
    let key = key(request)?;
    let object = request.object?;
    let spec = |object: NodeRef<'_>| object.get("spec").map(write_json);
    // Labels of a resource that was taken once may change, also where it would not be taken today.
    let unchanged = request
        .old_object
        .is_some_and(|old| spec(old) == spec(object));
    // Few requests come as far as this: the gate is not taken for the others.
    let gate = judges.gate().filter(|_| !unchanged)?;
    Some(gate.admit(&key, &write_json(object)))
}

/// Which resource a request creates or changes, if it is one of kpolicy's own.
fn key(request: &Request<'_>) -> Option<Key> {
    let resource = &request.resource;
    let written = matches!(request.operation, Operation::Create | Operation::Update);
    if resource.group != "kpolicy.io" || !request.subresource.is_empty() || !written {
        return None;
    }
    let kind = match resource.resource {
        "policies" => Kind::Policy,
        "policyexceptions" => Kind::PolicyException,
        _ => return None,
    };
    Some(Key {
        kind,
        namespace: request.namespace.unwrap_or_default().into(),
        name: request.name.into(),
    })
}
