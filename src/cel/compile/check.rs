//! The type checker: what type a node has, given those of its parts, and what no value can make right.
//!
//! Upstream: `checker/checker.go` of cel-go. One difference: the first mistake ends compilation.

use super::super::expression::{Call, Expression, Field, Kind};
use super::super::syntax::{Relation, SyntaxError, TextRange, error, error_with_help};
use super::super::types::{Overload, StaticType};
use super::super::value::{Type, Value};
use super::names::similar;
use super::{Compiler, operators};

/// The type of a node, or the mistake in it.
pub(super) type Checked = Result<StaticType, SyntaxError>;

impl Compiler<'_> {
    /// The type of a node whose parts have theirs.
    pub(super) fn type_of(&mut self, kind: &Kind, range: TextRange) -> Checked {
        match kind {
            Kind::Constant(Value::Type(kind)) => Ok(StaticType::TypeOf(named(*kind).into())),
            Kind::Constant(value) => Ok(value.type_of().map_or(StaticType::Dyn, StaticType::Plain)),
            Kind::Root(slot) => Ok(self.environment.root_type(*slot)),
            Kind::Variable(index) => Ok(self.environment.variable_type(*index)),
            Kind::Local(slot) => Ok(self
                .locals
                .get(*slot)
                .map_or(StaticType::Dyn, |local| local.kind.clone())),
            Kind::Select {
                operand,
                field,
                optional,
            } => self.select(operand, field, *optional, range),
            Kind::Has { operand, field } => {
                // The field, not the bracket behind it.
                let end = operand.range.end.saturating_add(1 + field.len() as u32);
                let named = TextRange {
                    start: operand.range.start,
                    end: end.min(range.end),
                };
                self.select(operand, field, false, named)?;
                Ok(StaticType::BOOL)
            }
            Kind::Index {
                operand,
                index,
                optional,
            } => {
                if !self.environment.allows_mixed_literals() {
                    check_key(index)?;
                }
                let (name, overloads) = match optional {
                    true => ("[?]", operators::OPTIONAL_INDEX),
                    false => ("[]", operators::INDEX),
                };
                self.resolve(name, overloads, &[operand, index], range)
            }
            Kind::Not(operand) => self.boolean(operand, "`!`"),
            Kind::Negate(operand) => self.resolve("-", operators::NEGATE, &[operand], range),
            Kind::And(operands) => self.booleans(operands, "`&&`"),
            Kind::Or(operands) => self.booleans(operands, "`||`"),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.boolean(condition, "the condition of `?:`")?;
                let parts: [&Expression; 3] = [condition, then, otherwise];
                let types = parts.map(|part| part.of.clone());
                self.fitting(operators::CONDITIONAL, &types).ok_or_else(|| {
                    let (then, otherwise) = (self.shown(then), self.shown(otherwise));
                    let message =
                        format!("`?:` gives one type; here it is `{then}` or `{otherwise}`");
                    error(range, message)
                })
            }
            Kind::Arithmetic {
                operator,
                left,
                right,
            } => self.resolve(
                operator.symbol(),
                operators::arithmetic(*operator),
                &[left, right],
                range,
            ),
            // A list without elements may be null in a document, whatever its schema says.
            Kind::Relation {
                relation: Relation::Equal | Relation::NotEqual,
                left,
                right,
            } if self.environment.has_plain_objects()
                && (left.of == StaticType::NULL || right.of == StaticType::NULL) =>
            {
                Ok(StaticType::BOOL)
            }
            Kind::Relation {
                relation,
                left,
                right,
            } => self.resolve(
                relation.symbol(),
                operators::relation(*relation),
                &[left, right],
                range,
            ),
            Kind::List(items) => {
                let mut element = None;
                for item in items {
                    let kind = self.element(&item.value, item.optional)?;
                    element = Some(self.join(element, kind, item.value.range)?);
                }
                let element = element.unwrap_or_else(|| self.unifier.fresh());
                Ok(StaticType::list(element))
            }
            Kind::Map(entries) => {
                let (mut keys, mut values) = (None, None);
                for entry in entries {
                    let key = entry.key.of.clone();
                    keys = Some(self.join(keys, key, entry.key.range)?);
                    let value = self.element(&entry.value, entry.optional)?;
                    values = Some(self.join(values, value, entry.value.range)?);
                }
                let key = keys.unwrap_or_else(|| self.unifier.fresh());
                let value = values.unwrap_or_else(|| self.unifier.fresh());
                Ok(StaticType::map(key, value))
            }
            Kind::Struct { name, fields } => {
                for field in fields {
                    self.struct_field(name, field)?;
                }
                Ok(StaticType::object(name))
            }
            Kind::Call(call) => self.call_type(call, range),
            Kind::Quantifier(quantifier) => {
                self.condition(&quantifier.predicate, quantifier.quantity.name())
            }
            Kind::Transform(transform) => self.transform_type(transform),
            Kind::OptionalMap {
                operand,
                body,
                flat,
                ..
            } => {
                let result = match flat {
                    true => body.of.clone(),
                    false => StaticType::optional(body.of.clone()),
                };
                let empty = StaticType::optional(self.unifier.fresh());
                let _ = operand;
                let types = [StaticType::BOOL, result, empty];
                let found = self.fitting(operators::CONDITIONAL, &types);
                found.ok_or_else(|| {
                    let found = self.shown(body);
                    let message = format!("`optFlatMap` makes an optional; this is `{found}`");
                    error(body.range, message)
                })
            }
            Kind::OptionalOr {
                operand,
                fallback,
                unwrap,
            } => {
                let (name, overloads) = match unwrap {
                    true => ("orValue", operators::OR_VALUE),
                    false => ("or", operators::OR),
                };
                self.resolve(name, overloads, &[operand, fallback], range)
            }
        }
    }

    fn select(
        &mut self,
        operand: &Expression,
        field: &str,
        optional: bool,
        range: TextRange,
    ) -> Checked {
        let kind = self.unifier.settled(&operand.of);
        let (target, is_optional) = kind.unwrapped();
        let result = match target {
            StaticType::Map(_, value) => value.as_ref().clone(),
            StaticType::Object(name) => match self.environment.field(name, field) {
                Some(found) => found.kind,
                None => return Err(self.no_field(name, field, range)),
            },
            StaticType::Variable(_) => {
                self.unifier.assignable(&StaticType::Dyn, target);
                StaticType::Dyn
            }
            StaticType::Dyn => StaticType::Dyn,
            other => {
                let message = format!("`{other}` has no fields, so there is no `.{field}`");
                return Err(error(range, message));
            }
        };
        Ok(if is_optional || optional {
            StaticType::optional(result)
        } else {
            result
        })
    }

    fn struct_field(&mut self, object: &str, field: &Field) -> Result<(), SyntaxError> {
        let wanted = match self.environment.field(object, &field.name) {
            Some(found) => found.kind,
            None => StaticType::Dyn,
        };
        let given = self.element(&field.value, field.optional)?;
        if self.unifier.assignable(&wanted, &given) {
            return Ok(());
        }
        let found = self.shown(&field.value);
        let message = format!("field `{}` is a `{wanted}`; this is `{found}`", field.name);
        Err(error(field.value.range, message))
    }

    fn no_field(&self, object: &str, field: &str, range: TextRange) -> SyntaxError {
        let fields = self.environment.fields(object);
        let end = range.end.saturating_sub(field.len() as u32);
        let name = TextRange {
            start: end.max(range.start),
            end: range.end,
        };
        let message = format!("`{object}` has no field `{field}`");
        match similar(field, fields.iter().map(String::as_str)) {
            Some(meant) => error_with_help(name, message, format!("did you mean `{meant}`?")),
            None => error(name, message),
        }
    }

    fn call_type(&mut self, call: &Call, range: TextRange) -> Checked {
        let environment = self.environment;
        let arguments: Vec<&Expression> = call.arguments.iter().collect();
        let usable = || {
            let overloads = call.function.overloads.iter();
            overloads.filter(|overload| environment.has(overload))
        };
        let types: Vec<StaticType> = arguments.iter().map(|part| part.of.clone()).collect();
        let overloads: Vec<&Overload> = usable().collect();
        if let Some(result) = self.fitting(overloads, &types) {
            return Ok(result);
        }
        // Would it fit in a later release?
        let later = call.function.overloads.iter().find(|overload| {
            !environment.has(overload) && self.unifier.resolve([*overload], &types).is_some()
        });
        let name = call.function.name;
        Err(
            match later.and_then(|overload| environment.too_new(name, overload.since)) {
                Some(message) => error(range, message),
                None => self.mismatch(name, &arguments, range),
            },
        )
    }

    /// The type that an element adds to its list or map: what an optional holds where it is marked with `?`.
    fn element(&mut self, value: &Expression, optional: bool) -> Checked {
        let kind = self.unifier.settled(&value.of);
        if !optional {
            return Ok(kind);
        }
        match kind.unwrapped() {
            (inner, true) => Ok(inner.clone()),
            (StaticType::Dyn, false) if self.environment.allows_mixed_literals() => {
                Ok(StaticType::Dyn)
            }
            // cel-go's validator of literals panics here (`cel/validator.go`), so the API server refuses the policy.
            (StaticType::Dyn, false) => {
                let message = "`?` marks an optional; this may be anything";
                Err(error_with_help(value.range, message, "write `x.?field`"))
            }
            (other, false) => {
                let message = format!("`?` marks an optional; this is `{other}`");
                Err(error(value.range, message))
            }
        }
    }

    /// The common type of a literal's elements so far and one more.
    fn join(&mut self, before: Option<StaticType>, next: StaticType, range: TextRange) -> Checked {
        let Some(before) = before else {
            return Ok(next);
        };
        let joined = self.unifier.joined(&before, &next);
        let (one, other) = (
            self.unifier.final_type(&before),
            self.unifier.final_type(&next),
        );
        let mixed = self.mixed > 0 || self.environment.allows_mixed_literals();
        if !mixed && one != other {
            let message =
                format!("a literal holds values of one type; this is `{other}` behind `{one}`");
            return Err(error_with_help(
                range,
                message,
                "wrap all of them in `dyn(...)`",
            ));
        }
        Ok(joined.unwrap_or(StaticType::Dyn))
    }

    /// Refuses a macro's condition that is no boolean.
    pub(super) fn condition(&mut self, expression: &Expression, name: &str) -> Checked {
        self.boolean(expression, &format!("the condition of `{name}`"))
    }

    fn booleans(&mut self, operands: &[Expression], what: &str) -> Checked {
        for operand in operands {
            self.boolean(operand, what)?;
        }
        Ok(StaticType::BOOL)
    }

    fn boolean(&mut self, expression: &Expression, what: &str) -> Checked {
        if self.unifier.assignable(&expression.of, &StaticType::BOOL) {
            return Ok(StaticType::BOOL);
        }
        let message = format!(
            "{what} needs a boolean; this is `{}`",
            self.shown(expression)
        );
        Err(error(expression.range, message))
    }

    /// The type that operands give under these overloads.
    pub(super) fn resolve(
        &mut self,
        name: &str,
        overloads: &[Overload],
        operands: &[&Expression],
        range: TextRange,
    ) -> Checked {
        let types: Vec<StaticType> = operands.iter().map(|part| part.of.clone()).collect();
        self.fitting(overloads, &types)
            .ok_or_else(|| self.mismatch(name, operands, range))
    }

    /// The type that these give under some overloads. Where objects are plain maps, so does the checker take them that
    /// fit in no other way.
    fn fitting<'o, O>(&mut self, overloads: O, types: &[StaticType]) -> Option<StaticType>
    where
        O: IntoIterator<Item = &'o Overload> + Clone,
    {
        let found = self.unifier.resolve(overloads.clone(), types);
        if found.is_some() || !self.environment.has_plain_objects() {
            return found;
        }
        let plain: Vec<StaticType> = types
            .iter()
            .map(|kind| self.unifier.settled(kind).with_plain_objects())
            .collect();
        if plain == types {
            return None;
        }
        self.unifier.resolve(overloads, &plain)
    }

    fn mismatch(&self, name: &str, operands: &[&Expression], range: TextRange) -> SyntaxError {
        let types: Vec<String> = operands
            .iter()
            .map(|operand| format!("`{}`", self.shown(operand)))
            .collect();
        let message = match types.as_slice() {
            [] => format!("`{name}` needs arguments"),
            [_, right] if name == "in" => {
                format!(
                    "`in` looks into lists and maps for values of their type; this is {} in {right}",
                    types[0]
                )
            }
            [one] => format!("`{name}` does not take {one}"),
            [first, rest @ ..] => {
                format!("`{name}` does not take {first} with {}", rest.join(", "))
            }
        };
        error(range, message)
    }

    pub(super) fn shown(&self, expression: &Expression) -> StaticType {
        self.unifier.final_type(&expression.of)
    }
}

/// Refuses a constant index that is none for any list or map, which the API server does when it plans an expression.
fn check_key(index: &Expression) -> Result<(), SyntaxError> {
    let Kind::Constant(value) = &index.kind else {
        return Ok(());
    };
    if !index.is_constant_upstream() {
        return Ok(());
    }
    match value.type_of() {
        Some(
            kind @ (Type::List
            | Type::Map
            | Type::Type
            | Type::Timestamp
            | Type::Duration
            | Type::Bytes
            | Type::Null),
        ) => Err(error(
            index.range,
            format!("a value of type `{}` is no index", kind.name()),
        )),
        _ => Ok(()),
    }
}

/// The type that a name such as `int` or `list` stands for.
fn named(kind: Type) -> StaticType {
    match kind {
        Type::List => StaticType::list(StaticType::Dyn),
        Type::Map => StaticType::map(StaticType::Dyn, StaticType::Dyn),
        Type::Optional => StaticType::optional(StaticType::Dyn),
        Type::Type => StaticType::TypeOf(StaticType::Dyn.into()),
        Type::Struct => StaticType::Dyn,
        plain => StaticType::Plain(plain),
    }
}
