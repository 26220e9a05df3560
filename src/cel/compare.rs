//! Equality, order and membership. Neither recurses: documents may nest thousands of levels deep.

use std::cmp::Ordering;

use super::error::Failure;
use super::syntax::Relation;
use super::value::{Content, Entries, Items, Value};

/// The outcome of `left relation right`. Adds to `compared` how many parts of lists and maps were looked at.
pub(super) fn relation(
    relation: Relation,
    left: &Value<'_>,
    right: &Value<'_>,
    compared: &mut u64,
) -> Result<bool, Failure> {
    match relation {
        Relation::Equal => counted_equal(left, right, compared),
        Relation::NotEqual => counted_equal(left, right, compared).map(|equal| !equal),
        Relation::Less => Ok(order(left, right)? == Some(Ordering::Less)),
        Relation::LessOrEqual => Ok(order(left, right)?.is_some_and(Ordering::is_le)),
        Relation::Greater => Ok(order(left, right)? == Some(Ordering::Greater)),
        Relation::GreaterOrEqual => Ok(order(left, right)?.is_some_and(Ordering::is_ge)),
        Relation::In => contains(right, left, compared),
    }
}

/// Whether two values are equal: numbers by value whatever their types, values of different types never.
/// A difference decides even if other parts cannot be known.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    counted_equal(left, right, &mut 0)
}

fn counted_equal(left: &Value<'_>, right: &Value<'_>, compared: &mut u64) -> Result<bool, Failure> {
    match shallow(left, right) {
        Shallow::Equal => Ok(true),
        Shallow::Different => Ok(false),
        Shallow::Unknown(reason) => Err(Failure::unknown(&reason)),
        Shallow::Parts(parts) => deep(parts, compared),
    }
}

/// The order of two values; `None` where NaN is one of them.
pub(super) fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Option<Ordering>, Failure> {
    Ok(Some(match (left.content(), right.content()) {
        (Content::Bool(left), Content::Bool(right)) => left.cmp(&right),
        (Content::String(left), Content::String(right)) => left.cmp(right),
        (Content::Bytes(left), Content::Bytes(right)) => left.cmp(right),
        (Content::Duration(left), Content::Duration(right)) => left.cmp(&right),
        (Content::Timestamp(left), Content::Timestamp(right)) => left.cmp(&right),
        (Content::Unknown(reason), _) | (_, Content::Unknown(reason)) => {
            return Err(Failure::unknown(reason));
        }
        (left, right) => return number_order(left, right).ok_or_else(Failure::overload),
    }))
}

/// The order of two values for sorting: total, whatever the values. NaN comes first, and numbers are compared exactly.
/// Values that have no order are put by type, and the failure says so.
pub(super) fn sorting_order(
    left: &Value<'_>,
    right: &Value<'_>,
    failure: &mut Option<Failure>,
) -> Ordering {
    if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
        return left.exact_order(right);
    }
    let by_type = left.type_of().cmp(&right.type_of());
    if by_type == Ordering::Equal
        && let Ok(Some(order)) = order(left, right)
    {
        return order;
    }
    failure.get_or_insert_with(Failure::overload);
    by_type
}

/// A number of any type.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Double(f64),
}

impl Number {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value.content() {
            Content::Int(value) => Some(Self::Whole(value.into())),
            Content::Uint(value) => Some(Self::Whole(value.into())),
            Content::Double(value) => Some(Self::Double(value)),
            _ => None,
        }
    }

    fn exact_order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Double(left), Self::Double(right)) => left
                .partial_cmp(&right)
                .unwrap_or_else(|| right.is_nan().cmp(&left.is_nan())),
            (Self::Double(left), Self::Whole(right)) => double_order(left, right),
            (Self::Whole(left), Self::Double(right)) => double_order(right, left).reverse(),
        }
    }
}

fn double_order(left: f64, right: i128) -> Ordering {
    if left.is_nan() {
        return Ordering::Less;
    }
    // The cast stops at the ends of the type, far beyond any int or uint.
    let whole = left.trunc() as i128;
    let fraction = left.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal);
    whole.cmp(&right).then(fraction)
}

/// Whether a list has an equal element, or a map the key.
fn contains(
    collection: &Value<'_>,
    wanted: &Value<'_>,
    compared: &mut u64,
) -> Result<bool, Failure> {
    match collection.content() {
        Content::List(items) => list_contains(items, wanted, compared),
        Content::Map(entries) => {
            if entries.get(wanted).is_some() {
                return Ok(true);
            }
            match entries.open() {
                Some(reason) => Err(Failure::unknown(reason)),
                None => Ok(false),
            }
        }
        _ => Err(Failure::overload()),
    }
}

