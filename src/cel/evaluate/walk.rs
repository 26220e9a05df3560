//! Walking over a list or a map, with one name or two.

use super::super::error::{EvalError, EvalErrorKind};
use super::super::expression::{Domain, Expression};
use super::super::value::{Content, Entries, Items, Value};
use super::{Evaluator, fail};
use crate::manifest::NodeRef;

/// What a macro walks over.
pub(in super::super) enum Walk<'v, 'a> {
    List(Items<'v, 'a>),
    Map(Entries<'v, 'a>),
}

impl<'v, 'a> Walk<'v, 'a> {
    /// A walk over a value; `None` where it is no collection.
    pub(in super::super) fn over(collection: &'v Value<'a>) -> Option<Self> {
        match collection.content() {
            Content::List(items) => Some(Self::List(items)),
            Content::Map(entries) => Some(Self::Map(entries)),
            _ => None,
        }
    }

    pub(in super::super) fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Map(entries) => entries.len(),
        }
    }

    /// The index or key, and the value, at a position.
    pub(in super::super) fn pair(&self, position: usize) -> (Value<'a>, Value<'a>) {
        match self {
            Self::List(items) => (
                Value::Int(i64::try_from(position).unwrap_or(i64::MAX)),
                items.get(position).unwrap_or(Value::Null),
            ),
            Self::Map(entries) => entries.at(position).unwrap_or((Value::Null, Value::Null)),
        }
    }

    /// What a single name stands for at a position: a list's element, a map's key.
    pub(in super::super) fn single(&self, position: usize) -> Value<'a> {
        let (key, value) = self.pair(position);
        match self {
            Self::List(_) => value,
            Self::Map(_) => key,
        }
    }

    /// The document's node at a position, if it is one.
    pub(in super::super) fn node(&self, position: usize) -> Option<NodeRef<'a>> {
        self.pair(position).1.as_node()
    }

    /// Why there may be more than what is walked over.
    fn open(&self) -> Option<&'a str> {
        match self {
            Self::List(_) => None,
            Self::Map(entries) => entries.open(),
        }
    }
}

impl<'a> Evaluator<'_, 'a> {
    /// Binds the names for one position.
    pub(in super::super) fn step(
        &mut self,
        walk: &Walk<'_, 'a>,
        position: usize,
        domain: &Domain,
        expression: &Expression,
    ) -> Result<(), Box<EvalError<'a>>> {
        self.spend(1, expression)?;
        if domain.pairs {
            let (key, value) = walk.pair(position);
            self.bind(domain.slot, key);
            self.bind(domain.slot + 1, value);
        } else {
            self.bind(domain.slot, walk.single(position));
        }
        Ok(())
    }
}

/// A walk over a value, or the error that it is no collection.
pub(in super::super) fn walk<'a, 'v>(
    collection: &'v Value<'a>,
    domain: &Domain,
    expression: &Expression,
) -> Result<Walk<'v, 'a>, Box<EvalError<'a>>> {
    Walk::over(collection).ok_or_else(|| {
        let message = format!(
            "only lists and maps can be walked over, not `{}`",
            collection.type_name()
        );
        let mut error = fail(
            EvalErrorKind::NoSuchOverload,
            message,
            expression,
            collection.as_node(),
        );
        error.range = domain.collection.range.into();
        error
    })
}

/// Refuses a map that may have entries which are not known here.
pub(super) fn closed<'a>(
    walk: &Walk<'_, 'a>,
    expression: &Expression,
) -> Result<(), Box<EvalError<'a>>> {
    match walk.open() {
        Some(reason) => Err(fail(EvalErrorKind::Unknown, reason, expression, None)),
        None => Ok(()),
    }
}
