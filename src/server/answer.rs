//! From a verdict to an answer: what the user reads, what is counted, what the audit log keeps.

use std::fmt::Write as _;

use serde_json::json;

use crate::config::{Enforcement, ExceptionId};
use crate::judge::{Decision, Lineage, Mutation, Verdict};
use crate::manifest::patch;
use crate::policy::Reason;
use crate::source::is_unsafe;

use super::review::{Answer, Status};

/// The API server passes on 4096 characters of warnings in all; beyond that it cuts each to 256 and drops the rest.
const WARNINGS: usize = 4096;
/// What is left for other webhooks and for the line that says how many more there are.
const WARNINGS_RESERVE: usize = 256;
/// The longest warning.
const WARNING: usize = 256;
/// A refusal lists at most this many violations.
const LINES: usize = 24;
/// The longest line of a refusal, in characters.
const LINE: usize = 1024;
/// A patch may be this much larger than the object.
const PATCH: usize = 1 << 20;
/// A patch has at most this many operations.
const OPERATIONS: usize = 10_000;
/// An audit annotation is kept within this many bytes.
const ANNOTATION: usize = 16 * 1024;

/// The answer to a validating call.
///
/// A warning to a controller is read by nobody, and who wrote the owner was warned then: of what a controller made, what
/// is no refusal goes to the audit event, with the owner's name.
pub(super) fn of_verdict(verdict: &Verdict, lineage: &Lineage) -> Answer {
    let counted = || {
        verdict
            .decisions
            .iter()
            .filter(|decision| decision.exception.is_none())
    };
    let with = |enforcement: Enforcement| {
        counted().filter(move |decision| decision.at_admission == enforcement)
    };
    let mut annotations = Vec::new();
    let mut annotate = |key: &'static str, values: Vec<serde_json::Value>| {
        if let Some(value) = list(&values) {
            annotations.push((key, value));
        }
    };
    let audited = |decision: &&Decision| {
        decision.at_admission == Enforcement::Audit
            || decision.audited && decision.at_admission > Enforcement::Disabled
            || lineage.is_made() && decision.at_admission == Enforcement::Warn
    };
    annotate(
        "violations",
        counted().filter(audited).map(describe).collect(),
    );
    // The API server puts the webhook's name before a key and takes no second `/`, so that the keys of native policies
    // cannot stand as they are.
    let native = verdict.annotations.iter().map(|annotation| {
        let key = format!("{}/{}", annotation.policy, annotation.key);
        json!({"key": key, "value": annotation.values.join(", ")})
    });
    annotate("audit-annotations", native.collect());
    let excepted = verdict.decisions.iter().filter_map(|decision| {
        let ExceptionId { name, expires } = decision.exception.as_deref()?;
        let validation = &*decision.violation.validation;
        Some(json!({"validation": validation, "exception": name, "until": expires.to_string()}))
    });
    annotate("excepted", excepted.collect());
    let (owner, doubt) = if verdict.decisions.is_empty() {
        (None, None)
    } else {
        let made = lineage.top().filter(|_| lineage.is_made());
        (made, lineage.doubt().filter(|_| counted().next().is_some()))
    };
    let owner = owner.map(|owner| json!({"kind": &*owner.kind, "name": &*owner.name}));
    annotate("owner", owner.into_iter().collect());
    let doubts = doubt
        .into_iter()
        .chain(verdict.unreached.iter().map(String::as_str));
    let doubts = doubts.map(|reason| json!({"reason": reason}));
    annotate("owner-not-believed", doubts.collect());
    let not_judged = verdict
        .not_judged
        .iter()
        .map(|what| json!({"validation": &*what.what, "reason": &what.reason}));
    annotate("not-judged", not_judged.collect());
    let denials: Vec<_> = with(Enforcement::Deny).collect();
    let told = with(Enforcement::Warn).filter(|_| !lineage.is_made());
    Answer {
        denied: refusal(&denials),
        warnings: warnings(told.map(|decision| line(decision, false))),
        annotations,
        patch: None,
    }
}

/// The answer to a mutating call: allowed, since whether the object may pass is for the validating call to say, unless
/// a native policy's mutation failed that may not be left out.
///
/// `object_size` is about how many bytes the object has; a patch far beyond that is not sent.
pub(super) fn of_mutation(mutation: &Mutation, object_size: usize) -> Answer {
    let mut annotations = Vec::new();
    let not_judged = mutation
        .not_judged
        .iter()
        .map(|what| json!({"mutation": &*what.what, "reason": &what.reason}));
    let errors = mutation.errors.iter().map(|error| json!({"reason": error}));
    if let Some(value) = list(&not_judged.chain(errors).collect::<Vec<_>>()) {
        annotations.push(("not-mutated", value));
    }
    let counted = mutation.decisions.iter();
    let counted = counted.filter(|decision| decision.exception.is_none());
    let of = |enforcement: Enforcement| {
        let decisions = counted.clone();
        decisions.filter(move |decision| decision.at_admission == enforcement)
    };
    let denials: Vec<_> = of(Enforcement::Deny).collect();
    let told = warnings(of(Enforcement::Warn).map(|decision| line(decision, false)));
    if let Some(denied) = refusal(&denials) {
        return Answer {
            // As the API server answers for a policy of its own: reason Invalid, code 403.
            denied: Some(Status {
                code: Reason::Forbidden.code(),
                ..denied
            }),
            warnings: told,
            annotations,
            patch: None,
        };
    }
    let mutations = mutation
        .drifts
        .iter()
        .map(|drift| json!(&*drift.change.mutation));
    let operations: Vec<_> = mutation
        .drifts
        .iter()
        .flat_map(|drift| drift.change.operations.iter().cloned())
        .collect();
    if operations.is_empty() {
        return Answer {
            warnings: told,
            annotations,
            ..Answer::default()
        };
    }
    let patch = patch::write(&operations);
    if operations.len() > OPERATIONS || patch.len() > object_size + PATCH {
        let warning = format!(
            "kpolicy did not change this object: its policies ask for {} operations in {} bytes, which is too much",
            operations.len(),
            patch.len()
        );
        return Answer {
            warnings: warnings(std::iter::once(warning).chain(told)),
            annotations,
            ..Answer::default()
        };
    }
    if let Some(value) = list(&mutations.collect::<Vec<_>>()) {
        annotations.push(("mutated", value));
    }
    Answer {
        warnings: told,
        annotations,
        patch: Some(patch),
        ..Answer::default()
    }
}

