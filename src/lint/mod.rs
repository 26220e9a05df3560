//! `kpolicy lint`: finds what is in Git, judges it as the cluster would, and says where a person would edit.
//!
//! This module owns discovery, the assignment of objects to clusters, the requests that stand for them, and the
//! places of findings. It must not know output formats (`report`) or how a verdict is reached (`judge`).
//!
//! The way of a run: [`discover`] → [`files`] → [`builds`] → [`world`] → [`judging`] → [`locate`]. Start reading at
//! [`run`].

mod builds;
mod clusters;
mod comments;
mod discover;
mod exceptions;
mod excluded;
mod files;
mod fixtures;
mod invalid;
mod judging;
mod locate;
mod objects;
mod parts;
mod reading;
mod repository;
mod secrets;
mod select;
mod substitution;
mod world;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, Date, Enforcement, PolicyException};
use crate::finding::{Finding, Summary, Unjudged, merge, sort};
use crate::manifest::Problem;
use crate::policy::PolicySet;
use crate::source::{SourceMap, Span};

pub use select::Selection;

/// Whether kustomizations are rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Render {
    /// Where it is possible; the rest is judged as written.
    Auto,
    /// Never: files are judged as written.
    Never,
    /// What cannot be rendered is a failure.
    Require,
}

/// Standard input as a file.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is called in findings.
    pub name: Box<str>,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What to judge, by what, and how.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// Standard input, where it is asked for.
    pub input: Option<Input>,
    /// The directory that names of files are relative to; canonical.
    pub root: PathBuf,
    /// The directory that paths in Config and in Flux Kustomizations are relative to; canonical.
    pub config_directory: PathBuf,
    /// The folder with fixtures in which a file is one, going by where it lies: below the paths, those of a known policy
    /// are left out.
    pub suite_of: fn(&Path) -> Option<PathBuf>,
    /// Files that are not judged: Config itself.
    pub apart: Vec<PathBuf>,
    /// The configuration.
    pub config: &'a Config,
    /// All policies.
    pub policies: &'a Arc<PolicySet>,
    /// All exceptions.
    pub exceptions: &'a [PolicyException],
    /// The UTC date that exceptions are held against.
    pub today: Date,
    /// Only these clusters; empty for all.
    pub clusters: Vec<String>,
    /// Which policies count.
    pub selection: Selection,
    /// Whether kustomizations are rendered.
    pub render: Render,
    /// The `PATH` that rendering programs are looked for in.
    pub program_path: Option<OsString>,
    /// The largest file that is read, in bytes.
    pub max_bytes: u64,
}

impl<'a> Options<'a> {
    /// Everything in one directory, as it is written: nothing is rendered, and there are no exceptions.
    pub fn as_written(
        root: PathBuf,
        config: &'a Config,
        policies: &'a Arc<PolicySet>,
        today: Date,
    ) -> Self {
        Self {
            paths: vec![root.clone()],
            input: None,
            root: root.clone(),
            config_directory: root,
            suite_of: |_| None,
            apart: Vec::new(),
            config,
            policies,
            exceptions: &[],
            today,
            clusters: Vec::new(),
            selection: Selection::default(),
            render: Render::Never,
            program_path: None,
            max_bytes: 1 << 20,
        }
    }
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, merged and sorted.
    pub findings: Vec<Finding>,
    /// The texts that spans point into.
    pub sources: SourceMap,
    /// What was not judged, sorted.
    pub not_judged: Vec<Unjudged>,
    /// The figures.
    pub summary: Summary,
    /// Further facts for people.
    pub remarks: Vec<String>,
    /// Parts of sources that are never shown.
    pub masked: Vec<Span>,
    /// Why kpolicy could not do its work; empty where it could.
    pub failures: Vec<String>,
    /// What is wrong with Config, by the policies that it names.
    pub problems: Vec<Problem>,
    /// What is odd about exceptions, by what they lift.
    pub warnings: Vec<Problem>,
}

