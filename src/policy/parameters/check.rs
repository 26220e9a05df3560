//! Checking a schema, and values against it.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

use crate::manifest::suggest::{suggestion, words};
use crate::manifest::{Document, MapRef, NodeRef, Problem, to_serde};
use crate::source::{FieldPath, Segment, Span};

use super::suggest;

/// Keywords of JSON Schema 2020-12; any other word in a schema is a slip that would check nothing.
const KEYWORDS: [&str; 50] = [
    "type",
    "properties",
    "required",
    "items",
    "default",
    "description",
    "enum",
    "pattern",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "uniqueItems",
    "additionalProperties",
    "title",
    "examples",
    "const",
    "format",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "$defs",
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "unevaluatedItems",
    "unevaluatedProperties",
    "deprecated",
    "readOnly",
];

/// Compiles a schema after checking it. Unknown parameters are refused even where the schema does not say so.
pub(super) fn compile(schema: NodeRef<'_>, problems: &mut Vec<Problem>) -> Option<Validator> {
    let place = schema.origin();
    let Some(mut value) = to_serde(schema) else {
        problems.push(Problem::error("`parameters` is nested too deeply", place));
        return None;
    };
    if value.get("type").and_then(Value::as_str) != Some("object") {
        let span = schema.get("type").and_then(NodeRef::origin).or(place);
        let message = "`parameters` must be a schema with `type: object`";
        problems.push(Problem::error(message, span));
        return None;
    }
    let before = problems.len();
    for error in jsonschema::draft202012::meta::validator().iter_errors(&value) {
        let path = field_path(error.instance_path());
        let span = schema.nearest_origin(&path).map(|(span, _)| span).or(place);
        let message = format!(
            "`parameters` is no JSON Schema: `{path}` {}",
            requirement(&error)
        );
        problems.push(Problem::error(message, span));
    }
    check_keywords(schema, 0, problems);
    if problems.len() > before {
        return None;
    }
    if let Value::Object(map) = &mut value
        && is_closed(schema)
    {
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    match options.should_validate_formats(true).build(&value) {
        Ok(validator) => Some(validator),
        Err(error) => {
            let path = field_path(error.instance_path());
            let span = schema.nearest_origin(&path).map(|(span, _)| span).or(place);
            let message = format!(
                "`parameters` is no JSON Schema: {}",
                error.to_string().trim_end_matches('.')
            );
            problems.push(Problem::error(message, span));
            None
        }
    }
}

/// Whether a schema names every parameter there can be: it does unless it says that there may be more.
pub(super) fn is_closed(schema: NodeRef<'_>) -> bool {
    let open = schema
        .get("additionalProperties")
        .is_some_and(|more| more.as_bool() != Some(false));
    let elsewhere = [
        "patternProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "$ref",
        "unevaluatedProperties",
    ];
    !open && elsewhere.iter().all(|key| schema.get(key).is_none())
}

/// Checks filled parameters. What is required at the top and not there is no error: it is yet to be set.
pub(super) fn check(
    validator: &Validator,
    schema: NodeRef<'_>,
    document: &Document,
    value: &Value,
    place: Option<Span>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for error in validator.iter_errors(value) {
        let path = field_path(error.instance_path());
        let root = document.root();
        let span = root.nearest_origin(&path).map(|(span, _)| span).or(place);
        match error.kind() {
            ValidationErrorKind::Required { .. } if path.is_root() => {}
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let map = root.follow(&path).and_then(NodeRef::as_map);
                for name in unexpected {
                    let entry = map.and_then(|map| map.entry(name));
                    let span = entry.and_then(|entry| entry.key_origin).or(span);
                    let message = format!("unknown parameter `{}`", path.key(name));
                    let mut problem = Problem::error(message, span);
                    problem.help = if path.is_root() {
                        suggest(name, schema)
                    } else {
                        None
                    };
                    problems.push(problem);
                }
            }
            _ => {
                let what = if path.is_root() {
                    "`params`".to_owned()
                } else {
                    format!("parameter `{path}`")
                };
                let message = format!("{what} {}", requirement(&error));
                problems.push(Problem::error(message, span));
            }
        }
    }
    problems
}

