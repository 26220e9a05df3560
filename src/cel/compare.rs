//! Equality, order and membership. Neither recurses: documents may nest thousands of levels deep.

use std::cmp::Ordering;

use super::error::{EvalErrorKind, Failure};
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
        Relation::NotEqual => match counted_equal(left, right, compared) {
            Ok(equal) => Ok(!equal),
            // As cel-go: what cannot be compared is not equal.
            Err(failure) if failure.kind == EvalErrorKind::NoSuchOverload => Ok(true),
            Err(failure) => Err(failure),
        },
        Relation::Less => order(left, right).map(Ordering::is_lt),
        Relation::LessOrEqual => order(left, right).map(Ordering::is_le),
        Relation::Greater => order(left, right).map(Ordering::is_gt),
        Relation::GreaterOrEqual => order(left, right).map(Ordering::is_ge),
        Relation::In => contains(right, left, compared),
    }
}

/// So few elements Go sorts by insertion.
const INSERTION_SORTED: usize = 12;

/// Whether two values are equal: numbers by value whatever their types, values of different types never.
/// A difference decides even if other parts cannot be known. A value of one of Kubernetes' libraries on the left cannot
/// be compared with one of another type: that is a failure, but inside a list or a map, as in cel-go, no difference.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Failure> {
    counted_equal(left, right, &mut 0)
}

fn counted_equal(left: &Value<'_>, right: &Value<'_>, compared: &mut u64) -> Result<bool, Failure> {
    let (mut left, mut right) = (left, right);
    while let (Content::Optional(Some(inner)), Content::Optional(Some(other))) =
        (left.content(), right.content())
    {
        (left, right) = (inner, other);
    }
    match shallow(left, right) {
        Shallow::Incomparable => Err(Failure::overload()),
        Shallow::Equal => Ok(true),
        Shallow::Different => Ok(false),
        Shallow::Unknown(reason) => Err(Failure::unknown(&reason)),
        Shallow::Parts(parts) => deep(parts, compared),
    }
}

/// The order of two values; NaN has none.
pub(super) fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Ordering, Failure> {
    Ok(match (left.content(), right.content()) {
        (Content::Bool(left), Content::Bool(right)) => left.cmp(&right),
        (Content::String(left), Content::String(right)) => left.cmp(right),
        (Content::Bytes(left), Content::Bytes(right)) => left.cmp(right),
        (Content::Duration(left), Content::Duration(right)) => left.cmp(&right),
        (Content::Timestamp(left), Content::Timestamp(right)) => left.cmp(&right),
        (Content::Unknown(reason), _) | (_, Content::Unknown(reason)) => {
            return Err(Failure::unknown(reason));
        }
        (left, right) => number_order(left, right)
            .ok_or_else(Failure::overload)?
            .ok_or_else(|| Failure::argument("NaN has no order"))?,
    })
}

/// Sorts by keys, which must have an order and be of one type. The sort is stable. Among many elements NaN comes first
/// and equal keys keep their order, where cel-go leaves both to its algorithm.
pub(super) fn sort_by_key<'a, T>(
    items: &mut [T],
    key: impl Fn(&T) -> &Value<'a>,
) -> Result<(), Failure> {
    let Some(first) = items.first() else {
        return Ok(());
    };
    check_comparable(key(first))?;
    let wanted = key(first).type_of();
    for item in items.iter().skip(1) {
        check_comparable(key(item))?;
        if key(item).type_of() != wanted {
            return Err(Failure::overload());
        }
    }
    let is_nan = |item: &T| matches!(key(item).content(), Content::Double(value) if value.is_nan());
    if items.len() <= INSERTION_SORTED && items.iter().any(is_nan) {
        insertion_sort(items, |left, right| {
            order(key(left), key(right)).is_ok_and(Ordering::is_lt)
        });
        return Ok(());
    }
    items.sort_by(|left, right| sorting_order(key(left), key(right)));
    Ok(())
}

/// Sorts by an order that need not be one, exactly as Go's `sort.Slice` does with few elements.
fn insertion_sort<T>(items: &mut [T], is_less: impl Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        for place in (1..=end).rev() {
            let (Some(before), Some(item)) = (items.get(place - 1), items.get(place)) else {
                return;
            };
            if !is_less(item, before) {
                break;
            }
            items.swap(place - 1, place);
        }
    }
}

/// A failure for a value that has no order among its kind.
pub(super) fn check_comparable(value: &Value<'_>) -> Result<(), Failure> {
    match value.content() {
        Content::Bool(_)
        | Content::Int(_)
        | Content::Uint(_)
        | Content::Double(_)
        | Content::String(_)
        | Content::Bytes(_)
        | Content::Duration(_)
        | Content::Timestamp(_) => Ok(()),
        Content::Unknown(reason) => Err(Failure::unknown(reason)),
        _ => Err(Failure::overload()),
    }
}

/// A total order of values of one type that have an order.
fn sorting_order(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    if let (Content::Double(left), Content::Double(right)) = (left.content(), right.content()) {
        return left
            .partial_cmp(&right)
            .unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()));
    }
    order(left, right).unwrap_or(Ordering::Equal)
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
    let mut found = |item: &Value<'_>| {
        *compared += 1;
        match counted_equal(item, wanted, compared) {
            Ok(equal) => equal,
            Err(failure) if failure.kind != EvalErrorKind::Unknown => false,
            Err(failure) => {
                unknown.get_or_insert(failure);
                false
            }
        }
    };
    // Computed elements are looked at where they are: copies would be counted, one by one.
    let holds = match items {
        Items::Node(_) => items.iter().any(|item| found(&item)),
        Items::Values(values) | Items::Constants(values) => values.iter().any(found),
    };
    match unknown {
        Some(failure) if !holds => Err(failure),
        _ => Ok(holds),
    }
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
    /// Nobody knows how to compare them.
    Incomparable,
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
        (Content::Opaque(left), Content::Opaque(right)) => left
            .equals(right)
            .map_or(Shallow::Incomparable, Shallow::of),
        (Content::Quantity(_) | Content::Opaque(_), Content::Null) => Shallow::Different,
        (Content::Quantity(_) | Content::Opaque(_), _) => Shallow::Incomparable,
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
            Shallow::Equal | Shallow::Incomparable => {}
            Shallow::Different => return Ok(false),
            Shallow::Unknown(reason) => unknown = unknown.or(Some(reason)),
            Shallow::Parts(more) => parts.extend(more),
        }
    }
    unknown.map_or(Ok(true), |reason| Err(Failure::unknown(&reason)))
}
