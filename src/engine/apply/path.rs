//! Field paths that share their beginnings: a walk adds one step for each value it visits, and writes a path out only
//! where it has something to say.

use crate::source::{FieldPath, Segment};

/// Names a step of [`Paths`], and so the path that leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step(usize);

impl Step {
    /// Where the walk began.
    pub(super) const ROOT: Self = Self(usize::MAX);
}

/// The steps of a walk, each with the one before it.
#[derive(Debug, Default)]
pub(super) struct Paths(Vec<(Step, Segment)>);

impl Paths {
    pub(super) fn key(&mut self, after: Step, key: &str) -> Step {
        self.push(after, Segment::Key(key.into()))
    }

    pub(super) fn index(&mut self, after: Step, index: usize) -> Step {
        self.push(after, Segment::Index(index))
    }

    fn push(&mut self, after: Step, segment: Segment) -> Step {
        self.0.push((after, segment));
        Step(self.0.len() - 1)
    }

    /// The path to a step, after `prefix`.
    pub(super) fn to(&self, step: Step, prefix: &FieldPath) -> FieldPath {
        let mut segments = Vec::new();
        let mut at = step;
        while let Some((before, segment)) = self.0.get(at.0) {
            segments.push(segment.clone());
            at = *before;
        }
        let mut path = prefix.clone();
        for segment in segments.into_iter().rev() {
            path.push(segment);
        }
        path
    }
}
