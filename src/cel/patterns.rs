//! Regular expressions that an expression computes: each is compiled once while an object is judged, up to a bound.

use std::cell::RefCell;
use std::sync::Arc;

use super::error::Failure;
use super::library::regex::Pattern;

/// How many patterns are kept. Each may take some megabytes; policies compute one or two.
const KEPT: usize = 8;

/// The patterns that were compiled last.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    patterns: Vec<(Box<str>, Arc<Pattern>)>,
    /// The place that the next pattern takes when all are taken.
    next: usize,
}

impl Patterns {
    /// The pattern, if it was compiled before.
    pub(super) fn find(&self, text: &str) -> Option<Arc<Pattern>> {
        let kept = self.kept.borrow();
        let mut patterns = kept.patterns.iter();
        patterns
            .find(|(known, _)| &**known == text)
            .map(|(_, pattern)| Arc::clone(pattern))
    }

    /// Compiles a pattern and keeps it.
    pub(super) fn compile(&self, text: &str) -> Result<Arc<Pattern>, Failure> {
        let pattern = Arc::new(Pattern::compile(text).map_err(Failure::argument)?);
        let mut kept = self.kept.borrow_mut();
        let Kept { patterns, next } = &mut *kept;
        let entry = (text.into(), Arc::clone(&pattern));
        match patterns.get_mut(*next) {
            Some(oldest) => *oldest = entry,
            None => patterns.push(entry),
        }
        *next = (*next + 1) % KEPT;
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Patterns};

    #[test]
    fn the_oldest_pattern_makes_room() {
        let patterns = Patterns::default();
        assert!(patterns.compile("(").is_err() && patterns.find("(").is_none());
        for number in 0..=KEPT {
            let text = format!("a{number}");
            assert!(patterns.find(&text).is_none());
            let pattern = patterns.compile(&text).expect("a pattern");
            assert!(pattern.matches(&text));
            assert!(
                patterns
                    .find(&text)
                    .is_some_and(|pattern| pattern.matches(&text))
            );
        }
        assert!(patterns.find("a0").is_none() && patterns.find("a1").is_some());
    }
}
