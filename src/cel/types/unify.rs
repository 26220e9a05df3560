//! Which type may stand where another is wanted, and what type variables come to.
//!
//! Upstream: `internalIsAssignable`, `mostGeneral` and `substitute` in `checker/types.go` of cel-go.

use std::sync::Arc;

use super::super::value::Type;
use super::StaticType;

/// What the type variables of one expression stand for.
#[derive(Debug, Default)]
pub(crate) struct Unifier {
    /// By number of the variable.
    bound: Vec<Option<StaticType>>,
    /// What was bound before, to take back what a refused overload bound.
    trail: Vec<(u32, Option<StaticType>)>,
}

impl Unifier {
    /// A variable of which nothing is known.
    pub(crate) fn fresh(&mut self) -> StaticType {
        let number = self.bound.len() as u32;
        self.bound.push(None);
        StaticType::Variable(number)
    }

    /// Whether the one may stand where the other is wanted. Settles variables if so, and nothing if not.
    pub(crate) fn assignable(&mut self, given: &StaticType, wanted: &StaticType) -> bool {
        self.all_assignable(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    /// As [`assignable`](Self::assignable), for each pair or for none.
    pub(crate) fn all_assignable(&mut self, given: &[StaticType], wanted: &[StaticType]) -> bool {
        self.trail.clear();
        let fits = given
            .iter()
            .zip(wanted)
            .all(|(given, wanted)| self.fits(given, wanted));
        if !fits {
            while let Some((number, before)) = self.trail.pop() {
                if let Some(slot) = self.bound.get_mut(number as usize) {
                    *slot = before;
                }
            }
        }
        fits
    }

    /// The type of an aggregate that holds both; `None` where the two have no common type.
    pub(crate) fn joined(&mut self, one: &StaticType, other: &StaticType) -> Option<StaticType> {
        self.assignable(one, other)
            .then(|| most_general(one, other))
    }

    /// The type with every settled variable replaced.
    pub(crate) fn settled(&self, kind: &StaticType) -> StaticType {
        self.replaced(kind, false)
    }

    /// As [`settled`](Self::settled); a variable that nothing settled may be anything.
    pub(crate) fn final_type(&self, kind: &StaticType) -> StaticType {
        self.replaced(kind, true)
    }

    fn replaced(&self, kind: &StaticType, to_dyn: bool) -> StaticType {
        let again = |inner: &Arc<StaticType>| Arc::new(self.replaced(inner, to_dyn));
        match kind {
            StaticType::Variable(number) => match self.binding(*number) {
                Some(bound) => self.replaced(bound, to_dyn),
                None if to_dyn => StaticType::Dyn,
                None => kind.clone(),
            },
            StaticType::TypeOf(inner) => StaticType::TypeOf(again(inner)),
            StaticType::List(inner) => StaticType::List(again(inner)),
            StaticType::Optional(inner) => StaticType::Optional(again(inner)),
            StaticType::Map(key, value) => StaticType::Map(again(key), again(value)),
            StaticType::Dyn | StaticType::Plain(_) | StaticType::Object(_) => kind.clone(),
        }
    }

    fn binding(&self, number: u32) -> Option<&StaticType> {
        self.bound.get(number as usize)?.as_ref()
    }

    fn bind(&mut self, number: u32, kind: StaticType) {
        if let Some(slot) = self.bound.get_mut(number as usize) {
            let before = slot.replace(kind);
            self.trail.push((number, before));
        }
    }

    fn fits(&mut self, given: &StaticType, wanted: &StaticType) -> bool {
        if let StaticType::Variable(number) = wanted {
            let (fits, known) = self.stands_for(given, *number, wanted);
            if fits || known {
                return fits;
            }
        }
        if let StaticType::Variable(number) = given {
            return self.stands_for(wanted, *number, given).0;
        }
        match (given, wanted) {
            (StaticType::Dyn, _)
            | (_, StaticType::Dyn)
            | (StaticType::TypeOf(_), StaticType::TypeOf(_)) => true,
            (StaticType::Plain(Type::Null), other) | (other, StaticType::Plain(Type::Null)) => {
                takes_null(other)
            }
            (StaticType::Plain(given), StaticType::Plain(wanted)) => given == wanted,
            (StaticType::Object(given), StaticType::Object(wanted)) => given == wanted,
            (StaticType::List(given), StaticType::List(wanted))
            | (StaticType::Optional(given), StaticType::Optional(wanted)) => {
                self.fits(given, wanted)
            }
            (StaticType::Map(key, value), StaticType::Map(wanted_key, wanted_value)) => {
                self.fits(key, wanted_key) && self.fits(value, wanted_value)
            }
            _ => false,
        }
    }

    /// Whether a variable may stand for a type, and whether it already stood for one.
    fn stands_for(
        &mut self,
        kind: &StaticType,
        number: u32,
        variable: &StaticType,
    ) -> (bool, bool) {
        if kind == variable {
            return (true, true);
        }
        if let Some(bound) = self.binding(number).cloned() {
            if *kind == bound {
                return (true, true);
            }
            if !self.fits(kind, &bound) {
                return (false, true);
            }
            let general = most_general(kind, &bound);
            if self.is_free_of(number, &general) {
                self.bind(number, general);
            }
            return (true, true);
        }
        if self.is_free_of(number, kind) {
            self.bind(number, kind.clone());
            return (true, false);
        }
        (false, false)
    }

    /// Whether a variable does not occur in a type: else the type would hold itself.
    fn is_free_of(&self, number: u32, kind: &StaticType) -> bool {
        match kind {
            StaticType::Variable(other) => {
                *other != number
                    && self
                        .binding(*other)
                        .is_none_or(|bound| self.is_free_of(number, bound))
            }
            StaticType::TypeOf(inner) | StaticType::List(inner) | StaticType::Optional(inner) => {
                self.is_free_of(number, inner)
            }
            StaticType::Map(key, value) => {
                self.is_free_of(number, key) && self.is_free_of(number, value)
            }
            StaticType::Dyn | StaticType::Plain(_) | StaticType::Object(_) => true,
        }
    }
}

/// Whether null may stand where this type is wanted.
const fn takes_null(kind: &StaticType) -> bool {
    match kind {
        StaticType::Plain(kind) => !matches!(
            kind,
            Type::Bool | Type::Int | Type::Uint | Type::Double | Type::String | Type::Bytes
        ),
        StaticType::Object(_) | StaticType::Optional(_) => true,
        _ => false,
    }
}

/// Of two types that fit each other the one that says less.
fn most_general(one: &StaticType, other: &StaticType) -> StaticType {
    if says_no_more(one, other) { one } else { other }.clone()
}

/// Whether the one type says as much as the other, or less.
fn says_no_more(one: &StaticType, other: &StaticType) -> bool {
    let is_open = |kind: &StaticType| matches!(kind, StaticType::Dyn | StaticType::Variable(_));
    if is_open(one) || is_open(other) {
        return is_open(one);
    }
    match (one, other) {
        (StaticType::List(one), StaticType::List(other))
        | (StaticType::Optional(one), StaticType::Optional(other)) => says_no_more(one, other),
        (StaticType::Map(key, value), StaticType::Map(other_key, other_value)) => {
            says_no_more(key, other_key) && says_no_more(value, other_value)
        }
        (StaticType::TypeOf(_), StaticType::TypeOf(_)) => true,
        (one, other) => one == other,
    }
}

/// Depth of types comes from the depth of expressions, which the parser bounds.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_overload_leaves_no_variable_settled() {
        let mut unifier = Unifier::default();
        let variable = unifier.fresh();
        let given = [StaticType::INT, StaticType::STRING];
        assert!(!unifier.all_assignable(&given, &[variable.clone(), variable.clone()]));
        assert_eq!(unifier.settled(&variable), variable);
        assert!(unifier.all_assignable(&given, &[variable.clone(), StaticType::STRING]));
        assert_eq!(unifier.settled(&variable), StaticType::INT);
    }

