//! One policy's validations on one request.

use std::cell::OnceCell;

use crate::cel::{Activation, EvalError, EvalErrorKind, Place, Value};
use crate::manifest::NodeRef;
use crate::policy::{AuditAnnotation, FailurePolicy, Policy, Root, Validation};
use crate::source::FieldPath;

use super::conditions::{Conditions, conditions, exhausted, not_bool};
use super::message::{Described, describe, describe_part};
use super::secrets::{Secrets, WITHHELD};
use super::{Context, Evaluation, Limits, NotJudged, Violation};

/// Messages longer than this, or that hold a line break, are no messages: `celconfig.MaxEvaluatedMessageExpressionSizeBytes`.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// Audit annotations are cut to so many bytes: `maxAuditAnnotationValueLength`.
const LONGEST_ANNOTATION: usize = 10 * 1024;

/// Runs a policy's validations on a request that it matches, once for each pod template where it judges those.
pub fn evaluate(
    policy: &Policy,
    context: &Context<'_>,
    params: Option<NodeRef<'_>>,
    limits: &Limits<'_>,
) -> Evaluation {
    let mut evaluation = Evaluation {
        matched: true,
        judged: true,
        ..Evaluation::default()
    };
    let unavailable = context.unavailable(policy);
    let secrets = Secrets::of(policy, context, params);
    for template in rounds(policy, context) {
        let roots = context.roots(policy, params, template, &unavailable);
        let activate = |roots| limits.activate(roots, &policy.variables);
        let conditions = (policy.native.is_some() && !policy.match_conditions.is_empty())
            .then(|| activate(before_conditions(&roots)));
        let activation = activate(roots);
        let messages = OnceCell::new();
        let mut run = Run {
            policy,
            context,
            template,
            limits,
            secrets: &secrets,
            activation: &activation,
            messages: &messages,
            since: (evaluation.violations.len(), evaluation.ignored_errors.len()),
            evaluation: &mut evaluation,
        };
        if run.conditions_hold(conditions.as_ref().unwrap_or(&activation)) {
            activation.restart();
            run.validations();
            if let Some(native) = &policy.native {
                run.annotate_all(&native.audit_annotations);
            }
        } else {
            evaluation.judged = false;
        }
    }
    evaluation
}

/// What the match conditions of a native policy see: the API server has not looked up the namespace yet.
pub(super) fn before_conditions<'a>(roots: &[Value<'a>]) -> Vec<Value<'a>> {
    let mut roots = roots.to_vec();
    if let Some(slot) = roots.get_mut(Root::NamespaceObject.slot()) {
        *slot = Value::Null;
    }
    roots
}

/// Which rounds a policy makes: one for each pod template, or one for the object as it is.
pub(super) fn rounds(policy: &Policy, context: &Context<'_>) -> Vec<Option<usize>> {
    if policy.matching.is_pod_templates() {
        (0..context.templates.len()).map(Some).collect()
    } else {
        vec![None]
    }
}

struct Run<'r, 'a> {
    policy: &'a Policy,
    context: &'r Context<'r>,
    template: Option<usize>,
    limits: &'r Limits<'r>,
    secrets: &'r Secrets,
    activation: &'r Activation<'a>,
    /// What message expressions are evaluated with, once one is wanted: apart from the validations, since they pay for
    /// the variables again.
    messages: &'r OnceCell<Activation<'a>>,
    /// How many violations and ignored errors there were before this round.
    since: (usize, usize),
    evaluation: &'r mut Evaluation,
}

impl<'r, 'a> Run<'r, 'a> {
    /// Whether all match conditions are true.
    fn conditions_hold(&mut self, activation: &Activation<'a>) -> bool {
        let (condition, error) = match conditions(self.policy, activation, self.limits) {
            Conditions::Hold => return true,
            Conditions::Refuse => return false,
            Conditions::Failed(condition, error) => (condition, error),
        };
        let error = match condition {
            Some(condition) => {
                let program = &condition.expression;
                self.secrets.quieted(error, program, self.policy)
            }
            None => error,
        };
        let what = match condition {
            Some(condition) => format!("match condition `{}` failed", condition.name),
            None => "the match conditions failed".to_owned(),
        };
        if error.kind == EvalErrorKind::Unknown {
            self.not_judged(self.policy.name.clone(), error.message);
        } else if self.policy.failure_policy == FailurePolicy::Fail {
            let text = format!("{what}: {}", error.message);
            // A policy may have audit annotations alone.
            let first = self.policy.validations.first();
            let id = first.map_or(&self.policy.name, |validation| &validation.id);
            self.violate(0, id, &self.whole(), &text, true, error.range.clone());
        } else {
            let error = format!("{}: {what}: {}", self.policy.name, error.message);
            self.evaluation.ignored_errors.push(error);
        }
        false
    }

