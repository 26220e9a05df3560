//! Comments in linted files: `# kpolicy: ignore[policy] reason` silences a finding that nobody denies.
//!
//! A comment cannot change what the API server says, so that a denied finding stays, with the exception that would lift
//! it. What comments say wrong, or say for nothing, is a finding itself.

mod parse;
mod scope;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::config::{Draft, Drafter, Enforcement, NoException, Wanted};
use crate::finding::{ClusterVerdict, Finding, FindingKind, Ignored};
use crate::manifest::Problem;
use crate::policy::Severity;
use crate::source::{SourceId, SourceMap, Span};

pub(super) use parse::MARK;
use scope::Found;

use super::Options;
use super::builds::Builds;
use super::files::{File, Files};
use super::objects::{Content, content};
use super::repository::Commented;

/// The id of findings about comments.
pub(super) const COMMENT: &str = "ignore-comment";

/// All comments of a run.
#[derive(Debug, Default)]
pub(super) struct Comments {
    by_source: BTreeMap<SourceId, Vec<Comment>>,
    problems: Vec<Problem>,
}

/// A comment that says something.
#[derive(Debug)]
struct Comment {
    names: Vec<Name>,
    area: Range<u32>,
    ignored: Arc<Ignored>,
}

#[derive(Debug)]
struct Name {
    /// A policy, or `policy/validation`.
    policy: Box<str>,
    span: Span,
    /// Whether a finding has it.
    used: bool,
}

impl Comment {
    /// The name by which it speaks of a finding.
    fn name_of(&self, finding: &Finding) -> Option<usize> {
        let at = finding.span?.start;
        // A value that is left out stands where its key ends.
        let covers = self.area.contains(&at) || !self.area.is_empty() && self.area.end == at;
        let named =
            |name: &Name| *name.policy == *finding.policy || *name.policy == *finding.validation;
        self.names.iter().position(named).filter(|_| covers)
    }
}

impl Comments {
    /// Reads the comments of all files in which findings may stand: of manifests, and of Dockerfiles.
    pub(super) fn read(
        files: &Files,
        dockerfiles: &[Commented],
        builds: &Builds,
        options: &Options<'_>,
    ) -> Self {
        let files: Vec<&File> = files.iter().collect();
        let marked: Vec<&File> = files
            .into_par_iter()
            .filter(|file| file.text.contains(parse::MARK) && is_judged(file, builds))
            .collect();
        let mut comments = Self::default();
        for file in marked {
            let all = scope::find(file.source, &file.text, &file.documents);
            comments.add(file.source, &file.text, all, options);
        }
        for file in dockerfiles {
            let all = scope::of_dockerfile(&file.text, &file.comments);
            comments.add(file.source, &file.text, all, options);
            let others = scope::no_comments(file.source, &file.text, &file.comments);
            comments.problems.extend(others.into_iter().map(|place| {
                let message = "this is a part of the instruction, and no comment";
                let help =
                    "in a Dockerfile a comment has a line of its own: put it above the instruction";
                Problem::warning(message, Some(place)).with_help(help)
            }));
        }
        comments
    }

    fn add(&mut self, source: SourceId, text: &str, all: Vec<Found>, options: &Options<'_>) {
        if all.len() == scope::MOST
            && let Some(last) = all.last()
        {
            let message = "the comments below this one are not read: there are too many";
            let problem = Problem::warning(message, Some(last.span));
            self.problems
                .push(problem.with_help("cover more with one comment, or split the file"));
        }
        for found in all {
            let says = found.text.clone();
            let span = Span::new(source, says.start as u32, says.end as u32);
            let says = text.get(says).unwrap_or_default();
            let mut problems = Vec::new();
            let read = parse::parse(says, span, options.policies, &mut problems);
            for problem in &mut problems {
                // What is wrong with the whole is shown as a whole.
                if problem.span == Some(span) {
                    problem.span = Some(found.span);
                }
            }
            self.problems.extend(problems);
            let Some(ignore) = read else { continue };
            if let Some(until) = ignore.until.filter(|until| *until < options.today) {
                let message = format!("the comment ended on {until} and silences nothing any more");
                let help = "remove it, or put right what it was for";
                let problem = Problem::warning(message, Some(found.span)).with_help(help);
                self.problems.push(problem);
                continue;
            }
            let names = ignore.names.into_iter();
            let names = names.map(|(policy, span)| Name {
                policy,
                span,
                used: false,
            });
            let comment = Comment {
                names: names.collect(),
                area: found.area,
                ignored: Arc::new(Ignored {
                    span: found.span,
                    until: ignore.until,
                    reason: ignore.reason,
                }),
            };
            self.by_source.entry(source).or_default().push(comment);
        }
    }

