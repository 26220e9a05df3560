//! Estimates of calls: the prices of `functions`, for sizes that are not known yet.

use super::super::functions::{Function, Style};
use super::super::types::{Overload, Sort, StaticType};
use super::super::value::Type;
use super::AUTHORIZATION;
use super::estimate::Facts;
use super::formula::{PATTERN, TRAVERSAL};
use super::size::Size;

/// The cost of a call without its operands, and the size of its result where the call says it.
type Estimate = (Size, Option<Size>);

const ONE: Size = Size::fixed(1);

/// The estimate of a call by one of its overloads. The receiver is the first operand.
pub(super) fn estimate(function: &Function, overload: &Overload, operands: &[Facts]) -> Estimate {
    let size = |position: usize| {
        operands
            .get(position)
            .and_then(|operand| operand.size)
            .unwrap_or(Size::UNKNOWN)
    };
    let takes =
        |position: usize, kind: Type| overload.arguments.get(position) == Some(&Sort::Plain(kind));
    let first = size(0);
    match (function.name, function.style) {
        ("check", _) => (Size::fixed(AUTHORIZATION.into()), None),
        ("fieldSelector" | "labelSelector", _) => {
            let requirements = size(1).scaled(0.5).scaled(50.0);
            let cost = Size::fixed(10).plus(size(1).scaled(TRAVERSAL));
            (cost.plus(requirements), None)
        }
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes", _) => {
            (elements(function, operands.first(), first), None)
        }
        ("url" | "jsonpatch.escapeKey" | "lowerAscii" | "upperAscii" | "substring" | "trim", _) => {
            (first.scaled(TRAVERSAL), Some(first))
        }
        ("replace", _) => (
            first.scaled(2.0 * TRAVERSAL),
            Some(replaced(first, size(1), size(2))),
        ),
        ("split", _) => {
            let most = operands.get(2).and_then(|limit| limit.literal);
            let parts = Size::range(0, most.map_or(first.max, |most| most as u64));
            (first.scaled(2.0 * TRAVERSAL), Some(parts))
        }
        ("join", _) => {
            let result = joined(operands, first, size(1));
            (result.scaled(TRAVERSAL), Some(result))
        }
        ("find" | "findAll", _) => (pattern(first, size(1)), Some(Size::range(0, first.max))),
        ("matches", Style::Method) => (pattern(first, size(1)), None),
        (
            "cidr" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver"
            | "image" | "isImage" | "json" | "isJSON",
            _,
        )
        | ("ip", Style::Global)
        | ("format", Style::Method) => (first.scaled(TRAVERSAL), None),
        ("startsWith" | "endsWith", _) => (size(1).scaled(TRAVERSAL), None),
        ("ip.isCanonical", _) => (first.scaled(2.0 * TRAVERSAL), None),
        ("contains", _) => (
            first.scaled(TRAVERSAL).times(size(1).scaled(TRAVERSAL)),
            None,
        ),
        ("containsIP" | "containsCIDR", _) => {
            let bytes = Size::range(4, 16);
            let mut cost = bytes.plus(bytes).scaled(TRAVERSAL);
            if function.name == "containsCIDR" {
                cost = cost.plus(bytes.scaled(TRAVERSAL)).plus(ONE);
            }
            if takes(1, Type::String) {
                cost = cost.plus(size(1).scaled(TRAVERSAL));
            }
            (cost, None)
        }
        // As if every format were as long as the longest of a name.
        ("validate", _) => (size(1).scaled(TRAVERSAL).scaled(128.0 * PATTERN), None),
        // The arithmetic of these results wraps around upstream.
        ("bytes", _) if takes(0, Type::String) => {
            let result = Size::range(first.min, first.max.wrapping_mul(4));
            (first.scaled(TRAVERSAL), Some(result))
        }
        ("string", _) if takes(0, Type::Bytes) => (
            first.scaled(TRAVERSAL),
            Some(Size::range(first.min / 4, first.max)),
        ),
        ("strings.quote", _) => {
            let most = first.max.wrapping_mul(2).wrapping_add(2);
            let result = Size::range(first.min.wrapping_add(2), most);
            (first.scaled(TRAVERSAL), Some(result))
        }
        ("slice", _) => {
            let bound = |position: usize, otherwise: u64| {
                let literal = operands.get(position).and_then(|operand| operand.literal);
                literal.map_or(otherwise, |literal| literal.max(0) as u64)
            };
            list(
                1.0,
                Size::fixed(bound(2, first.max).wrapping_sub(bound(1, 0))),
            )
        }
        ("lists.range", _) => {
            let count = operands.first().and_then(|count| count.literal);
            list(
                1.0,
                Size::fixed(count.map_or(u64::MAX, |count| count.max(0) as u64)),
            )
        }
        ("reverse", _) => list(1.0, first),
        ("flatten", _) => {
            let levels = match operands.get(1) {
                Some(levels) => levels
                    .literal
                    .map_or(u64::MAX, |levels| levels.max(0) as u64),
                None => 1,
            };
            list(levels as f64, first)
        }
        ("distinct", _) => list(2.0, first.times(first)),
        ("sort", _) => {
            let text = [
                Sort::List(&Sort::Plain(Type::String)),
                Sort::List(&Sort::Plain(Type::Bytes)),
            ];
            sorted(
                overload
                    .arguments
                    .first()
                    .is_some_and(|list| text.contains(list)),
                first,
            )
        }
        ("sets.contains" | "sets.intersects", _) => {
            (first.times(size(1)).scaled(1.0).plus(ONE), None)
        }
        ("sets.equivalent", _) => (first.times(size(1)).scaled(2.0).plus(ONE), None),
        _ => (ONE, None),
    }
}

