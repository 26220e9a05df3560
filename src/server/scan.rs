//! Finding out what a review is about without reading it whole.
//!
//! A review that is too large, too deep or broken must still be answered under its own uid, or the API server counts
//! the call as failed, which under `failurePolicy: Ignore` lets the object pass. So this scanner takes bytes as they
//! come, remembers only strings directly under `request` and its `kind` and `resource`, and needs no stack: nesting
//! of any depth costs one counter.

/// What a review is about, as far as its bytes said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// `request.uid`.
    pub uid: Option<String>,
    /// `request.kind.group`.
    pub group: String,
    /// `request.kind.version`.
    pub version: String,
    /// `request.kind.kind`.
    pub kind: String,
    /// `request.resource.group`.
    pub resource_group: String,
    /// `request.resource.version`.
    pub resource_version: String,
    /// `request.resource.resource`.
    pub resource: String,
    /// `request.subResource`.
    pub subresource: String,
    /// `request.namespace`.
    pub namespace: String,
    /// `request.name`.
    pub name: String,
    /// `request.operation`.
    pub operation: String,
}

/// Longer strings are not what is looked for; their ends are dropped. A Kubernetes name has at most 253 characters.
const MAX_TEXT: usize = 512;
/// Keys and values are looked at down to this depth: the review, `request`, `kind`.
const MAX_DEPTH: usize = 3;

/// Reads the bytes of a review, in pieces of any size.
#[derive(Debug, Default)]
pub struct Scanner {
    found: Scanned,
    /// How many maps and lists are open.
    depth: u64,
    /// For each of the outer levels: whether it is a map, and the key at hand.
    levels: [Level; MAX_DEPTH],
    /// Whether a string at this place would be a key.
    key_next: bool,
    string: Option<Text>,
}

#[derive(Debug, Default)]
struct Level {
    map: bool,
    key: String,
}

/// A string being read.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// After a backslash.
    escaped: bool,
    /// Whether it is kept at all.
    wanted: bool,
}

impl Scanner {
    /// A scanner that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a whole text, or the part of it that came, says.
    pub fn scan(bytes: &[u8]) -> Scanned {
        let mut scanner = Self::new();
        scanner.feed(bytes);
        scanner.finish()
    }

    /// What was found.
    pub fn finish(self) -> Scanned {
        self.found
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if let Some(text) = &mut self.string {
                if !text.escaped {
                    // Most bytes of a review lie inside strings that nobody wants.
                    let plain = bytes
                        .iter()
                        .take_while(|&&byte| byte != b'"' && byte != b'\\')
                        .count();
                    if plain > 0 {
                        let (plain, rest) = bytes.split_at(plain);
                        text.push(plain);
                        bytes = rest;
                        continue;
                    }
                }
                bytes = rest;
                if text.escaped || byte == b'\\' {
                    text.escaped = !text.escaped;
                    text.push(&[byte]);
                } else if let Some(text) = self.string.take() {
                    self.string_ends(&text);
                }
                continue;
            }
            bytes = rest;
            match byte {
                b'"' => {
                    self.string = Some(Text {
                        wanted: self.is_wanted(),
                        ..Text::default()
                    });
                }
                b'{' | b'[' => self.open(byte == b'{'),
                b'}' | b']' => self.close(),
                b',' => self.key_next = self.level().is_some_and(|level| level.map),
                b':' => self.key_next = false,
                _ => {}
            }
        }
    }

    fn open(&mut self, map: bool) {
        self.depth += 1;
        self.key_next = map;
        if let Some(level) = self.level_mut() {
            *level = Level {
                map,
                key: String::new(),
            };
        }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.key_next = false;
    }

    fn level(&self) -> Option<&Level> {
        self.levels
            .get(usize::try_from(self.depth.checked_sub(1)?).ok()?)
    }

    fn level_mut(&mut self) -> Option<&mut Level> {
        self.levels
            .get_mut(usize::try_from(self.depth.checked_sub(1)?).ok()?)
    }

    /// Whether a string that begins here may matter.
    fn is_wanted(&self) -> bool {
        self.level().is_some_and(|level| level.map) && (self.key_next || self.field().is_some())
    }

    fn string_ends(&mut self, text: &Text) {
        if !text.wanted {
            return;
        }
        let value = text.decode();
        if self.key_next {
            if let Some(level) = self.level_mut() {
                level.key = value;
            }
        } else if let Some(field) = self.field() {
            match field {
                Field::Uid => self.found.uid = Some(value),
                Field::Text(pick) => *pick(&mut self.found) = value,
            }
        }
    }

    /// Where a value at this place belongs.
    fn field(&self) -> Option<Field> {
        let [review, request, part] = &self.levels;
        if review.key != "request" {
            return None;
        }
        Some(
            match (self.depth, request.key.as_str(), part.key.as_str()) {
                (2, "uid", _) => Field::Uid,
                (2, "subResource", _) => Field::Text(|found| &mut found.subresource),
                (2, "namespace", _) => Field::Text(|found| &mut found.namespace),
                (2, "name", _) => Field::Text(|found| &mut found.name),
                (2, "operation", _) => Field::Text(|found| &mut found.operation),
                (3, "kind", "group") => Field::Text(|found| &mut found.group),
                (3, "kind", "version") => Field::Text(|found| &mut found.version),
                (3, "kind", "kind") => Field::Text(|found| &mut found.kind),
                (3, "resource", "group") => Field::Text(|found| &mut found.resource_group),
                (3, "resource", "version") => Field::Text(|found| &mut found.resource_version),
                (3, "resource", "resource") => Field::Text(|found| &mut found.resource),
                _ => return None,
            },
        )
    }
}

