//! Mutants: an expression with one small change each, to ask of tests whether they would notice.
//!
//! The changes are those by which an author errs: `&&` for `||`, a clause forgotten, a condition turned round, the
//! neighbour of an operator, `all` for `exists`, branches exchanged, an element or a constant that is another. They are
//! edits of the text, made from its syntax tree, so that a mutant reads as the author wrote it but for the change.
//!
//! Not every mutant compiles; whoever runs them compiles them and leaves out those that do not. None is the expression
//! itself, and no two of one expression are the same. Changes are left out that another one always shows as well: `has`
//! negated, where it is also made true and false.

mod edit;
mod operators;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;
use std::ops::Range;

use super::program::Program;
use super::syntax;
use super::types::StaticType;
use edit::Edits;

/// An expression with one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The bytes of the original that the change is about.
    pub range: Range<usize>,
    /// What was changed, for people: "`&&` became `||`".
    pub change: String,
    /// The text of the mutant.
    pub source: String,
}

/// What the value of an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To decide, or to change an object: every constant matters.
    Logic,
    /// To be read by people: how its texts are worded is not tested.
    Prose,
}

impl Program {
    /// The mutants of this expression, in the order of the text.
    pub fn mutants(&self, purpose: Purpose) -> Vec<Mutant> {
        let source = self.source();
        let Ok(syntax) = syntax::parse(source, true) else {
            return Vec::new();
        };
        let mut edits = Edits::new(source);
        for whole in instead_of(self.static_type()) {
            let change = format!("the whole expression became `{whole}`");
            edits.replace(syntax.range, (*whole).to_owned(), change);
        }
        tree::Changes {
            edits: &mut edits,
            purpose,
        }
        .whole(&syntax, *self.static_type() == StaticType::BOOL);
        let mut known = BTreeSet::from([source.to_owned()]);
        let mut mutants = edits.made;
        mutants.retain(|mutant| known.insert(mutant.source.clone()));
        mutants.sort_by_key(|mutant| (mutant.range.start, mutant.range.end));
        mutants
    }
}

/// What an expression of this type may be replaced by as a whole.
fn instead_of(of: &StaticType) -> &'static [&'static str] {
    match of {
        StaticType::List(element) if **element == StaticType::object("JSONPatch") => &["[]"],
        StaticType::Object(name) if **name == *"Object" => &["Object{}"],
        of if *of == StaticType::BOOL => &["true", "false"],
        of if *of == StaticType::STRING => &["''"],
        _ => &[],
    }
}
