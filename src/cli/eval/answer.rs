//! What there is to say of an evaluation, in words and figures: ready to be written in any format.

use std::fmt::Write as _;
use std::ops::Range;

use crate::cel::{
    Cost, CostEstimate, Detail, EvalError, EvalErrorKind, Explanation, NothingSensitive, Place,
    Printer, Sensitive, Step, StepOutcome, Subject, Value,
};
use crate::manifest::{NodeRef, View};
use crate::source::{FieldPath, SourceId, Span};

use super::stage::{Evaluation, NotCompiled};
use super::values::{self, Json, MASK};

/// The longest value that is written, in bytes.
const LONGEST_VALUE: usize = 16 * 1024;
/// The longest value of a step, in bytes.
const LONGEST_PART: usize = 120;
/// The most places that are listed.
const MOST_PLACES: usize = 50;

/// All of it.
#[derive(Debug)]
pub(super) struct Answer {
    /// The text of the expression.
    pub(super) source: SourceId,
    /// The value; `None` where there is none.
    pub(super) value: Option<Shown>,
    /// Why there is no value.
    pub(super) error: Option<Failure>,
    /// What evaluating it cost, in the units of the API server.
    pub(super) cost: Option<Cost>,
    /// What it may cost with other documents.
    pub(super) estimate: Option<CostEstimate>,
    /// The type of the expression as far as its text says it.
    pub(super) static_type: Option<String>,
    /// What is to blame for `false` or an error; for any other value the places it is made of.
    pub(super) places: Vec<Placed>,
    /// How many more of those there are.
    pub(super) more_places: usize,
    /// The parts of the expression.
    pub(super) steps: Vec<Line>,
    /// Whether parts are left out.
    pub(super) is_cut: bool,
    /// Parts of sources that are never shown.
    pub(super) masked: Vec<Span>,
}

/// A value.
#[derive(Debug)]
pub(super) struct Shown {
    /// As an expression would write it.
    pub(super) text: String,
    /// Whether the text is cut.
    pub(super) is_cut: bool,
    /// As JSON, where it can be.
    pub(super) json: Json,
    /// The name of its type.
    pub(super) type_name: String,
    /// The boolean that it is.
    pub(super) truth: Option<bool>,
}

/// Why there is no value.
#[derive(Debug)]
pub(super) struct Failure {
    /// The kind, in kebab case.
    pub(super) kind: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// The bytes of the expression that are meant.
    pub(super) range: Range<usize>,
    /// What to do.
    pub(super) help: Option<String>,
}

/// A place in a document.
#[derive(Debug)]
pub(super) struct Placed {
    /// The name of the document in expressions.
    pub(super) root: &'static str,
    /// The route from there, with what is missing.
    pub(super) path: FieldPath,
    /// Whether it is missing.
    pub(super) is_missing: bool,
    /// What is there, if it can be shown in a line.
    pub(super) value: Option<String>,
    /// Where it stands; of what is missing, what lacks it.
    pub(super) span: Option<Span>,
    /// The bytes of the expression that decided.
    pub(super) range: Range<usize>,
}

/// A step of the evaluation.
#[derive(Debug)]
pub(super) struct Line {
    /// How deep it lies.
    pub(super) level: usize,
    /// What it is: `part`, `definition`, `element` or `more`.
    pub(super) kind: &'static str,
    /// What it is about, on one line.
    pub(super) subject: String,
    /// The type of its value.
    pub(super) type_name: Option<String>,
    /// Its value.
    pub(super) value: Option<String>,
    /// Its error; empty where it is that of a part below.
    pub(super) error: Option<String>,
    /// Whether it was not evaluated.
    pub(super) is_skipped: bool,
}

impl Answer {
    /// For an expression that does not compile.
    pub(super) fn not_compiled(wrong: NotCompiled) -> Self {
        let error = wrong.errors.into_iter().next().map(|error| Failure {
            kind: "compile",
            message: error.message,
            range: error.range,
            help: error.help,
        });
        Self {
            source: wrong.source,
            value: None,
            error,
            cost: None,
            estimate: None,
            static_type: None,
            places: Vec::new(),
            more_places: 0,
            steps: Vec::new(),
            is_cut: false,
            masked: Vec::new(),
        }
    }

    /// For an evaluation.
    pub(super) fn of(evaluation: &Evaluation<'_, '_>) -> Self {
        let Evaluation {
            source,
            program,
            activation,
            cost,
            outcome,
            secrets,
            documents,
            variables,
        } = evaluation;
        // What was given up for its cost is not evaluated again, with more to spend.
        let is_given_up = |error: &EvalError<'_>| {
            matches!(error.kind, EvalErrorKind::Budget | EvalErrorKind::Cancelled)
        };
        let explanation = if outcome.as_ref().is_err_and(is_given_up) {
            Explanation::default()
        } else {
            program.explain(activation, Detail::default(), *secrets)
        };
        let first = explanation.steps.first();
        // Without an explanation nothing is known of where the value came from.
        let is_sensitive = first.map_or(secrets.any(), |step| step.is_sensitive);
        let printer = Printer {
            most: LONGEST_VALUE,
            sensitive: *secrets,
            hides_computed: is_sensitive,
        };
        let steps = lines(&explanation.steps, *secrets);
        let blamed = program.blame(activation);
        let places = blamed.iter().take(MOST_PLACES);
        // A key that nobody has written may be what a Secret holds.
        let is_written = |key: &str| {
            let mut texts = std::iter::once(program.source()).chain(variables.iter().copied());
            !secrets.any() || texts.any(|text| text.contains(key))
        };
        let places = places.filter_map(|place| placed(place, documents, *secrets, &is_written));
        let places: Vec<Placed> = places.collect();
        let mut answer = Self {
            source: *source,
            value: None,
            error: None,
            cost: Some(*cost),
            estimate: Some(program.estimate()),
            static_type: Some(program.static_type().to_string()),
            more_places: blamed.len().saturating_sub(MOST_PLACES),
            places,
            steps,
            is_cut: explanation.is_cut,
            masked: secrets.spans().to_vec(),
        };
        match outcome {
            Ok(value) => {
                let (text, is_cut) = printer.print(value);
                answer.value = Some(Shown {
                    text,
                    is_cut,
                    json: values::json(value, &printer),
                    type_name: value.type_name().to_owned(),
                    truth: value.as_bool(),
                });
            }
            Err(error) => {
                answer.error = Some(Failure {
                    kind: kind(error.kind),
                    message: message(error.kind, &error.message, is_sensitive),
                    range: error.range.clone(),
                    help: None,
                });
            }
        }
        answer
    }

    /// Whether the value is `false`.
    pub(super) fn is_false(&self) -> bool {
        self.value.as_ref().and_then(|value| value.truth) == Some(false)
    }
}

