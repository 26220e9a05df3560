//! What one mouth says of one object, so that the two can be held against each other.

use std::collections::BTreeSet;

use serde_json::Value;

/// What one mouth says of one object. Each line is `[validation] message`, of a refusal and of the audit log with the
/// place, as they are told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) denied: BTreeSet<String>,
    pub(crate) warned: BTreeSet<String>,
    pub(crate) audited: BTreeSet<String>,
    pub(crate) excepted: BTreeSet<String>,
    /// The mutations that change it.
    pub(crate) mutated: BTreeSet<String>,
}

impl Said {
    /// Adds a finding of lint, as the JSON output has it, for the one cluster that it was asked about.
    pub(crate) fn add_finding(&mut self, finding: &Value) {
        let validation = text(&finding["validation"]);
        if finding["exception"].is_string() {
            self.excepted
                .insert(format!("{validation} {}", text(&finding["exception"])));
            return;
        }
        let line = format!("[{validation}] {}", text(&finding["message"]));
        let placed = placed(&line, finding);
        let (list, line) = match (
            text(&finding["kind"]).as_str(),
            finding["clusters"][0]["atAdmission"].as_str(),
        ) {
            ("drift", _) => (&mut self.mutated, validation),
            ("violation", Some("deny")) => (&mut self.denied, placed),
            ("violation", Some("warn")) => (&mut self.warned, line),
            ("violation", Some("audit")) => (&mut self.audited, placed),
            other => panic!("{other:?}: {finding}"),
        };
        list.insert(line);
    }

    /// What is said here and not there.
    pub(crate) fn difference(&self, other: &Self) -> Vec<String> {
        let lists = |said: &Self| {
            let lists = [
                ("denied", &said.denied),
                ("warned", &said.warned),
                ("audited", &said.audited),
                ("excepted", &said.excepted),
                ("mutated", &said.mutated),
            ];
            let lines = lists
                .into_iter()
                .flat_map(|(list, lines)| lines.iter().map(move |line| format!("{list}: {line}")));
            lines.collect::<BTreeSet<_>>()
        };
        lists(self).difference(&lists(other)).cloned().collect()
    }

    /// Adds what kpolicy wrote into the audit log of a request; gives what it did not judge.
    pub(crate) fn add_event(&mut self, event: &Value) -> Vec<Value> {
        let list = |key: &str| -> Vec<Value> {
            let annotations = event["annotations"].as_object().into_iter().flatten();
            let ours = annotations.filter(|(full, _)| {
                full.contains("kpolicy.io/") && full.ends_with(&format!("/{key}"))
            });
            ours.flat_map(|(_, value)| {
                serde_json::from_str::<Vec<Value>>(value.as_str().unwrap_or_default())
                    .expect("a list")
            })
            .collect()
        };
        for entry in list("violations") {
            let line = format!(
                "[{}] {}",
                text(&entry["validation"]),
                text(&entry["message"])
            );
            self.audited.insert(placed(&line, &entry));
        }
        for entry in list("excepted") {
            self.excepted.insert(format!(
                "{} {}",
                text(&entry["validation"]),
                text(&entry["exception"])
            ));
        }
        self.mutated.extend(list("mutated").iter().map(text));
        list("not-judged")
    }
}

/// A line with the place of its finding, if it has one.
fn placed(line: &str, finding: &Value) -> String {
    match text(&finding["fieldPath"]).as_str() {
        "" => line.to_owned(),
        path => format!("{line} ({path})"),
    }
}

/// The text of a value; empty for anything else.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