fn list_contains(
    items: Items<'_, '_>,
    wanted: &Value<'_>,
    compared: &mut u64,
) -> Result<bool, Failure> {
    let mut unknown = None;
    for item in items.iter() {
        *compared += 1;
        match counted_equal(&item, wanted, compared) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(failure) => unknown = unknown.or(Some(failure)),
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// The order of two numbers: the outer `None` where one is no number, the inner where one is NaN.
/// Comparisons with a double go through doubles, as in cel-go.
#[allow(
    clippy::option_option,
    reason = "two questions: are these numbers, and have they an order"
)]
fn number_order(left: Content<'_, '_>, right: Content<'_, '_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (Content::Int(left), Content::Int(right)) => Some(left.cmp(&right)),
        (Content::Uint(left), Content::Uint(right)) => Some(left.cmp(&right)),
        (Content::Double(left), Content::Double(right)) => left.partial_cmp(&right),
        (Content::Int(left), Content::Uint(right)) => {
            Some(i128::from(left).cmp(&i128::from(right)))
        }
        (Content::Uint(left), Content::Int(right)) => {
            Some(i128::from(left).cmp(&i128::from(right)))
        }
        (Content::Double(left), Content::Int(right)) => left.partial_cmp(&(right as f64)),
        (Content::Double(left), Content::Uint(right)) => left.partial_cmp(&(right as f64)),
        (Content::Int(left), Content::Double(right)) => (left as f64).partial_cmp(&right),
        (Content::Uint(left), Content::Double(right)) => (left as f64).partial_cmp(&right),
        _ => return None,
    })
}

/// What a look at two values without their parts says.
enum Shallow<'a> {
    Equal,
    Different,
    Unknown(String),
    /// Equal if these pairs are.
    Parts(Vec<(Value<'a>, Value<'a>)>),
}

impl Shallow<'_> {
    const fn of(equal: bool) -> Self {
        if equal { Self::Equal } else { Self::Different }
    }
}

fn shallow<'v>(left: &Value<'v>, right: &Value<'v>) -> Shallow<'v> {
    match (left.content(), right.content()) {
        (Content::String(left), Content::String(right)) => Shallow::of(left == right),
        (Content::Null, Content::Null) => Shallow::Equal,
        (Content::Bool(left), Content::Bool(right)) => Shallow::of(left == right),
        (Content::Bytes(left), Content::Bytes(right)) => Shallow::of(left == right),
        (Content::Type(left), Content::Type(right)) => Shallow::of(left == right),
        (Content::Duration(left), Content::Duration(right)) => Shallow::of(left == right),
        (Content::Timestamp(left), Content::Timestamp(right)) => Shallow::of(left == right),
        (Content::Quantity(left), Content::Quantity(right)) => Shallow::of(left == right),
        (Content::Image(left), Content::Image(right)) => Shallow::of(left.text() == right.text()),
        (Content::Unknown(reason), _) | (_, Content::Unknown(reason)) => {
            Shallow::Unknown(reason.to_owned())
        }
        (Content::Optional(left), Content::Optional(right)) => match (left, right) {
            (None, None) => Shallow::Equal,
            (Some(left), Some(right)) => Shallow::Parts(vec![(left.clone(), right.clone())]),
            _ => Shallow::Different,
        },
        (Content::List(left), Content::List(right)) => {
            if left.len() != right.len() {
                return Shallow::Different;
            }
            Shallow::Parts(left.iter().zip(right.iter()).collect())
        }
        (Content::Map(left), Content::Map(right)) => maps(left, right),
        (Content::Struct(left), Content::Struct(right)) => {
            if left.name() != right.name() || left.fields().len() != right.fields().len() {
                return Shallow::Different;
            }
            let parts = left
                .fields()
                .map(|(field, value)| Some((value.clone(), right.get(field)?.clone())));
            parts
                .collect::<Option<_>>()
                .map_or(Shallow::Different, Shallow::Parts)
        }
        (left, right) => match number_order(left, right) {
            Some(order) => Shallow::of(order == Some(Ordering::Equal)),
            None => Shallow::Different,
        },
    }
}

fn maps<'v>(left: Entries<'_, 'v>, right: Entries<'_, 'v>) -> Shallow<'v> {
    let open = left.open().or_else(|| right.open());
    if left.len() != right.len() {
        return match open {
            Some(reason) => Shallow::Unknown(reason.to_owned()),
            None => Shallow::Different,
        };
    }
    let mut parts = Vec::with_capacity(left.len());
    for (key, value) in left.iter() {
        match right.get(&key) {
            Some(other) => parts.push((value, other)),
            None if open.is_some() => {}
            None => return Shallow::Different,
        }
    }
    match open {
        Some(reason) => Shallow::Unknown(reason.to_owned()),
        None => Shallow::Parts(parts),
    }
}

fn deep<'v>(mut parts: Vec<(Value<'v>, Value<'v>)>, compared: &mut u64) -> Result<bool, Failure> {
    let mut unknown = None;
    while let Some((left, right)) = parts.pop() {
        *compared += 1;
        match shallow(&left, &right) {
            Shallow::Equal => {}
            Shallow::Different => return Ok(false),
            Shallow::Unknown(reason) => unknown = unknown.or(Some(reason)),
            Shallow::Parts(more) => parts.extend(more),
        }
    }
    unknown.map_or(Ok(true), |reason| Err(Failure::unknown(&reason)))
}
