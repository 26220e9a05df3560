//! Tolerations: whether one tolerates a taint, also where fields of either are not known.
//!
//! Upstream: `Toleration.ToleratesTaint` of `k8s.io/api/core/v1` (0.37), with the comparison operators switched on. This
//! module must not know documents or CEL values: the caller brings the fields, absent ones as empty texts.

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<'f> {
    /// Its text; empty where it is absent.
    Text(&'f str),
    /// It cannot be known; the reason.
    Unknown(&'f str),
}

/// What counts of a toleration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Toleration<'f> {
    pub(crate) key: Field<'f>,
    pub(crate) operator: Field<'f>,
    pub(crate) value: Field<'f>,
    pub(crate) effect: Field<'f>,
}

/// A taint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taint<'f> {
    pub(crate) key: Field<'f>,
    pub(crate) value: Field<'f>,
    pub(crate) effect: Field<'f>,
}

/// Whether something holds, or why it cannot be known.
type Known<'f> = Result<bool, &'f str>;

/// Whether the toleration tolerates the taint. What certainly differs decides, whatever is unknown beside it.
pub(crate) fn tolerates<'f>(toleration: &Toleration<'f>, taint: &Taint<'f>) -> Known<'f> {
    let demands = [
        any_or_same(toleration.effect, taint.effect),
        any_or_same(toleration.key, taint.key),
        values_match(toleration, taint.value),
    ];
    if demands.contains(&Ok(false)) {
        return Ok(false);
    }
    demands.into_iter().find(Result::is_err).unwrap_or(Ok(true))
}

/// An empty key or effect of a toleration stands for any.
fn any_or_same<'f>(asked: Field<'f>, carried: Field<'f>) -> Known<'f> {
    match asked {
        Field::Text("") => Ok(true),
        _ => same(asked, carried),
    }
}

fn same<'f>(asked: Field<'f>, carried: Field<'f>) -> Known<'f> {
    match (asked, carried) {
        (Field::Text(asked), Field::Text(carried)) => Ok(asked == carried),
        (Field::Unknown(reason), _) | (_, Field::Unknown(reason)) => Err(reason),
    }
}

fn values_match<'f>(toleration: &Toleration<'f>, carried: Field<'f>) -> Known<'f> {
    let asked = toleration.value;
    match toleration.operator {
        Field::Text("" | "Equal") => same(asked, carried),
        Field::Text("Exists") => Ok(true),
        Field::Text("Gt") => ordered(asked, carried, |asked, carried| carried > asked),
        Field::Text("Lt") => ordered(asked, carried, |asked, carried| carried < asked),
        Field::Text(_) => Ok(false),
        Field::Unknown(reason) => Err(reason),
    }
}

/// `Gt` and `Lt` are about the taint's value: it must be greater or less than the toleration's. What is no whole number
/// matches nothing, on either side.
fn ordered<'f>(
    asked: Field<'f>,
    carried: Field<'f>,
    holds: impl FnOnce(i64, i64) -> bool,
) -> Known<'f> {
    match (whole_number(asked), whole_number(carried)) {
        (Ok(None), _) | (_, Ok(None)) => Ok(false),
        (Err(reason), _) | (_, Err(reason)) => Err(reason),
        (Ok(Some(asked)), Ok(Some(carried))) => Ok(holds(asked, carried)),
    }
}

/// A number of 64 bits as people write it: neither `+1`, `-0` nor `007` is one (apimachinery `content.IsDecimalInteger`).
fn whole_number(field: Field<'_>) -> Result<Option<i64>, &str> {
    let text = match field {
        Field::Text(text) => text,
        Field::Unknown(reason) => return Err(reason),
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_canonical = text == "0" || digits.starts_with(|first: char| matches!(first, '1'..='9'));
    Ok(text.parse().ok().filter(|_| is_canonical))
}

#[cfg(test)]
mod tests;
