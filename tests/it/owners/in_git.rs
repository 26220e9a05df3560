//! In Git nobody is a controller: lint says of an object with an owner what the webhook says to the person who applies it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{JANE, POLICIES, Webhook, object, review};
use crate::lint_cases::kpolicy;

/// The validations that lint denies, of an object alone.
fn by_lint(object: &Value) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    let (config, policies) = POLICIES
        .split_once("---\n")
        .expect("the Config comes first");
    write(
        ".kpolicy.yaml",
        &format!("{config}policyPaths: [policies.yaml]\n"),
    );
    write("policies.yaml", policies);
    write("object.json", &object.to_string());
    let arguments = ["lint", "--output-format", "json", "object.json"];
    let (code, out, errors) = kpolicy(&arguments, folder.path(), Path::new("/nowhere"), b"");
    assert!(matches!(code, 0 | 1), "{errors}");
    let output: Value = serde_json::from_str(&out).expect("JSON");
    let findings = output["findings"].as_array().expect("findings").iter();
    let denied = findings
        .filter(|finding| finding["enforcement"] == "deny" && finding["exception"].is_null());
    denied
        .map(|finding| finding["validation"].as_str().expect("a text").to_owned())
        .collect()
}

/// The validations by which the webhook refuses it, after it was asked to mutate it.
fn by_webhook(webhook: &Webhook, object: &Value) -> BTreeSet<String> {
    let answer = webhook.validate(&review(object, None, JANE));
    let message = answer["status"]["message"].as_str().unwrap_or_default();
    let lines = message.lines().filter_map(|line| line.strip_prefix('['));
    lines
        .filter_map(|line| Some(line.split_once(']')?.0.to_owned()))
        .collect()
}

#[test]
fn an_object_with_an_owner_is_judged_in_git_as_at_admission() {
    let webhook = Webhook::new();
    let mut denied = 0;
    for (kind, name, owner) in [
        ("Job", "x", Some("CronJob nightly c1")),
        ("ReplicaSet", "x", Some("Deployment web d1")),
        ("StatefulSet", "db", Some("Operator nightly o1")),
        ("StatefulSet", "x", Some("Operator nightly o1")),
        ("Pod", "x", Some("Job nightly-1 j1")),
        ("CronJob", "nightly", None),
    ] {
        for privileged in [true, false] {
            for priority in [true, false] {
                let mut object = object(kind, name, owner, privileged);
                // Without an owner it would be mutated first, which is another call.
                if !priority && kind != "Pod" && owner.is_some() {
                    let pod = object
                        .pointer_mut("/spec/template/spec")
                        .expect("a template");
                    pod.as_object_mut()
                        .expect("a map")
                        .remove("priorityClassName");
                }
                let lint = by_lint(&object);
                assert_eq!(lint, by_webhook(&webhook, &object), "{object}");
                denied += usize::from(!lint.is_empty());
            }
        }
    }
    // An exception reaches what is called so, whoever claims to own it.
    assert_eq!(denied, 8);
}
