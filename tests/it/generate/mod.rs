//! Expressions by the thousand for the tests that compare, mutate and soak: a grammar of templates over one object.
//!
//! The same seed gives the same expressions, on any machine.

mod grammar;
mod wide;

use std::time::{Duration, Instant};

pub(crate) use grammar::{BLAME, Kind, OBJECT};
pub(crate) use wide::{WIDE, mutated};

/// The time that this thread has had of the processor, so that other work on the machine does not count; on other
/// systems than Linux the time on the wall.
pub(crate) fn used(start: Instant) -> Duration {
    let counters = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = counters.and_then(|counters| counters.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// A small generator of numbers (`SplitMix64`): good enough to choose by, and the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True once in `times`.
    pub(crate) const fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them; there is one.
    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}
