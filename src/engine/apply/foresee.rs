//! What the text of a configuration tells before any request comes: fields that do not exist, values that do not fit, and
//! what is atomic. The API server says so of a request, every time.

use std::ops::Range;

use crate::cel::{Program, SetField, StaticType, Type};
use crate::manifest::Problem;
use crate::policy::{PatchKind, Policy};
use crate::schema::openapi::{GroupVersionKind, Schemas};
use crate::source::{SourceMap, Span};

use super::check::expected;
use super::types::{MergeType, Scalar, Shape};
use super::{object_type, template_type};

/// What is wrong with a field that an expression sets.
struct Foreseen {
    message: String,
    range: Range<usize>,
    help: Option<String>,
}

/// Warnings on the configurations of a policy, each inside its expression: what the API server would refuse in objects of
/// these kinds. Of a kind whose schema is not here nothing is said.
pub fn foresee(
    policy: &Policy,
    kinds: &[GroupVersionKind],
    schemas: &Schemas,
    sources: &SourceMap,
) -> Vec<Problem> {
    let targets: Vec<(MergeType<'_>, String)> = if policy.matching.is_pod_templates() {
        vec![(template_type(schemas), super::TEMPLATE.to_owned())]
    } else {
        let kinds = kinds.iter();
        kinds
            .map(|kind| (object_type(kind, schemas), kind.to_string()))
            .collect()
    };
    let merged = policy
        .mutations
        .iter()
        .filter(|mutation| mutation.patch == PatchKind::ApplyConfiguration);
    let mut problems: Vec<Problem> = Vec::new();
    for mutation in merged {
        for (of, kind) in &targets {
            for found in fields(&mutation.expression, *of, kind) {
                let span = place(&mutation.expression, mutation.span, found.range, sources);
                if problems.iter().any(|known| known.span == span) {
                    continue;
                }
                let mut problem = Problem::warning(found.message, span);
                problem.help = found.help;
                problems.push(problem);
            }
        }
    }
    problems
}

/// The place of a part of an expression in the policy's source.
fn place(
    program: &Program,
    origin: Option<Span>,
    range: Range<usize>,
    sources: &SourceMap,
) -> Option<Span> {
    let origin = origin?;
    let text = sources.text(origin)?;
    let inside = crate::manifest::span_inside(text, origin, program.source(), range);
    Some(inside)
}

fn fields(program: &Program, root: MergeType<'_>, kind: &str) -> Vec<Foreseen> {
    let mut found: Vec<Foreseen> = Vec::new();
    let mut wrong: Vec<Vec<&str>> = Vec::new();
    for field in program.set_fields() {
        // Of a field that is wrong its own fields tell nothing.
        if wrong.iter().any(|known| field.path.starts_with(known)) {
            continue;
        }
        if let Some(foreseen) = look(&field, root, kind) {
            found.push(foreseen);
            wrong.push(field.path);
        }
    }
    found
}

fn look(field: &SetField<'_>, root: MergeType<'_>, kind: &str) -> Option<Foreseen> {
    let path = field.path.join(".");
    let mut of = root;
    for (depth, name) in field.path.iter().enumerate() {
        if depth == 0 && root.is_object() && matches!(*name, "apiVersion" | "kind") {
            return None;
        }
        let mut shape = of.shape();
        if let (None, Some(list)) = (shape.map, shape.list) {
            of = list.element;
            shape = of.shape();
        }
        let map = shape.map?;
        let Some((child, is_named)) = of.child(map, name) else {
            return Some(Foreseen {
                message: format!("there is no field `{path}` in {kind}"),
                range: field.range.clone(),
                help: of
                    .nearest(name)
                    .map(|near| format!("did you mean `{near}`?")),
            });
        };
        // What stands below other keys is for the value at hand to say.
        if !is_named {
            return None;
        }
        of = child;
    }
    let shape = of.shape();
    let found = |message, help| {
        Some(Foreseen {
            message,
            range: field.range.clone(),
            help,
        })
    };
    if fits(field.kind, shape) == Some(false) {
        let wanted = expected(shape.scalar, shape.list, shape.map);
        let message = format!("`{path}` must be {wanted} in {kind}, not `{}`", field.kind);
        return found(message, None);
    }
    let is_atomic = match field.kind {
        StaticType::List(_) => shape.list.is_some_and(|list| !list.is_merged()),
        StaticType::Map(..) | StaticType::Object(_) => shape.map.is_some_and(|map| map.atomic),
        _ => false,
    };
    if is_atomic {
        let message = format!("`{path}` is atomic in {kind}: the API server refuses to set it so");
        let help = "it would be replaced as a whole; write a JSONPatch".to_owned();
        return found(message, Some(help));
    }
    None
}

/// Whether values of a type may stand there; `None` where the text does not tell.
fn fits(kind: &StaticType, shape: Shape<'_>) -> Option<bool> {
    let scalar = |wanted: &[Scalar]| shape.scalar.is_some_and(|scalar| wanted.contains(&scalar));
    Some(match kind {
        StaticType::List(_) => shape.list.is_some(),
        StaticType::Map(..) | StaticType::Object(_) => shape.map.is_some(),
        StaticType::Plain(Type::Int | Type::Double) => scalar(&[Scalar::Number, Scalar::Any]),
        StaticType::Plain(Type::String) => scalar(&[Scalar::String, Scalar::Any]),
        StaticType::Plain(Type::Bool) => scalar(&[Scalar::Bool, Scalar::Any]),
        _ => return None,
    })
}
