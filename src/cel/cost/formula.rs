//! Prices that depend on the sizes of values.
//!
//! Sizes are those of `size()`: characters of a string, bytes, elements, entries; everything else counts as one. An
//! operand that is an error counts as one, too.

use super::super::library::formats::NamedFormat;
use super::super::library::ip::Address;
use super::super::value::{Content, OpaqueKind, Value};

/// Reading a character.
pub(super) const TRAVERSAL: f64 = 0.1;
/// Applying a character of a regular expression to a character.
pub(super) const PATTERN: f64 = 0.25;
/// Starting a call that makes a list.
const LIST_CALL: u64 = 11;

/// How the price of a call follows from its operands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Formula {
    /// Nothing beyond the fixed price.
    #[default]
    Nothing,
    /// Reading the first operand once.
    Traverse,
    /// Reading the first operand and writing about as much.
    TraverseTwice,
    /// Reading and writing the result.
    Result,
    /// Reading both operands: `+` of strings.
    Both,
    /// Reading the smaller operand: order and inequality.
    Smaller,
    /// As `Smaller`, but the values of Kubernetes' libraries are compared at the price of one.
    Equal,
    /// One for each element of the second operand: `in`.
    Elements,
    /// Reading the first operand once for each character of the second: `contains`.
    Product,
    /// Applying the second operand, a regular expression, to the first.
    Pattern,
    /// One for each scalar in the first operand, and reading each string in it.
    Deep,
    /// Parsing the second operand as a selector.
    Selector,
    /// One for each element of the result: `slice`, `reverse`, `lists.range`.
    Output,
    /// One for each element of the first operand and level of the second: `flatten`.
    Flatten,
    /// Comparing all elements of the first operand with each other: `distinct`, `sort`, and the keys of `sortBy`.
    SelfCompare,
    /// Comparing all elements of both operands, so many times: the set functions.
    Compare(u8),
    /// Comparing the bytes of a CIDR with those of an address.
    ContainsIp { parses: bool },
    /// Masking a CIDR and comparing its bytes with those of another.
    ContainsCidr { parses: bool },
    /// Applying the regular expression of the first operand, a named format, to the second.
    Format,
}

