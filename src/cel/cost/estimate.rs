//! Estimates: what an expression costs at least and at most, before any object is there.
//!
//! cel-go estimates the tree with macros expanded; their prices are written out here. Nothing is folded: an estimate
//! may lie above what evaluation spends on constants. Sizes of what documents hold are not known.

use super::super::expression::{Call, Entry, Expression, Field, Item, Kind};
use super::super::syntax::{Arithmetic, Relation};
use super::super::types::StaticType;
use super::super::value::{Content, Type, Value};
use super::formula::{TRAVERSAL, size as size_of};
use super::size::{CostEstimate, Size};
use super::{LIST, MAP, STRUCT, calls, functions};

/// The sizes of keys and values; those of a list's indices are one.
pub(super) type Parts = (Size, Size);

/// What is known of a node.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) of: StaticType,
    /// The cost of the node and all below it.
    pub(super) cost: Size,
    pub(super) size: Option<Size>,
    /// The sizes of its parts.
    pub(super) entries: Option<Parts>,
    /// The number that it is written as.
    pub(super) literal: Option<i64>,
}

/// The cost of an expression.
pub(crate) fn estimate(expression: &Expression) -> CostEstimate {
    Estimator { locals: Vec::new() }.facts(expression).cost
}

pub(super) struct Estimator {
    /// What is known of the names that macros bind, by slot.
    locals: Vec<(Option<Size>, Option<Parts>)>,
}

const ONE: Size = Size::fixed(1);

