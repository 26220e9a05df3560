//! The judge of one cluster.

use std::sync::Arc;

use crate::config::{Config, Date, Enforcement, PolicyException};
use crate::engine::{Limits, OtherObjects, Request};
use crate::manifest::Problem;
use crate::policy::{Policy, PolicySet};

use super::{Mutation, Verdict};

/// Who stands behind an object: the object that a person wrote. Exceptions match it by kind and name.
#[derive(Clone, Copy, Debug)]
pub struct TopOwner<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// Judges requests of one cluster (or of none) on one day.
///
/// Made once per load and shared between threads.
#[derive(Debug)]
pub struct Judge {}

impl Judge {
    /// Joins a policy set with what Config says for a cluster.
    ///
    /// `today` is the UTC date that exceptions are held against. Errors: settings for unknown policies and clusters,
    /// parameters that break a policy's schema, exceptions beyond their longest life; all placed, all at once.
    pub fn new(
        policies: &Arc<PolicySet>,
        config: &Config,
        exceptions: &[PolicyException],
        cluster: Option<&str>,
        today: Date,
    ) -> Result<Self, Vec<Problem>> {
        let _ = (policies, config, exceptions, cluster, today);
        Ok(Self {})
    }

    /// The policies that run here, with the enforcement they have where no namespace says otherwise.
    pub fn policies(&self) -> impl Iterator<Item = (&Arc<Policy>, Enforcement)> {
        std::iter::empty()
    }

    /// Runs the mutations on a request, in order of policies.
    pub fn mutate(&self, request: &Request<'_>, limits: &Limits<'_>) -> Mutation {
        let _ = (request, limits);
        Mutation::default()
    }

    /// Runs the validations on a request whose object is final.
    pub fn validate(
        &self,
        request: &Request<'_>,
        owner: Option<TopOwner<'_>>,
        others: &dyn OtherObjects,
        limits: &Limits<'_>,
    ) -> Verdict {
        let _ = (request, owner, others, limits);
        Verdict::default()
    }
}
