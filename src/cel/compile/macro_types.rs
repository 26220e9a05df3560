//! The types of macros: what names they bind for the elements of a collection, and what they make.
//!
//! Upstream: `checkComprehension` in `checker/checker.go` of cel-go, for each macro what its expansion comes to.

use super::super::expression::{Expression, Shape, Transform};
use super::super::syntax::{SyntaxError, error, error_with_help};
use super::super::types::StaticType;
use super::check::Checked;
use super::{Compiler, operators};

impl Compiler<'_> {
    /// The types that a macro binds for the elements of a collection: index or key first, then the value.
    pub(super) fn element_types(
        &mut self,
        collection: &Expression,
    ) -> Result<(StaticType, StaticType, bool), SyntaxError> {
        let kind = self.unifier.settled(&collection.of);
        match &kind {
            StaticType::List(element) => Ok((StaticType::INT, element.as_ref().clone(), true)),
            StaticType::Map(key, value) => {
                Ok((key.as_ref().clone(), value.as_ref().clone(), false))
            }
            StaticType::Dyn | StaticType::Variable(_) => {
                self.unifier.assignable(&StaticType::Dyn, &kind);
                Ok((StaticType::Dyn, StaticType::Dyn, true))
            }
            StaticType::Object(_) if self.environment.has_plain_objects() => {
                Ok((StaticType::STRING, StaticType::Dyn, false))
            }
            other => Err(error(
                collection.range,
                format!("a macro walks over lists and maps; this is `{other}`"),
            )),
        }
    }

    /// What an optional holds, for the macros that look into one.
    pub(super) fn held_type(&mut self, operand: &Expression) -> Checked {
        let held = self.unifier.fresh();
        let wanted = StaticType::optional(held.clone());
        if self.unifier.assignable(&operand.of, &wanted) {
            return Ok(held);
        }
        let message = format!(
            "this macro needs an optional; this is `{}`",
            self.shown(operand)
        );
        Err(error_with_help(
            operand.range,
            message,
            "write `x.?field` or `optional.of(x)`",
        ))
    }

    pub(super) fn transform_type(&mut self, transform: &Transform) -> Checked {
        let name = transform.shape.name();
        if let Some(condition) = &transform.condition {
            self.condition(condition, name)?;
        }
        let (key, element, is_list) = self.element_types(&transform.domain.collection)?;
        // With one name a map is walked by its keys.
        let walked = if transform.domain.pairs || is_list {
            element
        } else {
            key.clone()
        };
        let result = transform.result.as_ref();
        let made = result.map_or(StaticType::Dyn, |result| result.of.clone());
        Ok(match transform.shape {
            Shape::Filter => StaticType::list(walked),
            Shape::List => StaticType::list(made),
            Shape::Map => StaticType::map(key, made),
            Shape::MapEntries => {
                let (keys, values) = (self.unifier.fresh(), self.unifier.fresh());
                let map = StaticType::map(keys, values);
                if !self.unifier.assignable(&made, &map) {
                    let range = result.map_or(transform.domain.collection.range, |r| r.range);
                    let message = format!(
                        "`transformMapEntry` makes maps; this is `{}`",
                        self.unifier.final_type(&made)
                    );
                    return Err(error(range, message));
                }
                self.unifier.settled(&map)
            }
            Shape::SortBy => {
                let Some(key) = result else {
                    return Ok(StaticType::list(walked));
                };
                self.resolve("sortBy", operators::KEY, &[key], key.range)?;
                // One overload for each type of key: where neither list nor key is known, several fit and disagree.
                let open = |kind: &StaticType| {
                    matches!(
                        self.unifier.final_type(kind),
                        StaticType::Dyn | StaticType::NULL
                    )
                };
                if self
                    .unifier
                    .final_type(&transform.domain.collection.of)
                    .is_dyn()
                    && open(&key.of)
                {
                    StaticType::Dyn
                } else {
                    StaticType::list(walked)
                }
            }
        })
    }
}
