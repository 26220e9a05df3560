//! YAML inside YAML: from a place in the text of a scalar to the place in the file that holds it.

use crate::source::Span;

/// Knows where each line of a scalar's text stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Inline {
    outer: Span,
    /// For each line of the text: its first byte there, and its first byte in the file.
    lines: Vec<(u32, u32)>,
}

impl Inline {
    /// `outer` is the scalar in `file`, `text` what it holds.
    pub(super) fn new(outer: Span, file: &str, text: &str) -> Self {
        Self {
            outer,
            lines: lines(outer, file, text).unwrap_or_default(),
        }
    }

    /// The place in the file; the whole scalar where the text does not stand there as it is (escapes, folded lines).
    pub(super) fn place(&self, inner: Span) -> Span {
        let Some(start) = self.byte(inner.start) else {
            return self.outer;
        };
        let end = self.byte(inner.end).filter(|&end| end >= start);
        Span::new(self.outer.source, start, end.unwrap_or(start))
    }

    fn byte(&self, inner: u32) -> Option<u32> {
        let at = self.lines.partition_point(|&(start, _)| start <= inner);
        let &(start, outer) = self.lines.get(at.checked_sub(1)?)?;
        Some(outer + (inner - start))
    }
}

fn lines(outer: Span, file: &str, text: &str) -> Option<Vec<(u32, u32)>> {
    let written = file.get(outer.start as usize..outer.end as usize)?;
    if !written.starts_with('|') {
        let at = written.find(text.trim_end_matches('\n'))?;
        let is_one_line = !text.trim_end_matches('\n').contains('\n');
        return is_one_line.then(|| vec![(0, outer.start + at as u32)]);
    }
    let mut outer_at = outer.start as usize + written.find('\n')? + 1;
    let mut inner_at = 0;
    let mut found = Vec::new();
    for line in text.lines() {
        let written = file.get(outer_at..)?.split('\n').next()?;
        let content = written.trim_end_matches('\r');
        let indent = content.len().checked_sub(line.len())?;
        if content.get(indent..)? != line {
            return None;
        }
        found.push((inner_at as u32, (outer_at + indent) as u32));
        outer_at += written.len() + 1;
        inner_at += line.len() + 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    #[test]
    fn a_word_of_the_inner_text_is_found_in_the_file() {
        for (file, word, expected) in [
            ("a: |-\n    - op: x\n\n      path: y\n", "path", "path"),
            ("a: |\r\n  - op: x\r\n    path: y\r\n", "path", "path"),
            ("a: '[{op: x}]'\n", "op", "op"),
            ("a: \"[{\\\"op\\\": 1}]\"\n", "op", "\"[{\\\"op\\\": 1}]\""),
        ] {
            let reading = read_one(SourceId(3), file, Dialect::Kustomize, &Limits::default());
            let node = reading.documents[0].root().get("a").unwrap();
            let text = node.as_str().unwrap();
            let inline = Inline::new(node.origin().unwrap(), file, text);
            let at = text.find(word).unwrap() as u32;
            let inner = Span::new(SourceId(9), at, at + word.len() as u32);
            let span = inline.place(inner);
            assert_eq!(
                &file[span.start as usize..span.end as usize],
                expected,
                "{file:?}"
            );
            assert_eq!(span.source, SourceId(3));
        }
    }
}
