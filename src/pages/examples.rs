//! The examples on a policy's page, and those of the built-in policies, which are part of the program.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What a policy refuses, lets pass and changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// One for each validation that has a case; the first is the page's own.
    pub refused: Vec<Refused>,
    /// What passes.
    pub passes: Option<Passes>,
    /// What the mutations do.
    pub changed: Option<Changed>,
}

/// A case that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The validation that refuses it.
    pub validation: String,
    /// The case, such as `fail/no-limits`.
    pub case: String,
    /// The object.
    pub text: String,
    /// What stands beside it, by what it is: `before`, `config`, `objects`, `request`.
    pub beside: Vec<(String, String)>,
    /// What kpolicy prints.
    pub said: String,
    /// What it prints where Config says `mutate: disabled`; empty where that is the same.
    pub unmutated: String,
}

impl Refused {
    /// What becomes of it.
    pub(super) fn word(&self) -> &'static str {
        let is_said = self.said.contains(&format!("[{}]", self.validation));
        if self.unmutated.is_empty() || is_said {
            "Refused"
        } else {
            "Mended by the webhook, refused without its mutations"
        }
    }
}

/// A case that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passes {
    /// The case, such as `pass/memory-limit`.
    pub case: String,
    /// The object.
    pub text: String,
    /// What stands beside it.
    pub beside: Vec<(String, String)>,
}

/// A case that is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The case, such as `fix/nothing-yet`.
    pub case: String,
    /// What changes.
    pub diff: String,
    /// What stands beside it.
    pub beside: Vec<(String, String)>,
}

/// The examples of the built-in policies, by the policy's name.
pub fn built_in_examples() -> BTreeMap<String, Examples> {
    let read: Value = serde_json::from_str(crate::policy::built_in_examples()).unwrap_or_default();
    let entries = read.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), from_json(value)))
        .collect()
}

/// The text that [`built_in_examples`] reads.
pub fn examples_json(examples: &BTreeMap<String, Examples>) -> String {
    let entries = examples
        .iter()
        .map(|(name, one)| (name.clone(), to_json(one)));
    let value = Value::Object(entries.collect::<Map<_, _>>());
    format!("{value:#}\n")
}

/// The examples for programs.
pub(super) fn to_json(examples: &Examples) -> Value {
    let beside = |beside: &[(String, String)]| {
        let entries = beside
            .iter()
            .map(|(what, text)| (what.clone(), json!(text)));
        Value::Object(entries.collect())
    };
    let refused = examples.refused.iter().map(|one| {
        json!({
            "validation": one.validation, "case": one.case, "text": one.text,
            "beside": beside(&one.beside), "said": one.said, "unmutated": one.unmutated,
        })
    });
    let passes = examples
        .passes
        .as_ref()
        .map(|one| json!({"case": one.case, "text": one.text, "beside": beside(&one.beside)}));
    let changed = examples
        .changed
        .as_ref()
        .map(|one| json!({"case": one.case, "diff": one.diff, "beside": beside(&one.beside)}));
    json!({"refused": refused.collect::<Vec<_>>(), "passes": passes, "changed": changed})
}

fn from_json(value: &Value) -> Examples {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let beside = |value: &Value| {
        let entries = value["beside"].as_object().into_iter().flatten();
        let texts =
            entries.filter_map(|(what, text)| Some((what.clone(), text.as_str()?.to_owned())));
        texts.collect()
    };
    let refused = value["refused"].as_array().into_iter().flatten();
    let there = |key: &str| Some(&value[key]).filter(|value| value.is_object());
    Examples {
        refused: refused
            .map(|one| Refused {
                validation: text(one, "validation"),
                case: text(one, "case"),
                text: text(one, "text"),
                beside: beside(one),
                said: text(one, "said"),
                unmutated: text(one, "unmutated"),
            })
            .collect(),
        passes: there("passes").map(|one| Passes {
            case: text(one, "case"),
            text: text(one, "text"),
            beside: beside(one),
        }),
        changed: there("changed").map(|one| Changed {
            case: text(one, "case"),
            diff: text(one, "diff"),
            beside: beside(one),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let beside = vec![("config".to_owned(), "policies: {}\n".to_owned())];
        let examples = Examples {
            refused: vec![Refused {
                validation: "p/one".to_owned(),
                case: "fail/one".to_owned(),
                text: "kind: Pod\n".to_owned(),
                beside: beside.clone(),
                said: "warning".to_owned(),
                unmutated: "error".to_owned(),
            }],
            passes: None,
            changed: Some(Changed {
                case: "fix/one".to_owned(),
                diff: "+a\n".to_owned(),
                beside,
            }),
        };
        let all: BTreeMap<_, _> = [("p".to_owned(), examples)].into();
        let value: Value = serde_json::from_str(&examples_json(&all)).unwrap();
        assert_eq!(from_json(&value["p"]), all["p"]);
    }
}
