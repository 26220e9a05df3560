//! The answer to a review, as bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the API server is told, all but the uid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Why not; `None` where it is allowed.
    pub(crate) denied: Option<Status>,
    /// What the user is told either way, most important first; already within the API server's limits.
    pub(crate) warnings: Vec<String>,
    /// What the audit log keeps. Keys are qualified names without a prefix: the API server adds the webhook's name.
    pub(crate) annotations: Vec<(&'static str, String)>,
    /// A JSON Patch; only for a mutating call, and only where something changes.
    pub(crate) patch: Option<String>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The HTTP code that the user's client sees.
    pub(crate) code: u16,
    /// The machine-readable reason, a `metav1.StatusReason`.
    pub(crate) reason: &'static str,
    /// What the user reads.
    pub(crate) message: String,
}

impl Answer {
    /// Allowed, with nothing to say.
    pub(crate) fn allowed() -> Self {
        Self::default()
    }

    /// The `AdmissionReview` that answers the request with this uid.
    pub(crate) fn write(&self, uid: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(
            br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"#,
        );
        string(&mut out, uid);
        match &self.denied {
            None => out.extend_from_slice(br#","allowed":true"#),
            Some(status) => {
                out.extend_from_slice(br#","allowed":false,"status":{"status":"Failure","code":"#);
                out.extend_from_slice(status.code.to_string().as_bytes());
                out.extend_from_slice(br#","reason":"#);
                string(&mut out, status.reason);
                out.extend_from_slice(br#","message":"#);
                string(&mut out, &status.message);
                out.push(b'}');
            }
        }
        // A patch on a refusal is an error to the API server.
        if let (None, Some(patch)) = (&self.denied, &self.patch) {
            out.extend_from_slice(br#","patchType":"JSONPatch","patch":"#);
            string(&mut out, &STANDARD.encode(patch));
        }
        if !self.warnings.is_empty() {
            out.extend_from_slice(br#","warnings":["#);
            for (index, warning) in self.warnings.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                string(&mut out, warning);
            }
            out.push(b']');
        }
        if !self.annotations.is_empty() {
            out.extend_from_slice(br#","auditAnnotations":{"#);
            for (index, (key, value)) in self.annotations.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                string(&mut out, key);
                out.push(b':');
                string(&mut out, value);
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"}}");
        out
    }
}

/// A JSON string.
fn string(out: &mut Vec<u8>, text: &str) {
    // Writing a string into a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(answer: &Answer) -> serde_json::Value {
        serde_json::from_slice(&answer.write("u-1")).expect("JSON")
    }

    #[test]
    fn an_allowed_request_gets_the_shortest_review() {
        assert_eq!(
            written(&Answer::allowed()),
            serde_json::json!({
                "apiVersion": "admission.k8s.io/v1",
                "kind": "AdmissionReview",
                "response": {"uid": "u-1", "allowed": true}
            })
        );
    }

    #[test]
    fn a_refusal_says_why_and_carries_no_patch() {
        let answer = Answer {
            denied: Some(Status {
                code: 422,
                reason: "Invalid",
                message: "line \"1\"\nline 2".to_owned(),
            }),
            warnings: vec!["w\u{1}".to_owned(), "x".to_owned()],
            annotations: vec![
                ("violations", "[]".to_owned()),
                ("not-judged", "y".to_owned()),
            ],
            patch: Some("[]".to_owned()),
        };
        assert_eq!(
            written(&answer)["response"],
            serde_json::json!({
                "uid": "u-1",
                "allowed": false,
                "status": {"status": "Failure", "code": 422, "reason": "Invalid", "message": "line \"1\"\nline 2"},
                "warnings": ["w\u{1}", "x"],
                "auditAnnotations": {"violations": "[]", "not-judged": "y"}
            })
        );
    }

    #[test]
    fn a_patch_is_base64_and_names_its_type() {
        let answer = Answer {
            patch: Some(r#"[{"op":"remove","path":"/a"}]"#.to_owned()),
            ..Answer::default()
        };
        let response = &written(&answer)["response"];
        assert_eq!(response["patchType"], "JSONPatch");
        assert_eq!(
            response["patch"],
            STANDARD.encode(r#"[{"op":"remove","path":"/a"}]"#)
        );
    }
}