/// A `sort` or `sortBy` of a list of so many keys.
pub(super) fn sorted(is_text: bool, keys: Size) -> Estimate {
    let factor = if is_text { 2.0 + TRAVERSAL } else { 2.0 };
    list(factor, keys.times(keys))
}

/// A call that makes a list of so many elements.
fn list(factor: f64, size: Size) -> Estimate {
    (size.scaled(factor).plus(Size::fixed(11)), Some(size))
}

fn pattern(text: Size, pattern: Size) -> Size {
    text.plus(ONE)
        .scaled(TRAVERSAL)
        .times(pattern.scaled(PATTERN))
}

/// One for each element, and reading those that are texts.
fn elements(function: &Function, list: Option<&Facts>, size: Size) -> Size {
    let element = match list.map(|list| &list.of) {
        Some(StaticType::List(element) | StaticType::Optional(element)) => Some(&**element),
        Some(StaticType::Map(key, _)) => Some(&**key),
        _ => None,
    };
    match element {
        Some(StaticType::Plain(Type::String | Type::Bytes)) => {
            size.times(ONE.plus(Size::UNKNOWN.scaled(TRAVERSAL)))
        }
        Some(_) => size.times(ONE),
        None if function.name == "includes" => size.times(ONE),
        None => size.scaled(TRAVERSAL),
    }
}

/// The size of a text in which every `old` becomes `new`.
fn replaced(text: Size, old: Size, new: Size) -> Size {
    let times = |length: u64, of: u64| (length as f64 / of as f64).ceil() as u64;
    let (mut count, mut kept) = (Size::fixed(0), Size::fixed(0));
    // The longest result: as many of the shortest as there can be become as long as they can be.
    if old.min == 0 {
        count.max = text.max.saturating_add(1);
        kept.max = text.max;
    } else if new.max <= old.min {
        kept.max = text.max;
    } else {
        count.max = times(text.max, old.min);
    }
    if old.max == 0 {
        count.min = text.min.saturating_add(1);
        kept.min = text.min;
    } else if old.max <= new.min {
        kept.min = text.min;
    } else {
        count.min = times(text.min, old.max);
    }
    count.times(new).plus(kept)
}

/// The size of a text that a list is joined to.
fn joined(operands: &[Facts], list: Size, separator: Size) -> Size {
    let has_elements = operands
        .first()
        .is_some_and(|list| matches!(list.of, StaticType::List(_)));
    let texts = if has_elements {
        list.times(Size::UNKNOWN)
    } else {
        Size::fixed(0)
    };
    if operands.len() < 2 {
        return texts;
    }
    let separators = Size::range(list.min.saturating_sub(1), list.max.saturating_sub(1));
    texts.plus(separator.times(separators))
}
