//! `json`: version 1 of the output for programs. Fields are only ever added.

use std::io;

use serde_json::{Map, Value, json};

use crate::finding::{ClusterVerdict, Finding, Ignored, ObjectId, Summary, Unjudged};

use super::{Report, Results, Style};

/// The version of the format.
const VERSION: u32 = 1;

/// The format for programs: every finding, also those that only audit, that an exception lifts or a comment
/// silences.
#[derive(Debug)]
pub(super) struct Json;

impl Report for Json {
    fn write(&self, results: &Results<'_>, _: Style, out: &mut dyn io::Write) -> io::Result<()> {
        let findings: Vec<Value> = results
            .findings
            .iter()
            .map(|finding| one(finding, results))
            .collect();
        let not_judged: Vec<Value> = results.not_judged.iter().map(unjudged).collect();
        let whole = json!({
            "version": VERSION,
            "findings": findings,
            "notJudged": not_judged,
            "summary": summary(results.summary),
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }
}

fn one(finding: &Finding, results: &Results<'_>) -> Value {
    let mut value = Map::new();
    let mut set = |key: &str, field: Value| value.insert(key.to_owned(), field);
    set("policy", json!(&*finding.policy));
    set("validation", json!(&*finding.validation));
    set("severity", json!(finding.severity.as_str()));
    set("enforcement", json!(finding.enforcement.as_str()));
    set("message", json!(finding.message));
    let source = finding
        .span
        .and_then(|span| Some((results.sources.get(span.source)?, span)));
    set("file", json!(source.map(|(source, _)| source.name())));
    let start = source.map(|(source, span)| source.line_column(span.start));
    let end = source.map(|(source, span)| source.line_column(span.end));
    set("line", json!(start.map(|at| at.line)));
    set("column", json!(start.map(|at| at.column)));
    set("endLine", json!(end.map(|at| at.line)));
    set("endColumn", json!(end.map(|at| at.column)));
    set(
        "object",
        finding.object.as_ref().map_or(Value::Null, object),
    );
    set(
        "fieldPath",
        json!(finding.field_path.as_ref().map(ToString::to_string)),
    );
    set("container", json!(finding.container));
    set("kind", json!(finding.kind.as_str()));
    set("clusters", finding.clusters.iter().map(cluster).collect());
    let exception = finding.exception.as_deref();
    set("exception", json!(exception.map(|known| &known.name)));
    let until = exception.map(|known| known.expires.to_string());
    set("exceptionUntil", json!(until));
    let ignored = finding.ignored.as_deref();
    set(
        "ignored",
        ignored.map_or(Value::Null, |comment| self::ignored(comment, results)),
    );
    set("fix", json!(finding.fix.map(crate::policy::Safety::as_str)));
    set("notes", json!(finding.notes));
    set("help", json!(finding.help));
    Value::Object(value)
}

fn ignored(comment: &Ignored, results: &Results<'_>) -> Value {
    let source = results.sources.get(comment.span.source);
    json!({
        "file": source.map(|source| source.name()),
        "line": source.map(|source| source.line_column(comment.span.start).line),
        "until": comment.until.map(|day| day.to_string()),
        "reason": comment.reason,
    })
}

fn object(object: &ObjectId) -> Value {
    json!({
        "apiVersion": object.api_version,
        "kind": object.kind,
        "namespace": object.namespace,
        "name": object.name,
    })
}

fn cluster(verdict: &ClusterVerdict) -> Value {
    json!({
        "name": &*verdict.name,
        "enforcement": verdict.enforcement.as_str(),
        "atAdmission": verdict.at_admission.as_str(),
    })
}

fn unjudged(unjudged: &Unjudged) -> Value {
    json!({"what": unjudged.what, "reason": unjudged.reason})
}

fn summary(summary: Summary) -> Value {
    json!({
        "files": summary.files,
        "objects": summary.objects,
        "policies": summary.policies,
        "clusters": summary.clusters,
        "deny": summary.deny,
        "warn": summary.warn,
        "audit": summary.audit,
        "excepted": summary.excepted,
        "ignored": summary.ignored,
        "notJudged": summary.not_judged,
    })
}
