//! Holding a configuration against the schema before it is merged: what the API server refuses to apply.
//!
//! Upstream: the validation of `typed.AsTyped`, then `validatePatch` of the API server's `mutating/patch/smd.go`, which
//! refuses lists and maps that would be replaced as a whole: who sets one field of them would lose the others.

use std::collections::BTreeMap;

use crate::manifest::{ListRef, MapRef, NodeRef, View};
use crate::source::FieldPath;

use super::ApplyError;
use super::keys::{Keys, a};
use super::path::{Paths, Step};
use super::types::{ListShape, MapShape, MergeType, Scalar};

/// How many places one message names.
const NAMED: usize = 5;

struct Check<'t, 's, 'c> {
    kind: &'t str,
    paths: Paths,
    pending: Vec<Pending<'s, 'c>>,
    /// What would be replaced as a whole.
    atomic: Vec<Step>,
}

struct Pending<'s, 'c> {
    value: NodeRef<'c>,
    of: MergeType<'s>,
    step: Step,
    /// Whether only named fields and elements lead here: below other keys the API server looks for no atomic values.
    is_named: bool,
}

/// Checks a configuration; `kind` says in messages what it is for.
pub(super) fn check(
    configuration: NodeRef<'_>,
    of: MergeType<'_>,
    kind: &str,
) -> Result<(), ApplyError> {
    let mut check = Check {
        kind,
        paths: Paths::default(),
        pending: vec![Pending {
            value: configuration,
            of,
            step: Step::ROOT,
            is_named: true,
        }],
        atomic: Vec::new(),
    };
    while let Some(next) = check.pending.pop() {
        check.visit(&next)?;
    }
    check.refuse_atomic()
}

impl<'s, 'c> Check<'_, 's, 'c> {
    fn visit(&mut self, at: &Pending<'s, 'c>) -> Result<(), ApplyError> {
        let shape = at.of.shape();
        match (at.value.view(), shape.scalar, shape.list, shape.map) {
            (View::Null, ..) => Ok(()),
            (View::Unknown(reason), ..) => Err(ApplyError::Unknown(reason.to_owned())),
            (View::Map(map), _, _, Some(wanted)) => self.map(at, map, wanted),
            (View::List(list), _, Some(wanted), _) => self.list(at, list, wanted),
            (View::List(_) | View::Map(_), scalar, list, map) => {
                Err(self.wrong(at, &expected(scalar, list, map)))
            }
            (value, Some(scalar), list, map) => {
                if fits(value, scalar) {
                    Ok(())
                } else {
                    Err(self.wrong(at, &expected(Some(scalar), list, map)))
                }
            }
            (_, None, list, map) => Err(self.wrong(at, &expected(None, list, map))),
        }
    }

    fn map(
        &mut self,
        at: &Pending<'s, 'c>,
        map: MapRef<'c>,
        wanted: MapShape<'s>,
    ) -> Result<(), ApplyError> {
        if wanted.atomic && at.is_named {
            self.atomic.push(at.step);
        }
        for entry in map.iter().rev() {
            let step = self.paths.key(at.step, entry.key);
            let found = at.of.child(wanted, entry.key);
            let Some((of, is_named)) = found else {
                let near = at.of.nearest(entry.key);
                let meant = near.map(|near| format!("; did you mean `{near}`?"));
                return Err(ApplyError::Refused(format!(
                    "there is no field `{}` in {}{}",
                    self.path(step),
                    self.kind,
                    meant.unwrap_or_default()
                )));
            };
            self.pending.push(Pending {
                value: entry.value,
                of,
                step,
                is_named: is_named && at.is_named,
            });
        }
        Ok(())
    }

    fn list(
        &mut self,
        at: &Pending<'s, 'c>,
        list: ListRef<'c>,
        wanted: ListShape<'s>,
    ) -> Result<(), ApplyError> {
        if matches!(at.of, MergeType::Unknown { .. }) {
            return Err(ApplyError::Unknown(format!(
                "whether the list `{}` of {} is merged or replaced stands in its schema, which is not here",
                self.path(at.step),
                self.kind
            )));
        }
        if wanted.is_merged() {
            self.elements(at, list, wanted)?;
        } else if at.is_named {
            self.atomic.push(at.step);
        }
        for (index, value) in list.iter().enumerate().rev() {
            let step = self.paths.index(at.step, index);
            self.pending.push(Pending {
                value,
                of: wanted.element,
                step,
                is_named: at.is_named,
            });
        }
        Ok(())
    }

    /// Elements must say which they are, and each may be there once.
    fn elements(
        &mut self,
        at: &Pending<'s, 'c>,
        list: ListRef<'c>,
        wanted: ListShape<'s>,
    ) -> Result<(), ApplyError> {
        let keys = Keys::of(wanted);
        let mut first = BTreeMap::new();
        for (index, element) in list.iter().enumerate() {
            if let View::Unknown(reason) = element.view() {
                return Err(ApplyError::Unknown(reason.to_owned()));
            }
            let message = match keys.key(element) {
                Ok(key) => match first.insert(key, index) {
                    None => continue,
                    Some(before) => {
                        let before = self.paths.index(at.step, before);
                        format!("it is the same as `{}`", self.path(before))
                    }
                },
                Err(message) => message,
            };
            let step = self.paths.index(at.step, index);
            return Err(ApplyError::Refused(format!(
                "`{}` cannot be applied: {message}",
                self.path(step)
            )));
        }
        Ok(())
    }

    fn refuse_atomic(&self) -> Result<(), ApplyError> {
        if self.atomic.is_empty() {
            return Ok(());
        }
        let mut names: Vec<String> = self
            .atomic
            .iter()
            .take(NAMED)
            .map(|&step| format!("`{}`", self.path(step)))
            .collect();
        if self.atomic.len() > NAMED {
            names.push("others".to_owned());
        }
        let (verb, whole) = match self.atomic.len() {
            1 => ("is", "a whole"),
            _ => ("are", "wholes"),
        };
        Err(ApplyError::Refused(format!(
            "{} {verb} atomic: an ApplyConfiguration may not set what is replaced as {whole}; write a JSONPatch",
            names.join(", ")
        )))
    }

    fn wrong(&self, at: &Pending<'_, '_>, expected: &str) -> ApplyError {
        ApplyError::Refused(format!(
            "`{}` must be {expected} in {}, not {}",
            self.path(at.step),
            self.kind,
            a(at.value)
        ))
    }

    fn path(&self, step: Step) -> FieldPath {
        self.paths.to(step, &FieldPath::root())
    }
}

fn fits(value: View<'_>, scalar: Scalar) -> bool {
    matches!(
        (value, scalar),
        (_, Scalar::Any)
            | (View::Int(_) | View::Float(_), Scalar::Number)
            | (View::String(_), Scalar::String)
            | (View::Bool(_), Scalar::Bool)
    )
}

/// What would fit, for a message.
pub(super) fn expected(
    scalar: Option<Scalar>,
    list: Option<ListShape<'_>>,
    map: Option<MapShape<'_>>,
) -> String {
    let scalar = scalar.map(|scalar| match scalar {
        Scalar::Number => "a number",
        Scalar::String => "a string",
        Scalar::Bool => "a boolean",
        Scalar::Any => "a string, number or boolean",
    });
    let words: Vec<&str> = [map.map(|_| "a map"), list.map(|_| "a list"), scalar]
        .into_iter()
        .flatten()
        .collect();
    if words.is_empty() {
        return "left out".to_owned();
    }
    words.join(" or ")
}
