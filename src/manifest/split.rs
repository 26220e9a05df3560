//! kubectl's way of cutting a stream into documents: by lines that start with `---`, before any YAML is read.
//!
//! Source: `YAMLReader.Read` in k8s.io/apimachinery, `pkg/util/yaml/decoder.go`.

use std::ops::Range;

/// A piece of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What stands between two separators: the bytes of one document.
    Chunk(Range<usize>),
    /// A line that starts like a separator and goes on with something else. What it opens is skipped.
    BadSeparator(Range<usize>),
}

/// Cuts `text` from byte `start` on. Empty chunks are left out.
pub(super) fn split(text: &str, start: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chunk_start = start;
    let mut line_start = start;
    let mut skipping = false;
    let close = |pieces: &mut Vec<Piece>, from: usize, to: usize, skip: bool| {
        if !skip && from < to {
            pieces.push(Piece::Chunk(from..to));
        }
    };
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let line_end = line_start + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            close(&mut pieces, chunk_start, line_start, skipping);
            let rest = rest.trim();
            skipping = !(rest.is_empty() || rest.starts_with('#'));
            if skipping {
                pieces.push(Piece::BadSeparator(
                    line_start..line_start + line.trim_end().len(),
                ));
            }
            chunk_start = line_end;
        }
        line_start = line_end;
    }
    close(&mut pieces, chunk_start, text.len(), skipping);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: &str) -> Vec<&str> {
        split(text, 0)
            .into_iter()
            .map(|piece| match piece {
                Piece::Chunk(range) | Piece::BadSeparator(range) => &text[range],
            })
            .collect()
    }

    #[test]
    fn a_line_of_three_dashes_separates_also_with_a_comment_or_crlf() {
        assert_eq!(
            chunks("---\na: 1\n--- # x\nb: 2\r\n---\r\nc: 3"),
            ["a: 1\n", "b: 2\r\n", "c: 3"]
        );
        assert_eq!(chunks(" ---\na: '\n ---'\n"), [" ---\na: '\n ---'\n"]);
    }

    #[test]
    fn a_separator_with_content_is_named_and_what_follows_is_skipped() {
        assert_eq!(
            split("a: 1\n--- {b: 2}\nc: 3\n---\nd: 4\n", 0),
            [
                Piece::Chunk(0..5),
                Piece::BadSeparator(5..15),
                Piece::Chunk(25..30)
            ]
        );
        assert_eq!(split("----\n", 0), [Piece::BadSeparator(0..4)]);
    }
}
