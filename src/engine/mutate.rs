//! One policy's mutations on one request.

use std::borrow::Cow;
use std::sync::Arc;

use crate::cel::{Activation, Budget, EvalErrorKind, Struct, Value};
use crate::manifest::patch::{self, Operation, Pointer};
use crate::manifest::{Document, DocumentBuilder, NodeRef};
use crate::policy::{FailurePolicy, Mutation, PatchKind, Policy};
use crate::source::FieldPath;

use super::evaluate::rounds;
use super::{Change, Context, Limits, NotJudged, Request};

/// What the mutations of one policy did.
#[derive(Clone, Debug, Default)]
pub struct Mutated {
    /// The object after them; `None` where nothing changed.
    pub document: Option<Document>,
    /// What each changed, in order; those that changed nothing are left out.
    pub changes: Vec<Change>,
    /// What could not be decided.
    pub not_judged: Vec<NotJudged>,
    /// Mutations that could not be made, for logs and metrics. A mutation that fails changes nothing: what must hold is
    /// for validations to say.
    pub errors: Vec<String>,
}

/// Runs a policy's mutations on a request that it matches, in order; each sees what those before it made.
pub fn mutate(
    policy: &Policy,
    context: &Context<'_>,
    params: Option<NodeRef<'_>>,
    limits: &Limits<'_>,
) -> Mutated {
    let mut mutated = Mutated::default();
    for mutation in &policy.mutations {
        for round in rounds(policy, context) {
            let step = {
                let object = mutated
                    .document
                    .as_ref()
                    .map(Document::root)
                    .or(context.request().object);
                let request = Request {
                    object,
                    ..*context.request()
                };
                let now = context.with(&request);
                one(policy, mutation, &now, round, params, limits)
            };
            match step {
                Ok(Some((document, operations))) => {
                    mutated.changes.push(Change {
                        mutation: mutation.id.clone(),
                        operations,
                    });
                    mutated.document = Some(document);
                }
                Err(Stop::NotJudged(entry)) => mutated.not_judged.push(entry),
                Err(Stop::Failed(error)) => {
                    mutated.errors.push(format!("{}: {error}", mutation.id));
                }
                Ok(None) | Err(Stop::Ignored) => {}
            }
        }
    }
    mutated
}

enum Stop {
    NotJudged(NotJudged),
    Failed(String),
    Ignored,
}

/// One mutation in one round: the changed object and the operations, or `None` where it changes nothing.
fn one(
    policy: &Policy,
    mutation: &Mutation,
    context: &Context<'_>,
    round: Option<usize>,
    params: Option<NodeRef<'_>>,
    limits: &Limits<'_>,
) -> Result<Option<(Document, Vec<Operation>)>, Stop> {
    let Some(object) = context.request().object else {
        return Ok(None);
    };
    let unavailable = context.unavailable(policy);
    let activation = Activation::new(
        context.roots(policy, params, round, &unavailable),
        &policy.variables,
        Budget::new(limits.steps).with_cancel(limits.cancelled),
    );
    let stop = |kind: EvalErrorKind, message: String, what: Arc<str>| match kind {
        EvalErrorKind::Unknown => Stop::NotJudged(NotJudged {
            what,
            reason: message,
        }),
        _ if policy.failure_policy == FailurePolicy::Ignore => Stop::Ignored,
        _ => Stop::Failed(message),
    };
    for condition in &policy.match_conditions {
        match condition.expression.evaluate(&activation) {
            Ok(value) if value.as_bool() == Some(true) => {}
            Ok(_) => return Ok(None),
            Err(error) => return Err(stop(error.kind, error.message, policy.name.clone())),
        }
    }
    let value = mutation
        .expression
        .evaluate(&activation)
        .map_err(|error| stop(error.kind, error.message, mutation.id.clone()))?;
    let template = round.and_then(|index| context.templates().get(index));
    let prefix = template
        .and_then(|template| template.path_from(object))
        .unwrap_or_default();
    let operations = match mutation.patch {
        PatchKind::JsonPatch => operations(&value, &prefix).map_err(Stop::Failed)?,
        // Reading refuses these until they can be applied.
        PatchKind::ApplyConfiguration => {
            return Err(Stop::Failed(
                "`ApplyConfiguration` is not built yet".to_owned(),
            ));
        }
    };
    if operations.is_empty() {
        return Ok(None);
    }
    let before = own(object);
    let after =
        patch::apply(&before, &operations).map_err(|error| Stop::Failed(error.to_string()))?;
    // A patch that changes nothing is no change: the mutation holds already.
    Ok((!after.root().same_value(object)).then_some((after, operations)))
}

/// The object as a document of its own, which it is but in a review, where it is a part of a larger one.
fn own(object: NodeRef<'_>) -> Cow<'_, Document> {
    if object.is(object.document().root()) {
        return Cow::Borrowed(object.document());
    }
    let mut builder = DocumentBuilder::new();
    let root = builder.copy(object);
    Cow::Owned(builder.finish(root))
}

/// Reads a list of `JSONPatch` objects; their paths stand below `prefix`.
fn operations(value: &Value<'_>, prefix: &FieldPath) -> Result<Vec<Operation>, String> {
    let Some(items) = value.elements() else {
        return Err(format!(
            "a mutation gives a list of JSONPatch objects, not a {}",
            value.type_name()
        ));
    };
    items
        .iter()
        .map(|item| match item {
            Value::Struct(fields) if fields.name() == "JSONPatch" => operation(fields, prefix),
            other => Err(format!(
                "a mutation gives a list of JSONPatch objects, not of {}",
                other.type_name()
            )),
        })
        .collect()
}

fn operation(fields: &Struct<'_>, prefix: &FieldPath) -> Result<Operation, String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let pointer = |name: &str| {
        let text = text(name).ok_or_else(|| format!("a JSONPatch needs a string `{name}`"))?;
        let below = Pointer::parse(text).map_err(|error| error.to_string())?;
        Ok::<_, String>(below.below(prefix))
    };
    let value = || {
        let value = fields
            .get("value")
            .ok_or("this JSONPatch needs a `value`")?;
        let mut builder = DocumentBuilder::new();
        let root = value.build(&mut builder)?;
        Ok::<_, String>(builder.finish(root))
    };
    match text("op") {
        Some("add") => Ok(Operation::Add {
            path: pointer("path")?,
            value: value()?,
        }),
        Some("remove") => Ok(Operation::Remove {
            path: pointer("path")?,
        }),
        Some("replace") => Ok(Operation::Replace {
            path: pointer("path")?,
            value: value()?,
        }),
        Some("move") => Ok(Operation::Move {
            from: pointer("from")?,
            path: pointer("path")?,
        }),
        Some("copy") => Ok(Operation::Copy {
            from: pointer("from")?,
            path: pointer("path")?,
        }),
        Some("test") => Ok(Operation::Test {
            path: pointer("path")?,
            value: value()?,
        }),
        Some(other) => Err(format!("`{other}` is no JSON Patch operation")),
        None => Err("a JSONPatch needs a string `op`".to_owned()),
    }
}
