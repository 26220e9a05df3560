//! The source line under a finding: cut to a readable length, unsafe characters replaced, Secrets masked.

use std::ops::Range;

use crate::source::{Source, SourceId, Span, is_unsafe};

use super::safe_text::replacement;

/// Lines longer than this are cut around the place: a minified file is one line of megabytes.
const LONGEST_LINE: usize = 600;

/// How much stands before the place in a line that is cut.
const BEFORE: usize = 80;

/// One line of a source, ready to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snippet {
    /// The line's number, from 1.
    pub(super) line: u32,
    /// The column of the place in the real line, from 1, in characters.
    pub(super) column: u32,
    /// The text to show.
    pub(super) text: String,
    /// The bytes of `text` to underline; never empty.
    pub(super) mark: Range<usize>,
    /// Whether `text` begins after the line's first character, so that columns in it are not those of the line.
    pub(super) cut: bool,
}

/// The line in which `span` starts, with the part of the span that lies in it marked.
pub(super) fn snippet(source: &Source, span: Span, masked: &[Span]) -> Option<Snippet> {
    let at = source.line_column(span.start);
    let line = source.line_range(at.line)?;
    let whole = source.text();
    let start = (span.start as usize).clamp(line.start, line.end);
    let end = (span.end as usize).clamp(start, line.end);
    let window = window(whole, &line, start);
    let mut text = String::with_capacity(window.len());
    let mut mark = None;
    let mut marked_to = 0;
    let masks = masks_within(masked, span.source, &window);
    for (offset, character) in whole.get(window.clone())?.char_indices() {
        let byte = window.start + offset;
        if byte >= start && mark.is_none() {
            mark = Some(text.len());
        }
        let hidden = masks.iter().any(|mask| mask.contains(&byte));
        text.push(match character {
            _ if hidden && !character.is_whitespace() => '*',
            _ if is_unsafe(character) => replacement(character),
            _ => character,
        });
        if byte < end {
            marked_to = text.len();
        }
    }
    let from = mark.unwrap_or(text.len());
    if text.len() == from {
        text.push(' ');
    }
    let next = text
        .get(from..)
        .and_then(|rest| rest.chars().next())
        .map_or(1, char::len_utf8);
    let mark = from..marked_to.max(from + next);
    Some(Snippet {
        line: at.line,
        column: at.column,
        text,
        mark,
        cut: window.start > line.start,
    })
}

fn window(text: &str, line: &Range<usize>, start: usize) -> Range<usize> {
    if line.len() <= LONGEST_LINE {
        return line.clone();
    }
    let mut from = start.saturating_sub(BEFORE).max(line.start);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = (from + LONGEST_LINE).min(line.end);
    while !text.is_char_boundary(to) {
        to += 1;
    }
    from..to
}

fn masks_within(masked: &[Span], source: SourceId, window: &Range<usize>) -> Vec<Range<usize>> {
    let first = masked.partition_point(|mask| {
        mask.source < source || (mask.source == source && (mask.end as usize) <= window.start)
    });
    masked
        .iter()
        .skip(first)
        .take_while(|mask| mask.source == source && (mask.start as usize) < window.end)
        .map(|mask| mask.start as usize..mask.end as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: u32, end: u32, masked: &[Span]) -> (String, String) {
        let source = Source::new("a.yaml", text);
        let snippet = snippet(&source, Span::new(SourceId(0), start, end), masked).unwrap();
        let mark = snippet.text[snippet.mark.clone()].to_owned();
        (snippet.text, mark)
    }

    #[test]
    fn the_part_of_the_span_in_its_first_line_is_marked() {
        let text = "a: 1\nöb: |\n  x\n";
        assert_eq!(shown(text, 5, 15, &[]), ("öb: |".into(), "öb: |".into()));
        assert_eq!(shown(text, 3, 4, &[]), ("a: 1".into(), "1".into()));
    }

    #[test]
    fn an_empty_span_and_the_end_of_a_line_are_still_marked() {
        assert_eq!(shown("a: 1\n", 0, 0, &[]), ("a: 1".into(), "a".into()));
        assert_eq!(shown("a: 1\n", 4, 4, &[]), ("a: 1 ".into(), " ".into()));
        assert_eq!(shown("", 0, 0, &[]), (" ".into(), " ".into()));
    }

    #[test]
    fn masked_values_are_stars_also_when_they_are_not_what_is_marked() {
        let masked = [Span::new(SourceId(0), 3, 10)];
        assert_eq!(shown("p: hün te # x", 0, 1, &masked).0, "p: *** ** # x");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "ä".repeat(500_000), "b".repeat(500_000));
        let (line, mark) = shown(&text, 1_000_000, 1_000_004, &[]);
        assert_eq!(mark, "HERE");
        assert!(line.len() < 1000, "{}", line.len());
    }

    #[test]
    fn control_characters_in_a_source_line_are_made_visible() {
        assert_eq!(
            shown("a: \u{1b}[2J", 3, 4, &[]),
            ("a: ␛[2J".into(), "␛".into())
        );
    }
}