    /// Silences findings of single clusters, where they are not denied. What is excepted needs no comment.
    pub(super) fn silence(&mut self, findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|finding| finding.counts()) {
            let comments = finding
                .span
                .and_then(|span| self.by_source.get_mut(&span.source));
            for comment in comments.into_iter().flatten() {
                let Some(at) = comment.name_of(finding) else {
                    continue;
                };
                if let Some(name) = comment.names.get_mut(at) {
                    name.used = true;
                }
                if !is_denied(finding) {
                    finding
                        .ignored
                        .get_or_insert_with(|| Arc::clone(&comment.ignored));
                }
            }
        }
    }

    /// Says of each denied finding that a comment speaks of what would help instead.
    pub(super) fn explain(
        &self,
        findings: &mut [Finding],
        sources: &SourceMap,
        options: &Options<'_>,
    ) {
        let known = options.exceptions.iter().map(|exception| &*exception.name);
        let mut drafter = Drafter::new(options.config, Some(options.today), known);
        let denied = |finding: &&mut Finding| finding.counts() && is_denied(finding);
        for finding in findings.iter_mut().filter(denied) {
            let comments = finding
                .span
                .and_then(|span| self.by_source.get(&span.source));
            let mut comments = comments.into_iter().flatten();
            let speaks = |comment: &&Comment| comment.name_of(finding).is_some();
            let Some(comment) = comments.find(speaks) else {
                continue;
            };
            let place = sources.place(comment.ignored.span);
            let notes = advice(finding, &comment.ignored, &mut drafter, options);
            let mut notes = notes.into_iter();
            let first = notes.next().unwrap_or_default();
            finding
                .notes
                .push(format!("the comment at {place} cannot silence {first}"));
            finding.notes.extend(notes);
        }
    }

    /// What is wrong with the comments; where the run saw all that they could be for, also what none of them is for.
    pub(super) fn findings(&self, whole: bool) -> Vec<Finding> {
        let mut problems = self.problems.clone();
        let comments = self.by_source.values().flatten();
        let comments = comments.filter(|_| whole);
        for name in comments.flat_map(|comment| &comment.names) {
            if !name.used {
                let message = format!(
                    "there is nothing about `{}` here for the comment to silence",
                    name.policy
                );
                let help = "remove it; a comment covers what begins on its line, or on the next if it stands alone";
                problems.push(Problem::warning(message, Some(name.span)).with_help(help));
            }
        }
        problems.into_iter().map(finding).collect()
    }
}

/// More exceptions than this are not drafted for one finding.
const MOST_DRAFTS: usize = 8;

/// What would help where a comment does not: the rest of a sentence, then the exceptions that lift the finding.
fn advice(
    finding: &Finding,
    comment: &Ignored,
    drafter: &mut Drafter<'_>,
    options: &Options<'_>,
) -> Vec<String> {
    if finding.kind != FindingKind::Violation {
        return vec!["what does not load".to_owned()];
    }
    let denied = |no: NoException| vec![format!("what is denied; {no}")];
    let policy = options.policies.get(&finding.policy);
    if policy.is_some_and(|policy| policy.native.is_some()) {
        return denied(NoException::Native);
    }
    if policy.is_some_and(|policy| policy.matching.is_repository()) {
        return vec![format!(
            "what is denied, and a PolicyException is for objects: enforce `{}` no harder than `warn` in Config",
            finding.policy
        )];
    }
    let clusters = finding.clusters.iter().filter(|verdict| denies(verdict));
    let clusters: Vec<&str> = clusters.map(|verdict| &*verdict.name).collect();
    let mut drafts: Vec<Draft> = Vec::new();
    for subject in finding.subjects.iter().take(MOST_DRAFTS) {
        let answer = drafter.draft(&Wanted {
            policy: &finding.policy,
            entry: &finding.validation,
            instead: None,
            subject: Some(subject),
            clusters: &clusters,
            reason: Some(&comment.reason),
            until: comment.until,
        });
        match answer {
            Ok(draft) => drafts.push(draft),
            Err(no) => return denied(no),
        }
    }
    let (new, known): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.text.is_some());
    let mut notes = Vec::new();
    if new.is_empty() {
        notes.push("what is denied".to_owned());
    } else {
        let one = if new.len() == 1 {
            "a PolicyException"
        } else {
            "PolicyExceptions"
        };
        let place = match options.config.exceptions.paths.first() {
            Some(path) => format!("below `{path}`"),
            None => "in a folder that `exceptions.paths` of Config names".to_owned(),
        };
        notes.push(format!("what is denied: that takes {one}, {place}"));
        let texts = new.into_iter().filter_map(|draft| draft.text);
        let texts: Vec<String> = texts.collect();
        notes.push(texts.join("---\n").trim_end().to_owned());
    }
    notes.extend(known.into_iter().map(|draft| {
        format!(
            "the exception `{}`, drafted for another finding of this run, lifts this one too",
            draft.name
        )
    }));
    let more = finding.subjects.len().saturating_sub(MOST_DRAFTS);
    if more > 0 {
        notes.push(format!(
            "the same stands in {more} more objects: lint again for their exceptions"
        ));
    }
    notes
}

/// Whether findings may stand in a file, and it is read as a whole.
fn is_judged(file: &File, builds: &Builds) -> bool {
    let has_object = || {
        let mut documents = file.documents.iter();
        documents.any(|document| !matches!(content(document), Content::Other))
    };
    let is_read = file.path.as_deref().is_some_and(|path| builds.reads(path));
    !file.is_broken() && file.templated.is_empty() && (is_read || has_object())
}

/// Whether some mouth denies it.
fn is_denied(finding: &Finding) -> bool {
    finding.enforcement == Enforcement::Deny || finding.clusters.iter().any(denies)
}

fn denies(verdict: &ClusterVerdict) -> bool {
    verdict.enforcement == Enforcement::Deny || verdict.at_admission == Enforcement::Deny
}

fn finding(problem: Problem) -> Finding {
    Finding {
        span: problem.span,
        help: problem.help,
        ..Finding::new(
            FindingKind::Comment,
            (COMMENT.into(), COMMENT.into()),
            (Severity::Low, Enforcement::Warn),
            problem.message,
        )
    }
}
