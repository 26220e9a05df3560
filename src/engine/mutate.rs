//! One policy's mutations on one request.

use std::borrow::Cow;
use std::sync::Arc;

use crate::cel::{EvalError, EvalErrorKind, Struct, Value};
use crate::manifest::patch::{self, Operation, PatchError, Pointer};
use crate::manifest::{Document, DocumentBuilder, NodeRef};
use crate::policy::{FailurePolicy, Mutation, PatchKind, Policy};
use crate::schema::openapi::GroupVersionKind;
use crate::source::FieldPath;

use super::apply::{ApplyError, Target, apply};
use super::conditions::{Conditions, conditions, exhausted};
use super::evaluate::{before_conditions, rounds};
use super::secrets::Secrets;
use super::{Change, Context, Kind, Limits, NotJudged, Request, Violation};

/// What the mutations of one policy did.
#[derive(Clone, Debug, Default)]
pub struct Mutated {
    /// Whether a native policy's match conditions hold; what they are of ours is asked again for each mutation.
    pub matched: bool,
    /// The object after them; `None` where nothing changed.
    pub document: Option<Document>,
    /// What each changed, in order; those that changed nothing are left out.
    pub changes: Vec<Change>,
    /// What could not be decided.
    pub not_judged: Vec<NotJudged>,
    /// Mutations that could not be made, for logs and metrics. A mutation that fails changes nothing: what must hold is
    /// for validations to say.
    pub errors: Vec<String>,
    /// Mutations of a native policy that could not be made and that its failure policy does not ignore: the request is
    /// refused.
    pub refusals: Vec<Violation>,
}

