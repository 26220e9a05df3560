//! What is known when a condition is true, or false.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expression::{Domain, Expression, Kind, Quantity, Shape};
use super::super::syntax::Relation;
use super::super::value::Value;
use super::names::{Names, constant};

/// How many parts are looked at for one expression: conditions in conditions are looked at more than once.
const STEPS: u32 = 200_000;

/// How far variables are followed that are made of other variables.
const DEEPEST: u32 = 16;

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// What this names is there.
    Present(String),
    /// It is not there.
    Absent(String),
    /// The condition of this name holds, or does not.
    Holds(String, bool),
    /// What this names is this constant, or is not.
    Is(String, String, bool),
}

/// Things that are known, each with how many reasons there are for it.
#[derive(Debug, Default)]
pub(super) struct Facts(BTreeMap<Fact, u32>);

impl Facts {
    pub(super) fn add(&mut self, facts: &BTreeSet<Fact>) {
        for fact in facts {
            *self.0.entry(fact.clone()).or_insert(0) += 1;
        }
    }

    pub(super) fn remove(&mut self, facts: &BTreeSet<Fact>) {
        for fact in facts {
            if let Some(count) = self.0.get_mut(fact) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(fact);
                }
            }
        }
    }

    pub(super) fn has(&self, fact: &Fact) -> bool {
        self.0.contains_key(fact)
    }

    /// The constant that something is known to be.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let from = Fact::Is(name.to_owned(), String::new(), false);
        self.0
            .range(from..)
            .map_while(|(fact, _)| match fact {
                Fact::Is(of, value, is) if of == name => Some((value, *is)),
                _ => None,
            })
            .find(|(_, is)| *is)
            .map(|(value, _)| value.as_str())
    }
}

/// What is known of conditions, with what is known of variables remembered.
pub(super) struct Reasoner<'c> {
    pub(super) names: Names<'c>,
    /// How many parts may still be looked at. Beyond that nothing more is known.
    left: u32,
    depth: u32,
    variables: BTreeMap<(usize, bool), BTreeSet<Fact>>,
}

impl<'c> Reasoner<'c> {
    pub(super) fn new(names: Names<'c>) -> Self {
        Self {
            names,
            left: STEPS,
            depth: 0,
            variables: BTreeMap::new(),
        }
    }

    /// What is known where a condition has this value.
    pub(super) fn implied(&mut self, condition: &Expression, truth: bool) -> BTreeSet<Fact> {
        let mut facts = BTreeSet::new();
        self.collect(condition, truth, &mut facts);
        facts
    }