enum Field {
    Uid,
    Text(fn(&mut Scanned) -> &mut String),
}

impl Text {
    fn push(&mut self, bytes: &[u8]) {
        if self.wanted {
            let room = MAX_TEXT - self.bytes.len().min(MAX_TEXT);
            self.bytes
                .extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// The string without its escapes; as it stands where they are broken.
    fn decode(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if text.contains('\\')
            && let Ok(decoded) = serde_json::from_str(&format!("\"{text}\""))
        {
            return decoded;
        }
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{
        "uid":"705ab4f5-6393-11e8-b7cc-42010a800002","kind":{"group":"apps","version":"v1","kind":"Deployment"},
        "resource":{"group":"apps","version":"v1","resource":"deployments"},"subResource":"scale",
        "requestKind":{"group":"x","version":"y","kind":"z"},"name":"web","namespace":"shop","operation":"UPDATE",
        "userInfo":{"username":"a","uid":"not this"},
        "object":{"kind":"Other","uid":"nor this","metadata":{"uid":"nor this","x":[{"request":{"uid":"no"}}]}}}}"#;

    fn expected() -> Scanned {
        Scanned {
            uid: Some("705ab4f5-6393-11e8-b7cc-42010a800002".to_owned()),
            group: "apps".to_owned(),
            version: "v1".to_owned(),
            kind: "Deployment".to_owned(),
            resource_group: "apps".to_owned(),
            resource_version: "v1".to_owned(),
            resource: "deployments".to_owned(),
            subresource: "scale".to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            operation: "UPDATE".to_owned(),
        }
    }

    #[test]
    fn a_review_is_recognised_whatever_the_size_of_the_pieces() {
        assert_eq!(Scanner::scan(REVIEW.as_bytes()), expected());
        for size in 1..40 {
            let mut scanner = Scanner::new();
            REVIEW
                .as_bytes()
                .chunks(size)
                .for_each(|piece| scanner.feed(piece));
            assert_eq!(scanner.finish(), expected(), "{size}");
        }
    }

    #[test]
    fn a_uid_after_the_object_is_found_too() {
        let text = r#"{"request":{"object":{"a":[[],{"uid":"no"}],"b":"}\"{"},"uid":"yes"},"response":{"uid":"no"}}"#;
        assert_eq!(Scanner::scan(text.as_bytes()).uid.as_deref(), Some("yes"));
    }

    #[test]
    fn depth_costs_nothing_and_a_cut_text_says_what_came_before() {
        let mut text = r#"{"request":{"uid":"u1","kind":{"kind":"Pod"},"object":"#.to_owned();
        text.push_str(&"[".repeat(2_000_000));
        let found = Scanner::scan(text.as_bytes());
        assert_eq!(
            (found.uid.as_deref(), found.kind.as_str()),
            (Some("u1"), "Pod")
        );
    }

    #[test]
    fn what_is_no_review_has_no_uid() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            "\"request\"",
            r#"{"request":"uid"}"#,
            r#"{"request":[{"uid":"u"}]}"#,
            r#"{"request":["uid","u"]}"#,
            r#"{"request":{"uid":7}}"#,
            r#"{"uid":"u"}"#,
            r#"{"a":{"uid":"u"}}"#,
            "}}}]]{{{",
            "\u{0}\u{1}",
        ] {
            assert_eq!(Scanner::scan(text.as_bytes()).uid, None, "{text}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_long_strings_do_not_grow() {
        let text = format!(
            r#"{{"request":{{"uid":"a\u002db","name":"{}"}}}}"#,
            "x".repeat(1_000_000)
        );
        let found = Scanner::scan(text.as_bytes());
        assert_eq!(found.uid.as_deref(), Some("a-b"));
        assert_eq!(found.name.len(), MAX_TEXT);
    }
}
