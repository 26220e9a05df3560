//! Puts fixed prices into compiled nodes.
//!
//! cel-go evaluates a name with all selects and indices behind it as one step, an attribute: one for the step and one
//! for each select or index that it comes to. The branches of `?:` and the index of `x[i]` are resolved inside of the
//! step around them, so there the step itself is free. `has` is free but for its selects.

use super::super::expression::{Call, Expression, Kind, Quantity, Shape, Transform};
use super::super::syntax::{Arithmetic, Relation};
use super::super::types::StaticType;
use super::super::value::{Content, Type, Value};
use super::formula::Formula;
use super::{Charge, LIST, MAP, STRUCT, functions};

/// Prices a whole expression whose types are settled.
pub(crate) fn plan(expression: &mut Expression) {
    walk(expression, 1);
}

/// `step` is what an attribute costs here besides its selects.
fn walk(expression: &mut Expression, step: u32) {
    if let Kind::Constant(_) = expression.kind {
        return;
    }
    match &mut expression.kind {
        Kind::Select { operand, .. } => walk(operand, step),
        Kind::Has { operand, .. } => walk(operand, 0),
        Kind::Index { operand, index, .. } => {
            walk(operand, step);
            walk(index, 0);
        }
        Kind::Conditional {
            condition,
            then,
            otherwise,
        } => {
            walk(condition, 1);
            walk(then, 0);
            walk(otherwise, 0);
        }
        _ => {
            for child in expression.children_mut() {
                walk(child, 1);
            }
        }
    }
    expression.charge = charge(expression, step);
    if let Kind::OptionalMap { slot, body, .. } = &mut expression.kind {
        hold(body, *slot);
    }
}

/// Marks the mentions of a name that `optMap` binds.
fn hold(expression: &mut Expression, slot: usize) {
    if let Kind::Local(other) = expression.kind {
        expression.charge.held |= other == slot;
    }
    for child in expression.children_mut() {
        hold(child, slot);
    }
}

/// Prices a node whose parts are priced, for an evaluation while compiling.
pub(crate) fn plan_node(expression: &mut Expression) {
    if !matches!(expression.kind, Kind::Constant(_)) {
        expression.charge = charge(expression, 1);
    }
}

fn charge(expression: &Expression, step: u32) -> Charge {
    let fixed = |entry| Charge {
        entry,
        ..Charge::default()
    };
    match &expression.kind {
        Kind::Constant(_) => expression.charge,
        Kind::Root(_) | Kind::Local(_) => fixed(step),
        // `variables` and its field.
        Kind::Variable(_) => fixed(1 + step),
        // The step of an attribute that starts with something computed is counted where the first select is.
        Kind::Select { operand, .. } | Kind::Index { operand, .. } => {
            fixed(if starts_attribute(operand) { step } else { 0 })
        }
        // What the step of an attribute costs `has` takes back, even that of a conditional, which has none.
        Kind::Has { operand, .. } => Charge {
            refunds: step == 1 && is_conditional(operand),
            ..each(1)
        },
        Kind::And(_)
        | Kind::Or(_)
        | Kind::Conditional { .. }
        | Kind::OptionalMap { .. }
        | Kind::OptionalOr { .. } => fixed(0),
        Kind::Not(_) | Kind::Negate(_) => fixed(1),
        Kind::Arithmetic {
            operator,
            left,
            right,
        } => arithmetic(*operator, left, right),
        Kind::Relation {
            relation,
            left,
            right,
        } => compared(*relation, left, right),
        Kind::List(items) => {
            let constant = items
                .iter()
                .all(|item| item.value.charge.constant && !item.optional);
            made(LIST, constant)
        }
        Kind::Map(entries) => {
            let constant = entries.iter().all(|entry| {
                entry.key.charge.constant && entry.value.charge.constant && !entry.optional
            });
            made(MAP, constant)
        }
        Kind::Struct { .. } => fixed(STRUCT),
        Kind::Call(call) => called(call),
        Kind::Quantifier(quantifier) => match quantifier.quantity {
            // Reading the result and asking whether to go on; reading it once more to add to it.
            Quantity::All => each(3),
            Quantity::Exists => each(4),
            // Adding one to what is found.
            Quantity::ExistsOne => each(2),
        },
        Kind::Transform(transform) => transformed(transform),
    }
}

const fn each(each: u32) -> Charge {
    Charge {
        entry: 0,
        each,
        formula: Formula::Nothing,
        constant: false,
        stops: false,
        held: false,
        refunds: false,
    }
}

fn made(price: u32, constant: bool) -> Charge {
    if constant {
        return Charge::CONSTANT;
    }
    Charge {
        entry: price,
        ..Charge::default()
    }
}

/// Whether an attribute begins behind this operand: it is no attribute itself.
fn starts_attribute(operand: &Expression) -> bool {
    !matches!(
        operand.kind,
        Kind::Root(_)
            | Kind::Variable(_)
            | Kind::Local(_)
            | Kind::Select { .. }
            | Kind::Index { .. }
            | Kind::Has { .. }
            | Kind::Conditional { .. }
    )
}

