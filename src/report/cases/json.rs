//! `json`: version 1 of the output of `kpolicy test` for programs. Fields are only ever added.

use std::io;

use serde_json::{Map, Value, json};

use crate::fixture::{CaseOutcome, Found};
use crate::manifest::{Problem, Severity};
use crate::source::Span;

use super::CaseResults;
use super::told::{Told, told};

/// The version of the format.
const VERSION: u32 = 1;

pub(super) fn write(results: &CaseResults<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let cases: Vec<Value> = results
        .cases
        .iter()
        .map(|case| one(case, results))
        .collect();
    let problems = results.problems.iter().map(|problem| {
        let mut value = problem_value(problem, results);
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        value.insert("severity".to_owned(), json!(severity));
        Value::Object(value)
    });
    let problems: Vec<Value> = problems.collect();
    let failed = results.failed();
    let whole = json!({
        "version": VERSION,
        "cases": cases,
        "problems": problems,
        "untested": results.untested,
        "builtIn": results.built_in,
        "coverage": results.exercise.coverage_value(&|span| place(span, results)),
        "mutants": results.exercise.mutants_value(&|span| place(span, results)),
        "summary": {
            "policies": results.policies(),
            "cases": results.cases.len(),
            "passed": results.cases.len() - failed,
            "failed": failed,
            "problems": results.errors(),
        },
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn one(case: &CaseOutcome, results: &CaseResults<'_>) -> Value {
    let file = results.sources.get(case.source);
    let findings: Vec<Value> = case
        .found
        .iter()
        .map(|found| finding(found, results))
        .collect();
    let failures: Vec<Value> = told(case)
        .iter()
        .map(|told| failure(told, results))
        .collect();
    json!({
        "policy": &*case.policy,
        "kind": case.kind.folder(),
        "name": &*case.name,
        "file": file.map(|source| source.name()),
        "outcome": if case.holds() { "passed" } else { "failed" },
        "findings": findings,
        "failures": failures,
    })
}

/// What the policy said, and where: `line` and so on in the file of the case, `decidedBy` in that of the policy.
fn finding(found: &Found, results: &CaseResults<'_>) -> Value {
    let mut value = Map::new();
    value.insert("validation".to_owned(), json!(found.validation));
    value.insert("message".to_owned(), json!(found.message));
    value.insert("fieldPath".to_owned(), json!(found.field_path));
    value.extend(place(found.place, results));
    let decided = found.decided.map(|span| place(Some(span), results));
    value.insert(
        "decidedBy".to_owned(),
        decided.map_or(Value::Null, Value::Object),
    );
    Value::Object(value)
}

fn failure(told: &Told, results: &CaseResults<'_>) -> Value {
    let mut value = Map::new();
    value.insert("reason".to_owned(), json!(told.reason));
    value.extend(problem_value(&told.problem, results));
    let diff = (!told.diff.is_empty()).then(|| told.diff.join("\n"));
    value.insert("diff".to_owned(), json!(diff));
    Value::Object(value)
}

fn problem_value(problem: &Problem, results: &CaseResults<'_>) -> Map<String, Value> {
    let mut value = Map::new();
    value.insert("message".to_owned(), json!(problem.message));
    value.extend(place(problem.span, results));
    let related = problem.related.map(|span| place(Some(span), results));
    value.insert(
        "related".to_owned(),
        related.map_or(Value::Null, Value::Object),
    );
    value.insert("help".to_owned(), json!(problem.help));
    value
}

fn place(span: Option<Span>, results: &CaseResults<'_>) -> Map<String, Value> {
    let source = span.and_then(|span| Some((results.sources.get(span.source)?, span)));
    let start = source.map(|(source, span)| source.line_column(span.start));
    let end = source.map(|(source, span)| source.line_column(span.end));
    let mut value = Map::new();
    let mut set = |key: &str, field: Value| value.insert(key.to_owned(), field);
    set("file", json!(source.map(|(source, _)| source.name())));
    set("line", json!(start.map(|at| at.line)));
    set("column", json!(start.map(|at| at.column)));
    set("endLine", json!(end.map(|at| at.line)));
    set("endColumn", json!(end.map(|at| at.column)));
    value
}
