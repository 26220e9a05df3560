//! Fields, keys and elements: `x.f`, `x[i]`, `has(x.f)`, and their optional forms.

use super::super::error::{EvalError, EvalErrorKind, Place};
use super::super::expression::{Expression, Kind};
use super::super::syntax::TextRange;
use super::super::types::patches;
use super::super::value::{Content, Entries, Items, Value};
use super::{Evaluator, Outcome, fail, known};
use crate::manifest::{NodeRef, View};

/// Routes that are longer than this are followed step by step.
const LONGEST_ROUTE: usize = 8;

/// What looking something up came to, where it did not give a value.
enum Absent<'a> {
    /// It is not there.
    Missing,
    /// It may be there; the reason why nobody can know.
    Unknown(&'a str),
    /// Nothing can be looked up by such a key.
    Unsuitable(EvalErrorKind, String),
    /// Nothing can be looked up in such a value.
    Scalar(EvalErrorKind, String),
}

impl Absent<'_> {
    /// Whether `has` and optionals take it for "not there".
    const fn is_absence(&self) -> bool {
        match self {
            Self::Missing | Self::Scalar(..) => true,
            Self::Unknown(_) => false,
            Self::Unsuitable(kind, _) => matches!(kind, EvalErrorKind::IndexOutOfBounds),
        }
    }
}

/// What is looked up.
#[derive(Clone, Copy)]
enum Wanted<'k, 'a> {
    Field(&'k str),
    Key(&'k Value<'a>),
}

impl<'a> Wanted<'_, 'a> {
    fn look(self, value: &Value<'a>) -> Found<'a> {
        match self {
            Self::Field(field) => select(value, field),
            Self::Key(key) => lookup(value, key),
        }
    }

    /// As messages write it.
    fn name(self) -> String {
        match self {
            Self::Field(field) => field.to_owned(),
            Self::Key(key) => match key.content() {
                Content::String(text) => text.to_owned(),
                Content::Int(value) => value.to_string(),
                Content::Uint(value) => value.to_string(),
                Content::Double(value) => value.to_string(),
                Content::Bool(value) => value.to_string(),
                _ => "?".to_owned(),
            },
        }
    }
}

type Found<'a> = Result<Value<'a>, Absent<'a>>;

impl<'a> Evaluator<'_, 'a> {
    /// A plain route of fields into a document, such as `object.spec.replicas`, in one go, with its price. `None` where
    /// it is anything else or anything on the way is missing: then the nodes are evaluated one by one.
    pub(super) fn route(&self, expression: &'a Expression) -> Option<(NodeRef<'a>, u64)> {
        let mut fields = [""; LONGEST_ROUTE];
        let mut length = 0;
        let mut price = 0;
        let mut start = expression;
        while let Kind::Select {
            operand,
            field,
            optional: false,
        } = &start.kind
        {
            *fields.get_mut(length)? = field;
            length += 1;
            price += u64::from(start.charge.entry) + 1;
            start = operand;
        }
        price += u64::from(start.charge.entry);
        let value = match &start.kind {
            Kind::Root(slot) => self.activation.root(*slot)?,
            Kind::Local(slot) if !start.charge.held => self.bound(*slot)?,
            _ => return None,
        };
        let mut node = value.as_node()?;
        for field in fields.get(..length)?.iter().rev() {
            node = node.get(field)?;
        }
        (!matches!(node.view(), View::Unknown(_))).then_some((node, price))
    }

    /// `operand.field` and `operand.?field`.
    pub(super) fn select(
        &mut self,
        operand: &'a Expression,
        field: &'a str,
        optional: bool,
        expression: &Expression,
    ) -> Outcome<'a> {
        let value = match self.value(operand) {
            Ok(value) => value,
            Err(error) => return Err(lengthen(error, operand.range, field, expression)),
        };
        if let (false, Value::Node(node)) = (optional, &value)
            && let Some(found) = node.get(field)
        {
            self.charge(1, expression)?;
            return known(Value::Node(found), expression);
        }
        self.viral(value, optional, expression, Wanted::Field(field))
    }

    /// `operand[index]` and `operand[?index]`.
    pub(super) fn index(
        &mut self,
        operand: &'a Expression,
        index: &'a Expression,
        optional: bool,
        expression: &Expression,
    ) -> Outcome<'a> {
        let value = match self.value(operand) {
            Ok(value) => value,
            Err(error) => {
                let key = constant_key(index).unwrap_or_default();
                return Err(lengthen(error, operand.range, key, expression));
            }
        };
        if let Value::Optional(None) = value {
            return Ok(value);
        }
        match self.value(index) {
            Ok(key) => self.viral(value, optional, expression, Wanted::Key(&key)),
            Err(error) if error.kind.is_final() => Err(error),
            Err(error) => {
                if !optional && !matches!(value, Value::Optional(_)) {
                    self.charge(1, expression)?;
                }
                Err(error)
            }
        }
    }

    /// `has(operand.field)`
    pub(super) fn has(
        &mut self,
        operand: &'a Expression,
        field: &'a str,
        expression: &Expression,
    ) -> Outcome<'a> {
        let outcome = self.has_field(operand, field, expression);
        if expression.charge.refunds {
            self.refund(expression)?;
        }
        outcome
    }

    fn has_field(
        &mut self,
        operand: &'a Expression,
        field: &'a str,
        expression: &Expression,
    ) -> Outcome<'a> {
        let (value, optional) = match self.value(operand) {
            Ok(Value::Optional(None)) => return Ok(Value::Bool(false)),
            Ok(Value::Optional(Some(inner))) => ((*inner).clone(), true),
            Ok(value) => (value, false),
            Err(error) => return Err(lengthen(error, operand.range, field, expression)),
        };
        let found = select(&value, field);
        if found.is_ok() || !optional {
            self.charge(expression.charge.each.into(), expression)?;
        }
        match found {
            Ok(found) => known(found, expression).map(|_| Value::Bool(true)),
            Err(absent) if absent.is_absence() => Ok(Value::Bool(false)),
            Err(absent) => Err(not_found(absent, expression, Wanted::Field(field), &value)),
        }
    }

    /// Looks something up. In an optional, or with an optional operator, what is missing is an empty optional, and that
    /// is free.
    fn viral(
        &self,
        value: Value<'a>,
        optional: bool,
        expression: &Expression,
        wanted: Wanted<'_, 'a>,
    ) -> Outcome<'a> {
        let (value, optional) = match value {
            Value::Optional(None) => return Ok(Value::none()),
            Value::Optional(Some(inner)) => ((*inner).clone(), true),
            value => (value, optional),
        };
        let found = wanted.look(&value);
        if found.is_ok() || !optional {
            self.charge(1, expression)?;
        }
        match found {
            Ok(found) => {
                let found = known(found, expression)?;
                Ok(if optional { Value::some(found) } else { found })
            }
            Err(absent) if optional && absent.is_absence() => Ok(Value::none()),
            Err(absent) => Err(not_found(absent, expression, wanted, &value)),
        }
    }
}

