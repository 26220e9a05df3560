//! What is said of a policy or an exception before it is stored: whoever applies it is told at once, and not by a status
//! that has to be looked for.

use std::sync::Arc;

use crate::config::{Date, PolicyException, check_exception};
use crate::judge::misfits;
use crate::policy::{Policy, PolicySet};

use super::assemble::{turns_off, whose};
use super::exceptions::{refused, unknown_of};
use super::place::describe_files;
use super::resource::{self, parse};
use super::{Files, Key, Kind, Reason};

/// What new resources are held against: what is in office on a day.
#[derive(Clone, Debug)]
pub struct Gate {
    pub(super) files: Arc<Files>,
    /// All policies in office.
    pub(super) policies: Arc<PolicySet>,
    pub(super) cluster: Option<Box<str>>,
    pub(super) today: Date,
}

/// What is said of a resource that is to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Why it must not be stored.
    pub refused: Option<String>,
    /// Why it will have no effect, or not yet: the other half may still be on its way.
    pub warning: Option<String>,
}

impl Gate {
    /// Looks at a resource, as JSON. What is wrong in itself is refused, and an exception that Config does not allow.
    pub fn admit(&self, key: &Key, json: &str) -> Admission {
        let verdict = match key.kind {
            Kind::Policy => parse(key, json, resource::policy).map(|policy| self.policy(&policy)),
            Kind::PolicyException => {
                let read = parse(key, json, resource::exception);
                read.and_then(|exception| self.exception(&exception))
            }
        };
        match verdict {
            Ok(warning) => Admission {
                refused: None,
                warning,
            },
            Err(reason) => Admission {
                refused: Some(reason),
                warning: None,
            },
        }
    }

    fn policy(&self, policy: &Arc<Policy>) -> Option<String> {
        if let Some(known) = self.files.policies.get(&policy.name) {
            return Some(format!("it will not judge: {} of this name", whose(known)));
        }
        if let Some(name) = turns_off(policy, &self.files.policies) {
            let message = format!(
                "it will not judge: it supersedes `{name}`, which stands in a file or is built in"
            );
            return Some(message);
        }
        let problems = misfits(policy, &self.files.config, self.cluster.as_deref());
        let place = |span| self.files.sources.place(span);
        if !problems.is_empty() {
            let problems = describe_files(&problems, place);
            return Some(format!(
                "it will not judge: Config sets parameters that it does not take: {problems}"
            ));
        }
        None
    }

    fn exception(&self, exception: &PolicyException) -> Result<Option<String>, String> {
        let (config, cluster) = (&self.files.config, self.cluster.as_deref());
        match refused(exception, &self.policies, config, cluster, self.today) {
            None => {
                let unknown = unknown_of(exception, &self.policies);
                let mut said: Vec<String> = (!unknown.is_empty())
                    .then(|| format!("a part of it has no effect: {}", unknown.join("; ")))
                    .into_iter()
                    .collect();
                let problems = check_exception(exception, config, self.today);
                said.extend(problems.into_iter().map(|problem| problem.line(None)));
                Ok((!said.is_empty()).then(|| said.join("; ")))
            }
            Some((Reason::NotAllowed, message)) => Err(message),
            Some((_, message)) => Ok(Some(format!("it has no effect: {message}"))),
        }
    }
}
