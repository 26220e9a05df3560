//! Whether an exception of the cluster has an effect.

use crate::config::{Config, Date, PolicyException, check_exception};
use crate::judge::unknown_policies;
use crate::manifest::Severity;
use crate::policy::PolicySet;

use super::assemble::Accepted;
use super::place::describe_files;
use super::resource::Held;
use super::{Condition, Reason};

/// Holds an exception against the policies, Config, the cluster and the day.
///
/// Config's word is final: an exception that it does not allow has no effect, and no earlier version has one either. One
/// that cannot be read leaves the last version that could in place, which still ends on its own day.
pub(super) fn accept(
    held: &Held<PolicyException>,
    policies: &PolicySet,
    config: &Config,
    cluster: Option<&str>,
    today: Date,
) -> Accepted {
    let exception = match (&held.newest, &held.good) {
        (Ok(exception), _) => exception,
        (Err(message), good) => {
            let earlier = good.as_ref().filter(|(_, exception)| {
                refused(exception, policies, config, cluster, today).is_none()
            });
            let instead = match earlier {
                Some((generation, _)) => format!("generation {generation} holds in its place"),
                None => "it has no effect".to_owned(),
            };
            let message = format!("{instead}: {message}");
            let condition = Condition::accepted(false, Reason::Invalid, message);
            return (
                earlier.map(|(_, earlier)| within(earlier, cluster)),
                condition,
            );
        }
    };
    if let Some((reason, message)) = refused(exception, policies, config, cluster, today) {
        // The judge tells whoever it no longer lifts anything for.
        let ended = (reason == Reason::Expired).then(|| within(exception, cluster));
        return (ended, Condition::accepted(false, reason, message));
    }
    let mut message = format!("holds up to and including {}", exception.expires);
    for unknown in unknown_of(exception, policies) {
        message.extend(["; ", &unknown]);
    }
    (
        Some(within(exception, cluster)),
        Condition::accepted(true, Reason::Accepted, message),
    )
}

/// The exception without the other clusters that it names: Config need not know them here.
fn within(exception: &PolicyException, cluster: Option<&str>) -> PolicyException {
    let mut exception = exception.clone();
    let clusters = &mut exception.matches.clusters;
    clusters.retain(|known| Some(&*known.value) == cluster);
    exception
}

/// Why an exception has no effect.
pub(super) fn refused(
    exception: &PolicyException,
    policies: &PolicySet,
    config: &Config,
    cluster: Option<&str>,
    today: Date,
) -> Option<(Reason, String)> {
    let mut problems = check_exception(exception, config, today);
    problems.retain(|problem| problem.severity == Severity::Error);
    if !problems.is_empty() {
        // Places are of a text that is gone; what they would point at is said in the messages.
        for problem in &mut problems {
            problem.span = None;
        }
        return Some((
            Reason::NotAllowed,
            describe_files(&problems, |_| String::new()),
        ));
    }
    let clusters = &exception.matches.clusters;
    let here = cluster.is_some_and(|name| clusters.iter().any(|known| *known.value == *name));
    if !clusters.is_empty() && !here {
        let this = match cluster {
            Some(name) => format!("this is cluster `{name}`"),
            None => "Config does not say which cluster this is".to_owned(),
        };
        let message = format!("it is for other clusters; {this}");
        return Some((Reason::OtherCluster, message));
    }
    let unknown = unknown_of(exception, policies);
    if unknown.len() == exception.policies.len() {
        return Some((Reason::UnknownPolicy, unknown.join("; ")));
    }
    let message = || format!("its last day was {}", exception.expires);
    (today > exception.expires).then(|| (Reason::Expired, message()))
}

/// What an exception names that is not there.
pub(super) fn unknown_of(exception: &PolicyException, policies: &PolicySet) -> Vec<String> {
    let nothing = Config::default();
    let problems = unknown_policies(policies, &nothing, std::slice::from_ref(exception));
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}