impl Estimator {
    pub(super) fn facts(&mut self, expression: &Expression) -> Facts {
        if let Some(folded) = &expression.folded {
            return self.facts(folded);
        }
        let mut facts = Facts {
            of: expression.of.clone(),
            cost: Size::fixed(0),
            size: None,
            entries: None,
            literal: None,
        };
        match &expression.kind {
            Kind::Constant(value) => constant(value, &mut facts),
            Kind::Root(_) => facts.cost = ONE,
            Kind::Variable(_) => facts.cost = Size::fixed(2),
            Kind::Local(slot) => self.local(*slot, &mut facts),
            Kind::Select {
                operand, optional, ..
            } => self.select(operand, *optional, &mut facts),
            Kind::Has { operand, .. } => facts.cost = self.cost(operand),
            Kind::Index {
                operand,
                index,
                optional,
            } => self.index(operand, index, *optional, &mut facts),
            Kind::Not(operand) | Kind::Negate(operand) => {
                facts.cost = self.cost(operand).plus(ONE);
            }
            Kind::And(operands) | Kind::Or(operands) => self.logical(operands, &mut facts),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional([condition, then, otherwise], &mut facts),
            Kind::Arithmetic { left, right, .. } | Kind::Relation { left, right, .. } => {
                self.operator(expression, left, right, &mut facts);
            }
            Kind::List(items) => self.list(items, &mut facts),
            Kind::Map(entries) => self.map(entries, &mut facts),
            Kind::Struct { fields, .. } => self.structure(fields, &mut facts),
            Kind::Call(call) => self.call(call, &mut facts),
            Kind::Quantifier(quantifier) => self.quantifier(quantifier, &mut facts),
            Kind::Transform(transform) => self.transform(transform, &mut facts),
            Kind::OptionalMap {
                operand,
                slot,
                body,
                flat,
            } => self.optional_map(operand, (*slot, body), *flat, &mut facts),
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                let operand = self.cost(operand).plus(ONE);
                facts.cost = operand.plus(self.cost(fallback));
            }
        }
        facts.size = facts.size.or_else(|| scalar(&facts.of));
        facts
    }

    fn cost(&mut self, expression: &Expression) -> Size {
        self.facts(expression).cost
    }

    fn local(&self, slot: usize, facts: &mut Facts) {
        facts.cost = ONE;
        if let Some((size, entries)) = self.locals.get(slot) {
            facts.size = scalar(&facts.of).or(*size);
            facts.entries = *entries;
        }
    }

    fn select(&mut self, operand: &Expression, optional: bool, facts: &mut Facts) {
        let is_typed = matches!(operand.of, StaticType::Map(..) | StaticType::Object(_));
        let price = u64::from(optional || is_typed);
        facts.cost = self.cost(operand).plus(Size::fixed(price));
    }

    fn index(
        &mut self,
        operand: &Expression,
        index: &Expression,
        optional: bool,
        facts: &mut Facts,
    ) {
        let operand = self.facts(operand);
        facts.cost = operand.cost.plus(self.cost(index)).plus(ONE);
        if !optional && !matches!(operand.of, StaticType::Optional(_)) {
            facts.size = operand.entries.map(|(_, value)| value);
        }
    }

    fn logical(&mut self, operands: &[Expression], facts: &mut Facts) {
        let costs: Vec<Size> = operands.iter().map(|operand| self.cost(operand)).collect();
        let most = costs
            .iter()
            .fold(Size::fixed(0), |sum, cost| sum.plus(*cost));
        // The first may decide alone.
        let least = costs.first().map_or(0, |first| first.min);
        facts.cost = Size::range(least, most.max);
    }

    fn conditional(&mut self, parts: [&Expression; 3], facts: &mut Facts) {
        let [condition, then, otherwise] = parts;
        let condition = self.cost(condition);
        let then = self.facts(then);
        let otherwise = self.facts(otherwise);
        either(facts, condition, &then, &otherwise);
    }

    fn operator(
        &mut self,
        expression: &Expression,
        left: &Expression,
        right: &Expression,
        facts: &mut Facts,
    ) {
        let left = self.facts(left);
        let right = self.facts(right);
        match &expression.kind {
            Kind::Arithmetic { operator, .. } => arithmetic(*operator, &left, &right, facts),
            Kind::Relation { relation, .. } => facts.cost = compared(*relation, &left, &right),
            _ => {}
        }
    }

    fn list(&mut self, items: &[Item], facts: &mut Facts) {
        let mut value = Size::range(u64::MAX, 0);
        facts.cost = Size::fixed(LIST.into());
        for item in items {
            let item = self.facts(&item.value);
            facts.cost = facts.cost.plus(item.cost);
            value = value.or(item.size_or_unknown());
        }
        if items.is_empty() {
            value.min = 0;
        }
        facts.size = Some(Size::fixed(items.len() as u64));
        facts.entries = Some((ONE, value));
    }

    fn map(&mut self, entries: &[Entry], facts: &mut Facts) {
        let (mut keys, mut values) = (Size::range(u64::MAX, 0), Size::range(u64::MAX, 0));
        facts.cost = Size::fixed(MAP.into());
        for entry in entries {
            let key = self.facts(&entry.key);
            let value = self.facts(&entry.value);
            facts.cost = facts.cost.plus(key.cost).plus(value.cost);
            keys = keys.or(key.size_or_unknown());
            values = values.or(value.size_or_unknown());
        }
        if entries.is_empty() {
            (keys.min, values.min) = (0, 0);
        }
        facts.size = Some(Size::fixed(entries.len() as u64));
        facts.entries = Some((keys, values));
    }

    fn structure(&mut self, fields: &[Field], facts: &mut Facts) {
        facts.cost = Size::fixed(STRUCT.into());
        for field in fields {
            facts.cost = facts.cost.plus(self.cost(&field.value));
        }
    }

    /// The facts of an expression in which names are bound from a slot on.
    pub(super) fn within(
        &mut self,
        slot: usize,
        bound: &[(Option<Size>, Option<Parts>)],
        expression: &Expression,
    ) -> Facts {
        self.locals.truncate(slot);
        self.locals.extend_from_slice(bound);
        let facts = self.facts(expression);
        self.locals.truncate(slot);
        facts
    }

    fn call(&mut self, call: &Call, facts: &mut Facts) {
        let operands = call.arguments.iter().map(|operand| self.facts(operand));
        let operands: Vec<Facts> = operands.collect();
        let cost = operands
            .iter()
            .fold(Size::fixed(0), |sum, operand| sum.plus(operand.cost));
        if let ("dyn", [operand]) = (call.function.name, operands.as_slice()) {
            facts.cost = cost.plus(ONE);
            (facts.size, facts.entries) = (operand.size, operand.entries);
            return;
        }
        let types: Vec<StaticType> = operands.iter().map(|operand| operand.of.clone()).collect();
        let mut price: Option<Size> = None;
        for overload in functions::fitting(call.function.overloads, &types) {
            let (own, size) = calls::estimate(call.function, overload, &operands);
            price = Some(price.map_or(own, |price| price.or(own)));
            facts.size = match (facts.size, size) {
                (Some(before), Some(size)) => Some(before.or(size)),
                (before, size) => before.or(size).or_else(|| scalar(&facts.of)),
            };
        }
        facts.cost = cost.plus(price.unwrap_or(ONE));
    }
}

