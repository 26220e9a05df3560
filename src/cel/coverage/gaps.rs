//! What a recording lacks, said once: of a part that evaluation never came by, not also of all that stands in it.

use std::ops::Range;

use super::super::program::Program;
use super::points::{self, Asked};
use super::{Outcome, Point, Recording};

/// Something that no evaluation has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The bytes of the part.
    pub range: Range<usize>,
    /// What it never came to; [`Outcome::Evaluated`] of a part that evaluation always passed by.
    pub outcome: Outcome,
}

pub(super) fn gaps(program: &Program, recording: &Recording<'_>) -> Vec<Gap> {
    let Asked { points, regions } = points::all(program.expression());
    let is_shown = |point: &Point| recording.has(program, &point.range, point.outcome);
    let mut gaps: Vec<Gap> = Vec::new();
    // Outer regions come first, so what stands in one that is listed is passed over.
    for region in regions.into_iter().map(Range::<usize>::from) {
        let inside = |point: &&Point| holds(&region, &point.range);
        let mut asked = points.iter().filter(inside).peekable();
        let is_listed = gaps.iter().any(|gap| holds(&gap.range, &region));
        if asked.peek().is_some() && !is_listed && !asked.any(is_shown) {
            gaps.push(Gap {
                range: region,
                outcome: Outcome::Evaluated,
            });
        }
    }
    let passed_by: Vec<Range<usize>> = gaps.iter().map(|gap| gap.range.clone()).collect();
    for point in points {
        let is_listed = passed_by.iter().any(|range| holds(range, &point.range));
        if !is_listed && !is_shown(&point) {
            gaps.push(Gap {
                range: point.range,
                outcome: point.outcome,
            });
        }
    }
    gaps.sort_by_key(|gap| (gap.range.start, gap.range.end, gap.outcome));
    gaps
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
