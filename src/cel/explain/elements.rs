//! Explaining macros: element by element, each with its names bound.

use super::super::evaluate::Walk;
use super::super::expression::{Domain, Expression, Quantifier, Quantity, Transform};
use super::super::value::Value;
use super::{Explainer, Seen, StepOutcome, Subject, derived};

/// What one element leads to.
struct Element {
    seen: Seen,
    /// Nothing after it was looked at.
    ends: bool,
}

impl<'a> Explainer<'_, 'a, '_> {
    pub(super) fn quantifier(&mut self, quantifier: &'a Quantifier) -> Seen {
        let predicate = &quantifier.predicate;
        let deciding = match quantifier.quantity {
            Quantity::All => Some(false),
            Quantity::Exists => Some(true),
            Quantity::ExistsOne => None,
        };
        let ends = move |seen: Seen| match deciding {
            Some(deciding) => seen.truth == Some(deciding),
            None => seen.failed,
        };
        self.walk(&quantifier.domain, &[predicate], |explainer, quiet| {
            let seen = explainer.shown_or_not(predicate, quiet);
            Element {
                seen,
                ends: ends(seen),
            }
        })
    }

    pub(super) fn transform(&mut self, transform: &'a Transform) -> Seen {
        let condition = transform.condition.as_ref();
        let result = transform.result.as_ref();
        let bodies: Vec<&Expression> = condition.into_iter().chain(result).collect();
        self.walk(&transform.domain, &bodies, |explainer, quiet| {
            let mut seen = Seen::default();
            if let Some(condition) = condition {
                seen = explainer.shown_or_not(condition, quiet);
                if seen.truth != Some(true) {
                    return Element {
                        seen,
                        ends: seen.failed,
                    };
                }
            }
            if let Some(result) = result {
                seen = seen.and(explainer.shown_or_not(result, quiet));
            }
            Element {
                seen,
                ends: seen.failed,
            }
        })
    }

    /// Shows a part, or only evaluates it.
    fn shown_or_not(&mut self, part: &'a Expression, quiet: bool) -> Seen {
        if !quiet {
            return self.part(part);
        }
        let value = self.evaluator.value(part);
        Seen {
            is_sensitive: self.sensitive.any(),
            truth: value.as_ref().ok().and_then(Value::as_bool),
            failed: value.is_err(),
        }
    }

    /// Walks over the elements that evaluation looked at: the first ones are shown, and one after them that decides
    /// or fails.
    fn walk(
        &mut self,
        domain: &'a Domain,
        bodies: &[&'a Expression],
        mut look: impl FnMut(&mut Self, bool) -> Element,
    ) -> Seen {
        let of_collection = self.part(&domain.collection);
        let Ok(collection) = self.evaluator.value(&domain.collection) else {
            return of_collection;
        };
        let Some(walk) = Walk::over(&collection) else {
            return of_collection;
        };
        let names = self.names(domain, bodies);
        let is_document = collection.as_node().is_some();
        let mut seen = of_collection;
        let mut shown = 0usize;
        let mut hidden = 0usize;
        for position in 0..walk.len() {
            let before = self.locals.len();
            let quiet = shown >= self.detail.elements || !self.has_room();
            if !self.bind(&walk, position, domain, is_document, of_collection) {
                self.explanation.is_cut = true;
                break;
            }
            let mut known = None;
            if quiet {
                let found = look(self, true);
                let is_telling = found.ends || found.seen.failed;
                if is_telling && shown <= self.detail.elements && self.has_room() {
                    self.more(hidden);
                    hidden = 0;
                    self.bind(&walk, position, domain, is_document, of_collection);
                } else {
                    hidden += 1;
                    known = Some(found);
                }
            }
            let element = if let Some(element) = known {
                element
            } else {
                shown += 1;
                self.element(&walk, position, domain, &names, is_document, of_collection);
                self.level += 1;
                let element = look(self, false);
                self.level -= 1;
                element
            };
            self.locals.truncate(before);
            seen.is_sensitive |= element.seen.is_sensitive;
            if element.ends {
                break;
            }
        }
        self.more(hidden);
        seen
    }

    /// Says that elements were looked at which are not shown.
    fn more(&mut self, hidden: usize) {
        if hidden > 0 {
            if self.explanation.steps.len() < self.detail.steps {
                self.push(Subject::Elements(hidden), StepOutcome::Nothing, false);
            } else {
                self.explanation.is_cut = true;
            }
        }
    }

    /// Binds the names for one element; `false` where the budget is used up.
    fn bind(
        &mut self,
        walk: &Walk<'_, 'a>,
        position: usize,
        domain: &'a Domain,
        is_document: bool,
        of_collection: Seen,
    ) -> bool {
        let (key, value) = walk.pair(position);
        let of_key = !is_document && derived(&key, of_collection.is_sensitive, self.sensitive);
        let of_value = derived(&value, of_collection.is_sensitive, self.sensitive);
        if domain.pairs {
            self.locals.push((domain.slot, of_key));
            self.locals.push((domain.slot + 1, of_value));
        } else {
            let single = if matches!(walk, Walk::Map(_)) {
                of_key
            } else {
                of_value
            };
            self.locals.push((domain.slot, single));
        }
        let bound = self
            .evaluator
            .step(walk, position, domain, &domain.collection);
        bound.is_ok()
    }

    /// Shows the element that is bound.
    fn element(
        &mut self,
        walk: &Walk<'_, 'a>,
        position: usize,
        domain: &'a Domain,
        names: &str,
        is_document: bool,
        of_collection: Seen,
    ) {
        let (key, value) = walk.pair(position);
        let of_key = !is_document && derived(&key, of_collection.is_sensitive, self.sensitive);
        let (value, is_sensitive) = if domain.pairs || matches!(walk, Walk::List(_)) {
            let of_value = derived(&value, of_collection.is_sensitive, self.sensitive);
            (value, of_value)
        } else {
            (key.clone(), of_key)
        };
        let key = if of_key { Value::Null } else { key };
        let subject = Subject::Element {
            names: names.to_owned(),
            key,
        };
        self.push(subject, StepOutcome::Value(value), is_sensitive);
    }

    fn names(&self, domain: &'a Domain, bodies: &[&'a Expression]) -> String {
        let name = |slot: usize| {
            let mut names = bodies.iter().map(|body| self.name_of(slot, body));
            names.find(|name| name != "-").unwrap_or_else(|| "-".into())
        };
        if domain.pairs {
            format!("{}, {}", name(domain.slot), name(domain.slot + 1))
        } else {
            name(domain.slot)
        }
    }
}
