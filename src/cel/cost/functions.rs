//! Which function has which price.

use super::super::functions::{Function, Style};
use super::super::types::{Overload, Sort, StaticType, Unifier};
use super::super::value::Type;
use super::AUTHORIZATION;
use super::formula::Formula;

/// The price of a call: what is fixed, and what depends on the operands. `overload` is the one that the checker chose;
/// `None` where the types leave several.
pub(super) fn price(function: &Function, overload: Option<&Overload>) -> (u32, Formula) {
    let formula = match (function.name, function.style) {
        ("check", _) => return (AUTHORIZATION, Formula::Nothing),
        ("fieldSelector" | "labelSelector", _) => Formula::Selector,
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes", _) => {
            Formula::Deep
        }
        (
            "url"
            | "lowerAscii"
            | "upperAscii"
            | "substring"
            | "trim"
            | "jsonpatch.escapeKey"
            | "startsWith"
            | "endsWith"
            | "format"
            | "strings.quote"
            | "cidr"
            | "isIP"
            | "isCIDR"
            | "quantity"
            | "isQuantity"
            | "semver"
            | "isSemver"
            | "image"
            | "isImage"
            | "json"
            | "isJSON",
            _,
        )
        | ("ip", Style::Global) => Formula::Traverse,
        ("replace" | "split" | "ip.isCanonical", _) => Formula::TraverseTwice,
        ("join", _) => Formula::Result,
        ("find" | "findAll", _) | ("matches", Style::Method) => Formula::Pattern,
        ("contains", _) => Formula::Product,
        ("bytes", _) if takes(overload, 0, Type::String) => Formula::Traverse,
        ("string", _) if takes(overload, 0, Type::Bytes) => Formula::Traverse,
        ("containsIP", _) => Formula::ContainsIp {
            parses: takes(overload, 1, Type::String),
        },
        ("containsCIDR", _) => Formula::ContainsCidr {
            parses: takes(overload, 1, Type::String),
        },
        ("validate", _) => Formula::Format,
        ("slice" | "reverse" | "lists.range", _) => Formula::Output,
        ("flatten", _) => Formula::Flatten,
        ("distinct", _) => Formula::SelfCompare,
        // Lists of anything: the checker leaves all overloads, and none has a price of its own.
        ("sort", _) if overload.is_some() => Formula::SelfCompare,
        ("sets.contains" | "sets.intersects", _) => Formula::Compare(1),
        ("sets.equivalent", _) => Formula::Compare(2),
        _ => return (1, Formula::Nothing),
    };
    (0, formula)
}

/// The overload that fits these types, where only one does.
pub(super) fn chosen<'o>(
    overloads: &'o [Overload],
    arguments: &[StaticType],
) -> Option<&'o Overload> {
    let mut fitting = fitting(overloads, arguments);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// The overloads that fit these types.
pub(super) fn fitting<'o>(
    overloads: &'o [Overload],
    arguments: &[StaticType],
) -> impl Iterator<Item = &'o Overload> {
    overloads
        .iter()
        .filter(|overload| Unifier::default().resolve([*overload], arguments).is_some())
}

/// Whether cel-go makes a constant of a call of this function whose argument is one.
///
/// Upstream: `overloads.IsTypeConversionFunction`.
pub(super) fn converts(function: &Function) -> bool {
    function.style == Style::Global
        && matches!(
            function.name,
            "bool"
                | "bytes"
                | "double"
                | "duration"
                | "dyn"
                | "int"
                | "string"
                | "timestamp"
                | "type"
                | "uint"
        )
}

fn takes(overload: Option<&Overload>, position: usize, kind: Type) -> bool {
    overload
        .and_then(|overload| overload.arguments.get(position))
        .is_some_and(|sort| *sort == Sort::Plain(kind))
}
