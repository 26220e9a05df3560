//! Whether the resources of the cluster are in office: a webhook that has not seen them yet would let pass what they
//! refuse.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::office::Kind;
use crate::server::Readiness;

/// The kinds of resources that were listed, and whose resources are in office.
#[derive(Debug, Default)]
pub(in crate::cli) struct Listed(Mutex<BTreeSet<Kind>>);

impl Listed {
    pub(super) fn add(&self, kinds: &[Kind]) {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.extend(kinds);
    }
}

impl Readiness for Listed {
    fn missing(&self) -> Option<String> {
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = [Kind::Policy, Kind::PolicyException];
        let missing: Vec<_> = all
            .iter()
            .filter(|kind| !listed.contains(kind))
            .map(|kind| kind.as_str())
            .collect();
        (!missing.is_empty()).then(|| format!("not listed: {}", missing.join(", ")))
    }
}
