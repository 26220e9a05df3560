//! The answer for programs. `value`, `type`, `error` and `cost` come first; fields are only ever added behind them.

use std::io::{self, Write};
use std::ops::Range;

use serde_json::{Value, json};

use crate::source::{LineColumn, Source, SourceMap, Span};

use super::answer::{Answer, Line, Placed};
use super::stage::MOST_COST;

/// Writes it as one object.
pub(super) fn write(answer: &Answer, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let mut notes = Vec::new();
    let value = match answer.value.as_ref().map(|value| &value.json) {
        Some(Ok(value)) => value.clone(),
        Some(Err(reason)) => {
            notes.push((*reason).to_owned());
            Value::Null
        }
        None => Value::Null,
    };
    if answer.is_cut {
        notes.push("there are more parts than `steps` holds".to_owned());
    }
    if answer.more_places > 0 {
        notes.push(format!(
            "there are {} more places than `places` holds",
            answer.more_places
        ));
    }
    let text = sources.get(answer.source).map(|source| &**source);
    let shown = answer.value.as_ref();
    let whole = json!({
        "value": value,
        "type": shown.map(|value| &value.type_name),
        "error": answer.error.as_ref().map(|error| json!({
            "kind": error.kind,
            "message": error.message,
            "range": range(&error.range, text),
            "help": error.help,
        })),
        "cost": answer.cost.map(|cost| cost.total),
        "costs": answer.cost.map(|cost| json!({
            "expression": cost.expression,
            "variables": cost.variables,
            "most": MOST_COST,
        })),
        "estimate": answer.estimate.map(|estimate| json!({
            "min": estimate.min,
            "max": estimate.bound(),
        })),
        "text": shown.map(|value| &value.text),
        "staticType": answer.static_type,
        "places": answer.places.iter().map(|at| place(at, sources, text)).collect::<Vec<_>>(),
        "steps": answer.steps.iter().map(step).collect::<Vec<_>>(),
        "notes": notes,
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

/// A part of the expression.
fn range(range: &Range<usize>, source: Option<&Source>) -> Value {
    let Some(source) = source else {
        return Value::Null;
    };
    let at = |byte: usize| source.line_column(u32::try_from(byte).unwrap_or(u32::MAX));
    let mut value = positions(at(range.start), at(range.end));
    if let Some(object) = value.as_object_mut() {
        object.insert("text".to_owned(), json!(source.text().get(range.clone())));
    }
    value
}

fn positions(start: LineColumn, end: LineColumn) -> Value {
    json!({
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn place(place: &Placed, sources: &SourceMap, text: Option<&Source>) -> Value {
    let known = |span: Span| Some((sources.get(span.source)?, span));
    let found = place.span.and_then(known);
    let mut value = json!({
        "root": place.root,
        "fieldPath": place.path.to_string(),
        "missing": place.is_missing,
        "value": place.value,
        "file": found.map(|(source, _)| source.name()),
    });
    let positions = found.map_or_else(
        || json!({"line": null, "column": null, "endLine": null, "endColumn": null}),
        |(source, span)| positions(source.line_column(span.start), source.line_column(span.end)),
    );
    if let (Some(object), Value::Object(positions)) = (value.as_object_mut(), positions) {
        object.extend(positions);
        object.insert("expression".to_owned(), range(&place.range, text));
    }
    value
}

fn step(line: &Line) -> Value {
    json!({
        "level": line.level,
        "kind": line.kind,
        "text": line.subject,
        "type": line.type_name,
        "value": line.value,
        "error": line.error,
        "skipped": line.is_skipped,
    })
}