impl Facts {
    pub(super) fn size_or_unknown(&self) -> Size {
        self.size.unwrap_or(Size::UNKNOWN)
    }

    /// Whether a value of this type may stand there.
    fn may_be(&self, kind: Type) -> bool {
        match &self.of {
            StaticType::Dyn | StaticType::Variable(_) => true,
            StaticType::Plain(own) => *own == kind,
            StaticType::List(_) => kind == Type::List,
            StaticType::Map(..) => kind == Type::Map,
            _ => false,
        }
    }
}

fn constant(value: &Value<'_>, facts: &mut Facts) {
    match value.content() {
        // The name of a type is a name.
        Content::Type(_) => facts.cost = ONE,
        Content::Int(number) => {
            facts.literal = Some(number);
            facts.size = Some(ONE);
        }
        _ => facts.size = Some(Size::fixed(size_of(value))),
    }
}

/// The size of what has no parts.
pub(super) fn scalar(kind: &StaticType) -> Option<Size> {
    match kind {
        StaticType::Plain(
            Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint,
        ) => Some(ONE),
        StaticType::Optional(held) => scalar(held),
        _ => None,
    }
}

pub(super) fn either(facts: &mut Facts, condition: Size, then: &Facts, otherwise: &Facts) {
    facts.cost = condition.plus(then.cost.or(otherwise.cost));
    facts.size = Some(then.size_or_unknown().or(otherwise.size_or_unknown()));
    facts.entries = union(then.entries, otherwise.entries);
}

fn union(one: Option<Parts>, other: Option<Parts>) -> Option<Parts> {
    let ((key, value), (other_key, other_value)) = (one?, other?);
    Some((key.or(other_key), value.or(other_value)))
}

fn arithmetic(operator: Arithmetic, left: &Facts, right: &Facts, facts: &mut Facts) {
    let operands = left.cost.plus(right.cost);
    let both = |kind| left.may_be(kind) && right.may_be(kind);
    let is_text = both(Type::String) || both(Type::Bytes);
    let is_list = both(Type::List);
    if operator != Arithmetic::Add || !(is_text || is_list) {
        facts.cost = operands.plus(ONE);
        return;
    }
    let together = left.size_or_unknown().plus(right.size_or_unknown());
    let reading = together.scaled(TRAVERSAL);
    let is_open = both(Type::Int) || is_list;
    facts.cost = operands.plus(match (is_text, is_open) {
        (true, true) => reading.or(ONE),
        (true, false) => reading,
        _ => ONE,
    });
    facts.size = Some(together);
    facts.entries = union(left.entries, right.entries);
}

fn compared(relation: Relation, left: &Facts, right: &Facts) -> Size {
    let operands = left.cost.plus(right.cost);
    let (one, other) = (left.size_or_unknown(), right.size_or_unknown());
    let most = one.max.min(other.max);
    let smaller = Size::range(u64::from(most > 0), most).scaled(TRAVERSAL);
    let both = |kind| left.may_be(kind) && right.may_be(kind);
    operands.plus(match relation {
        Relation::Equal => kubernetes(left, right).unwrap_or(smaller),
        Relation::NotEqual => smaller,
        Relation::In => match (right.may_be(Type::List), right.may_be(Type::Map)) {
            (true, true) => other.or(ONE),
            (true, false) => other,
            _ => ONE,
        },
        Relation::Less | Relation::LessOrEqual | Relation::Greater | Relation::GreaterOrEqual => {
            match (both(Type::String) || both(Type::Bytes), both(Type::Int)) {
                (true, true) => smaller.or(ONE),
                (true, false) => smaller,
                _ => ONE,
            }
        }
    })
}

/// The price of comparing two values of the same type of Kubernetes' libraries.
fn kubernetes(left: &Facts, right: &Facts) -> Option<Size> {
    let (StaticType::Plain(kind), StaticType::Plain(other)) = (&left.of, &right.of) else {
        return None;
    };
    if kind != other {
        return None;
    }
    match kind {
        Type::Quantity
        | Type::Ip
        | Type::Cidr
        | Type::Semver
        | Type::Authorizer
        | Type::PathCheck
        | Type::GroupCheck
        | Type::ResourceCheck => Some(ONE),
        Type::NamedFormat => Some(Size::range(1, 64).scaled(TRAVERSAL)),
        Type::Url => {
            let most = right.size.map_or(1, |size| size.max);
            Some(Size::range(1, most).scaled(TRAVERSAL))
        }
        _ => None,
    }
}
