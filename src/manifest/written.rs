//! From a place inside a scalar's value back to its place in the text: through quotes, escapes, folding, stripped
//! indentation and CRLF.
//!
//! An expression in a policy is such a value; its errors are counted in bytes of the expression. The way back is
//! found by making the value again from the text and keeping book; where that does not give the same value, there is
//! no way back, and the whole scalar is the place.

use std::ops::Range;

use crate::source::Span;

/// The span of a range of a scalar's value. `text` is what stands under `origin`, the scalar's own span; `range`
/// counts bytes of `value`. Gives `origin` where there is no exact way back.
pub fn span_inside(text: &str, origin: Span, value: &str, range: Range<usize>) -> Span {
    let Some(places) = Places::of(text, value) else {
        return origin;
    };
    let range = places.range(range);
    origin.sub(range.start, range.end)
}

/// Where each byte of a value stands in its text: the first and one past the last byte of how it is written.
struct Places(Vec<(u32, u32)>);

impl Places {
    fn of(text: &str, value: &str) -> Option<Self> {
        let mut maker = Maker {
            text,
            value: String::new(),
            places: Vec::new(),
        };
        match text.as_bytes().first() {
            Some(b'|' | b'>') => return block(text, value),
            Some(b'"') => maker.flow(1..text.len().checked_sub(1)?, Quotes::Double)?,
            Some(b'\'') => maker.flow(1..text.len().checked_sub(1)?, Quotes::Single)?,
            _ => maker.flow(0..text.len(), Quotes::None)?,
        }
        (maker.value == value).then_some(Self(maker.places))
    }

    fn range(&self, range: Range<usize>) -> Range<usize> {
        let at = |index: usize| self.0.get(index).copied();
        let last = self.0.last().map_or(0, |&(_, end)| end);
        let start = at(range.start).map_or(last, |(start, _)| start);
        let end = range
            .end
            .checked_sub(1)
            .filter(|_| range.end > range.start)
            .and_then(at)
            .map_or(start, |(_, end)| end);
        start as usize..end.max(start) as usize
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

/// Makes a value from its text and remembers where each byte came from.
struct Maker<'t> {
    text: &'t str,
    value: String,
    places: Vec<(u32, u32)>,
}

impl Maker<'_> {
    fn push(&mut self, made: char, written: Range<usize>) {
        self.value.push(made);
        let place = (written.start as u32, written.end as u32);
        self.places
            .extend(std::iter::repeat_n(place, made.len_utf8()));
    }

    fn truncate(&mut self, len: usize) {
        self.value.truncate(len);
        self.places.truncate(len);
    }

    /// A scalar in flow style: line breaks fold to a space, and blank lines to line breaks.
    fn flow(&mut self, range: Range<usize>, quotes: Quotes) -> Option<()> {
        let mut at = range.start;
        // White space before this length of the value was escaped, or has something after it: it stays.
        let mut solid = 0;
        while at < range.end {
            let rest = self.text.get(at..range.end)?;
            let next = rest.chars().next()?;
            if let Some(len) = line_break(rest) {
                self.truncate(solid.max(self.value.trim_end_matches([' ', '\t']).len()));
                at = self.fold(at, at + len, range.end, true)?;
                solid = self.value.len();
                continue;
            }
            match (quotes, next) {
                (Quotes::Single, '\'') => {
                    self.push('\'', at..at + 2);
                    at += 2;
                }
                (Quotes::Double, '\\') => {
                    if let Some(len) = line_break(rest.get(1..)?) {
                        at = self.fold(at, at + 1 + len, range.end, false)?;
                    } else {
                        let (made, len) = escape(rest)?;
                        self.push(made, at..at + len);
                        at += len;
                    }
                    solid = self.value.len();
                }
                _ => {
                    self.push(next, at..at + next.len_utf8());
                    at += next.len_utf8();
                }
            }
        }
        Some(())
    }

    /// Folds the line break at `from..at` with the blank lines and the indentation after it; says where the text goes on.
    fn fold(&mut self, from: usize, mut at: usize, end: usize, space: bool) -> Option<usize> {
        let mut blank = 0;
        loop {
            let rest = self.text.get(at..end)?;
            let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let Some(len) = line_break(rest.get(indent..)?) else {
                if blank == 0 && space {
                    self.push(' ', from..at + indent);
                }
                return Some(at + indent);
            };
            self.push('\n', at..at + indent + len);
            blank += 1;
            at += indent + len;
        }
    }
}

