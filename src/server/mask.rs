//! What a Secret holds stays where it is: no message, warning, annotation or log line repeats it.
//!
//! Policies write their own messages, and a message may quote the value that it is about. For a Secret each text is
//! held against the Secret's data before it leaves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::Request;
use crate::manifest::NodeRef;

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
        let mut needles = Vec::new();
        if request.kind.group.is_empty() && request.kind.kind == "Secret" {
            for object in [request.object, request.old_object].into_iter().flatten() {
                for (key, encoded) in [("data", true), ("stringData", false)] {
                    let map = object.get(key).and_then(NodeRef::as_map);
                    let values = map
                        .into_iter()
                        .flat_map(|map| map.iter().map(|entry| entry.value));
                    for value in values
                        .filter_map(NodeRef::as_str)
                        .filter(|value| !value.is_empty())
                    {
                        needles.push(needle(value));
                        let decoded = encoded.then(|| STANDARD.decode(value).ok()).flatten();
                        if let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok())
                        {
                            needles.push(needle(&text));
                        }
                    }
                }
            }
        }
        needles.retain(|needle| needle.len() > 2);
        Self { needles }
    }

    /// The text, or what stands in for it where it would repeat what the Secret holds.
    pub(super) fn apply<'t>(&self, text: &'t str) -> &'t str {
        if self
            .needles
            .iter()
            .any(|needle| text.contains(needle.as_str()))
        {
            "the message is withheld because it repeats what the Secret holds"
        } else {
            text
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
    use crate::manifest::{Document, read_json};
    use crate::server::review;

    fn review(kind: &str, object: &str) -> Document {
        let text = format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE",
            "kind":{{"group":"","version":"v1","kind":"{kind}"}},
            "resource":{{"group":"","version":"v1","resource":"x"}},"object":{object}}}}}"#
        );
        read_json(None, &text).expect("JSON")
    }

    #[test]
    fn what_a_secret_holds_is_not_repeated_in_any_form() {
        let object = r#"{"data":{"a":"aHVudGVyMi1odW50ZXIyLWh1bnRlcjI=","b":"eA=="},"stringData":{"c":"correct horse battery staple","d":""}}"#;
        let document = review("Secret", object);
        let mask = Mask::of(&review::read(&document).expect("review").request);
        for leak in [
            "`data.a` is `aHVudGVyMi1odW50ZXIyLWh1bnRlcjI=`: no",
            "password hunter2-hunter2-hunter2 is weak",
            "`data.b` is `x`: no",
            "`stringData.c` is `correct horse b…`: no",
        ] {
            assert!(
                mask.apply(leak).starts_with("the message is withheld"),
                "{leak}"
            );
        }
        assert_eq!(
            mask.apply("use the exact label: x"),
            "use the exact label: x"
        );
    }

    #[test]
    fn other_objects_are_not_masked() {
        let document = review("ConfigMap", r#"{"data":{"a":"plainly said"}}"#);
        let mask = Mask::of(&review::read(&document).expect("review").request);
        assert_eq!(
            mask.apply("`data.a` is `plainly said`"),
            "`data.a` is `plainly said`"
        );
    }
}
