//! Lists: Kubernetes' own library, cel-go's lists extension, and sets.

use std::cmp::Ordering;

use super::super::arithmetic::{self, check_elements};
use super::super::compare;
use super::super::error::{EvalErrorKind, Failure};
use super::super::syntax::Arithmetic;
use super::super::types::sorts::{
    BOOL, BYTES, DOUBLE, DURATION, DYN, INT, LIST_OF_A, LIST_OF_DYN, LIST_OF_INT, LIST_OF_LISTS,
    STRING, TIMESTAMP, UINT,
};
use super::super::types::{Overload, Sort, StaticType};
use super::super::value::{Content, Duration, Items, Type, Value};
use super::{Arguments, Computed, Function};

/// How deep `flatten` goes when it is not told: one level, as cel-go.
const FLATTEN_DEPTH: i64 = 1;
/// Elements of one list that `distinct` and the set functions compare with each other.
const MAX_COMPARED: usize = 10_000;

/// From a list whose elements have an order.
const COMPARABLE_TO_BOOL: &[Overload] = &[
    Overload::new(&[Sort::List(&INT)], BOOL),
    Overload::new(&[Sort::List(&UINT)], BOOL),
    Overload::new(&[Sort::List(&DOUBLE)], BOOL),
    Overload::new(&[Sort::List(&BOOL)], BOOL),
    Overload::new(&[Sort::List(&DURATION)], BOOL),
    Overload::new(&[Sort::List(&TIMESTAMP)], BOOL),
    Overload::new(&[Sort::List(&STRING)], BOOL),
    Overload::new(&[Sort::List(&BYTES)], BOOL),
];

/// From a list whose elements have an order to one of them.
const COMPARABLE_TO_ELEMENT: &[Overload] = &[
    Overload::new(&[Sort::List(&INT)], INT),
    Overload::new(&[Sort::List(&UINT)], UINT),
    Overload::new(&[Sort::List(&DOUBLE)], DOUBLE),
    Overload::new(&[Sort::List(&BOOL)], BOOL),
    Overload::new(&[Sort::List(&DURATION)], DURATION),
    Overload::new(&[Sort::List(&TIMESTAMP)], TIMESTAMP),
    Overload::new(&[Sort::List(&STRING)], STRING),
    Overload::new(&[Sort::List(&BYTES)], BYTES),
];

/// From a list whose elements have an order to such a list.
const SORT: &[Overload] = &[
    Overload::new(&[Sort::List(&INT)], Sort::List(&INT)).since(34),
    Overload::new(&[Sort::List(&UINT)], Sort::List(&UINT)).since(34),
    Overload::new(&[Sort::List(&DOUBLE)], Sort::List(&DOUBLE)).since(34),
    Overload::new(&[Sort::List(&BOOL)], Sort::List(&BOOL)).since(34),
    Overload::new(&[Sort::List(&DURATION)], Sort::List(&DURATION)).since(34),
    Overload::new(&[Sort::List(&TIMESTAMP)], Sort::List(&TIMESTAMP)).since(34),
    Overload::new(&[Sort::List(&STRING)], Sort::List(&STRING)).since(34),
    Overload::new(&[Sort::List(&BYTES)], Sort::List(&BYTES)).since(34),
];