    /// Runs all validations. Over the budget of the policy none of them counts.
    fn validations(&mut self) {
        let is_native = self.policy.native.is_some();
        // Only native policies ask for it, so the others need no list.
        let mut judged = Vec::new();
        for (index, validation) in self.policy.validations.iter().enumerate() {
            if self.validate(index, validation) && is_native {
                judged.push(index);
            }
            if self.activation.cost().total > self.limits.policy {
                self.take_back(|_| false);
                let what = "the validations of this policy";
                return self.give_up(&self.policy.name, &exhausted(what, self.limits.policy));
            }
        }
        if is_native && self.messages_exceed() {
            // As upstream: what could not be evaluated stays so, and all else could not be told of.
            self.take_back(|violation| violation.is_error);
            let error = exhausted(
                "the validations and the message expressions of this policy",
                self.limits.policy,
            );
            for index in judged {
                if let Some(validation) = self.policy.validations.get(index) {
                    self.give_up(&validation.id, &error);
                }
            }
        }
    }

    /// Whether the message expressions cost more than the validations left. The API server evaluates all of them on
    /// every request; here that is done where it could matter.
    fn messages_exceed(&self) -> bool {
        let expressions = || {
            let validations = self.policy.validations.iter();
            validations.filter_map(|validation| validation.message_expression.as_ref())
        };
        let count = expressions().count();
        let spent = self.activation.cost().total;
        let (limit, variables) = (self.limits.policy, self.policy.variables.len());
        if count == 0 || !self.limits.could_exceed(limit, spent, count, variables) {
            return false;
        }
        let activation = self.messages();
        activation.restart();
        expressions().any(|program| {
            let _ = program.evaluate(activation);
            spent.saturating_add(activation.cost().total) > limit
        })
    }

    /// What message expressions are evaluated with.
    fn messages(&self) -> &'r Activation<'a> {
        self.messages.get_or_init(|| self.activation.again())
    }

    /// Drops the violations of this round that are not to be kept, and what was ignored in it.
    fn take_back(&mut self, keep: impl Fn(&Violation) -> bool) {
        let (violations, ignored) = self.since;
        let mut position = 0;
        self.evaluation.violations.retain(|violation| {
            position += 1;
            position <= violations || keep(violation)
        });
        self.evaluation.ignored_errors.truncate(ignored);
    }

    /// Says of the policy, or of a validation, that it cost too much.
    fn give_up(&mut self, id: &std::sync::Arc<str>, error: &EvalError<'_>) {
        if self.policy.failure_policy == FailurePolicy::Ignore {
            let error = format!("{id}: {}", error.message);
            return self.evaluation.ignored_errors.push(error);
        }
        let violation = Violation::of_policy(id.clone(), error.message.clone());
        self.evaluation.violations.push(violation);
    }

    /// Says whether it came to true or false.
    fn validate(&mut self, index: usize, validation: &'a Validation) -> bool {
        let error = match validation.expression.evaluate(self.activation) {
            Ok(value) => match value.as_bool() {
                Some(true) => return true,
                Some(false) => {
                    self.fail(index, validation);
                    return true;
                }
                None => not_bool(&validation.expression),
            },
            Err(error) => error,
        };
        if error.kind == EvalErrorKind::Unknown {
            self.not_judged(validation.id.clone(), error.message);
            return false;
        }
        let program = &validation.expression;
        let error = self.secrets.quieted(error, program, self.policy);
        if self.policy.failure_policy == FailurePolicy::Ignore {
            let error = format!("{}: {}", validation.id, error.message);
            self.evaluation.ignored_errors.push(error);
            return false;
        }
        let text = format!("the expression could not be evaluated: {}", error.message);
        let described = error
            .place
            .as_ref()
            .and_then(|place| self.described(place))
            .unwrap_or_else(|| self.whole());
        self.violate(index, &validation.id, &described, &text, true, error.range);
        false
    }

    /// Makes all audit annotations. Over their budget nothing of the policy counts, as upstream.
    fn annotate_all(&mut self, annotations: &'a [AuditAnnotation]) {
        if annotations.is_empty() {
            return;
        }
        let activation = self.activation.again();
        let made = self.evaluation.annotations.len();
        let errors = self.evaluation.annotation_errors.len();
        for annotation in annotations {
            self.annotate(annotation, &activation);
            if activation.cost().total > self.limits.policy {
                self.evaluation.annotations.truncate(made);
                self.evaluation.annotation_errors.truncate(errors);
                self.take_back(|_| false);
                let what = "the audit annotations of this policy";
                return self.give_up(&self.policy.name, &exhausted(what, self.limits.policy));
            }
        }
    }

