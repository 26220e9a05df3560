//! Which operator, macro or literal is taken for which.

use super::super::syntax::{Arithmetic, Literal, Relation};

/// The operators that a comparison is mistaken for: its neighbour and its opposite. What is one of the two decides
/// nothing by itself: `in` has only an opposite, which is written as a negation.
pub(super) const fn mistaken_relations(relation: Relation) -> &'static [Relation] {
    match relation {
        Relation::Equal => &[Relation::NotEqual],
        Relation::NotEqual => &[Relation::Equal],
        Relation::Less => &[Relation::LessOrEqual, Relation::GreaterOrEqual],
        Relation::LessOrEqual => &[Relation::Less, Relation::Greater],
        Relation::Greater => &[Relation::GreaterOrEqual, Relation::LessOrEqual],
        Relation::GreaterOrEqual => &[Relation::Greater, Relation::Less],
        Relation::In => &[],
    }
}

/// The operator that another is mistaken for.
pub(super) const fn mistaken_arithmetic(operator: Arithmetic) -> Arithmetic {
    match operator {
        Arithmetic::Add => Arithmetic::Subtract,
        Arithmetic::Subtract => Arithmetic::Add,
        Arithmetic::Multiply => Arithmetic::Divide,
        Arithmetic::Divide | Arithmetic::Modulo => Arithmetic::Multiply,
    }
}

/// The macro that another is mistaken for.
pub(super) fn mistaken_macro(name: &str) -> Option<&'static str> {
    Some(match name {
        "all" | "exists_one" | "existsOne" => "exists",
        "exists" => "all",
        _ => return None,
    })
}

/// Another value of the same type, as it is written; `text` is the literal as written.
pub(super) fn another(literal: &Literal, text: &str) -> Option<String> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Bool(value) => (!value).to_string(),
        Literal::Int(value) => value.checked_add(1)?.to_string(),
        Literal::Uint(value) => format!("{}u", value.checked_add(1)?),
        Literal::Double(value) => format!("{:?}", value + 1.0),
        Literal::String(_) | Literal::Bytes(_) => {
            let is_triple = text.len() >= 6 && (text.ends_with("'''") || text.ends_with("\"\"\""));
            let quotes = if is_triple { 3 } else { 1 };
            let (before, quotes) = text.split_at_checked(text.len().checked_sub(quotes)?)?;
            format!("{before}x{quotes}")
        }
    })
}