fn line_break(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

/// The character that an escape at the start of `text` stands for, and how long the escape is.
fn escape(text: &str) -> Option<(char, usize)> {
    let letter = text.chars().nth(1)?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let made = match letter {
                '0' => '\0',
                'a' => '\u{7}',
                'b' => '\u{8}',
                't' | '\t' => '\t',
                'n' => '\n',
                'v' => '\u{b}',
                'f' => '\u{c}',
                'r' => '\r',
                'e' => '\u{1b}',
                'N' => '\u{85}',
                '_' => '\u{a0}',
                'L' => '\u{2028}',
                'P' => '\u{2029}',
                ' ' | '"' | '/' | '\\' => letter,
                _ => return None,
            };
            return Some((made, 1 + letter.len_utf8()));
        }
    };
    let number = |from: usize| u32::from_str_radix(text.get(from..from + digits)?, 16).ok();
    let first = number(2)?;
    if let 0xD800..=0xDBFF = first {
        // JSON writes what lies beyond 16 bits as two halves.
        let second = text
            .get(6..8)
            .filter(|mark| *mark == "\\u")
            .and_then(|_| number(8))?;
        let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
        let made = char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + low)?;
        return Some((made, 12));
    }
    Some((char::from_u32(first)?, 2 + digits))
}

/// A scalar in block style. Its indentation is what makes the value come out right: the first line tells, unless a
/// digit after the indicator says less.
fn block(text: &str, value: &str) -> Option<Places> {
    let folded = text.starts_with('>');
    let header = text.find(['\n', '\r'])?;
    let body = header + line_break(text.get(header..)?)?;
    let mut lines = Vec::new();
    let mut at = body;
    while at < text.len() {
        let rest = text.get(at..)?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let len = line_break(rest.get(end..)?).unwrap_or(0);
        lines.push((at..at + end, at + end + len));
        at += end + len;
    }
    let indent_of = |line: &Range<usize>| {
        text.get(line.clone())
            .map_or(0, |line| line.len() - line.trim_start_matches(' ').len())
    };
    let filled = lines.iter().find(|(line, _)| indent_of(line) < line.len());
    let deepest = filled.map_or(0, |(line, _)| indent_of(line));
    (0..=deepest.min(256)).rev().find_map(|indent| {
        let mut maker = Maker {
            text,
            value: String::new(),
            places: Vec::new(),
        };
        maker.block(&lines, indent, folded)?;
        let rest = maker.value.strip_prefix(value)?;
        rest.bytes().all(|byte| byte == b'\n').then(|| {
            maker.places.truncate(value.len());
            Places(maker.places)
        })
    })
}