/// Runs a policy's mutations on a request that it matches, in order; each sees what those before it made.
pub fn mutate(
    policy: &Policy,
    context: &Context<'_>,
    params: Option<NodeRef<'_>>,
    limits: &Limits<'_>,
) -> Mutated {
    let mut mutated = Mutated::default();
    if policy.native.is_some() {
        // The API server asks once for all mutations of a policy; ours are asked again after each.
        match conditions_hold(policy, context, params, None, limits) {
            Ok(true) => {}
            Ok(false) => return mutated,
            Err(stop) => {
                mutated.stop(policy, &policy.name, stop);
                return mutated;
            }
        }
    }
    mutated.matched = true;
    for mutation in &policy.mutations {
        for round in rounds(policy, context) {
            let made = {
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
            match made {
                Ok(Some((document, operations))) => {
                    mutated.changes.push(Change {
                        mutation: mutation.id.clone(),
                        operations,
                    });
                    mutated.document = Some(document);
                }
                Ok(None) => {}
                Err(stop) => mutated.stop(policy, &mutation.id, stop),
            }
        }
    }
    mutated
}

impl Mutated {
    /// Keeps why a mutation was not made. One of a native policy that must not fail refuses the request.
    fn stop(&mut self, policy: &Policy, id: &Arc<str>, stop: Stop) {
        match stop {
            Stop::NotJudged(entry) => self.not_judged.push(entry),
            Stop::Ignored => {}
            Stop::Failed(error) => {
                let fails = policy.failure_policy == FailurePolicy::Fail;
                if policy.native.is_some() && fails {
                    let message = format!("the mutation could not be made: {error}");
                    self.refusals
                        .push(Violation::of_policy(id.clone(), message));
                } else {
                    self.errors.push(format!("{id}: {error}"));
                }
            }
        }
    }
}

enum Stop {
    NotJudged(NotJudged),
    Failed(String),
    Ignored,
}

/// Why an expression of this policy gave no value.
fn stopped(policy: &Policy, error: EvalError<'_>, what: &Arc<str>) -> Stop {
    match error.kind {
        EvalErrorKind::Unknown => Stop::NotJudged(NotJudged {
            what: what.clone(),
            reason: error.message,
        }),
        _ if policy.failure_policy == FailurePolicy::Ignore => Stop::Ignored,
        _ => Stop::Failed(error.message),
    }
}

/// Whether all match conditions are true.
fn conditions_hold(
    policy: &Policy,
    context: &Context<'_>,
    params: Option<NodeRef<'_>>,
    round: Option<usize>,
    limits: &Limits<'_>,
) -> Result<bool, Stop> {
    if policy.match_conditions.is_empty() {
        return Ok(true);
    }
    let unavailable = context.unavailable(policy);
    let roots = context.roots(policy, params, round, &unavailable);
    let roots = if policy.native.is_some() {
        before_conditions(&roots)
    } else {
        roots
    };
    let activation = limits.activate(roots, &policy.variables);
    match conditions(policy, &activation, limits) {
        Conditions::Hold => Ok(true),
        Conditions::Refuse => Ok(false),
        Conditions::Failed(condition, mut error) => {
            if let Some(condition) = condition {
                let secrets = Secrets::of(policy, context, params);
                error = secrets.quieted(error, &condition.expression, policy);
            }
            Err(stopped(policy, error, &policy.name))
        }
    }
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
    if policy.native.is_none() && !conditions_hold(policy, context, params, round, limits)? {
        return Ok(None);
    }
    let unavailable = context.unavailable(policy);
    let roots = context.roots(policy, params, round, &unavailable);
    let activation = limits.activate(roots, &policy.variables);
    let mut made = mutation.expression.evaluate(&activation);
    if activation.cost().total > limits.policy {
        made = Err(exhausted("this mutation and its variables", limits.policy));
    }
    let value = made.map_err(|error| {
        let secrets = Secrets::of(policy, context, params);
        let error = secrets.quieted(error, &mutation.expression, policy);
        stopped(policy, error, &mutation.id)
    })?;
    let template = round.and_then(|index| context.templates().get(index));
    let prefix = template
        .and_then(|template| template.path_from(object))
        .unwrap_or_default();
    let operations = match mutation.patch {
        PatchKind::JsonPatch => operations(&value, &prefix).map_err(Stop::Failed)?,
        PatchKind::ApplyConfiguration => {
            let target = target(context, object, template.copied(), prefix);
            merging(mutation, &value, target)?
        }
    };
    let made = patched(policy, object, operations)?;
    limits.saw_patch(&mutation.expression, made.is_some());
    Ok(made)
}

/// The object with a patch; `None` where it changes nothing.
fn patched(
    policy: &Policy,
    object: NodeRef<'_>,
    operations: Vec<Operation>,
) -> Result<Option<(Document, Vec<Operation>)>, Stop> {
    if operations.is_empty() {
        return Ok(None);
    }
    let before = own(object);
    let after = match patch::apply(&before, &operations) {
        Ok(after) => after,
        // To the API server a test that does not hold is how a patch says that it is not wanted.
        Err(PatchError::Test(_)) if policy.native.is_some() => return Ok(None),
        Err(error) => return Err(Stop::Failed(error.to_string())),
    };
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

/// What a configuration is merged into: the pod template of the round, or the object; `None` without schemas.
fn target<'a>(
    context: &Context<'a>,
    object: NodeRef<'a>,
    template: Option<NodeRef<'a>>,
    prefix: FieldPath,
) -> Option<Target<'a>> {
    let schemas = context.schemas()?;
    if let Some(template) = template {
        return Some(Target::pod_template(template, prefix, schemas));
    }
    let Kind {
        group,
        version,
        kind,
    } = context.request().kind;
    let kind = GroupVersionKind::new(group, version, kind);
    Some(Target::object(object, &kind, schemas))
}

/// The operations that merge the value of an expression into its target.
fn merging(
    mutation: &Mutation,
    value: &Value<'_>,
    target: Option<Target<'_>>,
) -> Result<Vec<Operation>, Stop> {
    let not_judged = |reason| {
        let what = mutation.id.clone();
        Stop::NotJudged(NotJudged { what, reason })
    };
    let configuration = configuration(value).map_err(Stop::Failed)?;
    let Some(target) = target else {
        let reason = "the schemas that say how objects are merged are not here";
        return Err(not_judged(reason.to_owned()));
    };
    apply(&target, configuration).map_err(|error| match error {
        ApplyError::Refused(message) => Stop::Failed(message),
        ApplyError::Unknown(reason) => not_judged(reason),
    })
}

/// Reads an `Object`.
fn configuration(value: &Value<'_>) -> Result<Document, String> {
    let Value::Struct(object) = value else {
        let name = value.type_name();
        return Err(format!("a mutation gives an `Object`, not a {name}"));
    };
    let mut builder = DocumentBuilder::new();
    let root = object.build_configuration(&mut builder)?;
    Ok(builder.finish(root))
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
        if let Value::Struct(object) = value {
            object.check_names()?;
        }
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
