//! Reading the expressions of a policy: variables, conditions, validations and mutations.

use std::sync::Arc;

use crate::cel::{Program, StaticType, is_keyword};
use crate::manifest::{Fields, ListRef, NodeRef, Placed, Problem};
use crate::source::Span;

use super::expressions::Expressions;
use super::{MatchCondition, Mutation, PatchKind, Reason, Safety, Validation};

/// As upstream: `Unauthorized` stands in its documentation, and is refused all the same.
const REASONS: [(&str, Reason); 3] = [
    ("Invalid", Reason::Invalid),
    ("Forbidden", Reason::Forbidden),
    ("RequestEntityTooLarge", Reason::RequestEntityTooLarge),
];

const SAFETIES: [(&str, Safety); 3] = [
    ("safe", Safety::Safe),
    ("unsafe", Safety::Unsafe),
    ("display", Safety::Display),
];

const PATCHES: [(&str, PatchKind); 2] = [
    ("JSONPatch", PatchKind::JsonPatch),
    ("ApplyConfiguration", PatchKind::ApplyConfiguration),
];

/// Reads `variables`; each may read those before it. One that does not compile stays known, so that what reads it
/// is no error of its own.
pub(super) fn read_variables(
    fields: &mut Fields<'_, '_>,
    expressions: &mut Expressions<'_>,
) -> Vec<Program> {
    let mut names = Names::default();
    fields.each("variables", |_, mut fields| {
        let name = read_identifier(&mut fields, "name");
        names.check(&mut fields, "variable", name);
        let program = expressions
            .required(&mut fields, "expression")
            .map(|(program, _)| program);
        // Without a name the policy is refused; until then positions need not agree.
        if let Some(name) = name {
            expressions.declare(name.value, program.as_ref());
        }
        program
    })
}

/// Reads `matchConditions`.
pub(super) fn read_conditions(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
) -> Vec<MatchCondition> {
    let mut names = Names::default();
    fields.each("matchConditions", |_, mut fields| {
        fields.require("name");
        let name = read_name(&mut fields);
        names.check(&mut fields, "match condition", name);
        let (expression, _) =
            expressions.required_type(&mut fields, "expression", &StaticType::BOOL)?;
        Some(MatchCondition {
            name: name?.value.into(),
            expression,
        })
    })
}

/// Reads `validations`.
pub(super) fn read_validations(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
    policy: &str,
) -> Vec<Validation> {
    let mut names = Names::default();
    empty_list(fields, "validations");
    fields.each("validations", |index, mut fields| {
        let name = read_name(&mut fields);
        names.check(&mut fields, "validation", name);
        read_validation(fields, expressions, id(policy, name, &index.to_string()))
    })
}

/// Reads what a validation says beside its name.
pub(super) fn read_validation(
    mut fields: Fields<'_, '_>,
    expressions: &Expressions<'_>,
    id: Arc<str>,
) -> Option<Validation> {
    let expression = expressions.required_type(&mut fields, "expression", &StaticType::BOOL);
    let message = fields
        .has("message")
        .then(|| fields.required_text("message"))
        .flatten();
    fields.node("message");
    if let Some(message) = message
        && message.trim().contains(['\n', '\r'])
    {
        let span = fields.span("message");
        fields.error("`message` must be one line", span);
    }
    let message_expression = expressions.message(&mut fields, "messageExpression");
    let reason = fields.word("reason", &REASONS).unwrap_or_default();
    let (expression, span) = expression?;
    Some(Validation {
        id,
        expression,
        message: message.map(|message| message.trim().into()),
        message_expression,
        reason,
        span,
    })
}

/// Reads `mutations`.
pub(super) fn read_mutations(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
    policy: &str,
) -> Vec<Mutation> {
    let taken = validation_names(fields);
    let mut names = Names(taken);
    empty_list(fields, "mutations");
    fields.each("mutations", |index, mut fields| {
        let name = read_name(&mut fields);
        names.check(&mut fields, "validation or mutation", name);
        let safety = fields.required_word("safety", &SAFETIES);
        let help = "it is `safe` for what is right wherever it applies, `unsafe` for what somebody should look at before \
                    it is written into Git, `display` for what is only shown";
        fields.explain("safety", help);
        let (patch, expression, span) = read_patch(&mut fields, expressions)?;
        Some(Mutation {
            id: id(policy, name, &format!("mutation-{index}")),
            safety: safety?,
            patch,
            expression,
            span,
        })
    })
}

