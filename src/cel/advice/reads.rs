//! Reads of what may not be there.

use super::super::expression::{Expression, Kind};
use super::super::syntax::TextRange;
use super::super::types::StaticType;
use super::facts::{Fact, each};
use super::walk::Walker;
use super::{Advice, AdviceKind};

/// More is not worth reading.
pub(super) const MOST: usize = 50;

impl Walker<'_> {
    pub(super) fn check_field(&mut self, operand: &Expression, field: &str, range: TextRange) {
        let required = match &operand.of {
            StaticType::Object(object) => match self.environment.field(object, field) {
                Some(found) => found.required,
                None => return,
            },
            StaticType::Map(..) => !is_entry_of_document(operand),
            _ => return,
        };
        if required {
            return;
        }
        let is_map = matches!(operand.of, StaticType::Map(..));
        let path = self
            .reasoner
            .names
            .name(operand)
            .map(|name| format!("{name}.{field:?}"));
        let of = self.text(operand.range);
        let help = if is_map {
            format!("ask `'{field}' in {of}` first, or read `{of}.?{field}`")
        } else {
            format!("ask `has({of}.{field})` first, or read `{of}.?{field}`")
        };
        let start = range
            .end
            .saturating_sub(field.len() as u32)
            .max(range.start);
        let place = TextRange {
            start,
            end: range.end,
        };
        self.may_be_absent(path, field, place, help);
    }

    pub(super) fn check_key(&mut self, operand: &Expression, index: &Expression) {
        if !matches!(operand.of, StaticType::Map(..)) || !is_entry_of_document(operand) {
            return;
        }
        let name = self.reasoner.names.name(operand);
        let path = name.and_then(|name| Some(format!("{name}{}", self.reasoner.entry(index)?)));
        let (of, key) = (self.text(operand.range), self.text(index.range));
        let help = format!("ask `{key} in {of}` first, or read `{of}[?{key}]`");
        self.may_be_absent(path, &key, index.range, help);
    }

    /// Reports a read that nothing guards. What has no name cannot be guarded.
    fn may_be_absent(&mut self, path: Option<String>, what: &str, place: TextRange, help: String) {
        let Some(path) = path else { return };
        if self.is_present(&path) || self.advice.len() >= MOST || !self.seen.insert(path.clone()) {
            return;
        }
        self.advice.push(Advice {
            kind: AdviceKind::MayBeAbsent,
            message: format!(
                "`{}` may be absent, and reading it is an error then",
                what.trim_matches(['\'', '"'])
            ),
            range: place.into(),
            help: Some(help),
            path: path.starts_with(['r', 'v']).then(|| path.into()),
        });
    }

    /// Whether a path is there; an element's also where that holds for each element of its collection.
    pub(super) fn is_present(&self, path: &str) -> bool {
        let mut path = path.to_owned();
        loop {
            if self.guards.has(&Fact::Present(path.clone())) {
                return true;
            }
            let end = path.find(['.', '[']).unwrap_or(path.len());
            let Some(collection) = path
                .get(..end)
                .and_then(|element| self.elements.get(element))
            else {
                return false;
            };
            path = format!(
                "{}{}",
                each(collection),
                path.get(end..).unwrap_or_default()
            );
        }
    }
}

/// Whether a map is part of a document, so that its keys are the user's: not a root such as `params`, and not made
/// here.
fn is_entry_of_document(map: &Expression) -> bool {
    let mut at = map;
    let mut steps = 0;
    loop {
        at = match &at.kind {
            Kind::Select { operand, .. } | Kind::Index { operand, .. } => operand,
            Kind::Root(_) | Kind::Local(_) | Kind::Variable(_) => return steps > 0,
            _ => return false,
        };
        steps += 1;
    }
}
