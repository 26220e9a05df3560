//! The order in which findings are told: the worst first, then as they stand in the files.

use std::cmp::{Ordering, Reverse};

use crate::source::{SourceId, SourceMap, Span};

use super::Finding;

/// Sorts findings: hardest enforcement first, then file name, place in the file, policy, validation, message, object.
/// Findings without a place come after those with one. The order does not depend on the order they were made in.
pub fn sort(findings: &mut [Finding], sources: &SourceMap) {
    findings.sort_by(|a, b| compare(a, b, sources));
}

fn compare(a: &Finding, b: &Finding, sources: &SourceMap) -> Ordering {
    Reverse(a.enforcement)
        .cmp(&Reverse(b.enforcement))
        .then_with(|| compare_places(a.span, b.span, sources))
        .then_with(|| a.policy.cmp(&b.policy))
        .then_with(|| a.validation.cmp(&b.validation))
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| a.object.cmp(&b.object))
        .then_with(|| a.field_path.cmp(&b.field_path))
}

fn compare_places(a: Option<Span>, b: Option<Span>, sources: &SourceMap) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => name(sources, a.source)
            .cmp(name(sources, b.source))
            .then_with(|| (a.source, a.start, a.end).cmp(&(b.source, b.start, b.end))),
    }
}

fn name(sources: &SourceMap, id: SourceId) -> &str {
    sources.get(id).map_or("", |source| source.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Enforcement;
    use crate::finding::model::sample;
    use crate::source::{Source, SourceId};

    #[test]
    fn the_hardest_come_first_then_the_order_of_the_files() {
        let mut sources = SourceMap::new();
        sources.add(Source::new("b.yaml", "x"));
        sources.add(Source::new("a.yaml", "xy"));
        let at = |policy, source, start| {
            let mut finding = sample(policy);
            finding.span = Some(Span::new(SourceId(source), start, start));
            finding
        };
        let mut nowhere = sample("nowhere");
        nowhere.span = None;
        let mut warned = at("warned", 1, 0);
        warned.enforcement = Enforcement::Warn;
        let mut findings = vec![
            warned,
            nowhere,
            at("c", 0, 0),
            at("b", 1, 1),
            at("z", 1, 0),
            at("a", 1, 0),
        ];
        sort(&mut findings, &sources);
        let order: Vec<&str> = findings.iter().map(|finding| &*finding.policy).collect();
        assert_eq!(order, ["a", "z", "b", "c", "nowhere", "warned"]);
    }
}
