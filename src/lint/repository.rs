//! The repository itself: gathering what policies of the repository look at, and placing what they find.
//!
//! Nothing is read where no such policy runs. What is judged here belongs to no cluster and no namespace: how hard a
//! policy is comes from profiles and from `policies` of Config.

use rayon::prelude::*;

use crate::config::Enforcement;
use crate::engine::Limits;
use crate::finding::{Finding, FindingKind, Unjudged};
use crate::judge::{Decision, Judge};
use crate::manifest::{Document, Problem};
use crate::render::find;
use crate::repository::Repository;
use crate::repository::dockerfile::Dockerfile;

use super::Options;
use super::clusters::unasked;
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
    /// How many files were judged.
    pub(super) files: usize,
    /// How many there are that nobody asks for.
    pub(super) unread: usize,
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
        judged.unread = discovered.dockerfiles.len();
        return Ok(judged);
    };
    for path in &discovered.dockerfile_templates {
        judged.unjudged.push(Unjudged {
            what: files.shown(path),
            reason: "it is the template of a Dockerfile that something else fills in".to_owned(),
        });
    }
    let texts = files.read_texts(&discovered.dockerfiles);
    let dockerfiles: Vec<Dockerfile> = texts
        .par_iter()
        .map(|(name, source, text)| Dockerfile::read(name, *source, text))
        .collect();
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

fn violation(decision: Decision, document: &Document) -> Finding {
    let Decision {
        policy,
        violation,
        enforcement,
        ..
    } = decision;
    Finding {
        kind: FindingKind::Violation,
        policy: policy.name.clone(),
        validation: violation.validation,
        severity: policy.about.severity,
        enforcement,
        message: violation.message,
        span: find(document.root(), &violation.field_path).span(),
        object: None,
        field_path: Some(violation.field_path),
        container: None,
        clusters: Vec::new(),
        exception: None,
        ignored: None,
        fix: None,
        notes: Vec::new(),
        help: help(&policy.about.remediation),
    }
}