impl Maker<'_> {
    /// All lines, with every line break at the end kept.
    fn block(
        &mut self,
        lines: &[(Range<usize>, usize)],
        indent: usize,
        folded: bool,
    ) -> Option<()> {
        // The break after the last line that holds something, and whether that line may fold.
        let mut pending: Option<(Range<usize>, bool)> = None;
        let mut blank = 0;
        for (line, next) in lines {
            let content = self.text.get(line.clone())?;
            let stripped = content.len() - content.trim_start_matches(' ').len();
            let start = line.start + indent.min(stripped);
            let content = self.text.get(start..line.end)?;
            if content.is_empty() {
                if pending.is_none() || !folded {
                    self.push('\n', line.end..*next);
                } else {
                    blank += 1;
                }
                continue;
            }
            if stripped < indent {
                return None;
            }
            let foldable = folded && !content.starts_with([' ', '\t']);
            if let Some((written, before)) = pending.take() {
                let folds = before && foldable;
                if folds && blank == 0 {
                    self.push(' ', written.clone());
                }
                for _ in 0..if folds { blank } else { blank + 1 } {
                    self.push('\n', written.clone());
                }
            }
            blank = 0;
            for (offset, made) in content.char_indices() {
                self.push(made, start + offset..start + offset + made.len_utf8());
            }
            if folded {
                pending = Some((line.end..*next, foldable));
            } else {
                self.push('\n', line.end..*next);
            }
        }
        if let Some((written, _)) = pending {
            for _ in 0..=blank {
                self.push('\n', written.clone());
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::{Dialect, Limits, read};
    use crate::source::SourceId;

    /// The text at the place of `needle` in the value of `a`, or `None` where the place is the whole scalar.
    fn found(yaml: &str, needle: &str) -> Option<String> {
        let reading = read(SourceId(0), yaml, Dialect::Kubectl, &Limits::default());
        let node = reading.documents.first()?.root().get("a")?;
        let (origin, value) = (node.origin()?, node.as_str()?);
        let text = &yaml[origin.start as usize..origin.end as usize];
        let at = value.find(needle)?;
        Places::of(text, value)?;
        let span = span_inside(text, origin, value, at..at + needle.len());
        Some(yaml[span.start as usize..span.end as usize].to_owned())
    }

    #[test]
    fn a_place_is_found_in_every_style() {
        for (yaml, needle, expected) in [
            ("a: one two\n", "two", "two"),
            ("a: one\n  two\n\n  three\n", "three", "three"),
            ("a: one\r\n  two\r\n", "one two", "one\r\n  two"),
            ("a: 'it''s two'\n", "'s", "''s"),
            ("a: 'one  \n   two'\n", "two", "two"),
            ("a: \"one\\ttwo\\\\ three\"\n", "three", "three"),
            ("a: \"one\\ttwo\"\n", "\t", "\\t"),
            ("a: \"one \\\n   two\"\n", "two", "two"),
            ("a: \"\\u00fc\\x41 two\"\n", "A two", "\\x41 two"),
            ("a: |\n  one\n    two\n\n  three\nb: 1\n", "three", "three"),
            ("a: |\r\n  one\r\n  two\r\n", "two", "two"),
            ("a: |2-  # why\n     one\n   two\n", "two", "two"),
            ("a: |+\n\n\n  one\n\n", "one", "one"),
            (
                "a: >-\n  one\n  two\n\n  three\n    four\n  five\n",
                "five",
                "five",
            ),
            ("a: >\n\n  one\n  two\n", "one two", "one\n  two"),
            ("a: >\n  ünï\n  two", "two", "two"),
            ("{\"a\": \"one two\"}", "two", "two"),
        ] {
            assert_eq!(found(yaml, needle).as_deref(), Some(expected), "{yaml:?}");
        }
    }

    #[test]
    fn a_text_that_is_not_the_value_gives_the_whole_scalar() {
        let origin = Span::new(SourceId(0), 10, 20);
        assert_eq!(span_inside("one two", origin, "another", 0..3), origin);
        assert_eq!(span_inside("\"", origin, "x", 0..1), origin);
        assert_eq!(span_inside("|", origin, "x", 0..1), origin);
    }

    #[test]
    fn a_range_past_the_end_is_the_end() {
        let origin = Span::new(SourceId(0), 10, 17);
        assert_eq!(
            span_inside("one two", origin, "one two", 7..7),
            Span::new(SourceId(0), 17, 17)
        );
        assert_eq!(
            span_inside("''", Span::new(SourceId(0), 0, 2), "", 0..0).start,
            0
        );
    }

    /// Lines of an expression, some blank, some indented further, with a marker in one of them.
    fn lines() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("|| {0,3}[a-zü.(&]{1,6}( [a-z'\"\\\\]{1,4}){0,2}", 0..6)
            .prop_map(|mut lines: Vec<String>| {
                lines.push("needle".to_owned());
                lines
            })
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn whatever_the_reader_reads_leads_back(
            lines in lines(),
            style in prop_oneof![
                Just("|"), Just(">"), Just("|-"), Just(">-"), Just("|+"), Just(">+"), Just("|2"), Just("'"),
                Just("\""), Just("")
            ],
            indent in 2..6usize,
            crlf in any::<bool>(),
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let indent = if style == "|2" { 2 } else { indent };
            let pad = " ".repeat(indent);
            let body = |lines: &[String]| -> String {
                lines
                    .iter()
                    .map(|line| if line.is_empty() { end.to_owned() } else { format!("{pad}{line}{end}") })
                    .collect()
            };
            let yaml = match style {
                "'" => format!("a:{end}{pad}'{}'{end}", body(&lines).trim_start().trim_end().replace('\'', "''")),
                "\"" => {
                    let quoted = body(&lines).replace('\\', "\\\\").replace('"', "\\\"");
                    format!("a:{end}{pad}\"{}\"{end}", quoted.trim_start().trim_end())
                }
                "" => format!("a:{end}{pad}{}{end}", body(&lines).trim_start().trim_end()),
                _ => format!("a: {style}{end}{}", body(&lines)),
            };
            let reading = read(SourceId(0), &yaml, Dialect::Kubectl, &Limits::default());
            let value = reading.documents.first().and_then(|document| document.root().get("a"));
            // Some plain texts are no scalars; whatever is read as one must lead back.
            if let Some(value) = value.and_then(crate::manifest::NodeRef::as_str)
                && value.contains("needle")
            {
                let found = found(&yaml, "needle");
                prop_assert_eq!(found.as_deref(), Some("needle"), "{:?} {:?}", yaml, value);
            }
        }
    }
}
