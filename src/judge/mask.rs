//! What a Secret holds stays where it is: no finding, message, warning, annotation or log line repeats it.
//!
//! Policies write their own messages, and a message may quote the value that it is about, or parameters. For a Secret
//! each text is held against the Secret's data before it leaves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::Request;
use crate::manifest::NodeRef;

use super::{Mutation, Verdict};

/// Values of this length and more are looked for anywhere in a text; shorter ones only as a quoted value, since
/// they also occur in other words.
const TELLING: usize = 4;
/// Messages may cut a long value, so its beginning is what is looked for.
const BEGINNING: usize = 12;

/// Knows what must not be repeated.
#[derive(Debug, Default)]
pub(super) struct Mask {
    needles: Vec<String>,
}

impl Mask {
    /// The mask for a request: empty unless its object is a Secret.
    pub(super) fn of(request: &Request<'_>) -> Self {
        let mut mask = Self::default();
        if request.kind.group.is_empty() && request.kind.kind == "Secret" {
            for object in [request.object, request.old_object].into_iter().flatten() {
                mask.hide(object);
            }
        }
        mask
    }

    /// Hides what a Secret holds, such as one that a policy takes its parameters from.
    pub(super) fn hide(&mut self, secret: NodeRef<'_>) {
        let mut add = |value: &str| {
            let needle = needle(value);
            if needle.len() > 2 && !self.needles.contains(&needle) {
                self.needles.push(needle);
            }
        };
        for (key, encoded) in [("data", true), ("stringData", false)] {
            let map = secret.get(key).and_then(NodeRef::as_map);
            let values = map
                .into_iter()
                .flat_map(|map| map.iter().map(|entry| entry.value));
            for value in values
                .filter_map(NodeRef::as_str)
                .filter(|value| !value.is_empty())
            {
                add(value);
                let decoded = encoded.then(|| STANDARD.decode(value).ok()).flatten();
                if let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
                    add(&text);
                }
            }
        }
    }

    /// Replaces a text that would repeat what the Secret holds.
    pub(super) fn apply(&self, text: &mut String) {
        if self
            .needles
            .iter()
            .any(|needle| text.contains(needle.as_str()))
        {
            "the message is withheld because it repeats what the Secret holds".clone_into(text);
        }
    }

    /// Replaces all such texts of a verdict.
    pub(super) fn apply_to(&self, verdict: &mut Verdict) {
        let messages = verdict
            .decisions
            .iter_mut()
            .map(|decision| &mut decision.violation.message);
        let reasons = verdict.not_judged.iter_mut().map(|entry| &mut entry.reason);
        let annotations = verdict.annotations.iter_mut();
        let values = annotations.flat_map(|annotation| &mut annotation.values);
        let texts = messages.chain(reasons).chain(values);
        for text in texts.chain(&mut verdict.ignored_errors) {
            self.apply(text);
        }
    }

    /// Replaces all such texts of a mutation.
    pub(super) fn apply_to_mutation(&self, mutation: &mut Mutation) {
        let reasons = mutation
            .not_judged
            .iter_mut()
            .map(|entry| &mut entry.reason);
        let decisions = mutation.decisions.iter_mut();
        let messages = decisions.map(|decision| &mut decision.violation.message);
        for text in reasons.chain(messages).chain(&mut mutation.errors) {
            self.apply(text);
        }
    }
}

fn needle(value: &str) -> String {
    let value = value.trim();
    if value.chars().count() < TELLING {
        return format!("`{value}`");
    }
    value.chars().take(BEGINNING).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Kind, Resource};
    use crate::manifest::{Document, read_json};
    use crate::policy::Operation;

    fn mask(kind: &str, object: &Document) -> Mask {
        let kind = Kind {
            group: "",
            version: "v1",
            kind,
        };
        let resource = Resource {
            group: "",
            version: "v1",
            resource: "x",
        };
        Mask::of(&Request {
            object: Some(object.root()),
            ..Request::new(Operation::Create, kind, resource)
        })
    }

    #[test]
    fn what_a_secret_holds_is_not_repeated_in_any_form() {
        let object = r#"{"data":{"a":"aHVudGVyMi1odW50ZXIyLWh1bnRlcjI=","b":"eA=="},"stringData":{"c":"correct horse battery staple","d":""}}"#;
        let object = read_json(None, object).expect("JSON");
        let mask = mask("Secret", &object);
        for leak in [
            "`data.a` is `aHVudGVyMi1odW50ZXIyLWh1bnRlcjI=`: no",
            "password hunter2-hunter2-hunter2 is weak",
            "`data.b` is `x`: no",
            "`stringData.c` is `correct horse b…`: no",
        ] {
            let mut text = leak.to_owned();
            mask.apply(&mut text);
            assert!(text.starts_with("the message is withheld"), "{leak}");
        }
        let mut plain = "use the exact label: x".to_owned();
        mask.apply(&mut plain);
        assert_eq!(plain, "use the exact label: x");
    }

    #[test]
    fn other_objects_are_not_masked() {
        let object = read_json(None, r#"{"data":{"a":"plainly said"}}"#).expect("JSON");
        let mut text = "`data.a` is `plainly said`".to_owned();
        mask("ConfigMap", &object).apply(&mut text);
        assert_eq!(text, "`data.a` is `plainly said`");
    }
}
