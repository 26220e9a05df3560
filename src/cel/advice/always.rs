//! Conditions whose value is always the same.

use super::super::Type;
use super::super::expression::{Expression, Kind};
use super::super::syntax::{Relation, TextRange};
use super::super::types::StaticType;
use super::super::value::Value;
use super::facts::Fact;
use super::names::constant;
use super::reads::MOST;
use super::walk::Walker;
use super::{Advice, AdviceKind};

impl Walker<'_> {
    /// What is known of a condition from the parts before it.
    pub(super) fn known(&mut self, part: &Expression) -> Option<bool> {
        if !matches!(part.of, StaticType::Plain(Type::Bool) | StaticType::Dyn) {
            return None;
        }
        let name = self.reasoner.names.name(part)?;
        let known = |truth| {
            self.truths
                .has(&Fact::Holds(name.clone(), truth))
                .then_some(truth)
        };
        known(true).or_else(|| known(false))
    }

    /// What is known of a comparison.
    pub(super) fn relation(
        &mut self,
        relation: Relation,
        left: &Expression,
        right: &Expression,
    ) -> Option<bool> {
        let names = &mut self.reasoner.names;
        match relation {
            Relation::Equal | Relation::NotEqual => {
                let equal = relation == Relation::Equal;
                // A double may be NaN, which is not itself; anything may be a double.
                let whole = |of: &StaticType| match of {
                    StaticType::Plain(kind) => *kind != Type::Double,
                    _ => false,
                };
                let (one, other) = (names.name(left)?, names.name(right)?);
                if one == other && whole(&left.of) && !matches!(left.kind, Kind::Constant(_)) {
                    return Some(equal);
                }
                for (part, name, value) in [(left, &one, right), (right, &other, left)] {
                    let Kind::Constant(value) = &value.kind else {
                        continue;
                    };
                    let value = constant(value)?;
                    if matches!(part.kind, Kind::Constant(_)) {
                        continue;
                    }
                    if let Some(known) = self.truths.value(name) {
                        if known != value {
                            let shown = self.text(part.range);
                            self.hint = Some(if equal {
                                format!(
                                    "`{shown}` cannot be both {known} and {value}; did you mean `||`?"
                                )
                            } else {
                                format!(
                                    "`{shown}` always differs from one of {known} and {value}; did you mean `&&`?"
                                )
                            });
                        }
                        return Some((known == value) == equal);
                    }
                    if self.truths.has(&Fact::Is(name.clone(), value, false)) {
                        return Some(!equal);
                    }
                }
                None
            }
            // A size is never negative.
            Relation::GreaterOrEqual | Relation::Less => {
                let is_size = |part: &Expression| matches!(&part.kind, Kind::Call(call) if call.function.name == "size");
                let zero = matches!(right.kind, Kind::Constant(Value::Int(0)));
                if is_size(left) && zero {
                    self.hint = Some("a size is never negative".to_owned());
                    return Some(relation == Relation::GreaterOrEqual);
                }
                None
            }
            _ => None,
        }
    }

    pub(super) fn always(&mut self, truth: bool, range: TextRange, help: Option<String>) {
        if self.advice.len() >= MOST {
            return;
        }
        let kind = if truth {
            AdviceKind::AlwaysTrue
        } else {
            AdviceKind::AlwaysFalse
        };
        self.advice.push(Advice {
            kind,
            message: format!("this is always {truth}"),
            range: range.into(),
            help,
            path: None,
        });
    }

    /// How a part is written, on one line.
    pub(super) fn text(&self, range: TextRange) -> String {
        let text = self
            .source
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
