//! `format` with a literal text: its clauses are held against the types of a literal list of arguments.
//!
//! Upstream: the `cel.validator.string_format` validator of cel-go (`ext/formatting.go`).

use super::super::expression::{Expression, Item, Kind};
use super::super::library::format::{self, FormatError};
use super::super::syntax::{SyntaxError, TextRange, error};
use super::super::types::StaticType;
use super::super::value::{Type, Value};

/// Refuses a call of `format` that has too few or too many arguments, or one that its clause does not take.
pub(super) fn check(arguments: &[Expression], range: TextRange) -> Result<(), SyntaxError> {
    let [template, list] = arguments else {
        return Ok(());
    };
    let Kind::Constant(Value::String(text)) = &template.kind else {
        return Ok(());
    };
    if template.folded.is_some() {
        return Ok(());
    }
    let Some(given) = elements(list) else {
        return Ok(());
    };
    let clauses = format::clauses(text.as_str())
        .map_err(|problem| error(template.range, problem.to_string()))?;
    if clauses.len() != given.len() {
        let (wanted, given) = (clauses.len(), given.len());
        let message = format!("the format has {wanted} clauses, but there are {given} arguments");
        return Err(error(range, message));
    }
    for (clause, (kind, place)) in clauses.into_iter().zip(given) {
        if !fits(clause, &kind) {
            let takes = format::takes(clause).unwrap_or_default();
            let problem = FormatError::WrongType {
                clause,
                takes,
                given: kind.to_string(),
            };
            return Err(error(place, problem.to_string()));
        }
    }
    Ok(())
}

/// The types of a literal list's elements; `None` for any other list.
fn elements(list: &Expression) -> Option<Vec<(StaticType, TextRange)>> {
    let Kind::List(items) = &list.folded.as_deref().unwrap_or(list).kind else {
        return None;
    };
    let element = |item: &Item| (item.value.of.clone(), item.value.range);
    Some(items.iter().map(element).collect())
}

fn fits(clause: char, kind: &StaticType) -> bool {
    let kind = match kind {
        StaticType::Dyn | StaticType::Variable(_) => return true,
        StaticType::List(_) | StaticType::Map(..) | StaticType::TypeOf(_) => return clause == 's',
        StaticType::Plain(kind) => *kind,
        StaticType::Optional(_) | StaticType::Object(_) => return false,
    };
    match clause {
        's' => matches!(
            kind,
            Type::Int
                | Type::Uint
                | Type::Double
                | Type::Bool
                | Type::String
                | Type::Timestamp
                | Type::Bytes
                | Type::Duration
                | Type::Null
                | Type::Type
        ),
        'd' | 'o' => matches!(kind, Type::Int | Type::Uint),
        // Texts stand for doubles that have no literal: `NaN`.
        'f' | 'e' => matches!(kind, Type::Double | Type::String),
        'b' => matches!(kind, Type::Int | Type::Uint | Type::Bool),
        _ => matches!(kind, Type::Int | Type::Uint | Type::String | Type::Bytes),
    }
}
