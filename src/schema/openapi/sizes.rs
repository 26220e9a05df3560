//! How large values can be, for estimates of what an expression costs.
//!
//! Upstream: `SchemaDeclType` in `k8s.io/apiserver/pkg/cel/common/schemas.go` and `pkg/cel/limits.go`.

use super::model::DefinitionId;
use super::schema::{Schema, Shape};

/// The largest request that the API server accepts, in bytes.
const REQUEST: u64 = 3 * 1024 * 1024;

/// Objects that contain themselves are looked into no deeper than this.
const DEEPEST: usize = 32;

impl Schema<'_> {
    /// The most characters, bytes, elements or entries that a value can have; `None` for a value without a length, or
    /// of which the API server knows nothing.
    pub fn max_elements(self) -> Option<u64> {
        let most = self.most();
        let left = REQUEST - 2;
        match self.shape() {
            Shape::IntOrString => Some(most.map_or(left, |most| most.saturating_mul(4))),
            Shape::List(item) => {
                let item = item?.min_size(&mut Vec::new())?;
                Some(most.unwrap_or(left / (item + 1)))
            }
            Shape::Map(value) => {
                let value = value.min_size(&mut Vec::new())?;
                Some(most.unwrap_or(left / (value + 6)))
            }
            Shape::String => Some(match self.format() {
                Some("byte") => most.unwrap_or(left),
                Some("date") => 12,
                Some("date-time" | "duration") => 32,
                _ => match (most, self.values()) {
                    // A character has at most four bytes.
                    (Some(most), _) => most.saturating_mul(4),
                    (None, []) => left,
                    (None, values) => {
                        values.iter().map(|value| value.len()).max().unwrap_or(0) as u64
                    }
                },
            }),
            Shape::Any
            | Shape::Bool
            | Shape::Int
            | Shape::Number
            | Shape::Quantity
            | Shape::Object => None,
        }
    }

    /// The fewest bytes that a value takes in JSON; `None` where the API server knows nothing of it.
    fn min_size(self, within: &mut Vec<DefinitionId>) -> Option<u64> {
        Some(match self.shape() {
            Shape::IntOrString | Shape::Int | Shape::Number => 1,
            Shape::Bool => 4,
            Shape::String => match self.format() {
                Some("duration") => 3,
                Some("date") => 12,
                Some("date-time") => 21,
                _ => 2,
            },
            Shape::List(item) => item?.min_size(within).map(|_| 2)?,
            Shape::Map(value) => value.min_size(within).map(|_| 2)?,
            Shape::Object => {
                let (_, _, definition) = self.key();
                let again = definition.is_some_and(|id| within.contains(&id));
                if again || within.len() > DEEPEST {
                    return Some(2);
                }
                within.extend(definition);
                let needed = self
                    .fields()
                    // The default of a place that refers to a definition is not seen upstream.
                    .filter(|field| {
                        field.required
                            && (field.schema.is_reference() || field.schema.default().is_none())
                    });
                let sizes = needed.filter_map(|field| {
                    let value = field.schema.min_size(within)?;
                    Some(field.name.len() as u64 + value + 4)
                });
                let size = sizes.fold(2_u64, u64::saturating_add);
                if definition.is_some() {
                    within.pop();
                }
                size
            }
            Shape::Any | Shape::Quantity => return None,
        })
    }
}
