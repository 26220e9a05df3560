//! One policy's validations on one request.

use crate::cel::{Activation, Budget, EvalError, EvalErrorKind, Place, Program, Value};
use crate::manifest::NodeRef;
use crate::policy::{AuditAnnotation, FailurePolicy, Policy, Root, Validation};
use crate::source::FieldPath;

use super::message::{Described, describe};
use super::{Context, Evaluation, Limits, NotJudged, Violation};

/// Messages longer than this, or that hold a line break, are no messages: `celconfig.MaxEvaluatedMessageExpressionSizeBytes`.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// Audit annotations are cut to so many bytes: `maxAuditAnnotationValueLength`.
const LONGEST_ANNOTATION: usize = 10 * 1024;

/// More places than this are counted, not listed: an object of thousands of wrong elements is one mistake.
const MOST_PLACES: usize = 100;

/// Runs a policy's validations on a request that it matches, once for each pod template where it judges those.
pub fn evaluate(
    policy: &Policy,
    context: &Context<'_>,
    params: Option<NodeRef<'_>>,
    limits: &Limits<'_>,
) -> Evaluation {
    let mut evaluation = Evaluation {
        matched: true,
        ..Evaluation::default()
    };
    let unavailable = context.unavailable(policy);
    for template in rounds(policy, context) {
        let roots = context.roots(policy, params, template, &unavailable);
        let activate = |roots| {
            let budget = Budget::new(limits.steps).with_cancel(limits.cancelled);
            Activation::new(roots, &policy.variables, budget)
        };
        let native = policy.native.as_ref();
        let conditions = native
            .filter(|_| !policy.match_conditions.is_empty())
            .map(|_| activate(before_conditions(&roots)));
        let annotations = native
            .filter(|native| !native.audit_annotations.is_empty())
            .map(|_| activate(roots.clone()));
        let activation = activate(roots);
        let mut run = Run {
            policy,
            context,
            template,
            activation: &activation,
            evaluation: &mut evaluation,
        };
        if run.conditions_hold(conditions.as_ref().unwrap_or(&activation)) {
            for (index, validation) in policy.validations.iter().enumerate() {
                run.validate(index, validation);
            }
            if let (Some(native), Some(activation)) = (&policy.native, &annotations) {
                for annotation in &native.audit_annotations {
                    run.annotate(annotation, activation);
                }
            }
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
    activation: &'r Activation<'a>,
    evaluation: &'r mut Evaluation,
}

impl<'a> Run<'_, 'a> {
    /// Whether all match conditions are true. As in the API server any false one decides, whatever the others do; only
    /// then an error counts.
    fn conditions_hold(&mut self, activation: &Activation<'a>) -> bool {
        let mut failed = None;
        for condition in &self.policy.match_conditions {
            match condition.expression.evaluate(activation) {
                Ok(value) if value.as_bool() == Some(true) => {}
                Ok(value) if value.as_bool() == Some(false) => return false,
                Ok(_) => failed = failed.or(Some((condition, not_bool(&condition.expression)))),
                Err(error) => failed = failed.or(Some((condition, error))),
            }
        }
        let Some((condition, error)) = failed else {
            return true;
        };
        let what = format!("match condition `{}`", condition.name);
        if error.kind == EvalErrorKind::Unknown {
            self.not_judged(self.policy.name.clone(), error.message);
        } else if self.policy.failure_policy == FailurePolicy::Fail {
            let text = format!("{what} failed: {}", error.message);
            // A policy may have audit annotations alone.
            let first = self.policy.validations.first();
            let id = first.map_or(&self.policy.name, |validation| &validation.id);
            self.violate(0, id, &self.whole(), &text, true, error.range.clone());
        } else {
            self.evaluation
                .ignored_errors
                .push(format!("{}: {what}: {}", self.policy.name, error.message));
        }
        false
    }

    fn validate(&mut self, index: usize, validation: &'a Validation) {
        let error = match validation.expression.evaluate(self.activation) {
            Ok(value) => match value.as_bool() {
                Some(true) => return,
                Some(false) => return self.fail(index, validation),
                None => not_bool(&validation.expression),
            },
            Err(error) => error,
        };
        if error.kind == EvalErrorKind::Unknown {
            return self.not_judged(validation.id.clone(), error.message);
        }
        if self.policy.failure_policy == FailurePolicy::Ignore {
            return self
                .evaluation
                .ignored_errors
                .push(format!("{}: {}", validation.id, error.message));
        }
        let text = format!("the expression could not be evaluated: {}", error.message);
        let described = error
            .place
            .as_ref()
            .and_then(|place| self.described(place))
            .unwrap_or_else(|| self.whole());
        self.violate(index, &validation.id, &described, &text, true, error.range);
    }

    /// Makes an audit annotation. Null and a blank text stand for none.
    fn annotate(&mut self, annotation: &'a AuditAnnotation, activation: &Activation<'a>) {
        let (text, ignorable) = match annotation.expression.evaluate(activation) {
            Ok(Value::Null) => return,
            Ok(value) => match value.as_str() {
                Some(text) => {
                    let value = cut(text.trim(), LONGEST_ANNOTATION);
                    if !value.is_empty() {
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
            Err(error) => (error.message, true),
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
            .take(MOST_PLACES)
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
        if places.len() > MOST_PLACES {
            let text = format!("and in more places: {text}");
            let range = 0..validation.expression.source().len();
            self.violate(index, &validation.id, &self.whole(), &text, false, range);
        }
    }

    /// What to say: the message expression's text if it is usable, else the message, else the expression itself.
    fn text(&self, validation: &'a Validation) -> String {
        let made = validation.message_expression.as_ref().and_then(|program| {
            let value = program.evaluate(self.activation).ok()?;
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
        Some(describe(object, path, &place.missing))
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

fn not_bool<'a>(program: &Program) -> EvalError<'a> {
    EvalError::new(
        EvalErrorKind::NoSuchOverload,
        "the expression did not give a boolean",
        0..program.source().len(),
    )
}