/// Whether an attribute starts with a conditional.
fn is_conditional(operand: &Expression) -> bool {
    let mut operand = operand;
    loop {
        match &operand.kind {
            Kind::Conditional { .. } => return true,
            Kind::Select { operand: inner, .. } | Kind::Index { operand: inner, .. } => {
                operand = inner;
            }
            _ => return false,
        }
    }
}

fn arithmetic(operator: Arithmetic, left: &Expression, right: &Expression) -> Charge {
    let is_text = operator == Arithmetic::Add && (is_text(left) || is_text(right));
    Charge {
        entry: u32::from(!is_text),
        formula: if is_text {
            Formula::Both
        } else {
            Formula::Nothing
        },
        ..Charge::default()
    }
}

fn compared(relation: Relation, left: &Expression, right: &Expression) -> Charge {
    let formula = match relation {
        Relation::Equal => Formula::Equal,
        Relation::NotEqual => Formula::Smaller,
        Relation::In if is_set(right) => Formula::Nothing,
        Relation::In if matches!(right.of, StaticType::List(_)) => Formula::Elements,
        Relation::Less | Relation::LessOrEqual | Relation::Greater | Relation::GreaterOrEqual
            if is_text(left) || is_text(right) =>
        {
            Formula::Smaller
        }
        _ => {
            return Charge {
                entry: 1,
                ..Charge::default()
            };
        }
    };
    Charge {
        formula,
        constant: relation == Relation::In && is_empty_constant(right),
        ..Charge::default()
    }
}

/// Whether the checker knows that this is a string or bytes, and so which overload an operator has.
fn is_text(expression: &Expression) -> bool {
    matches!(expression.of, StaticType::Plain(Type::String | Type::Bytes))
}

/// Whether cel-go makes a hash set of this list: membership is free then.
fn is_set(list: &Expression) -> bool {
    if !list.charge.constant || !matches!(list.of, StaticType::List(_)) {
        return false;
    }
    constant_items(list).is_some_and(|items| items.iter().all(is_hashed))
}

fn is_hashed(value: &Value<'_>) -> bool {
    matches!(
        value.content(),
        Content::Bool(_)
            | Content::Int(_)
            | Content::Uint(_)
            | Content::Double(_)
            | Content::String(_)
    )
}

/// Whether this is `[]`: nothing is in it, and cel-go does not even look for what.
pub(crate) fn is_empty_constant(list: &Expression) -> bool {
    list.charge.constant
        && matches!(list.of, StaticType::List(_))
        && constant_items(list).is_some_and(|items| items.is_empty())
}

fn constant_items(list: &Expression) -> Option<Vec<Value<'static>>> {
    let Kind::Constant(value) = &list.kind else {
        return None;
    };
    match value.content() {
        Content::List(items) => Some(items.iter().collect()),
        _ => None,
    }
}

fn called(call: &Call) -> Charge {
    let function = call.function;
    let is_constant = |argument: &Expression| argument.charge.constant;
    if functions::converts(function) && call.arguments.iter().all(is_constant) {
        return Charge::CONSTANT;
    }
    let types: Vec<StaticType> = call.arguments.iter().map(|part| part.of.clone()).collect();
    let overload = functions::chosen(function.overloads, &types);
    let (each, formula) = functions::price(function, overload);
    // A regular expression that is a constant is compiled with the call.
    let prepared = function.pattern.is_some()
        && call.arguments.last().is_some_and(|pattern| {
            matches!(&pattern.kind, Kind::Constant(Value::String(_))) && pattern.charge.constant
        });
    let stops = match call.arguments.len() {
        0 | 1 => false,
        2 => overload.is_none() || function.name == "format" || prepared,
        _ => true,
    };
    Charge {
        each,
        formula,
        stops,
        ..Charge::default()
    }
}

fn transformed(transform: &Transform) -> Charge {
    // Reading what is there so far, and adding to it.
    let adding = 2;
    let constant = transform
        .result
        .as_ref()
        .is_some_and(|result| result.charge.constant);
    // The one element is put into a list first.
    let list = if constant { 0 } else { LIST };
    match transform.shape {
        Shape::Filter => each(adding + LIST + 1),
        Shape::List => each(adding + list),
        Shape::Map => each(adding + 1),
        Shape::MapEntries => each(adding),
        Shape::SortBy => {
            let key = transform
                .result
                .as_ref()
                .map_or(StaticType::Dyn, |key| key.of.clone());
            let known = matches!(
                key,
                StaticType::Plain(
                    Type::Bool
                        | Type::Int
                        | Type::Uint
                        | Type::Double
                        | Type::String
                        | Type::Bytes
                        | Type::Duration
                        | Type::Timestamp
                )
            );
            Charge {
                entry: u32::from(!known),
                formula: if known {
                    Formula::SelfCompare
                } else {
                    Formula::Nothing
                },
                ..each(adding + list)
            }
        }
    }
}
