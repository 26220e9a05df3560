//! A PolicyException as it is after checking.

use std::collections::BTreeMap;

use crate::source::Span;

/// A day of the proleptic Gregorian calendar, UTC. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
}

/// Which objects an exception reaches. Every list that is empty reaches all.
#[derive(Clone, Debug, Default)]
pub struct ExceptionMatch {
    /// Names of clusters.
    pub clusters: Vec<Box<str>>,
    /// Namespaces, globs with `*` allowed.
    pub namespaces: Vec<Box<str>>,
    /// Kinds of the top owner.
    pub kinds: Vec<Box<str>>,
    /// Names of the top owner, globs with `*` allowed.
    pub names: Vec<Box<str>>,
    /// Names of containers, globs with `*` allowed.
    pub containers: Vec<Box<str>>,
    /// Labels that the object must have.
    pub match_labels: BTreeMap<Box<str>, Box<str>>,
}

/// A reasoned, dated exemption from policies.
#[derive(Clone, Debug)]
pub struct PolicyException {
    /// `<namespace>/<name>`.
    pub name: Box<str>,
    /// Policies, or `policy/validation`.
    pub policies: Vec<Box<str>>,
    /// Which objects it reaches.
    pub matches: ExceptionMatch,
    /// Why.
    pub reason: Box<str>,
    /// Who answers for it.
    pub owner: Box<str>,
    /// Where it is tracked.
    pub ticket: Option<Box<str>>,
    /// The last day on which it holds.
    pub expires: Date,
    /// Where it stands.
    pub span: Option<Span>,
}