/// The refusal for these violations; the first decides its reason and code. An error has none of its own, as upstream.
fn refusal(denials: &[&Decision]) -> Option<Status> {
    let first = denials.first()?;
    let validations = &first.policy.validations;
    let violated = validations.get(first.violation.index);
    let reason = violated
        .filter(|_| !first.violation.is_error)
        .map_or(Reason::default(), |validation| validation.reason);
    let mut lines: Vec<String> = denials
        .iter()
        .take(LINES)
        .map(|decision| line(decision, true))
        .collect();
    if let Some(more @ 1..) = denials.len().checked_sub(lines.len()) {
        lines.push(format!("+{more} more"));
    }
    let message = match lines.len() {
        1 => lines.concat(),
        _ => format!("{} violations:\n{}", denials.len(), lines.join("\n")),
    };
    Some(Status {
        code: reason.code(),
        reason: reason.as_str(),
        message,
    })
}

/// `[policy/validation] message`, with the place where there is room for it.
fn line(decision: &Decision, with_place: bool) -> String {
    let violation = &decision.violation;
    let mut line = format!("[{}] {}", violation.validation, violation.message);
    if with_place && !violation.field_path.is_root() {
        // Writing to a string cannot fail.
        let _ = write!(line, " ({})", violation.field_path);
    }
    if let Some(ended) = decision.ended.as_deref() {
        let _ = write!(
            line,
            "; exception {} ended on {}",
            ended.name, ended.expires
        );
    }
    cut(&one_line(&line), if with_place { LINE } else { WARNING })
}

fn describe(decision: &Decision) -> serde_json::Value {
    json!({
        "validation": &*decision.violation.validation,
        "message": &decision.violation.message,
        "fieldPath": decision.violation.field_path.to_string(),
    })
}

/// Warnings that reach the user whole: equal ones once, those that do not fit counted at the end.
pub(super) fn warnings(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut room = WARNINGS - WARNINGS_RESERVE;
    let mut more = 0_usize;
    for warning in all {
        let warning = cut(&one_line(&warning), WARNING);
        if kept.contains(&warning) {
            continue;
        }
        match room.checked_sub(warning.chars().count()) {
            Some(left) if more == 0 => {
                room = left;
                kept.push(warning);
            }
            _ => more += 1,
        }
    }
    if more > 0 {
        kept.push(format!("+{more} more"));
    }
    kept
}

/// A header cannot carry control characters: the API server would drop the whole warning. And what an object says must
/// not hide or reorder what stands around it, in the events that others read.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if is_unsafe(c) { ' ' } else { c })
        .collect()
}

/// The first characters of a text, with a mark where something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('\u{2026}');
    short
}

/// A JSON list within the limit of an annotation; `None` for an empty one.
fn list(values: &[serde_json::Value]) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    let mut text = String::from("[");
    for (index, value) in values.iter().enumerate() {
        let value = value.to_string();
        if text.len() + value.len() + 32 > ANNOTATION {
            let more = json!({"more": values.len() - index}).to_string();
            text.push_str(if index > 0 { "," } else { "" });
            text.push_str(&more);
            break;
        }
        text.push_str(if index > 0 { "," } else { "" });
        text.push_str(&value);
    }
    text.push(']');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_stay_within_what_the_api_server_passes_on() {
        let many = (0..200).map(|number| format!("[p/v{number}] {}", "x".repeat(90)));
        let kept = warnings(many);
        let runes: usize = kept.iter().map(|warning| warning.chars().count()).sum();
        assert!(runes <= WARNINGS, "{runes}");
        assert_eq!(
            kept.last().map(String::as_str),
            Some(&*format!("+{} more", 200 - (kept.len() - 1)))
        );
        assert!(
            kept.iter()
                .all(|warning| warning.chars().count() <= WARNING)
        );
    }

    #[test]
    fn equal_warnings_are_one_and_line_breaks_are_blanks() {
        assert_eq!(warnings(["a\nb".to_owned(), "a b".to_owned()]), ["a b"]);
        assert_eq!(warnings(["a\u{202e}b".to_owned()]), ["a b"]);
        assert_eq!(warnings(["ü".repeat(300)])[0].chars().count(), WARNING);
        assert!(warnings(Vec::new()).is_empty());
    }

    #[test]
    fn an_annotation_does_not_outgrow_its_limit_and_stays_json() {
        let values: Vec<_> = (0..1000)
            .map(|number| json!({"number": number, "text": "x".repeat(50)}))
            .collect();
        let text = list(&values).expect("a list");
        assert!(text.len() <= ANNOTATION);
        let read: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
        let more = read.last().and_then(|last| last["more"].as_u64());
        assert_eq!(more, Some(1000 - (read.len() as u64 - 1)));
        assert_eq!(list(&[]), None);
    }
}
