//! The walk over an expression: what is read without being there for sure, and what is always the same.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expression::{Domain, Expression, Kind, Quantity, Shape};
use super::super::syntax::TextRange;
use super::super::types::StaticType;
use super::super::value::Value;
use super::super::{Environment, Program};
use super::facts::{Fact, Facts, Reasoner};
use super::names::Names;
use super::{Advice, AdviceKind, Surroundings, Unguarded, Unreachable};

/// Walks one program.
pub(super) struct Walker<'c> {
    pub(super) source: &'c str,
    root: &'c Expression,
    pub(super) environment: &'c Environment,
    decides: bool,
    pub(super) reasoner: Reasoner<'c>,
    /// What is there where a part is read: also what a part beside it demands, since `&&` and `||` forgive errors.
    pub(super) guards: Facts,
    /// What is known once the parts before it have their say.
    pub(super) truths: Facts,
    /// The collections that elements are from, by the name of the element.
    pub(super) elements: BTreeMap<String, String>,
    /// What was reported.
    pub(super) seen: BTreeSet<String>,
    /// Why a condition was found to be always the same.
    pub(super) hint: Option<String>,
    pub(super) advice: Vec<Advice>,
    unguarded: &'c [Vec<Unguarded>],
    pub(super) exposed: BTreeSet<Unguarded>,
    pub(super) unreachable: Vec<Unreachable>,
}

impl<'c> Walker<'c> {
    pub(super) fn new(program: &'c Program, surroundings: &Surroundings<'c>) -> Self {
        let mut reasoner = Reasoner::new(Names::new(surroundings.variables));
        let mut given = BTreeSet::new();
        for condition in surroundings.given {
            given.extend(reasoner.implied(condition.expression(), true));
        }
        for (slot, fields, value) in surroundings.known {
            let path = fields.iter().map(|field| format!(".{field:?}"));
            let name = format!("r{slot}{}", path.collect::<String>());
            given.insert(Fact::Is(name, format!("{value:?}"), true));
        }
        let mut walker = Self {
            source: program.source(),
            root: program.expression(),
            environment: surroundings.environment,
            decides: surroundings.decides,
            reasoner,
            guards: Facts::default(),
            truths: Facts::default(),
            elements: BTreeMap::new(),
            seen: BTreeSet::new(),
            hint: None,
            advice: Vec::new(),
            unguarded: surroundings.unguarded,
            exposed: BTreeSet::new(),
            unreachable: Vec::new(),
        };
        walker.guards.add(&given);
        walker.truths.add(&given);
        walker
    }

    /// Walks the whole program.
    pub(super) fn program(&mut self) {
        // Whoever writes nothing but `false` means it.
        let literal = matches!(self.source.trim(), "true" | "false");
        self.condition(self.root, self.decides && !literal);
    }

    /// Walks a part that decides something, and says so where it always decides the same.
    fn condition(&mut self, part: &Expression, tell: bool) -> Option<bool> {
        let told = self.told();
        self.hint = None;
        let truth = self.walk(part)?;
        if tell && self.told() == told {
            let help = self.hint.take();
            self.always(truth, part.range, help);
        }
        Some(truth)
    }

    /// How many conditions were reported.
    fn told(&self) -> usize {
        let conditions = self
            .advice
            .iter()
            .filter(|advice| advice.kind != AdviceKind::MayBeAbsent);
        conditions.count()
    }

