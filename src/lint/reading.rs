//! What reading alone has to tell: texts that do not load, templates, charts, and builds that were not rendered.

use crate::config::Enforcement;
use crate::finding::{Finding, FindingKind, Unjudged};
use crate::manifest::{Problem, Severity};

use super::builds::Builds;
use super::discover::{Charts, count};
use super::files::{File, Files};
use super::objects::{Content, content};

/// The id of findings about texts that do not load.
pub(super) const PARSE: &str = "manifest-parse";

/// What reading has to tell.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Problems of reading, as findings.
    pub(super) findings: Vec<Finding>,
    /// What was not judged.
    pub(super) not_judged: Vec<Unjudged>,
    /// Facts for people.
    pub(super) remarks: Vec<String>,
    /// How many files hold nothing to judge: no object, or the templates of a chart.
    pub(super) left_out: usize,
}

/// Gathers it from all files and builds.
pub(super) fn report(files: &Files, builds: &Builds, charts: &Charts) -> Report {
    let mut report = Report::default();
    let mut others = 0;
    for file in files.iter() {
        let contents: Vec<Content> = file.documents.iter().map(content).collect();
        let has_objects = contents
            .iter()
            .any(|content| !matches!(content, Content::Other));
        let is_read = file.path.as_deref().is_some_and(|path| builds.reads(path));
        let is_foreign = !has_objects && !is_read && !is_manifest_like(file);
        if is_foreign {
            others += 1;
        }
        let is_template = file.path.as_deref().is_some_and(|path| charts.own(path));
        report.left_out += usize::from(is_foreign || (is_template && !is_read));
        for problem in &file.problems {
            // Whoever reads a file that is not for kubectl decides what is odd in it.
            let is_shown = match problem.severity {
                Severity::Error => !(is_foreign && is_json(file)),
                // A list of nothing leaves no document.
                Severity::Warning => has_objects || is_read || file.documents.is_empty(),
            };
            if is_shown {
                report.findings.push(finding_of(problem));
            }
        }
        for content in contents {
            if let Content::Broken(problem) = content
                && !is_read
                && !builds.is_stray(file)
            {
                report.findings.push(finding_of(&problem));
            }
        }
        if has_objects && builds.is_stray(file) {
            report.not_judged.push(Unjudged {
                what: file.name.to_string(),
                reason: "it is a patch that the kustomization beside it does not name".to_owned(),
            });
        }
        if !file.templated.is_empty() {
            report.not_judged.push(Unjudged {
                what: file.name.to_string(),
                reason: "it is a template (`{{`) that something else fills in".to_owned(),
            });
        }
    }
    for chart in charts.iter() {
        report.not_judged.push(Unjudged {
            what: files.shown(chart),
            reason: "Helm charts are not rendered".to_owned(),
        });
    }
    for build in builds
        .list
        .iter()
        .filter(|build| !build.clusters.is_empty())
    {
        if let Err(reason) = &build.outcome {
            report.not_judged.push(Unjudged {
                what: build.name.clone(),
                reason: if build.parts.is_empty() {
                    format!("{reason}; its files were judged as written")
                } else {
                    format!("{reason}; what it is put together from was judged by itself")
                },
            });
        }
    }
    for member in builds.unused.iter().filter_map(|&at| builds.graph.get(at)) {
        report.not_judged.push(Unjudged {
            what: files.shown(&member.directory),
            reason: "no kustomization refers to this component; what Flux Kustomizations add is not built".to_owned(),
        });
    }
    if others > 0 {
        report.remarks.push(format!(
            "left out {} without a Kubernetes object",
            count(others, "file")
        ));
    }
    report
}

/// Whether a text that does not load means to be a manifest.
fn is_manifest_like(file: &File) -> bool {
    file.text.contains("apiVersion")
}

fn is_json(file: &File) -> bool {
    file.name
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension == "json")
}

/// A problem of reading as a finding: what does not load would be refused, the rest is worth a look.
pub(super) fn finding_of(problem: &Problem) -> Finding {
    let (enforcement, severity) = match problem.severity {
        Severity::Error => (Enforcement::Deny, crate::policy::Severity::High),
        Severity::Warning => (Enforcement::Warn, crate::policy::Severity::Low),
    };
    Finding {
        span: problem.span,
        help: problem.help.clone(),
        ..Finding::new(
            FindingKind::Parse,
            (PARSE.into(), PARSE.into()),
            (severity, enforcement),
            problem.message.clone(),
        )
    }
}
