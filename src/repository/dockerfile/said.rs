//! What a word of an instruction says, and how much a file may say in all.
//!
//! Variables make a short file say much: one that stands for a long text is written again with two letters. So names
//! are bounded, and what all of them and all variables come to.

use std::cell::Cell;

use crate::source::{Span, one_line};

use super::variables::Known;

/// A text that the file says, or why it does not.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) value: Result<String, String>,
    /// As written.
    pub(super) written: String,
    pub(super) place: Span,
}

/// No image and no user has a longer name, in bytes.
const LONGEST: usize = 4096;

/// So much of the name of a variable is shown in a message.
const MOST_SHOWN: usize = 40;

/// The values of all variables and names of a file have so many bytes together. No file that somebody wrote comes near.
const MOST: usize = 4 << 20;

/// The name of a variable as messages show it. Reasons are kept for each stage, so a name may not make one long.
pub(super) fn shown(name: &str) -> String {
    one_line(name, MOST_SHOWN)
}

/// What is left of [`MOST`].
#[derive(Debug)]
pub(super) struct Room(Cell<usize>);

impl Room {
    pub(super) const fn new() -> Self {
        Self(Cell::new(MOST))
    }

    fn holds(&self, text: &str) -> bool {
        let left = self.0.get().checked_sub(text.len());
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }

    /// A variable to be kept.
    pub(super) fn variable(&self, known: Known) -> Known {
        match known {
            Known::Value(text) | Known::Not(text) if !self.holds(&text) => Known::Not(too_much()),
            known => known,
        }
    }

    /// A name to be kept, written as `text`.
    pub(super) fn said(&self, value: Result<String, String>, text: &str, place: Span) -> Said {
        let is_short = |text: &str| text.len() <= LONGEST;
        let value = match value {
            Ok(value) if !is_short(&value) => Err("a name is too long".to_owned()),
            Ok(value) if !self.holds(&value) => Err(too_much()),
            value => value,
        };
        let written = Some(text).filter(|text| is_short(text));
        Said {
            value,
            written: written.unwrap_or_default().to_owned(),
            place,
        }
    }
}

fn too_much() -> String {
    "the variables of the file are too long together".to_owned()
}
