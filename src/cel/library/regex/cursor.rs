//! Walks over a pattern text. It must not know what the text means.

/// A place in a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'p> {
    text: &'p str,
    rest: &'p str,
}

impl<'p> Cursor<'p> {
    pub(super) const fn new(text: &'p str) -> Self {
        Self { text, rest: text }
    }

    /// What is still to be read.
    pub(super) const fn rest(&self) -> &'p str {
        self.rest
    }

    /// The next character, not taken.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes the next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let taken = chars.next();
        self.rest = chars.as_str();
        taken
    }

    /// Takes `prefix` if it comes next.
    pub(super) fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes everything before `end`, and `end` itself; nothing if `end` does not come.
    pub(super) fn take_until(&mut self, end: &str) -> Option<&'p str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    /// Takes all that is left.
    pub(super) fn take_rest(&mut self) -> &'p str {
        std::mem::take(&mut self.rest)
    }

    /// What was read since `start`, an earlier copy of this cursor.
    pub(super) fn since(&self, start: &Cursor<'p>) -> &'p str {
        let length = start.rest.len().saturating_sub(self.rest.len());
        start.rest.get(..length).unwrap_or(self.text)
    }
}
