//! What builds values: list, map and struct literals, `map`, `filter` and their kin, and optionals.

use super::super::arithmetic::check_elements;
use super::super::compare;
use super::super::cost::Formula;
use super::super::error::{EvalError, EvalErrorKind, Failure};
use super::super::expression::{Entry, Expression, Field, Item, Shape, Transform};
use super::super::value::{Content, Struct, Value};
use super::logic::later;
use super::walk::{closed, walk};
use super::{Evaluator, Outcome, Walk, fail, failed};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn list(&mut self, items: &'a [Item], expression: &Expression) -> Outcome<'a> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(&item.value)?;
            values.extend(present(value, item.optional, &item.value)?);
        }
        self.computed(Value::list(values), expression)
    }

    pub(super) fn map(&mut self, entries: &'a [Entry], expression: &Expression) -> Outcome<'a> {
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.value(&entry.key)?;
            if !is_key(&key) {
                let message = format!("a value of type `{}` cannot be a key", key.type_name());
                let kind = EvalErrorKind::NoSuchOverload;
                return Err(fail(kind, message, &entry.key, key.as_node()));
            }
            let value = self.value(&entry.value)?;
            if let Some(value) = present(value, entry.optional, &entry.value)? {
                pairs.push((key, value));
            }
        }
        self.computed(Value::map(pairs), expression)
    }

    pub(super) fn structure(
        &mut self,
        name: &'a str,
        fields: &'a [Field],
        expression: &Expression,
    ) -> Outcome<'a> {
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let value = self.value(&field.value)?;
            if let Some(value) = present(value, field.optional, &field.value)? {
                // As in cel-go: of two values for one field the later counts.
                values.retain(|(name, _)| *name != field.name);
                values.push((field.name.clone(), value));
            }
        }
        self.computed(Value::Struct(Struct::new(name, values).into()), expression)
    }

    pub(super) fn transform(
        &mut self,
        transform: &'a Transform,
        expression: &Expression,
    ) -> Outcome<'a> {
        let sorts = transform.shape == Shape::SortBy;
        let collection = match self.value(&transform.domain.collection) {
            // It is read twice, whatever it is.
            Err(error) if sorts && !error.kind.is_final() => {
                self.charge(2, expression)?;
                return Err(unsortable(error, expression));
            }
            collection => collection?,
        };
        if sorts {
            self.charge(2, expression)?;
        }
        let walk = walk(&collection, &transform.domain, expression)?;
        let mut keys = Vec::new();
        let mut values = Vec::new();
        let mut failure = None;
        for position in 0..walk.len() {
            self.step(&walk, position, &transform.domain, expression)?;
            let made = self.element(transform, &walk, position, &mut failure, expression)?;
            let Some(result) = made else {
                continue;
            };
            match transform.shape {
                Shape::Filter | Shape::List => values.push(result),
                Shape::Map => {
                    keys.push(walk.pair(position).0);
                    values.push(result);
                }
                Shape::SortBy => {
                    keys.push(result);
                    values.push(walk.single(position));
                }
                Shape::MapEntries => {
                    add_entries(&result, &mut keys, &mut values, expression)?;
                }
            }
            check_elements(values.len()).map_err(|failure| failed(failure, expression, "", &[]))?;
        }
        self.charge(1, expression)?;
        if let Some(error) = failure {
            return Err(if sorts {
                unsortable(error, expression)
            } else {
                error
            });
        }
        closed(&walk, expression)?;
        if sorts && matches!(walk, Walk::Map(_)) {
            // Its keys could be sorted, but the function behind the macro takes lists only.
            return Err(failed(
                Failure::overload(),
                expression,
                "sortBy",
                &[collection],
            ));
        }
        self.assemble(transform.shape, keys, values, expression)
    }

    /// What a macro makes of one element; `None` where it leaves it out, or where something went wrong: cel-go goes on
    /// then, and all of it costs.
    fn element(
        &mut self,
        transform: &'a Transform,
        walk: &Walk<'_, 'a>,
        position: usize,
        failure: &mut Option<Box<EvalError<'a>>>,
        expression: &Expression,
    ) -> Result<Option<Value<'a>>, Box<EvalError<'a>>> {
        if let Some(condition) = &transform.condition {
            match self.condition(condition) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    later(failure, error)?;
                    return Ok(None);
                }
            }
        }
        if failure.is_some() && transform.shape == Shape::Map {
            // The map so far is an error: neither key nor value are looked at.
            self.charge(1, expression)?;
            return Ok(None);
        }
        self.charge(expression.charge.each.into(), expression)?;
        let result = match &transform.result {
            Some(result) => self.value(result),
            None => Ok(walk.single(position)),
        };
        match result {
            Ok(_) if failure.is_some() => Ok(None),
            Ok(result) => Ok(Some(result)),
            Err(error) if error.kind.is_final() => Err(error),
            // The error of an earlier element stands left of this one.
            Err(error) => {
                match failure {
                    Some(earlier) if !error.beats(earlier) => {}
                    _ => *failure = Some(error),
                }
                Ok(None)
            }
        }
    }

    fn assemble(
        &self,
        shape: Shape,
        keys: Vec<Value<'a>>,
        values: Vec<Value<'a>>,
        expression: &Expression,
    ) -> Outcome<'a> {
        let value = match shape {
            Shape::Filter | Shape::List => Value::list(values),
            Shape::Map => Value::map(keys.into_iter().zip(values).collect()),
            Shape::MapEntries => {
                let count = keys.len();
                let map = Value::map(keys.into_iter().zip(values).collect());
                if let Content::Map(entries) = map.content()
                    && entries.len() < count
                {
                    let message = "two entries have the same key";
                    let kind = EvalErrorKind::InvalidArgument;
                    return Err(fail(kind, message, expression, None));
                }
                map
            }
            Shape::SortBy => {
                let price = expression.charge.formula.price_of_sorting(&keys);
                self.charge(price, expression)?;
                sorted(keys, values, expression)?
            }
        };
        self.computed(value, expression)
    }

    /// `operand.optMap(name, body)` and `operand.optFlatMap(name, body)`.
    pub(super) fn optional_map(
        &mut self,
        operand: &'a Expression,
        slot: usize,
        body: &'a Expression,
        flat: bool,
    ) -> Outcome<'a> {
        // A macro upstream: `operand.hasValue() ? optional.of(body) : optional.none()`, where `operand.value()` is what
        // the first mention of the name evaluates.
        let before = self.activation.spent();
        let value = self.value(operand);
        let again = self.activation.spent() - before + 1;
        self.charge(1, operand)?;
        let inner = match value? {
            Value::Optional(None) => {
                self.charge(1, operand)?;
                return Ok(Value::none());
            }
            Value::Optional(Some(inner)) => inner,
            other => return Err(not_optional(&other, operand)),
        };
        self.bind(slot, (*inner).clone());
        let outcome = self.held(slot, again, body);
        if !flat {
            self.charge(1, operand)?;
        }
        match outcome? {
            value if !flat => self.computed(Value::some(value), body),
            value @ Value::Optional(_) => Ok(value),
            other => Err(not_optional(&other, body)),
        }
    }

    /// `operand.or(fallback)` and `operand.orValue(fallback)`. As in cel-go, what is no optional stands for itself: the
    /// checker lets it through where a value may be anything.
    pub(super) fn optional_or(
        &mut self,
        operand: &'a Expression,
        fallback: &'a Expression,
        unwrap: bool,
    ) -> Outcome<'a> {
        match self.value(operand)? {
            Value::Optional(Some(inner)) if unwrap => Ok((*inner).clone()),
            Value::Optional(None) => self.value(fallback),
            value => Ok(value),
        }
    }
}