impl Formula {
    /// The price, given the operands and the result; `None` where the result is an error.
    pub(crate) fn price(self, operands: &[Value<'_>], result: Option<&Value<'_>>) -> u64 {
        let size = |position: usize| operands.get(position).map_or(1, size);
        match self {
            Self::Nothing => 0,
            Self::Traverse => scaled(size(0) as f64, TRAVERSAL),
            Self::TraverseTwice => scaled(size(0) as f64 * 2.0, TRAVERSAL),
            Self::Result => scaled(result.map_or(1, self::size) as f64 * 2.0, TRAVERSAL),
            Self::Both => scaled((size(0) + size(1)) as f64, TRAVERSAL),
            Self::Equal if operands.first().is_some_and(is_kubernetes) => 1,
            Self::Smaller | Self::Equal => scaled(size(0).min(size(1)) as f64, TRAVERSAL),
            Self::Elements => size(1),
            Self::Product => {
                scaled(size(0) as f64, TRAVERSAL).saturating_mul(scaled(size(1) as f64, TRAVERSAL))
            }
            Self::Pattern => scaled(1.0 + size(0) as f64, TRAVERSAL)
                .saturating_mul(scaled(size(1) as f64, PATTERN)),
            Self::Deep => operands.first().map_or(1, deep),
            Self::Selector => {
                let length = size(1) as f64;
                // Two characters make a requirement, and each is a list in a struct.
                let requirements = (length * 0.5).ceil();
                10 + scaled(length, TRAVERSAL) + scaled(requirements, 50.0)
            }
            Self::Output => LIST_CALL.saturating_add(result.map_or(1, self::size)),
            Self::Flatten => {
                let levels = match operands.get(1).map(Value::content) {
                    Some(Content::Int(levels)) => levels as f64,
                    _ => 1.0,
                };
                LIST_CALL.saturating_add((size(0) as f64 * levels) as u64)
            }
            Self::SelfCompare => match operands.first().map(Value::content) {
                Some(Content::List(items)) => self_compare(items.len(), items.get(0).as_ref()),
                _ => LIST_CALL,
            },
            Self::Compare(times) => {
                let pairs = size(0).saturating_mul(size(1));
                1 + pairs.saturating_mul(times.into())
            }
            Self::ContainsIp { parses } => contains(size(0), parses.then(|| size(1))),
            Self::ContainsCidr { parses } => {
                contains(size(0), parses.then(|| size(1))) + scaled(size(0) as f64, TRAVERSAL) + 1
            }
            Self::Format => match operands.first().map(Value::content) {
                Some(Content::Opaque(OpaqueKind::Format(format))) => {
                    scaled(1.0 + size(1) as f64, TRAVERSAL)
                        .saturating_mul(scaled(pattern_length(*format), PATTERN))
                }
                _ => 1,
            },
        }
    }
}

impl Formula {
    /// The price of a `sortBy` with these keys.
    pub(crate) fn price_of_sorting(self, keys: &[Value<'_>]) -> u64 {
        match self {
            Self::SelfCompare => self_compare(keys.len(), keys.first()),
            _ => 0,
        }
    }
}

/// `size * factor`, rounded up, in the floating point that upstream uses.
fn scaled(size: f64, factor: f64) -> u64 {
    (size * factor).ceil() as u64
}

/// Comparing twice as many bytes as a CIDR's prefix has, and parsing a text of this length.
fn contains(prefix: u64, parsed: Option<u64>) -> u64 {
    scaled((prefix + prefix) as f64, TRAVERSAL)
        + parsed.map_or(0, |length| scaled(length as f64, TRAVERSAL))
}

/// What `size()` would say of a value; one where there is no such thing.
pub(super) fn size(value: &Value<'_>) -> u64 {
    let size = match value.content() {
        Content::String(text) => text.chars().count(),
        Content::Bytes(bytes) => bytes.len(),
        Content::List(items) => items.len(),
        Content::Map(entries) => entries.len(),
        Content::Optional(Some(inner)) => match inner.content() {
            Content::Optional(_) => 1,
            _ => return size(inner),
        },
        Content::Opaque(OpaqueKind::Ip(address)) => match **address {
            Address::V4(_) => 4,
            Address::V6(_) => 16,
        },
        // The bytes that the prefix covers.
        Content::Opaque(OpaqueKind::Cidr(cidr)) => {
            return cidr.prefix_length().unsigned_abs().div_ceil(8);
        }
        _ => 1,
    };
    size as u64
}

/// How long the regular expression of a format is, or what upstream takes for it.
const fn pattern_length(format: NamedFormat) -> f64 {
    match format {
        NamedFormat::Dns1123Label
        | NamedFormat::Dns1035Label
        | NamedFormat::Dns1123LabelPrefix
        | NamedFormat::Dns1035LabelPrefix => 30.0,
        NamedFormat::Dns1123Subdomain
        | NamedFormat::Dns1123SubdomainPrefix
        | NamedFormat::QualifiedName => 60.0,
        NamedFormat::LabelValue => 40.0,
        NamedFormat::Uri => 1103.0,
        NamedFormat::Uuid => 70.0,
        NamedFormat::Byte => 84.0,
        NamedFormat::Date | NamedFormat::Datetime => 71.0,
    }
}

/// Whether this is a value of one of Kubernetes' libraries, whose equality has one price.
fn is_kubernetes(value: &Value<'_>) -> bool {
    matches!(value.content(), Content::Quantity(_) | Content::Opaque(_))
}

/// What a list of so many elements costs that are all compared with each other. The first says of which type they are.
fn self_compare(count: usize, first: Option<&Value<'_>>) -> u64 {
    let count = count as u64;
    let is_text = first
        .is_some_and(|first| matches!(first.content(), Content::String(_) | Content::Bytes(_)));
    let factor = if is_text { 2.0 + TRAVERSAL } else { 2.0 };
    LIST_CALL.saturating_add((count.saturating_mul(count) as f64 * factor) as u64)
}

/// What all scalars in a value cost. Documents may nest deeply, so this does not recurse.
fn deep(value: &Value<'_>) -> u64 {
    let mut cost = 0u64;
    let mut open = Vec::new();
    let mut next = Some(value.clone());
    while let Some(value) = next.take().or_else(|| open.pop()) {
        match value.content() {
            Content::List(items) => items.iter().for_each(|item| match scalar(&item) {
                Some(price) => cost = cost.saturating_add(price),
                None => open.push(item),
            }),
            Content::Map(entries) => entries.iter().for_each(|(key, part)| {
                cost = cost.saturating_add(scalar(&key).unwrap_or(1));
                match scalar(&part) {
                    Some(price) => cost = cost.saturating_add(price),
                    None => open.push(part),
                }
            }),
            _ => cost = cost.saturating_add(scalar(&value).unwrap_or(1)),
        }
    }
    cost
}

/// What reading a scalar costs; `None` for lists and maps.
fn scalar(value: &Value<'_>) -> Option<u64> {
    match value.content() {
        Content::String(text) => Some((text.len() as f64 * TRAVERSAL) as u64),
        Content::Bytes(bytes) => Some((bytes.len() as f64 * TRAVERSAL) as u64),
        Content::List(_) | Content::Map(_) => None,
        _ => Some(1),
    }
}
