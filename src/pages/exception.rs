//! An exception from a policy, to be copied.

use crate::manifest::{Dialect, Limits, NodeRef, read};
use crate::source::SourceId;

use super::Page;

/// An exception from the policy, to be copied, with the object of the page's first example for a match; `None` where
/// there can be none.
pub fn exception(page: &Page) -> Option<String> {
    // What a native policy refuses, the API server refuses too: it knows no exceptions. They are for objects, too.
    if page.is_native || page.is_repository || page.validations.is_empty() {
        return None;
    }
    let reading = page.examples.refused.first().map(|one| {
        let reading = read(SourceId(0), &one.text, Dialect::Kubectl, &Limits::default());
        reading.documents
    });
    let object = reading.as_ref().and_then(|documents| documents.first());
    let at = |route: &[&str]| {
        let text = object.and_then(|object| object.root().at(route));
        text.and_then(NodeRef::as_str).filter(|text| is_plain(text))
    };
    let name = at(&["metadata", "name"]).unwrap_or("NAME");
    // Where Config names no namespaces for exceptions, one reaches its own alone.
    let home = at(&["metadata", "namespace"]).unwrap_or("policy-exceptions");
    let mut parts = Vec::new();
    if let Some(kind) = at(&["kind"]) {
        parts.push(format!("kinds: [{kind}]"));
    }
    if let Some(namespace) = at(&["metadata", "namespace"]) {
        parts.push(format!("namespaces: [{namespace}]"));
    }
    parts.push(format!("names: [{name}]"));
    let single = if page.validations.len() > 1 {
        page.validations
            .first()
            .map(|one| format!(" # or one check alone: {}", one.name))
    } else {
        None
    };
    let expires = match &page.expires {
        Some(day) => format!("\"{day}\""),
        None => "\"YYYY-MM-DD\"".to_owned(),
    };
    Some(format!(
        "apiVersion: kpolicy.io/v1alpha1\n\
         kind: PolicyException\n\
         metadata: {{name: {name}-{policy}, namespace: {home}}}\n\
         spec:\n\
         \x20 policies: [{policy}]{single}\n\
         \x20 match: {{{parts}}}\n\
         \x20 reason: why this one may\n\
         \x20 owner: who answers for it\n\
         \x20 expires: {expires} # the last day on which it holds\n",
        policy = page.name,
        single = single.unwrap_or_default(),
        parts = parts.join(", "),
    ))
}

/// Whether a text can stand in YAML without quotes: a name of Kubernetes.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    starts && text.chars().all(plain)
}
