//! One cause, one finding: equal findings of several clusters, or of several users of one base, become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Enforcement, ExceptionId};
use crate::source::Span;

use super::{ClusterVerdict, Finding, FindingKind, Ignored};

type Key = (
    FindingKind,
    Arc<str>,
    Arc<str>,
    Option<Span>,
    String,
    Option<Arc<ExceptionId>>,
    Option<Arc<Ignored>>,
);

/// Joins findings that say the same of the same place. The first of them stays, with the clusters of all and the
/// hardest enforcement. Findings without a place are joined only if they are about the same object.
///
/// A finding that is excepted or silenced stays apart from the same finding where it is not.
pub fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut known: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let key = (
            finding.kind,
            finding.policy.clone(),
            finding.validation.clone(),
            finding.span,
            finding.message.clone(),
            finding.exception.clone(),
            finding.ignored.clone(),
        );
        let same = known.entry(key).or_default();
        let found = same.iter().copied().find(|&at| {
            finding.span.is_some()
                || merged.get(at).is_some_and(|other| {
                    other.object == finding.object && other.field_path == finding.field_path
                })
        });
        if let Some(first) = found.and_then(|at| merged.get_mut(at)) {
            join(first, finding);
        } else {
            same.push(merged.len());
            merged.push(finding);
        }
    }
    for finding in &mut merged {
        finding.clusters.sort_by(|a, b| a.name.cmp(&b.name));
    }
    merged
}

fn join(first: &mut Finding, other: Finding) {
    first.enforcement = first.enforcement.max(other.enforcement);
    for verdict in other.clusters {
        match first
            .clusters
            .iter_mut()
            .find(|known| known.name == verdict.name)
        {
            Some(known) => harden(known, verdict.enforcement, verdict.at_admission),
            None => first.clusters.push(verdict),
        }
    }
    for subject in other.subjects {
        if !first.subjects.contains(&subject) {
            first.subjects.push(subject);
        }
    }
    join_notes(&mut first.notes, &other.notes);
}

/// Notes hold for all that was joined: what is also seen without a caveat has none. Of caveats that differ, those of
/// the first stay.
fn join_notes(first: &mut Vec<String>, other: &[String]) {
    let common: Vec<String> = first
        .iter()
        .filter(|note| other.contains(note))
        .cloned()
        .collect();
    if !common.is_empty() || other.is_empty() {
        *first = common;
    }
}

fn harden(verdict: &mut ClusterVerdict, enforcement: Enforcement, at_admission: Enforcement) {
    verdict.enforcement = verdict.enforcement.max(enforcement);
    verdict.at_admission = verdict.at_admission.max(at_admission);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::model::{legacy, sample};
    use crate::source::SourceId;

    fn of_cluster(name: &str, enforcement: Enforcement) -> Finding {
        let mut finding = sample("acr-only");
        finding.enforcement = enforcement;
        finding.clusters = vec![ClusterVerdict {
            name: name.into(),
            enforcement,
            at_admission: enforcement,
        }];
        finding
    }

    #[test]
    fn one_cause_in_three_clusters_is_one_finding_with_the_hardest_enforcement() {
        let merged = merge(vec![
            of_cluster("mgmt", Enforcement::Audit),
            of_cluster("app1", Enforcement::Deny),
            of_cluster("app2", Enforcement::Warn),
        ]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].enforcement, Enforcement::Deny);
        let names: Vec<&str> = merged[0]
            .clusters
            .iter()
            .map(|verdict| &*verdict.name)
            .collect();
        assert_eq!(names, ["app1", "app2", "mgmt"]);
    }

    #[test]
    fn another_place_another_message_or_an_exception_is_another_finding() {
        let first = of_cluster("app1", Enforcement::Deny);
        let mut elsewhere = first.clone();
        elsewhere.span = Some(Span::new(SourceId(0), 3, 4));
        let mut otherwise = first.clone();
        otherwise.message = "another".to_owned();
        let mut excepted = first.clone();
        excepted.exception = Some(legacy());
        let mut ignored = first.clone();
        ignored.ignored = Some(Arc::new(Ignored {
            span: Span::new(SourceId(0), 9, 20),
            until: None,
            reason: "a test".into(),
        }));
        let all = vec![first, elsewhere, otherwise, excepted, ignored];
        assert_eq!(merge(all).len(), 5);
    }

    #[test]
    fn a_caveat_stays_only_where_it_holds_for_all() {
        for (first, other, expected) in [
            (&["a", "b"][..], &["b"][..], &["b"][..]),
            (&["a"], &[], &[]),
            (&[], &["a"], &[]),
            (&["a"], &["b"], &["a"]),
        ] {
            let own = |notes: &[&str]| {
                notes
                    .iter()
                    .map(|&note| note.to_owned())
                    .collect::<Vec<_>>()
            };
            let mut joined = own(first);
            join_notes(&mut joined, &own(other));
            assert_eq!(joined, own(expected));
        }
    }

    #[test]
    fn without_a_place_the_object_decides() {
        let mut first = of_cluster("app1", Enforcement::Deny);
        first.span = None;
        let mut other = first.clone();
        other.object = None;
        assert_eq!(merge(vec![first.clone(), other, first]).len(), 2);
    }
}