/// Reads how a mutation says what to change.
pub(super) fn read_patch(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
) -> Option<(PatchKind, Program, Option<Span>)> {
    let kind = fields.required_word("patchType", &PATCHES);
    let (key, other) = match kind {
        Some(PatchKind::ApplyConfiguration) => ("applyConfiguration", "jsonPatch"),
        Some(PatchKind::JsonPatch) => ("jsonPatch", "applyConfiguration"),
        None => {
            fields.node("jsonPatch");
            fields.node("applyConfiguration");
            return None;
        }
    };
    if fields.has(other) {
        let span = fields.key_span(other);
        fields.error(format!("`{other}` is not for this `patchType`"), span);
    }
    fields.node(other);
    let kind = kind?;
    let wanted = match kind {
        PatchKind::JsonPatch => StaticType::list(StaticType::object("JSONPatch")),
        PatchKind::ApplyConfiguration => StaticType::object("Object"),
    };
    let mut patch = fields.required_map(key)?;
    let (expression, span) = expressions.patch(&mut patch, "expression", &wanted)?;
    Some((kind, expression, span))
}

/// Reads a name that expressions can spell.
pub(super) fn read_identifier<'a>(
    fields: &mut Fields<'a, '_>,
    key: &'static str,
) -> Option<Placed<&'a str>> {
    let name = fields.required_text(key)?;
    let span = fields.span(key);
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let spelt = name.bytes().next().is_some_and(first)
        && name
            .bytes()
            .all(|byte| first(byte) || byte.is_ascii_digit());
    if !spelt || is_keyword(name) {
        let message = format!("`{name}` is no name that an expression can spell");
        let help = if is_keyword(name) {
            "it is a word of the language"
        } else {
            "use letters, digits and `_`, with a letter first"
        };
        fields.report(Problem::error(message, span).with_help(help));
        return None;
    }
    Some(Placed { value: name, span })
}

/// Reads the optional name of an entry: the second half of its id.
fn read_name<'a>(fields: &mut Fields<'a, '_>) -> Option<Placed<&'a str>> {
    let value = fields.text("name")?;
    let span = fields.span("name");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let number = value.bytes().all(|byte| byte.is_ascii_digit());
    if value.len() > 63 || number || !value.bytes().all(plain) {
        let message = format!("`{value}` cannot be a name");
        let help = "use up to 63 letters, digits, `-`, `_` and `.`, and not only digits";
        fields.report(Problem::error(message, span).with_help(help));
        return None;
    }
    Some(Placed { value, span })
}

/// Names that are taken, each with its place.
#[derive(Default)]
struct Names(Vec<Placed<Box<str>>>);

impl Names {
    fn check(&mut self, fields: &mut Fields<'_, '_>, what: &str, name: Option<Placed<&str>>) {
        let Some(name) = name else { return };
        match self.0.iter().find(|known| *known.value == *name.value) {
            Some(first) => {
                let message = format!("there is another {what} `{}`", name.value);
                fields.report(Problem::error(message, name.span).with_related(first.span));
            }
            None => self.0.push(Placed {
                value: name.value.into(),
                span: name.span,
            }),
        }
    }
}

fn validation_names(fields: &mut Fields<'_, '_>) -> Vec<Placed<Box<str>>> {
    let list = fields.node("validations").and_then(NodeRef::as_list);
    let items = list.into_iter().flat_map(ListRef::iter);
    let names = items.filter_map(|item| item.get("name"));
    names
        .filter_map(|name| {
            Some(Placed {
                value: name.as_str()?.into(),
                span: name.origin(),
            })
        })
        .collect()
}

fn empty_list(fields: &mut Fields<'_, '_>, key: &'static str) {
    if let Some(list) = fields.node(key).and_then(NodeRef::as_list)
        && list.is_empty()
    {
        let span = fields.span(key);
        fields.error(format!("`{key}` is empty"), span);
    }
}

fn id(policy: &str, name: Option<Placed<&str>>, otherwise: &str) -> Arc<str> {
    format!("{policy}/{}", name.map_or(otherwise, |name| name.value)).into()
}