/// From a list whose elements can be added.
const SUM: &[Overload] = &[
    Overload::new(&[Sort::List(&INT)], INT),
    Overload::new(&[Sort::List(&UINT)], UINT),
    Overload::new(&[Sort::List(&DOUBLE)], DOUBLE),
    Overload::new(&[Sort::List(&DURATION)], DURATION),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method("isSorted", COMPARABLE_TO_BOOL, is_sorted),
    Function::method("sum", SUM, sum),
    Function::method("min", COMPARABLE_TO_ELEMENT, min),
    Function::method("max", COMPARABLE_TO_ELEMENT, max),
    Function::method(
        "includes",
        &[Overload::new(&[DYN, DYN], BOOL).since(37)],
        is_or_includes,
    ),
    Function::method(
        "slice",
        &[Overload::new(&[LIST_OF_A, INT, INT], LIST_OF_A).since(34)],
        slice,
    ),
    Function::method(
        "flatten",
        &[
            Overload::new(&[LIST_OF_LISTS], LIST_OF_A).since(34),
            Overload::new(&[LIST_OF_DYN, INT], LIST_OF_DYN).since(34),
        ],
        flatten,
    ),
    Function::method(
        "distinct",
        &[Overload::new(&[LIST_OF_A], LIST_OF_A).since(34)],
        distinct,
    ),
    Function::method(
        "reverse",
        &[Overload::new(&[LIST_OF_A], LIST_OF_A).since(34)],
        reverse,
    ),
    Function::method("sort", SORT, sort),
    Function::global(
        "lists.range",
        &[Overload::new(&[INT], LIST_OF_INT).since(34)],
        range,
    ),
    Function::global(
        "sets.contains",
        &[Overload::new(&[LIST_OF_A, LIST_OF_A], BOOL).since(29)],
        sets_contains,
    ),
    Function::global(
        "sets.equivalent",
        &[Overload::new(&[LIST_OF_A, LIST_OF_A], BOOL).since(29)],
        sets_equivalent,
    ),
    Function::global(
        "sets.intersects",
        &[Overload::new(&[LIST_OF_A, LIST_OF_A], BOOL).since(29)],
        sets_intersects,
    ),
];

/// `list.indexOf(element)`
pub(super) fn index_of<'a>(items: Items<'_, 'a>, arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    position(items, (0..items.len()).collect(), arguments)
}

/// `list.lastIndexOf(element)`
pub(super) fn last_index_of<'a>(
    items: Items<'_, 'a>,
    arguments: &Arguments<'_, 'a>,
) -> Computed<'a> {
    position(items, (0..items.len()).rev().collect(), arguments)
}

fn position<'a>(
    items: Items<'_, 'a>,
    order: Vec<usize>,
    arguments: &Arguments<'_, 'a>,
) -> Computed<'a> {
    if arguments.len() != 2 {
        return Err(Failure::overload());
    }
    let wanted = arguments.value(1);
    for index in order {
        if let Some(item) = items.get(index)
            && includes(&[item], &wanted)?
        {
            return Ok(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        }
    }
    Ok(Value::Int(-1))
}

/// Whether a list has such an element, or another value is equal to it.
fn is_or_includes<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let wanted = arguments.value(1);
    let list: Vec<Value<'a>> = match arguments.content(0) {
        Content::List(items) => items.iter().collect(),
        _ => vec![arguments.value(0)],
    };
    includes(&list, &wanted).map(Value::Bool)
}

fn is_sorted<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let mut before: Option<Value<'_>> = None;
    for item in arguments.list(0)?.iter() {
        compare::check_comparable(&item)?;
        if before.is_some_and(|before| ordered(&before, &item) == Some(Ordering::Greater)) {
            return Ok(Value::Bool(false));
        }
        before = Some(item);
    }
    Ok(Value::Bool(true))
}

/// The sum of numbers or durations. For none it is the zero of the type that the checker knows.
fn sum<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let mut items = arguments.list(0)?.iter();
    let Some(mut sum) = items.next() else {
        return Ok(match arguments.result {
            StaticType::Plain(Type::Uint) => Value::Uint(0),
            StaticType::Plain(Type::Double) => Value::Double(0.0),
            StaticType::Plain(Type::Duration) => Value::Duration(Duration::default()),
            _ => Value::Int(0),
        });
    };
    let is_summable = |value: &Value<'_>| {
        matches!(
            value.type_of(),
            Some(Type::Int | Type::Uint | Type::Double | Type::Duration)
        )
    };
    if !is_summable(&sum) {
        return Err(Failure::overload());
    }
    if let Content::Double(first) = sum.content() {
        // The sum starts at zero, which makes of `-0.0` a `0.0`.
        sum = Value::Double(0.0 + first);
    }
    for item in items {
        sum = arithmetic::arithmetic(Arithmetic::Add, &sum, &item)?;
    }
    Ok(sum)
}

fn min<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    extreme(arguments, "min", Ordering::Less)
}

fn max<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    extreme(arguments, "max", Ordering::Greater)
}

