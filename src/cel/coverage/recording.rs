//! What was shown so far, point by point.

use std::collections::BTreeMap;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::program::Program;
use super::{Outcome, Recorder};

/// What identifies a point of a program.
type Key = (usize, usize, Outcome);

/// Keeps what evaluations showed of some programs. May be told from several threads at once.
#[derive(Debug)]
pub struct Recording<'p> {
    programs: Vec<Recorded<'p>>,
}

/// What was shown of one program.
#[derive(Debug)]
struct Recorded<'p> {
    program: &'p Program,
    /// Whether it was evaluated, whatever came of it.
    is_evaluated: AtomicBool,
    points: BTreeMap<Key, AtomicBool>,
}

impl<'p> Recording<'p> {
    /// A recording of these programs, of which nothing was shown yet.
    pub fn new(programs: impl IntoIterator<Item = &'p Program>) -> Self {
        let points = |program: &'p Program| {
            let points = program.points().into_iter();
            let key = |point: super::Point| (point.range.start, point.range.end, point.outcome);
            let points = points.map(|point| (key(point), AtomicBool::new(false)));
            Recorded {
                program,
                is_evaluated: AtomicBool::new(false),
                points: points.collect(),
            }
        };
        Self {
            programs: programs.into_iter().map(points).collect(),
        }
    }

    /// Whether this outcome of this part was shown.
    pub fn has(&self, program: &Program, range: &Range<usize>, outcome: Outcome) -> bool {
        let key = (range.start, range.end, outcome);
        let recorded = self.of(program);
        recorded.is_some_and(|recorded| recorded.points.get(&key).is_some_and(is_set))
    }

    /// Whether a program was evaluated, whatever came of it.
    pub fn has_evaluated(&self, program: &Program) -> bool {
        let recorded = self.of(program);
        recorded.is_some_and(|recorded| is_set(&recorded.is_evaluated))
    }

    /// How many points of a program were shown, and how many it has.
    pub fn share(&self, program: &Program) -> (usize, usize) {
        self.of(program).map_or((0, 0), |recorded| {
            let shown = recorded.points.values().filter(|seen| is_set(seen));
            (shown.count(), recorded.points.len())
        })
    }

    fn of(&self, program: &Program) -> Option<&Recorded<'p>> {
        let mut programs = self.programs.iter();
        programs.find(|recorded| ptr::eq(recorded.program, program))
    }
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

impl Recorder for Recording<'_> {
    fn saw(&self, program: &Program, range: Range<usize>, outcome: Outcome) {
        if let Some(recorded) = self.of(program) {
            recorded.is_evaluated.store(true, Ordering::Relaxed);
            if let Some(seen) = recorded.points.get(&(range.start, range.end, outcome)) {
                seen.store(true, Ordering::Relaxed);
            }
        }
    }
}
