//! Advice on an expression that compiles: fields that may be absent where they are read, and parts whose value is
//! always the same.
//!
//! It walks the typed tree and keeps what is known on the way: `has(x.y)` on the left of `&&`, in the condition of
//! `?:`, negated before `||`; `'k' in m`; what `filter` and earlier conditions demand. It must raise no false alarm:
//! what it does not understand, it leaves alone. It evaluates nothing and knows no document.
//!
//! Start reading at [`advise`], then `walk.rs`; `reads.rs` and `always.rs` are the two things it looks for.

mod always;
mod decide;
mod facts;
mod names;
mod reads;
#[cfg(test)]
mod tests;
mod walk;

use std::ops::Range;

use super::expression::{Expression, Kind};
use super::{Environment, Program};

/// What the expression is part of.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'c> {
    /// What it was compiled against, with the types of objects.
    pub environment: &'c Environment,
    /// The programs of the variables, by index; `None` for one that did not compile.
    pub variables: &'c [Option<&'c Program>],
    /// What each variable reads without a guard of its own, by index: whoever reads the variable must guard it.
    pub unguarded: &'c [Vec<Unguarded>],
    /// What is true whenever the expression runs: conditions that were asked before.
    pub given: &'c [&'c Program],
    /// Strings that are known: a root's slot, the fields below it, and the value. `object.kind`, say.
    pub known: &'c [(usize, &'c [&'c str], &'c str)],
    /// Whether the value decides something by itself, so that one that is always the same is worth a word.
    pub decides: bool,
}

/// What there is to say of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdviceKind {
    /// A field or key is read that may not be there, which is an error when it runs.
    MayBeAbsent,
    /// A condition always holds.
    AlwaysTrue,
    /// A condition never holds.
    AlwaysFalse,
}

/// Something that a variable reads although it may be absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unguarded {
    /// The variable whose expression reads it.
    pub variable: usize,
    /// What it reads, as [`Advice::path`] names it.
    pub path: Box<str>,
}

/// What there is to say of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advised {
    /// In the order of its text.
    pub advice: Vec<Advice>,
    /// What the variables that it reads leave unguarded, and it does too.
    pub exposed: Vec<Unguarded>,
    /// Parts that are never evaluated, by what is known.
    pub unreachable: Vec<Unreachable>,
}

/// A part that is never evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Its bytes.
    pub range: Range<usize>,
    /// Whether it stands where only a boolean can.
    pub boolean: bool,
}

/// One thing to say of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What kind of thing it is.
    pub kind: AdviceKind,
    /// What is the matter.
    pub message: String,
    /// The bytes of the expression that are meant.
    pub range: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
    /// A name of what may be absent that is the same in all expressions; `None` where it is part of an element.
    pub path: Option<Box<str>>,
}

/// What there is to say of a program. Takes time in proportion to the program and the variables it reads.
pub fn advise(program: &Program, surroundings: &Surroundings<'_>) -> Advised {
    let mut walker = walk::Walker::new(program, surroundings);
    walker.program();
    let mut advice = walker.advice;
    advice.sort_by(|a, b| {
        (a.range.start, a.range.end, a.kind).cmp(&(b.range.start, b.range.end, b.kind))
    });
    Advised {
        advice,
        exposed: walker.exposed.into_iter().collect(),
        unreachable: walker.unreachable,
    }
}

/// Whether the part of a program at these bytes is evaluated whenever the program is: no `&&`, `||`, `?:` or macro
/// decides about it.
pub fn is_always_evaluated(program: &Program, range: &Range<usize>) -> bool {
    let mut at = program.expression();
    loop {
        let inner: Vec<&Expression> = match &at.kind {
            Kind::And(_) | Kind::Or(_) => return false,
            Kind::Conditional { condition, .. } => vec![condition],
            Kind::Quantifier(quantifier) => vec![&quantifier.domain.collection],
            Kind::Transform(transform) => vec![&transform.domain.collection],
            Kind::OptionalMap { operand, .. } | Kind::OptionalOr { operand, .. } => vec![operand],
            _ => at.children(),
        };
        let holds = |part: &&Expression| {
            part.range.start as usize <= range.start && range.end <= part.range.end as usize
        };
        match inner.into_iter().find(holds) {
            Some(part) => at = part,
            // What stands in a part that may be left out is not below; what is left is the node's own.
            None => return at.children().iter().all(|part| !holds(part)),
        }
    }
}