/// The kinds of errors for programs.
const fn kind(kind: EvalErrorKind) -> &'static str {
    match kind {
        EvalErrorKind::NoSuchOverload => "no-such-overload",
        EvalErrorKind::NoSuchKey => "no-such-key",
        EvalErrorKind::IndexOutOfBounds => "index-out-of-bounds",
        EvalErrorKind::Overflow => "overflow",
        EvalErrorKind::DivisionByZero => "division-by-zero",
        EvalErrorKind::InvalidArgument => "invalid-argument",
        EvalErrorKind::Unknown => "unknown",
        EvalErrorKind::Budget => "budget",
        EvalErrorKind::VariableBudget => "variable-budget",
        EvalErrorKind::Internal => "internal",
        EvalErrorKind::Cancelled => "cancelled",
    }
}

/// The message of an error, unless it could quote what a Secret holds.
fn message(kind_of: EvalErrorKind, message: &str, is_sensitive: bool) -> String {
    let quotes = matches!(
        kind_of,
        EvalErrorKind::InvalidArgument
            | EvalErrorKind::NoSuchKey
            | EvalErrorKind::IndexOutOfBounds
            | EvalErrorKind::Overflow
            | EvalErrorKind::Internal
    );
    if is_sensitive && quotes {
        format!(
            "{}; the message is withheld, since it may repeat what a Secret holds",
            kind(kind_of)
        )
    } else {
        message.to_owned()
    }
}

fn placed(
    place: &Place<'_>,
    documents: &[(&'static str, NodeRef<'_>)],
    secrets: &dyn Sensitive,
    is_written: &dyn Fn(&str) -> bool,
) -> Option<Placed> {
    let &(root, document) = documents
        .iter()
        .find(|(_, root)| std::ptr::eq(root.document(), place.node.document()))?;
    // What stands for a document that was not given says so in the error.
    if matches!(document.view(), View::Unknown(_)) {
        return None;
    }
    let mut path = place.node.path_from(document)?;
    let span = document.nearest_origin(&path).map(|(span, _)| span);
    for key in &place.missing {
        path.push_key(if is_written(key) { key } else { MASK });
    }
    let is_missing = !place.missing.is_empty();
    let printer = Printer {
        most: LONGEST_PART,
        sensitive: secrets,
        hides_computed: false,
    };
    Some(Placed {
        root,
        path,
        is_missing,
        value: (!is_missing).then(|| printer.print(&Value::Node(place.node)).0),
        span,
        range: place.range.clone(),
    })
}

fn lines(steps: &[Step<'_>], secrets: &dyn Sensitive) -> Vec<Line> {
    steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let below = steps.get(at + 1..).unwrap_or_default();
            line(step, below, secrets)
        })
        .collect()
}

/// A step; `below` are those after it, which begin with its parts.
fn line(step: &Step<'_>, below: &[Step<'_>], secrets: &dyn Sensitive) -> Line {
    let printer = Printer {
        most: LONGEST_PART,
        sensitive: secrets,
        hides_computed: step.is_sensitive,
    };
    let (kind, subject) = match &step.subject {
        Subject::Part(text) => ("part", one_line(text)),
        Subject::Definition(text) => ("definition", one_line(text)),
        Subject::Element { names, key } => {
            let mut subject = if names == "-" {
                // A name that is not used is not known.
                "element".to_owned()
            } else {
                names.clone()
            };
            if !matches!(key, Value::Null) {
                let plain = Printer {
                    most: LONGEST_PART,
                    sensitive: &NothingSensitive,
                    hides_computed: false,
                };
                // Writing to a string cannot fail.
                let _ = write!(subject, " at {}", plain.print(key).0);
            }
            ("element", subject)
        }
        Subject::Elements(count) => ("more", count.to_string()),
    };
    let mut line = Line {
        level: step.level,
        kind,
        subject,
        type_name: None,
        value: None,
        error: None,
        is_skipped: false,
    };
    match &step.outcome {
        StepOutcome::Value(value) => {
            line.type_name = Some(value.type_name().to_owned());
            line.value = Some(printer.print(value).0);
        }
        StepOutcome::Error(error) => {
            let mut parts = below.iter().take_while(|part| part.level > step.level);
            let is_risen = parts.any(|part| match &part.outcome {
                StepOutcome::Error(below) => below.message == error.message,
                _ => false,
            });
            line.error = Some(if is_risen {
                String::new()
            } else {
                message(error.kind, &error.message, step.is_sensitive)
            });
        }
        StepOutcome::Skipped => line.is_skipped = true,
        StepOutcome::Nothing => {}
    }
    line
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