fn missing<'a>(node: NodeRef<'a>, key: &str, expression: &Expression) -> Place<'a> {
    Place {
        node,
        missing: vec![key.into()],
        range: expression.range.into(),
    }
}

/// Where a route of keys ends at one that is missing, the select around it says what it wanted below that.
fn lengthen<'a>(
    mut error: Box<EvalError<'a>>,
    operand: TextRange,
    key: &str,
    expression: &Expression,
) -> Box<EvalError<'a>> {
    if error.route == Some(operand) && !key.is_empty() {
        error.route = Some(expression.range);
        if let Some(place) = &mut error.place {
            place.missing.push(key.into());
        }
    }
    error
}

/// The key of an index that is a string literal.
fn constant_key(index: &Expression) -> Option<&str> {
    match &index.kind {
        Kind::Constant(value) => value.as_str(),
        _ => None,
    }
}

fn select<'a>(value: &Value<'a>, field: &str) -> Found<'a> {
    match value.content() {
        Content::Map(entries) => entries.get_str(field).ok_or_else(|| not_in(entries)),
        // As in the API server, what an `Object` holds is for the merge to read: to expressions it has no fields.
        Content::Struct(value) if patches::is_object(value.name()) => Err(Absent::Missing),
        Content::Struct(value) => value.get(field).cloned().ok_or(Absent::Missing),
        Content::List(_) => Err(Absent::Unsuitable(
            EvalErrorKind::NoSuchOverload,
            format!("a list has no field `{field}`; take an element, or use `all` or `exists`"),
        )),
        // As cel-go: "no such key", and not there for `has` and optionals.
        _ => Err(Absent::Scalar(
            EvalErrorKind::NoSuchKey,
            format!(
                "no such key: `{field}`; the value is `{}`",
                value.type_name()
            ),
        )),
    }
}

fn lookup<'a>(value: &Value<'a>, key: &Value<'a>) -> Found<'a> {
    match value.content() {
        Content::Map(entries) => match key.content() {
            Content::String(_)
            | Content::Int(_)
            | Content::Uint(_)
            | Content::Bool(_)
            | Content::Double(_) => entries.get(key).ok_or_else(|| not_in(entries)),
            _ => Err(Absent::Unsuitable(
                EvalErrorKind::NoSuchOverload,
                format!("a map has no keys of type `{}`", key.type_name()),
            )),
        },
        Content::List(items) => element(items, key),
        _ => Err(Absent::Scalar(
            EvalErrorKind::NoSuchOverload,
            format!("a value of type `{}` has no elements", value.type_name()),
        )),
    }
}

fn not_in<'a>(entries: Entries<'_, 'a>) -> Absent<'a> {
    entries.open().map_or(Absent::Missing, Absent::Unknown)
}

fn element<'a>(items: Items<'_, 'a>, key: &Value<'a>) -> Found<'a> {
    let index = match key.content() {
        Content::Int(value) => Some(i128::from(value)),
        Content::Uint(value) => i64::try_from(value).ok().map(i128::from),
        Content::Double(value) if value.fract() == 0.0 && value.abs() < 1e18 => Some(value as i128),
        _ => None,
    };
    let Some(index) = index else {
        return Err(Absent::Unsuitable(
            EvalErrorKind::NoSuchOverload,
            format!("a list has no elements at a `{}`", key.type_name()),
        ));
    };
    usize::try_from(index)
        .ok()
        .and_then(|index| items.get(index))
        .ok_or_else(|| {
            Absent::Unsuitable(
                EvalErrorKind::IndexOutOfBounds,
                format!(
                    "index {index} is out of bounds: the list has {} elements",
                    items.len()
                ),
            )
        })
}

fn not_found<'a>(
    absent: Absent<'a>,
    expression: &Expression,
    wanted: Wanted<'_, 'a>,
    value: &Value<'a>,
) -> Box<EvalError<'a>> {
    let node = value.as_node();
    match absent {
        Absent::Unknown(reason) => fail(EvalErrorKind::Unknown, reason, expression, node),
        Absent::Unsuitable(kind, message) | Absent::Scalar(kind, message) => {
            fail(kind, message, expression, node)
        }
        Absent::Missing => {
            let key = wanted.name();
            let message = format!("no such key: `{key}`");
            let mut error = fail(EvalErrorKind::NoSuchKey, message, expression, None);
            error.place = node.map(|node| missing(node, &key, expression));
            error.route = Some(expression.range);
            error
        }
    }
}
