//! The repository itself: gathering what policies of the repository look at, and placing what they find.
//!
//! Nothing is read where no such policy runs. What is judged here belongs to no cluster and no namespace: how hard a
//! policy is comes from profiles and from `policies` of Config.

use std::sync::Arc;

use rayon::prelude::*;

use crate::config::Enforcement;
use crate::engine::Limits;
use crate::finding::{Finding, FindingKind, Unjudged};
use crate::judge::{Decision, Judge};
use crate::manifest::{Document, Problem};
use crate::render::find;
use crate::repository::Repository;
use crate::repository::dockerfile::{Comment, Dockerfile};
use crate::source::SourceId;

use super::Options;
use super::clusters::unasked;
use super::comments::MARK;
use super::discover::Discovered;
use super::files::Files;
use super::judging::help;
use super::reading::finding_of;

/// What judging the repository gives.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The findings, neither merged nor sorted.
    pub(super) findings: Vec<Finding>,
    /// What could not be decided.
    pub(super) unjudged: Vec<Unjudged>,
    /// The files with comments for kpolicy.
    pub(super) commented: Vec<Commented>,
    /// How many files were judged.
    pub(super) files: usize,
    /// How many there are that nobody asks for.
    pub(super) unread: usize,
}

/// A Dockerfile with comments for kpolicy.
#[derive(Debug)]
pub(super) struct Commented {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    /// All of its comments.
    pub(super) comments: Vec<Comment>,
}

/// Judges the repository by the policies that look at it. Errors: what is wrong with Config.
pub(super) fn judge(
    options: &Options<'_>,
    files: &mut Files,
    discovered: &Discovered,
) -> Result<Judged, Vec<Problem>> {
    let mut judged = Judged::default();
    let (policies, config) = (options.policies, options.config);
    let mut judge = Judge::new(policies, config, options.exceptions, None, options.today)?;
    judge.leave_out(unasked(options));
    let asked = judge.policies().filter(|(policy, enforcement)| {
        policy.matching.is_repository()
            && *enforcement > Enforcement::Disabled
            && options.selection.wants_policy(&policy.name)
    });
    let Some(hardest) = asked.map(|(_, enforcement)| enforcement).max() else {
        judged.unread = discovered.dockerfiles.len() + discovered.may_be_dockerfiles.len();
        return Ok(judged);
    };
    for path in &discovered.dockerfile_templates {
        judged.unjudged.push(Unjudged {
            what: files.shown(path),
            reason: "it is the template of a Dockerfile that something else fills in".to_owned(),
        });
    }
    let dockerfiles = read(files, discovered, &mut judged);
    judged.files = dockerfiles.len();
    let problems = dockerfiles.iter().flat_map(|file| &file.problems);
    // What cannot be read is no worse than what is looked for in it.
    judged.findings.extend(problems.map(|problem| {
        let finding = finding_of(problem);
        Finding {
            enforcement: finding.enforcement.min(hardest),
            ..finding
        }
    }));
    let document = Repository { dockerfiles }.document();
    let verdict = judge.validate_repository(&document, &Limits::default());
    for decision in verdict.decisions {
        judged.findings.push(violation(decision, &document));
    }
    let not_judged = verdict.not_judged.into_iter();
    let wanted = not_judged.filter(|entry| options.selection.wants_unjudged(&entry.what));
    judged.unjudged.extend(wanted.map(|entry| Unjudged {
        what: entry.what.to_string(),
        reason: entry.reason,
    }));
    let errors = verdict.ignored_errors.into_iter();
    judged.unjudged.extend(errors.map(|reason| Unjudged {
        what: "the repository".to_owned(),
        reason,
    }));
    Ok(judged)
}

/// The Dockerfiles that say what an image is made of. The others are listed as not judged.
fn read(files: &mut Files, discovered: &Discovered, judged: &mut Judged) -> Vec<Dockerfile> {
    let mut texts = files.read_texts(&discovered.dockerfiles, true);
    let named = texts.len();
    texts.extend(files.read_texts(&discovered.may_be_dockerfiles, false));
    let all: Vec<Dockerfile> = texts
        .par_iter()
        .map(|(name, source, text)| Dockerfile::read(name, *source, text))
        .collect();
    let mut dockerfiles = Vec::new();
    for (at, (file, (name, source, text))) in all.into_iter().zip(&texts).enumerate() {
        let reason = if at >= named && !file.begins_as_one {
            // `dockerfile.go` is a source of something.
            if !is_written_as_one(name) {
                continue;
            }
            "it is called like a Dockerfile, and begins with neither `FROM` nor `ARG`".to_owned()
        } else if let Some(reason) = &file.not_ours {
            reason.clone()
        } else {
            if text.contains(MARK) {
                judged.commented.push(Commented {
                    source: *source,
                    text: Arc::clone(text),
                    comments: file.comments.clone(),
                });
            }
            dockerfiles.push(file);
            continue;
        };
        judged.unjudged.push(Unjudged {
            what: name.clone(),
            reason,
        });
    }
    dockerfiles.sort_by(|one, other| one.path().cmp(other.path()));
    dockerfiles
}

/// Whether a file's name begins with the word as people write it for Dockerfiles.
fn is_written_as_one(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("Dockerfile") || name.starts_with("Containerfile")
}

fn violation(decision: Decision, document: &Document) -> Finding {
    let Decision {
        policy,
        violation,
        enforcement,
        ..
    } = decision;
    Finding {
        span: find(document.root(), &violation.field_path).span(),
        field_path: Some(violation.field_path),
        help: help(&policy.about.remediation),
        ..Finding::new(
            FindingKind::Violation,
            (policy.name.clone(), violation.validation),
            (policy.about.severity, enforcement),
            violation.message,
        )
    }
}