    /// Makes an audit annotation. Null and a blank text stand for none.
    fn annotate(&mut self, annotation: &'a AuditAnnotation, activation: &Activation<'a>) {
        let program = &annotation.expression;
        let made = program.evaluate(activation);
        let (text, ignorable) = match made {
            Ok(Value::Null) => return,
            Ok(value) => match value.as_str() {
                Some(text) => {
                    let mut value = cut(text.trim(), LONGEST_ANNOTATION);
                    if !value.is_empty() {
                        if self.secrets.are_read_by(program, self.policy) {
                            value = WITHHELD;
                        }
                        let entry = (annotation.key.clone(), value.to_owned());
                        self.evaluation.annotations.push(entry);
                    }
                    return;
                }
                // As upstream the failure policy is not asked.
                None => ("it gives neither a string nor null".to_owned(), false),
            },
            Err(error) if error.kind == EvalErrorKind::Unknown => {
                return self.not_judged(annotation.id.clone(), error.message);
            }
            Err(error) => {
                let error = self.secrets.quieted(error, program, self.policy);
                (error.message, true)
            }
        };
        if ignorable && self.policy.failure_policy == FailurePolicy::Ignore {
            let error = format!("{}: {text}", annotation.id);
            return self.evaluation.ignored_errors.push(error);
        }
        let message = format!("the audit annotation could not be made: {text}");
        let violation = Violation::of_policy(annotation.id.clone(), message);
        self.evaluation.annotation_errors.push(violation);
    }

    fn fail(&mut self, index: usize, validation: &'a Validation) {
        let text = self.text(validation);
        let places = validation.expression.blame(self.activation);
        let mut described: Vec<_> = places
            .iter()
            .filter_map(|place| Some((self.described(place)?, place.range.clone())))
            .take(self.limits.places)
            .collect();
        if described.is_empty() {
            let whole = 0..validation.expression.source().len();
            let range = places.first().map_or(whole, |place| place.range.clone());
            described.push((self.whole(), range));
        }
        for (described, range) in described {
            self.violate(index, &validation.id, &described, &text, false, range);
        }
        // The rest is one violation of no container, so that an exception for a container cannot lift what is not listed.
        if places.len() > self.limits.places {
            let text = format!("and in more places: {text}");
            let range = 0..validation.expression.source().len();
            self.violate(index, &validation.id, &self.whole(), &text, false, range);
        }
    }

    /// What to say: the message expression's text if it is usable, else the message, else the expression itself.
    fn text(&self, validation: &'a Validation) -> String {
        let made = validation.message_expression.as_ref().and_then(|program| {
            if self.secrets.are_read_by(program, self.policy) {
                return None;
            }
            let value = program.evaluate(self.messages()).ok()?;
            let text = value.as_str()?.trim().to_owned();
            let usable = !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n');
            usable.then_some(text)
        });
        made.or_else(|| validation.message.as_deref().map(str::to_owned))
            .unwrap_or_else(|| {
                let lines = validation.expression.source().lines().map(str::trim);
                let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
                let expression = lines.join(" ");
                format!("failed expression: {expression}")
            })
    }

    /// The place as the object's reader knows it; `None` where it lies in another object or in no object at all.
    fn described(&self, place: &Place<'_>) -> Option<Described> {
        let object = self.context.request.object?;
        let path = self.context.route(place.node)?;
        Some(if self.policy.matching.is_repository() {
            describe_part(object, path, &place.missing)
        } else {
            describe(object, path, &place.missing)
        })
    }

    /// The pod template at hand, or the object: for what has no place of its own.
    fn whole(&self) -> Described {
        let template = self
            .template
            .and_then(|index| self.context.templates.get(index));
        let path = template.and_then(|template| self.context.route(*template));
        Described::whole(path.unwrap_or_else(FieldPath::root))
    }

    fn violate(
        &mut self,
        index: usize,
        id: &std::sync::Arc<str>,
        described: &Described,
        text: &str,
        is_error: bool,
        expression: std::ops::Range<usize>,
    ) {
        let violation = Violation {
            validation: id.clone(),
            message: described.message(text),
            field_path: described.field_path.clone(),
            existing: described.existing,
            container: described.container.clone(),
            is_error,
            expression,
            index,
        };
        let known = self.evaluation.violations.iter().any(|known| {
            known.validation == violation.validation
                && known.field_path == violation.field_path
                && known.message == violation.message
        });
        if !known {
            self.evaluation.violations.push(violation);
        }
    }

    fn not_judged(&mut self, what: std::sync::Arc<str>, reason: String) {
        let entry = NotJudged { what, reason };
        if !self.evaluation.not_judged.contains(&entry) {
            self.evaluation.not_judged.push(entry);
        }
    }
}

/// The first bytes of a text, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}
