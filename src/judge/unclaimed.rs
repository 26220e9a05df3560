//! What an object in Git is without its claim that a controller made it.
//!
//! Policies spare what a controller made, and believe it by the name of the requester. Offline nobody knows that name,
//! so what asks for it ends unknown, and an object could lead around a policy by naming an owner. Whoever judges such an
//! object offline therefore looks a second time, at the object without the claim, and takes from that look what the
//! first left open for want of the requester, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{NotJudged, UNKNOWN_REQUESTER};
use crate::manifest::{Document, DocumentBuilder, NodeRef};

use super::lineage::controllers;
use super::{Decision, Mutation, Verdict};

/// The policies, validations and mutations that ended unknown because nobody knows who asks.
#[derive(Debug)]
pub struct Unclaimed {
    open: BTreeSet<Arc<str>>,
}

impl Unclaimed {
    /// What a first look left open; `None` where that is nothing.
    pub fn asks(mutation: &Mutation, verdict: &Verdict) -> Option<Self> {
        let all = mutation.not_judged.iter().chain(&verdict.not_judged);
        let open: BTreeSet<_> = all
            .filter(|entry| entry.reason == UNKNOWN_REQUESTER)
            .map(|entry| entry.what.clone())
            .collect();
        (!open.is_empty()).then_some(Self { open })
    }

    /// Leaves in the second look at mutations what the first left open, and in the first what it knew.
    pub fn settle(&self, first: &mut Mutation, second: &mut Mutation) {
        self.settle_open(&mut first.not_judged, &mut second.not_judged);
        self.settle_decisions(&first.decisions, &mut second.decisions);
        let is_open = |policy: &str, id: &str| self.open.contains(policy) || self.open.contains(id);
        second
            .drifts
            .retain(|drift| is_open(&drift.policy.name, &drift.change.mutation));
        second.errors.clear();
    }

    /// The same of validations.
    pub fn settle_verdict(&self, first: &mut Verdict, second: &mut Verdict) {
        self.settle_open(&mut first.not_judged, &mut second.not_judged);
        self.settle_decisions(&first.decisions, &mut second.decisions);
        second.ignored_errors.clear();
    }

    /// What ended unknown both times is told once, with the reason of the second look.
    fn settle_open(&self, first: &mut Vec<NotJudged>, second: &mut Vec<NotJudged>) {
        let of_open = |what: &str| {
            let policy = what.split_once('/').map_or(what, |(policy, _)| policy);
            self.open.contains(what) || self.open.contains(policy)
        };
        first.retain(|entry| entry.reason != UNKNOWN_REQUESTER);
        second.retain(|entry| of_open(&entry.what) && !first.contains(entry));
    }

    fn settle_decisions(&self, first: &[Decision], second: &mut Vec<Decision>) {
        second.retain(|decision| {
            let found = &decision.violation;
            let is_open =
                self.open.contains(&decision.policy.name) || self.open.contains(&found.validation);
            let is_told = first.iter().map(|known| &known.violation).any(|known| {
                known.validation == found.validation
                    && known.field_path == found.field_path
                    && known.message == found.message
            });
            is_open && !is_told
        });
    }
}

/// An object without the owner references that say `controller: true`; `None` where it has none.
pub fn without_controllers(object: NodeRef<'_>) -> Option<Document> {
    controllers(object).next()?;
    let mut builder = DocumentBuilder::new();
    let root = builder.copy(object);
    let mut document = builder.finish(root);
    let metadata = document.root().get("metadata")?;
    let list = metadata.get("ownerReferences")?;
    let kept: Vec<_> = list
        .as_list()?
        .iter()
        .filter(|entry| entry.get("controller").and_then(NodeRef::as_bool) != Some(true))
        .map(NodeRef::id)
        .collect();
    let metadata = metadata.id();
    if kept.is_empty() {
        document.remove_entry(metadata, "ownerReferences");
    } else {
        let list = document.make_list(&kept);
        document.set_entry(metadata, "ownerReferences", list);
    }
    Some(document)
}