fn extreme<'a>(arguments: &Arguments<'_, 'a>, name: &str, wanted: Ordering) -> Computed<'a> {
    let mut items = arguments.list(0)?.iter();
    let Some(mut found) = items.next() else {
        return Err(Failure::argument(format!("`{name}` of an empty list")));
    };
    compare::check_comparable(&found)?;
    for item in items {
        compare::check_comparable(&item)?;
        if ordered(&item, &found) == Some(wanted) {
            found = item;
        }
    }
    Ok(found)
}

/// As cel-go, these functions pass over values that cannot be compared with each other.
fn ordered(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    compare::order(left, right).ok()
}

fn slice<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let items = arguments.list(0)?;
    let (start, end) = (arguments.int(1)?, arguments.int(2)?);
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let Some((start, end)) = bounds.filter(|(start, end)| start <= end && *end <= items.len())
    else {
        return Err(Failure::argument(format!(
            "cannot slice({start}, {end}): the list has {} elements",
            items.len()
        )));
    };
    Ok(Value::list(
        (start..end).filter_map(|index| items.get(index)).collect(),
    ))
}

fn flatten<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let depth = if arguments.len() > 1 {
        arguments.int(1)?
    } else {
        FLATTEN_DEPTH
    };
    if depth < 0 {
        return Err(Failure::argument(
            "`flatten` needs a level that is not negative",
        ));
    }
    let mut flat: Vec<Value<'a>> = arguments.list(0)?.iter().collect();
    for _ in 0..depth {
        if !flat
            .iter()
            .any(|value| matches!(value.content(), Content::List(_)))
        {
            break;
        }
        let mut next = Vec::with_capacity(flat.len());
        for value in flat {
            match value.content() {
                Content::List(items) => next.extend(items.iter()),
                _ => next.push(value),
            }
            check_elements(next.len())?;
        }
        flat = next;
    }
    Ok(Value::list(flat))
}

fn distinct<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let items = comparable(arguments.list(0)?)?;
    let mut kept: Vec<Value<'a>> = Vec::new();
    for item in items.iter() {
        if !includes(&kept, &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn reverse<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let items = arguments.list(0)?;
    Ok(Value::list(
        (0..items.len())
            .rev()
            .filter_map(|index| items.get(index))
            .collect(),
    ))
}

fn sort<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let mut items: Vec<Value<'a>> = arguments.list(0)?.iter().collect();
    compare::sort_by_key(&mut items, |item| item)?;
    Ok(Value::list(items))
}

fn range<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let end = arguments.int(0)?;
    // As in cel-go, nothing comes before zero.
    check_elements(usize::try_from(end).unwrap_or(0))?;
    Ok(Value::list((0..end).map(Value::Int).collect()))
}

fn sets_contains<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let (list, part) = (arguments.list(0)?, arguments.list(1)?);
    contains_all(list, part).map(Value::Bool)
}

fn sets_equivalent<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let (left, right) = (arguments.list(0)?, arguments.list(1)?);
    Ok(Value::Bool(
        contains_all(left, right)? && contains_all(right, left)?,
    ))
}

fn sets_intersects<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let list: Vec<Value<'a>> = comparable(arguments.list(0)?)?.iter().collect();
    for item in comparable(arguments.list(1)?)?.iter() {
        if includes(&list, &item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn contains_all(list: Items<'_, '_>, part: Items<'_, '_>) -> Result<bool, Failure> {
    let list: Vec<Value<'_>> = comparable(list)?.iter().collect();
    for item in comparable(part)?.iter() {
        if !includes(&list, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A list small enough to compare each element with each other.
fn comparable<'v, 'a>(items: Items<'v, 'a>) -> Result<Items<'v, 'a>, Failure> {
    if items.len() <= MAX_COMPARED {
        return Ok(items);
    }
    Err(Failure::argument(format!(
        "this function compares lists of up to {MAX_COMPARED} elements"
    )))
}

/// Values that cannot be compared are not equal.
fn includes(list: &[Value<'_>], wanted: &Value<'_>) -> Result<bool, Failure> {
    for item in list {
        match compare::equal(item, wanted) {
            Ok(true) => return Ok(true),
            Err(failure) if failure.kind == EvalErrorKind::Unknown => return Err(failure),
            Ok(false) | Err(_) => {}
        }
    }
    Ok(false)
}