/// What a value must be, as the rest of a sentence about it.
fn requirement(error: &ValidationError<'_>) -> String {
    let given = || {
        let text = error.instance().to_string();
        if text.chars().count() > 60 {
            String::new()
        } else {
            format!("is `{text}`; it ")
        }
    };
    match error.kind() {
        ValidationErrorKind::Type { kind } => match kind {
            TypeKind::Single(kind) => format!("{}must be of type {kind}", given()),
            TypeKind::Multiple(kinds) => {
                let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
                format!("{}must be of type {}", given(), kinds.join(" or "))
            }
        },
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = match &**options {
                Value::Array(options) => options.iter().map(plain).collect(),
                other => vec![plain(other)],
            };
            format!(
                "{}must be one of {}",
                given(),
                words(options.iter().map(String::as_str))
            )
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("{}must be `{}`", given(), plain(expected_value))
        }
        ValidationErrorKind::Pattern { pattern } => format!("{}must match `{pattern}`", given()),
        ValidationErrorKind::Format { format } => format!("{}must be a valid {format}", given()),
        ValidationErrorKind::MinItems { limit } => {
            format!("must have at least {limit} {}", entries(*limit))
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("must have at most {limit} {}", entries(*limit))
        }
        ValidationErrorKind::UniqueItems => "must not have equal entries".to_owned(),
        ValidationErrorKind::MinLength { limit } => {
            format!("{}must be at least {limit} long", given())
        }
        ValidationErrorKind::MaxLength { limit } => format!("must be at most {limit} long"),
        ValidationErrorKind::Minimum { limit } => format!("{}must be at least {limit}", given()),
        ValidationErrorKind::Maximum { limit } => format!("{}must be at most {limit}", given()),
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            format!("{}must be more than {limit}", given())
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            format!("{}must be less than {limit}", given())
        }
        ValidationErrorKind::Required { property } => format!("has no `{}`", plain(property)),
        _ => format!("is not valid: {}", error.to_string().trim_end_matches('.')),
    }
}

const fn entries(count: u64) -> &'static str {
    if count == 1 { "entry" } else { "entries" }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn field_path(location: &Location) -> FieldPath {
    let segment = |segment: LocationSegment<'_>| match segment {
        LocationSegment::Property(key) => Segment::Key(key.into()),
        LocationSegment::Index(index) => Segment::Index(index),
    };
    location.segments().map(segment).collect()
}

/// Reports words that are no keywords, in every schema below this one.
fn check_keywords(schema: NodeRef<'_>, depth: usize, problems: &mut Vec<Problem>) {
    let Some(map) = schema.as_map().filter(|_| depth < 64) else {
        return;
    };
    for entry in map.iter() {
        match entry.key {
            "properties" | "patternProperties" | "$defs" | "dependentSchemas" => {
                for schema in entry.value.as_map().into_iter().flat_map(MapRef::iter) {
                    check_keywords(schema.value, depth + 1, problems);
                }
            }
            "items"
            | "additionalProperties"
            | "propertyNames"
            | "contains"
            | "not"
            | "if"
            | "then"
            | "else"
            | "unevaluatedItems"
            | "unevaluatedProperties" => {
                check_keywords(entry.value, depth + 1, problems);
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                let list = entry.value.as_list().into_iter();
                for schema in list.flat_map(crate::manifest::ListRef::iter) {
                    check_keywords(schema, depth + 1, problems);
                }
            }
            key if KEYWORDS.contains(&key) || key.starts_with("x-") => {}
            key => {
                let span = entry.key_origin.or(entry.value.origin());
                let mut problem =
                    Problem::error(format!("`{key}` is no keyword of JSON Schema"), span);
                problem.help = suggestion(key, KEYWORDS).filter(|help| help.starts_with("did you"));
                problems.push(problem);
            }
        }
    }
}
