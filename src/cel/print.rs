//! A value as text for people: as an expression would write it, of bounded length, with nothing in it that moves a
//! cursor, and with sensitive values left out.

use std::fmt::Write as _;

use crate::source::is_unsafe;

use super::Sensitive;
use super::value::{Content, Opaque, Value};

/// Nothing nests deeper than this in what is printed.
const DEEPEST: usize = 64;

/// What stands for a value that is not shown.
const MASK: &str = "‹hidden›";

/// Prints values.
#[derive(Clone, Copy)]
pub struct Printer<'p> {
    /// The most characters, more or less: what is begun is closed.
    pub most: usize,
    /// What is not shown.
    pub sensitive: &'p dyn Sensitive,
    /// Whether what is computed is not shown either, since it is computed from what is sensitive.
    pub hides_computed: bool,
}

impl std::fmt::Debug for Printer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer")
            .field("most", &self.most)
            .field("hides_computed", &self.hides_computed)
            .finish_non_exhaustive()
    }
}

impl Printer<'_> {
    /// The text, and whether anything was left out for its length.
    pub fn print(&self, value: &Value<'_>) -> (String, bool) {
        let mut writing = Writing {
            printer: self,
            out: String::new(),
            is_cut: false,
        };
        writing.value(value, 0);
        (writing.out, writing.is_cut)
    }

    /// Whether this value itself is not shown. Lists and maps are, but for what is in them.
    pub fn hides(&self, value: &Value<'_>) -> bool {
        match (value, value.content()) {
            (_, Content::List(_) | Content::Map(_) | Content::Struct(_) | Content::Optional(_)) => {
                false
            }
            (Value::Node(node), _) => self.sensitive.holds(*node),
            (_, Content::Bool(_) | Content::Null | Content::Type(_)) => false,
            _ => self.hides_computed,
        }
    }
}

struct Writing<'w> {
    printer: &'w Printer<'w>,
    out: String,
    is_cut: bool,
}

impl Writing<'_> {
    /// Whether there is room for more; marks the text as cut where there is none.
    fn has_room(&mut self) -> bool {
        let has_room = self.out.len() < self.printer.most;
        self.is_cut |= !has_room;
        has_room
    }

    fn value(&mut self, value: &Value<'_>, depth: usize) {
        if self.printer.hides(value) {
            self.out.push_str(MASK);
            return;
        }
        // Writing to a string cannot fail.
        let _ = match value.content() {
            Content::Null => self.out.write_str("null"),
            Content::Bool(value) => write!(self.out, "{value}"),
            Content::Int(value) => write!(self.out, "{value}"),
            Content::Uint(value) => write!(self.out, "{value}u"),
            Content::Double(value) => write!(self.out, "{value:?}"),
            Content::String(text) => {
                self.quoted(text);
                Ok(())
            }
            Content::Bytes(bytes) => {
                self.bytes(bytes);
                Ok(())
            }
            Content::List(items) => {
                let items = items.iter().map(|item| (None::<Named<'_, '_>>, item));
                self.collection('[', ']', items, depth);
                Ok(())
            }
            Content::Map(entries) => {
                let open = entries.open();
                let is_document = value.as_node().is_some();
                let entries = entries.iter().map(|(key, value)| {
                    let key = if is_document {
                        Named::Written(key)
                    } else {
                        Named::Computed(key)
                    };
                    (Some(key), value)
                });
                self.collection('{', '}', entries, depth);
                match open {
                    Some(reason) => write!(self.out, " /* and what is not known: {reason} */"),
                    None => Ok(()),
                }
            }
            Content::Struct(value) => {
                self.out.push_str(value.name());
                let fields = value
                    .fields()
                    .map(|(name, value)| (Some(Named::Field(name)), value.clone()));
                self.collection('{', '}', fields, depth);
                Ok(())
            }
            Content::Type(kind) => self.out.write_str(kind.name()),
            Content::Duration(value) => write!(self.out, "duration(\"{value}\")"),
            Content::Timestamp(value) => write!(self.out, "timestamp(\"{value}\")"),
            Content::Optional(None) => self.out.write_str("optional.none()"),
            Content::Optional(Some(inner)) => {
                self.out.push_str("optional.of(");
                self.nested(inner, depth);
                self.out.write_char(')')
            }
            Content::Quantity(quantity) => write!(self.out, "quantity(\"{quantity}\")"),
            Content::Image(image) => {
                self.out.push_str("image(");
                self.quoted(image.text());
                self.out.write_char(')')
            }
            Content::Opaque(value) => write!(self.out, "{}", Opaque(value.clone())),
            Content::Unknown(reason) => write!(self.out, "unknown /* {reason} */"),
        };
    }

    fn nested(&mut self, value: &Value<'_>, depth: usize) {
        if depth >= DEEPEST {
            self.is_cut = true;
            self.out.push('…');
        } else {
            self.value(value, depth + 1);
        }
    }

    fn collection<'n, 'a>(
        &mut self,
        open: char,
        close: char,
        entries: impl Iterator<Item = (Option<Named<'n, 'a>>, Value<'a>)>,
        depth: usize,
    ) {
        self.out.push(open);
        for (position, (key, value)) in entries.enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            if !self.has_room() {
                self.out.push('…');
                break;
            }
            if let Some(key) = key {
                match &key {
                    Named::Field(name) => self.out.push_str(name),
                    Named::Written(key) => self.quoted(key.as_str().unwrap_or_default()),
                    Named::Computed(key) => self.value(key, DEEPEST),
                }
                self.out.push_str(": ");
            }
            self.nested(&value, depth);
        }
        self.out.push(close);
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            if !self.has_room() {
                self.out.push('…');
                break;
            }
            self.escaped(character);
        }
        self.out.push('"');
    }

    fn escaped(&mut self, character: char) {
        let _ = match character {
            '"' => self.out.write_str("\\\""),
            '\\' => self.out.write_str("\\\\"),
            '\n' => self.out.write_str("\\n"),
            '\r' => self.out.write_str("\\r"),
            '\t' => self.out.write_str("\\t"),
            plain if !is_unsafe(plain) => self.out.write_char(plain),
            short if u32::from(short) <= 0xffff => write!(self.out, "\\u{:04x}", u32::from(short)),
            long => write!(self.out, "\\U{:08x}", u32::from(long)),
        };
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.out.push_str("b\"");
        for byte in bytes {
            if !self.has_room() {
                self.out.push('…');
                break;
            }
            let _ = match byte {
                b'"' | b'\\' => write!(self.out, "\\{}", char::from(*byte)),
                b' '..=b'~' => self.out.write_char(char::from(*byte)),
                _ => write!(self.out, "\\x{byte:02x}"),
            };
        }
        self.out.push('"');
    }
}

/// What stands before a value in braces.
enum Named<'n, 'a> {
    Field(&'n str),
    /// A key that a document holds; what it is called is never hidden.
    Written(Value<'a>),
    Computed(Value<'a>),
}