/// The error of a `sortBy` whose list or keys are an error.
fn unsortable<'a>(mut error: Box<EvalError<'a>>, expression: &Expression) -> Box<EvalError<'a>> {
    let is_known = error.kind != EvalErrorKind::Unknown && !error.kind.is_final();
    if expression.charge.formula == Formula::SelfCompare && is_known {
        error.kind = EvalErrorKind::Internal;
    }
    error
}

fn is_key(value: &Value<'_>) -> bool {
    matches!(
        value.content(),
        Content::String(_) | Content::Int(_) | Content::Uint(_) | Content::Bool(_)
    )
}

/// What becomes of `e` or, in the optional form, of `?e`.
fn present<'a>(
    value: Value<'a>,
    optional: bool,
    expression: &Expression,
) -> Result<Option<Value<'a>>, Box<EvalError<'a>>> {
    if !optional {
        return Ok(Some(value));
    }
    match value {
        Value::Optional(inner) => Ok(inner.map(|inner| (*inner).clone())),
        other => Err(not_optional(&other, expression)),
    }
}

fn not_optional<'a>(value: &Value<'a>, expression: &Expression) -> Box<EvalError<'a>> {
    let message = format!(
        "an optional value is needed here, such as `x.?field`, not `{}`",
        value.type_name()
    );
    fail(
        EvalErrorKind::NoSuchOverload,
        message,
        expression,
        value.as_node(),
    )
}

fn add_entries<'a>(
    result: &Value<'a>,
    keys: &mut Vec<Value<'a>>,
    values: &mut Vec<Value<'a>>,
    expression: &Expression,
) -> Result<(), Box<EvalError<'a>>> {
    let Some(Walk::Map(entries)) = Walk::over(result) else {
        let message = format!(
            "`transformMapEntry` puts maps together; the result is `{}`",
            result.type_name()
        );
        return Err(fail(
            EvalErrorKind::NoSuchOverload,
            message,
            expression,
            None,
        ));
    };
    for (key, value) in entries.iter() {
        keys.push(key);
        values.push(value);
    }
    Ok(())
}

/// The values in the order of their keys.
fn sorted<'a>(
    keys: Vec<Value<'a>>,
    values: Vec<Value<'a>>,
    expression: &Expression,
) -> Outcome<'a> {
    let mut pairs: Vec<_> = keys.into_iter().zip(values).collect();
    if let Err(failure) = compare::sort_by_key(&mut pairs, |(key, _)| key) {
        let keys: Vec<_> = pairs.into_iter().take(2).map(|(key, _)| key).collect();
        return Err(failed(failure, expression, "sortBy", &keys));
    }
    Ok(Value::list(
        pairs.into_iter().map(|(_, value)| value).collect(),
    ))
}