    #[test]
    fn a_variable_takes_the_more_general_of_two_types() {
        let mut unifier = Unifier::default();
        let variable = unifier.fresh();
        assert!(unifier.assignable(&StaticType::INT, &variable));
        assert!(unifier.assignable(&StaticType::Dyn, &variable));
        assert_eq!(unifier.settled(&variable), StaticType::Dyn);
    }

    #[test]
    fn no_type_holds_itself() {
        let mut unifier = Unifier::default();
        let variable = unifier.fresh();
        assert!(!unifier.assignable(&StaticType::list(variable.clone()), &variable));
        assert_eq!(unifier.final_type(&variable), StaticType::Dyn);
    }

    #[test]
    fn null_stands_for_objects_times_and_optionals_but_not_for_scalars() {
        let mut unifier = Unifier::default();
        for (kind, takes) in [
            (StaticType::object("Pod"), true),
            (StaticType::Plain(Type::Duration), true),
            (StaticType::Plain(Type::Quantity), true),
            (StaticType::optional(StaticType::INT), true),
            (StaticType::STRING, false),
            (StaticType::list(StaticType::INT), false),
        ] {
            assert_eq!(
                unifier.assignable(&StaticType::NULL, &kind),
                takes,
                "{kind}"
            );
        }
    }
}
