//! Reading the expressions of a native policy, each in the environment that the API server gives it.

use std::sync::Arc;

use crate::cel::StaticType;
use crate::manifest::{Fields, ListRef, NodeRef, Placed, Problem};

use super::super::expressions::Expressions;
use super::super::rules::{read_patch, read_validation};
use super::super::{MatchCondition, Mutation, Safety, Validation};
use super::AuditAnnotation;
use super::names::is_qualified_name;

/// A policy has at most so many match conditions.
const MOST_CONDITIONS: usize = 64;
/// A policy has at most so many audit annotations.
const MOST_ANNOTATIONS: usize = 20;
/// The longest expression of an audit annotation, in bytes.
const LONGEST_ANNOTATION: usize = 5 * 1024;

/// Reads `matchConditions`. They see no variables: those are evaluated after them.
pub(super) fn read_conditions(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
) -> Vec<MatchCondition> {
    limit(fields, "matchConditions", MOST_CONDITIONS);
    let mut names = Vec::new();
    fields.each("matchConditions", |_, mut fields| {
        let name = fields.required_text("name");
        let span = fields.span("name");
        if let Some(name) = name {
            unique(
                &mut fields,
                &mut names,
                "match condition",
                Placed { value: name, span },
            );
            qualified(&mut fields, name, name, span);
        }
        let (expression, _) =
            expressions.required_type(&mut fields, "expression", &StaticType::BOOL)?;
        Some(MatchCondition {
            name: name?.into(),
            expression,
        })
    })
}

/// Reads `validations`, which have no names: an index stands for one.
pub(super) fn read_validations(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
    policy: &str,
) -> Vec<Validation> {
    fields.each("validations", |index, fields| {
        read_validation(fields, expressions, format!("{policy}/{index}").into())
    })
}

/// Reads `auditAnnotations`.
pub(super) fn read_annotations(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
    policy: &str,
) -> Vec<AuditAnnotation> {
    limit(fields, "auditAnnotations", MOST_ANNOTATIONS);
    let mut keys = Vec::new();
    fields.each("auditAnnotations", |_, mut fields| {
        let key = fields.required_text("key");
        let span = fields.span("key");
        let id: Option<Arc<str>> = key.map(|key| {
            let id = format!("{policy}/{key}");
            unique(
                &mut fields,
                &mut keys,
                "audit annotation",
                Placed { value: key, span },
            );
            // The API server writes it below the policy's name.
            qualified(&mut fields, &id, key, span);
            id.into()
        });
        let text = fields.node("valueExpression").and_then(NodeRef::as_str);
        if text.is_some_and(|text| text.trim().len() > LONGEST_ANNOTATION) {
            let span = fields.span("valueExpression");
            let message = format!("`valueExpression` is longer than {LONGEST_ANNOTATION} bytes");
            fields.error(message, span);
            return None;
        }
        let expression = expressions.annotation(&mut fields, "valueExpression");
        Some(AuditAnnotation {
            id: id?,
            key: key?.into(),
            expression: expression?,
        })
    })
}

/// Reads `mutations`. Nobody said that they may be written into Git, so they are shown.
pub(super) fn read_mutations(
    fields: &mut Fields<'_, '_>,
    expressions: &Expressions<'_>,
    policy: &str,
) -> Vec<Mutation> {
    fields.each("mutations", |index, mut fields| {
        let (patch, expression, span) = read_patch(&mut fields, expressions)?;
        Some(Mutation {
            id: format!("{policy}/mutation-{index}").into(),
            safety: Safety::Display,
            patch,
            expression,
            span,
        })
    })
}

fn limit(fields: &mut Fields<'_, '_>, key: &'static str, most: usize) {
    let count = fields
        .node(key)
        .and_then(NodeRef::as_list)
        .map_or(0, ListRef::len);
    if count > most {
        let span = fields.key_span(key);
        fields.error(
            format!("`{key}` has {count} entries; {most} are allowed"),
            span,
        );
    }
}

fn qualified(
    fields: &mut Fields<'_, '_>,
    whole: &str,
    written: &str,
    span: Option<crate::source::Span>,
) {
    if !is_qualified_name(whole) {
        let message = if whole == written {
            format!("`{written}` is no qualified name")
        } else {
            format!("`{whole}`, the name of the annotation, is no qualified name")
        };
        let help =
            "use up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";
        fields.report(Problem::error(message, span).with_help(help));
    }
}

fn unique<'a>(
    fields: &mut Fields<'_, '_>,
    known: &mut Vec<Placed<&'a str>>,
    what: &str,
    name: Placed<&'a str>,
) {
    match known.iter().find(|other| other.value == name.value) {
        Some(first) => {
            let message = format!("there is another {what} `{}`", name.value);
            fields.report(Problem::error(message, name.span).with_related(first.span));
        }
        None => known.push(name),
    }
}