/// Judges what the options name. `sources` holds the texts of policies and Config already.
pub fn run(options: &Options<'_>, sources: SourceMap) -> Outcome {
    let mut clusters = match clusters::clusters(options) {
        Ok(clusters) => clusters,
        Err(problems) => {
            return Outcome {
                sources,
                problems,
                ..Outcome::default()
            };
        }
    };
    let mut files = files::Files::new(options, sources);
    let discovered =
        discover::discover(&options.paths, &options.apart, &fixtures::Rule::of(options));
    files.fail(&discovered.failures);
    files.read_all(&discovered.files);
    if let Some(input) = &options.input {
        files.add_input(input);
    }
    let repository = match repository::judge(options, &mut files, &discovered) {
        Ok(judged) => judged,
        Err(problems) => {
            return Outcome {
                sources: files.sources,
                problems,
                ..Outcome::default()
            };
        }
    };
    let charts = discover::Charts::among(&discovered.files);
    let mut builds = builds::Builds::find(&mut files, &discovered);
    files.parse(&|path| builds.dialect(path, &charts));
    builds.render(options, &clusters, &files);

    let mut report = reading::report(&files, &builds, &charts);
    report.remarks.extend(discovered.remarks.iter().cloned());
    let substitution = substitution::Substitution::find(&files, &options.config_directory);
    let cases = world::cases(&files, &builds, &clusters, &substitution);
    clusters.learn_kinds(&cases);
    let judged = judging::judge(&cases, &clusters, &builds, &files, options);
    report.remarks.extend(excluded::remarks(&judged.excluded));

    let whole = is_whole(options, &builds);
    let mut warnings = exceptions::elsewhere(options, &cases);
    warnings.extend(exceptions::unreachable(options));
    if whole {
        warnings.extend(exceptions::idle(options, &judged.findings));
    }
    let mut findings = report.findings;
    findings.extend(judged.findings);
    findings.extend(repository.findings);
    let mut comments = comments::Comments::read(&files, &repository.commented, &builds, options);
    comments.silence(&mut findings);
    let mut findings = merge(findings);
    findings.extend(comments.findings(whole));
    findings.retain(|finding| {
        options
            .selection
            .wants(&finding.policy, &finding.validation)
    });
    let masked = secrets::masked(&files);
    secrets::withhold(&mut findings, &files, &masked);
    sort(&mut findings, &files.sources);
    // In the order in which they are read, so that drafts are numbered as they stand.
    comments.explain(&mut findings, &files.sources, options);

    let mut not_judged = report.not_judged;
    not_judged.extend(judged.unjudged);
    not_judged.extend(repository.unjudged);
    not_judged.extend(files.failures.iter().map(|failure| Unjudged {
        what: failure.what.clone(),
        reason: failure.reason.clone(),
    }));
    not_judged.sort();
    not_judged.dedup();

    let mut failures: Vec<String> = files
        .failures
        .iter()
        .map(|failure| format!("cannot read `{}`: {}", failure.what, failure.reason))
        .collect();
    if options.render == Render::Require {
        failures.extend(builds.failures());
    }
    let looked_at = judged.objects + judged.excluded.len() + repository.files;
    let is_denied = |finding: &Finding| finding.enforcement == Enforcement::Deny;
    if looked_at == 0 && !findings.iter().any(is_denied) {
        let what = if repository.unread == 0 {
            if discovered.has_fixtures {
                "beside fixtures of policies, the paths hold no Kubernetes object"
            } else {
                "the paths hold no Kubernetes object"
            }
        } else {
            "the paths hold Dockerfiles alone, and no policy that looks at them is turned on"
        };
        failures.push(format!("nothing was judged: {what}"));
    }
    let policies = judging::policies(&clusters, options);
    report.remarks.extend(options.selection.idle(&policies));
    let only_parsed = options.selection.is_of_parsing();
    if policies.is_empty() && looked_at > 0 && !only_parsed && !findings.iter().any(is_denied) {
        let asked = if options.selection.is_everything() {
            "no policy is turned on: `kpolicy policies --profiles` lists what the `profiles` of Config may name"
        } else {
            "no policy that `--select` and `--ignore` leave is turned on, see `profiles` and `policies` of Config"
        };
        failures.push(format!("nothing was judged: {asked}"));
    }
    let mut summary = Summary {
        files: files.count() - report.left_out + repository.files,
        objects: judged.objects,
        policies: policies.len(),
        clusters: clusters
            .iter()
            .filter(|cluster| cluster.name.is_some())
            .count(),
        not_judged: not_judged.len(),
        ..Summary::default()
    };
    summary.count(&findings);
    Outcome {
        findings,
        masked,
        sources: files.sources,
        not_judged,
        summary,
        remarks: report.remarks,
        failures,
        problems: Vec::new(),
        warnings,
    }
}

/// Whether the run sees all that exceptions could be for: the whole repository, every cluster and policy, every build.
fn is_whole(options: &Options<'_>, builds: &builds::Builds) -> bool {
    let covers = |path: &PathBuf| {
        std::fs::canonicalize(path).is_ok_and(|path| options.config_directory.starts_with(&path))
    };
    options.paths.iter().any(covers)
        && options.clusters.is_empty()
        && options.selection.is_everything()
        && builds.list.iter().all(|build| build.outcome.is_ok())
}
