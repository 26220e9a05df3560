//! Label selectors: `selects` and `ciliumSelects`.
//!
//! A selector that is null selects nothing, an empty one everything.

use super::super::error::Failure;
use super::super::library::selector::{self, Label, Requirement, Selection};
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, DYN, STRING};
use super::super::value::{Content, Entries, Value};
use super::{Arguments, Computed, Function, Group};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("selects", &[Overload::new(&[DYN, DYN], BOOL)], selects).of(Group::KPolicy),
    Function::global(
        "ciliumSelects",
        &[Overload::new(&[DYN, DYN, STRING], BOOL)],
        cilium_selects,
    )
    .of(Group::KPolicy),
];

/// Who wrote the selector.
#[derive(Clone, Copy)]
enum Dialect {
    Kubernetes,
    Cilium,
}

impl Dialect {
    /// An entry of `matchLabels`.
    fn equals<'s>(self, key: &'s str, value: &'s str) -> Result<Requirement<'s>, Failure> {
        match self {
            Self::Kubernetes => Requirement::equals(key, value),
            Self::Cilium => Requirement::cilium_equals(key, value),
        }
        .map_err(Failure::argument)
    }

    /// An entry of `matchExpressions`.
    fn expression<'s>(
        self,
        key: &'s str,
        operator: &str,
        values: Vec<&'s str>,
    ) -> Result<Requirement<'s>, Failure> {
        match self {
            Self::Kubernetes => Requirement::new(key, operator, values),
            Self::Cilium => Requirement::cilium(key, operator, values),
        }
        .map_err(Failure::argument)
    }
}

fn selects<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let labels = labels(arguments.content(1))?;
    decide(arguments.content(0), Dialect::Kubernetes, |requirements| {
        selector::selects(requirements, |key| label(labels, key))
    })
}

fn cilium_selects<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let labels = labels(arguments.content(1))?;
    let namespace = arguments.text(2)?;
    decide(arguments.content(0), Dialect::Cilium, |requirements| {
        let namespace = Label::Value(namespace);
        selector::cilium_selects(requirements, namespace, |key| label(labels, key))
    })
}

/// Reads the selector and asks whether it selects.
fn decide<'a, 'l>(
    selector: Content<'_, '_>,
    dialect: Dialect,
    select: impl FnOnce(&[Requirement<'_>]) -> Selection<'l>,
) -> Computed<'a> {
    let selector = match selector {
        Content::Null => return Ok(Value::Bool(false)),
        Content::Map(selector) => selector,
        _ => return Err(Failure::overload()),
    };
    if let Some(reason) = selector.open() {
        return Err(Failure::unknown(reason));
    }
    let equal = pairs(selector.get_str("matchLabels"))?;
    let written = expressions(selector.get_str("matchExpressions"))?;
    let equal = equal
        .iter()
        .map(|(key, value)| dialect.equals(text(key)?, text(value)?));
    let written = written.iter().map(|(key, operator, values)| {
        let values = values.iter().map(text).collect::<Result<_, _>>()?;
        dialect.expression(text(key)?, text(operator)?, values)
    });
    let requirements = equal.chain(written).collect::<Result<Vec<_>, Failure>>()?;
    match select(&requirements) {
        Selection::Yes => Ok(Value::Bool(true)),
        Selection::No => Ok(Value::Bool(false)),
        Selection::Unknown(reason) => Err(Failure::unknown(reason)),
    }
}

fn labels<'v, 'a>(labels: Content<'v, 'a>) -> Result<Option<Entries<'v, 'a>>, Failure> {
    match labels {
        Content::Null => Ok(None),
        Content::Map(labels) => Ok(Some(labels)),
        _ => Err(Failure::overload()),
    }
}

/// What is known of a label.
fn label<'l>(labels: Option<Entries<'l, 'l>>, key: &str) -> Label<'l> {
    let Some(labels) = labels else {
        return Label::Absent;
    };
    match (labels.look(key), labels.open()) {
        (Some(Content::String(value)), _) => Label::Value(value),
        (Some(Content::Unknown(reason)), _) => Label::SomeValue(reason),
        (Some(_), _) => Label::SomeValue("the label's value is not a string"),
        (None, Some(reason)) => Label::Perhaps(reason),
        (None, None) => Label::Absent,
    }
}

/// The entries of a map that may be absent or null.
fn pairs(map: Option<Value<'_>>) -> Result<Vec<(Value<'_>, Value<'_>)>, Failure> {
    let Some(map) = map else {
        return Ok(Vec::new());
    };
    match map.content() {
        Content::Null => Ok(Vec::new()),
        Content::Map(entries) => match entries.open() {
            Some(reason) => Err(Failure::unknown(reason)),
            None => Ok(entries.iter().collect()),
        },
        Content::Unknown(reason) => Err(Failure::unknown(reason)),
        _ => Err(Failure::overload()),
    }
}

/// Key, operator and values of each entry of `matchExpressions`.
type Written<'a> = (Value<'a>, Value<'a>, Vec<Value<'a>>);

fn expressions(list: Option<Value<'_>>) -> Result<Vec<Written<'_>>, Failure> {
    let mut written = Vec::new();
    for entry in elements(list)? {
        let Content::Map(entry) = entry.content() else {
            return Err(Failure::overload());
        };
        let key = entry.get_str("key").unwrap_or(Value::Null);
        let operator = entry.get_str("operator").unwrap_or(Value::Null);
        written.push((key, operator, elements(entry.get_str("values"))?));
    }
    Ok(written)
}

/// The elements of a list that may be absent or null.
fn elements(list: Option<Value<'_>>) -> Result<Vec<Value<'_>>, Failure> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    match list.content() {
        Content::Null => Ok(Vec::new()),
        Content::List(items) => Ok(items.iter().collect()),
        Content::Unknown(reason) => Err(Failure::unknown(reason)),
        _ => Err(Failure::overload()),
    }
}

fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, Failure> {
    match value.content() {
        Content::String(text) => Ok(text),
        Content::Unknown(reason) => Err(Failure::unknown(reason)),
        _ => Err(Failure::argument(
            "the keys, operators and values of a selector are strings",
        )),
    }
}