    fn collect(&mut self, condition: &Expression, truth: bool, facts: &mut BTreeSet<Fact>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        match &condition.kind {
            Kind::Not(inner) => self.collect(inner, !truth, facts),
            Kind::And(operands) if truth => {
                operands
                    .iter()
                    .for_each(|operand| self.collect(operand, true, facts));
            }
            Kind::Or(operands) if !truth => {
                operands
                    .iter()
                    .for_each(|operand| self.collect(operand, false, facts));
            }
            Kind::And(operands) | Kind::Or(operands) => {
                // One of them has the value; what all agree on is known.
                let mut all = operands.iter().map(|operand| self.implied(operand, truth));
                if let Some(first) = all.next() {
                    let common = all.fold(first, |common, facts| &common & &facts);
                    facts.extend(common);
                }
            }
            Kind::Conditional {
                condition: test,
                then,
                otherwise,
            } => {
                let mut ways = Vec::new();
                for (branch, taken) in [(then, true), (otherwise, false)] {
                    // A branch that is the other constant was not taken.
                    if matches!(branch.kind, Kind::Constant(Value::Bool(value)) if value != truth) {
                        continue;
                    }
                    let mut way = self.implied(test, taken);
                    self.collect(branch, truth, &mut way);
                    ways.push(way);
                }
                if let Some(common) = ways.into_iter().reduce(|one, other| &one & &other) {
                    facts.extend(common);
                }
            }
            Kind::Variable(index) => {
                facts.extend(self.of_variable(*index, truth));
                self.holds(condition, truth, facts);
            }
            Kind::Has { operand, field } => {
                if let Some(operand_name) = self.names.name(operand) {
                    self.present(operand, facts);
                    let name = format!("{operand_name}.{field:?}");
                    facts.insert(if truth {
                        Fact::Present(name)
                    } else {
                        Fact::Absent(name)
                    });
                }
            }
            Kind::Relation {
                relation,
                left,
                right,
            } => {
                self.relation(*relation, left, right, truth, facts);
                self.holds(condition, truth, facts);
            }
            // `x.?a.orValue(false)` is true where it is there.
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                if matches!(fallback.kind, Kind::Constant(Value::Bool(value)) if value != truth) {
                    self.present(operand, facts);
                }
                self.holds(condition, truth, facts);
            }
            Kind::Call(call) if call.function.name == "hasValue" && truth => {
                call.arguments
                    .iter()
                    .for_each(|operand| self.present(operand, facts));
            }
            Kind::Quantifier(quantifier) => {
                let demand = match (quantifier.quantity, truth) {
                    (Quantity::All, true) => Some(true),
                    (Quantity::Exists, false) => Some(false),
                    _ => None,
                };
                if let Some(demand) = demand {
                    self.of_each(&quantifier.domain, &quantifier.predicate, demand, facts);
                }
            }
            _ => self.holds(condition, truth, facts),
        }
    }

    fn holds(&mut self, condition: &Expression, truth: bool, facts: &mut BTreeSet<Fact>) {
        if let Some(name) = self.names.name(condition) {
            facts.insert(Fact::Holds(name, truth));
        }
    }

    /// What is known where a variable has this value.
    fn of_variable(&mut self, index: usize, truth: bool) -> BTreeSet<Fact> {
        if let Some(known) = self.variables.get(&(index, truth)) {
            return known.clone();
        }
        let found = self.in_variable(index, |reasoner, inner| reasoner.implied(inner, truth));
        let Some(facts) = found else {
            return BTreeSet::new();
        };
        self.variables.insert((index, truth), facts.clone());
        facts
    }

    /// Looks into a variable, where the locals around its use mean nothing. `None` where that goes too deep.
    fn in_variable<T>(
        &mut self,
        index: usize,
        look: impl FnOnce(&mut Self, &'c Expression) -> T,
    ) -> Option<T> {
        let program = self.names.variable(index)?;
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let locals = std::mem::take(&mut self.names.locals);
        let found = look(self, program.expression());
        self.names.locals = locals;
        self.depth -= 1;
        Some(found)
    }

    fn relation(
        &mut self,
        relation: Relation,
        left: &Expression,
        right: &Expression,
        truth: bool,
        facts: &mut BTreeSet<Fact>,
    ) {
        match relation {
            Relation::In if truth => {
                if let (Some(map), Some(key)) = (self.names.name(right), self.entry(left)) {
                    self.present(right, facts);
                    facts.insert(Fact::Present(format!("{map}{key}")));
                }
            }
            Relation::Equal | Relation::NotEqual => {
                let is = truth == (relation == Relation::Equal);
                for (one, other) in [(left, right), (right, left)] {
                    let Kind::Constant(value) = &other.kind else {
                        continue;
                    };
                    if let (Some(name), Some(value)) = (self.names.name(one), constant(value)) {
                        facts.insert(Fact::Is(name, value, is));
                    }
                    // `x.?a.orValue('') == 'b'` holds only where it is there.
                    if let Kind::OptionalOr {
                        operand, fallback, ..
                    } = &one.kind
                        && let Kind::Constant(fallback) = &fallback.kind
                        && let (Some(fallback), Some(value)) = (constant(fallback), constant(value))
                        && (fallback == value) != is
                    {
                        self.present(operand, facts);
                    }
                }
            }
            _ => {}
        }
    }

    /// What is known of the elements of a collection, under the name that stands for each of them.
    fn of_each(
        &mut self,
        domain: &Domain,
        predicate: &Expression,
        truth: bool,
        facts: &mut BTreeSet<Fact>,
    ) {
        let Some(collection) = self.names.name(&domain.collection) else {
            return;
        };
        if domain.pairs {
            return;
        }
        let before = self.names.bind(domain.slot, Some(each(&collection)));
        let known = self.implied(predicate, truth);
        self.names.bind(domain.slot, before);
        facts.extend(
            known
                .into_iter()
                .filter(|fact| matches!(fact, Fact::Present(_))),
        );
    }

    /// What is known of a single element, which `name` stands for: what the filters demand that let it through.
    pub(super) fn of_element(
        &mut self,
        collection: &Expression,
        name: &str,
        facts: &mut BTreeSet<Fact>,
    ) {
        match &collection.kind {
            Kind::Variable(index) => {
                self.in_variable(*index, |reasoner, inner| {
                    reasoner.of_element(inner, name, facts);
                });
            }
            Kind::Transform(transform)
                if matches!(transform.shape, Shape::Filter | Shape::SortBy) =>
            {
                if let Some(condition) = &transform.condition
                    && !transform.domain.pairs
                {
                    let slot = transform.domain.slot;
                    let before = self.names.bind(slot, Some(name.to_owned()));
                    facts.extend(self.implied(condition, true));
                    self.names.bind(slot, before);
                }
                self.of_element(&transform.domain.collection, name, facts);
            }
            _ => {}
        }
    }

    /// What an optional or a part stands for is there, and all that it stands in.
    fn present(&mut self, part: &Expression, facts: &mut BTreeSet<Fact>) {
        let mut at = part;
        loop {
            at = match &at.kind {
                Kind::Select { operand, .. } | Kind::Index { operand, .. } => {
                    if let Some(name) = self.names.name(at) {
                        facts.insert(Fact::Present(name));
                    }
                    operand
                }
                _ => return,
            };
        }
    }

    /// How a map's name goes on for one of its keys.
    pub(super) fn entry(&mut self, key: &Expression) -> Option<String> {
        match &key.kind {
            Kind::Constant(Value::String(key)) => Some(format!(".{:?}", key.as_str())),
            _ => Some(format!("[{},)", self.names.name(key)?)),
        }
    }
}

/// The name that stands for every element of a collection.
pub(super) fn each(collection: &str) -> String {
    format!("{collection}[*]")
}