    /// Walks a part; gives its value where that is always the same boolean.
    fn walk(&mut self, part: &Expression) -> Option<bool> {
        match &part.kind {
            Kind::Constant(Value::Bool(value)) => Some(*value),
            Kind::Constant(_) | Kind::Root(_) => None,
            Kind::Variable(index) => {
                for read in self.unguarded.get(*index).into_iter().flatten() {
                    if !self.is_present(&read.path) {
                        self.exposed.insert(read.clone());
                    }
                }
                self.decide(part)
            }
            Kind::Local(_) => self.known(part),
            Kind::Select {
                operand,
                field,
                optional,
            } => {
                self.walk(operand);
                if !*optional {
                    self.check_field(operand, field, part.range);
                }
                self.known(part)
            }
            Kind::Has { operand, field } => {
                self.walk(operand);
                let name = self.reasoner.names.name(operand)?;
                let name = format!("{name}.{field:?}");
                if self.truths.has(&Fact::Present(name.clone())) {
                    return Some(true);
                }
                self.truths.has(&Fact::Absent(name)).then_some(false)
            }
            Kind::Index {
                operand,
                index,
                optional,
            } => {
                self.walk(operand);
                self.walk(index);
                if !*optional {
                    self.check_key(operand, index);
                }
                self.known(part)
            }
            Kind::Not(inner) => self.walk(inner).map(|truth| !truth),
            Kind::And(operands) => self.logical(operands, true, part.range),
            Kind::Or(operands) => self.logical(operands, false, part.range),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then, otherwise),
            Kind::Relation {
                relation,
                left,
                right,
            } => {
                self.walk(left);
                self.walk(right);
                self.relation(*relation, left, right)
                    .or_else(|| self.decide(part))
            }
            Kind::Quantifier(quantifier) => {
                self.walk(&quantifier.domain.collection);
                let domain = &quantifier.domain;
                let truth = self.within(domain, |walker| {
                    walker.condition(&quantifier.predicate, true)
                });
                match (quantifier.quantity, truth) {
                    (Quantity::All, Some(true)) => Some(true),
                    (Quantity::Exists | Quantity::ExistsOne, Some(false)) => Some(false),
                    _ => self.decide(part),
                }
            }
            Kind::Transform(transform) => {
                self.walk(&transform.domain.collection);
                self.within(&transform.domain, |walker| {
                    let mut demand = BTreeSet::new();
                    if let Some(condition) = &transform.condition {
                        walker.condition(condition, transform.shape != Shape::SortBy);
                        demand = walker.reasoner.implied(condition, true);
                    }
                    if let Some(result) = &transform.result {
                        walker.with(&demand, |walker| walker.walk(result));
                    }
                });
                None
            }
            Kind::OptionalMap {
                operand,
                slot,
                body,
                ..
            } => {
                self.walk(operand);
                // The local is what the optional holds.
                let name = self.reasoner.names.name(operand);
                let held = name.iter().cloned().map(Fact::Present).collect();
                let before = self.reasoner.names.bind(*slot, name);
                self.with(&held, |walker| walker.walk(body));
                self.reasoner.names.bind(*slot, before);
                None
            }
            Kind::Negate(_)
            | Kind::Arithmetic { .. }
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Struct { .. }
            | Kind::Call(_)
            | Kind::OptionalOr { .. } => {
                for child in part.children() {
                    self.walk(child);
                }
                self.known(part)
            }
        }
    }

    /// `&&`, where `neutral` is true, or `||`.
    fn logical(
        &mut self,
        operands: &[Expression],
        neutral: bool,
        range: TextRange,
    ) -> Option<bool> {
        let demands: Vec<BTreeSet<Fact>> = operands
            .iter()
            .map(|operand| self.reasoner.implied(operand, neutral))
            .collect();
        for demand in &demands {
            self.guards.add(demand);
        }
        let mut result = Some(neutral);
        let mut before = Vec::with_capacity(operands.len());
        for (operand, demand) in operands.iter().zip(&demands) {
            // An operand does not guard itself, and errors in it are forgiven where another one decides.
            self.guards.remove(demand);
            let told = self.told();
            self.hint = None;
            let truth = self.walk(operand);
            self.guards.add(demand);
            if truth == Some(!neutral) {
                if self.told() == told {
                    let help = self.hint.take();
                    let whole = if before.is_empty() {
                        operand.range
                    } else {
                        range
                    };
                    self.always(!neutral, whole, help);
                }
                result = Some(!neutral);
                let rest = operands.iter().skip(before.len() + 1);
                self.unreachable.extend(rest.map(|part| Unreachable {
                    range: part.range.into(),
                    boolean: true,
                }));
                break;
            }
            if truth.is_none() {
                result = None;
            }
            self.truths.add(demand);
            before.push(demand);
        }
        for demand in before {
            self.truths.remove(demand);
        }
        for demand in &demands {
            self.guards.remove(demand);
        }
        result
    }

    fn conditional(
        &mut self,
        condition: &Expression,
        then: &Expression,
        otherwise: &Expression,
    ) -> Option<bool> {
        let taken = self.condition(condition, true);
        let branch = |walker: &mut Self, part: &Expression, truth: bool| {
            if taken == Some(!truth) {
                walker.unreachable.push(Unreachable {
                    range: part.range.into(),
                    boolean: false,
                });
                return None;
            }
            let known = walker.reasoner.implied(condition, truth);
            walker.with(&known, |walker| walker.walk(part))
        };
        let first = branch(self, then, true);
        let second = branch(self, otherwise, false);
        match taken {
            Some(true) => first,
            Some(false) => second,
            None => first.filter(|_| first == second),
        }
    }

    /// Walks with more facts.
    fn with<T>(&mut self, facts: &BTreeSet<Fact>, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.guards.add(facts);
        self.truths.add(facts);
        let result = walk(self);
        self.guards.remove(facts);
        self.truths.remove(facts);
        result
    }

    /// Walks what a macro asks of each element.
    fn within<T>(&mut self, domain: &Domain, walk: impl FnOnce(&mut Self) -> T) -> T {
        let collection = self.reasoner.names.name(&domain.collection);
        let element = self.reasoner.names.fresh();
        let is_map = matches!(domain.collection.of, StaticType::Map(..));
        let mut facts = BTreeSet::new();
        if is_map && let Some(map) = &collection {
            facts.insert(Fact::Present(format!("{map}[{element},)")));
        }
        if !is_map {
            self.reasoner
                .of_element(&domain.collection, &element, &mut facts);
        }
        let value = if is_map {
            collection.as_ref().map(|map| format!("{map}[{element},)"))
        } else {
            Some(element.clone())
        };
        let names = if domain.pairs {
            let key = if is_map {
                element.clone()
            } else {
                self.reasoner.names.fresh()
            };
            vec![Some(key), value]
        } else {
            vec![Some(element.clone())]
        };
        if !is_map && let Some(collection) = collection {
            self.elements.insert(element, collection);
        }
        let slots = domain.slot..;
        let before: Vec<_> = slots
            .clone()
            .zip(names)
            .map(|(slot, name)| self.reasoner.names.bind(slot, name))
            .collect();
        let result = self.with(&facts, walk);
        for (slot, name) in slots.zip(before) {
            self.reasoner.names.bind(slot, name);
        }
        result
    }
}
