//! Edits of an expression's text.

use std::ops::Range;

use crate::source::one_line;

use super::super::syntax::TextRange;
use super::Mutant;

/// The text that is shown of a part that is long.
const MOST_SHOWN: usize = 60;

/// Makes mutants of one text.
pub(super) struct Edits<'s> {
    source: &'s str,
    pub(super) made: Vec<Mutant>,
}

impl<'s> Edits<'s> {
    pub(super) const fn new(source: &'s str) -> Self {
        Self {
            source,
            made: Vec::new(),
        }
    }

    /// The text of a part.
    pub(super) fn text(&self, range: impl Into<Range<usize>>) -> &'s str {
        self.source.get(range.into()).unwrap_or_default()
    }

    /// The text of a part as one short line.
    pub(super) fn shown(&self, range: impl Into<Range<usize>>) -> String {
        one_line(self.text(range), MOST_SHOWN)
    }

    /// A mutant in which one part is another.
    pub(super) fn replace(
        &mut self,
        range: impl Into<Range<usize>>,
        replacement: String,
        change: String,
    ) {
        let range = range.into();
        self.edit(range.clone(), vec![(range, replacement)], change);
    }

    /// A mutant in which one part is another, shown as that.
    pub(super) fn become_(&mut self, range: impl Into<Range<usize>>, replacement: &str) {
        let range = range.into();
        let change = format!("`{}` became `{replacement}`", self.shown(range.clone()));
        self.replace(range, replacement.to_owned(), change);
    }

    /// A mutant with several parts replaced, which do not overlap. `place` is what it is about.
    pub(super) fn edit(
        &mut self,
        place: Range<usize>,
        mut edits: Vec<(Range<usize>, String)>,
        change: String,
    ) {
        edits.sort_by_key(|(range, _)| range.start);
        let mut source = String::with_capacity(self.source.len() + 8);
        let mut at = 0;
        for (range, replacement) in edits {
            source.push_str(self.text(at..range.start));
            source.push_str(&replacement);
            at = range.end;
        }
        source.push_str(self.text(at..self.source.len()));
        self.made.push(Mutant {
            range: place,
            change,
            source,
        });
    }

    /// Where an operator stands between two operands; comments are passed over.
    pub(super) fn operator(
        &self,
        left: TextRange,
        right: TextRange,
        symbol: &str,
    ) -> Option<Range<usize>> {
        let start = left.end as usize;
        let mut at = start;
        for line in self.text(start..right.start as usize).split_inclusive('\n') {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(found) = code.find(symbol) {
                return Some(at + found..at + found + symbol.len());
            }
            at += line.len();
        }
        None
    }
}
