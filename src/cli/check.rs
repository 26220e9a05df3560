//! `kpolicy check`: compiles policies, and checks Config and exceptions, without judging anything.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::apply::foresee;
use crate::judge::Judge;
use crate::manifest::{Dialect, Document, Limits, Problem, Severity, read, unroll};
use crate::policy::{PolicyAdvice, Release, advise};
use crate::report;
use crate::schema::openapi::Schemas;

use super::args::PolicyArguments;
use super::input::{self, Read, Setup};
use super::{Console, Exit, costs};

/// The options of `kpolicy check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files and directories with policies, Config and exceptions [default: the Config of the working directory and
    /// what it names]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Schemas of custom resources: files or directories with `CustomResourceDefinitions`, or with `OpenAPI` v3
    /// documents as `kubectl get --raw /openapi/v3/apis/GROUP/VERSION` gives them. Those of the repository are found
    /// without. May be repeated
    #[arg(long, env = "KPOLICY_SCHEMAS", value_name = "PATH")]
    schemas: Vec<PathBuf>,

    /// The release of Kubernetes that native policies are meant for, such as 1.34: the functions that its API server takes
    /// in a new policy, and the fields of its kinds [default: the oldest that a cluster of Config runs]
    #[arg(long, env = "KPOLICY_KUBERNETES_VERSION", value_name = "X.Y", value_parser = super::args::release)]
    kubernetes_version: Option<Release>,

    /// Also lists what each expression of the policies costs at least and at most, in the units of the API server: from
    /// the text alone, so that one that walks over a list has no bound
    #[arg(long)]
    costs: bool,

    #[command(flatten)]
    policies: PolicyArguments,
}

/// Checks and reports. What is wrong is what was asked for, so it goes to standard output.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let release = arguments.kubernetes_version;
    let Read {
        mut setup,
        mut problems,
        own,
        fixtures,
        ..
    } = if arguments.paths.is_empty() {
        input::read(&arguments.policies, None, release)?
    } else {
        input::read_paths(&arguments.policies, &arguments.paths, release)?
    };
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    // Policies that do not compile are not there, so what names them would seem wrong as well.
    if !problems.iter().any(is_error) {
        problems.extend(between(&setup));
    }
    let mut left_out = Vec::new();
    if setup.policies.iter().any(|policy| !policy.built_in) {
        let schemas = super::schemas::gather(&arguments.schemas, &mut setup, &mut problems)?;
        for (policy, advice) in advice(&setup, &schemas) {
            problems.extend(advice.problems);
            left_out.extend(advice.incomplete.map(|why| (policy, why)));
        }
    }
    let written = || setup.policies.iter().filter(|policy| !policy.built_in);
    problems.extend(written().flat_map(|policy| costs::problems(policy)));
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    problems.dedup();
    let style = console.out_style();
    report::problems(&problems, &setup.sources, style, console.out())?;
    if own == 0 && problems.is_empty() {
        console.complain(if arguments.paths.is_empty() {
            "nothing to check: there is no Config here or above; name files or directories with policies"
        } else {
            "nothing to check: the paths hold no document of `kpolicy.io` and no native policy"
        });
        return Ok(Exit::Failed);
    }
    if arguments.costs {
        costs::write(written().map(|policy| &**policy), console.out())?;
    }
    for (policy, why) in left_out {
        writeln!(
            console.out(),
            "`{policy}` is not checked against all that it matches: {why}"
        )?;
    }
    if fixtures > 0 {
        writeln!(
            console.out(),
            "left out {fixtures} {}: `kpolicy test` reads them",
            plural(fixtures, "file of fixtures", "files of fixtures"),
        )?;
    }
    let errors = problems.iter().filter(|problem| is_error(problem)).count();
    writeln!(
        console.out(),
        "checked {own} {} and the built-in policies{}: {}",
        plural(own, "document", "documents"),
        release.map_or_else(String::new, |release| format!(" for Kubernetes {release}")),
        outcome(errors, problems.len() - errors),
    )?;
    Ok(if errors > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// What is wrong between documents that are right by themselves, in any cluster: names that nothing answers to,
/// parameters that break a policy's schema.
fn between(setup: &Setup) -> Vec<Problem> {
    let clusters = setup
        .config
        .clusters
        .iter()
        .map(|cluster| Some(&*cluster.name));
    let judges = std::iter::once(None).chain(clusters).map(|cluster| {
        Judge::new(
            &setup.policies,
            &setup.config,
            &setup.exceptions,
            cluster,
            setup.today,
        )
    });
    judges.filter_map(Result::err).flatten().collect()
}

/// What there is to say of the policies that do not ship, once their types are known.
fn advice(setup: &Setup, schemas: &Schemas) -> Vec<(Arc<str>, PolicyAdvice)> {
    let mut all = Vec::new();
    for (id, source) in setup.sources.iter() {
        let mut policies = setup
            .policies
            .iter()
            .filter(|policy| !policy.built_in && policy.span.is_some_and(|span| span.source == id))
            .peekable();
        if policies.peek().is_none() {
            continue;
        }
        // They were read from here, so what is wrong was said.
        let mut known = Vec::new();
        let reading = read(id, source.text(), Dialect::Kubectl, &Limits::default());
        let documents = reading.documents.into_iter();
        let documents: Vec<Document> = documents
            .flat_map(|document| unroll(document, &mut known))
            .collect();
        for policy in policies {
            let document = documents.iter().find(|document| {
                let name = document.root().at(&["metadata", "name"]);
                name.is_some_and(|name| name.origin() == policy.span)
            });
            if let Some(document) = document {
                let mut advice = advise(policy, document.root(), schemas, &setup.sources);
                let refused = foresee(policy, &advice.kinds, schemas, &setup.sources);
                advice.problems.extend(refused);
                all.push((policy.name.clone(), advice));
            }
        }
    }
    all
}

fn outcome(errors: usize, warnings: usize) -> String {
    let errors_text = format!("{errors} {}", plural(errors, "error", "errors"));
    let warnings_text = format!("{warnings} {}", plural(warnings, "warning", "warnings"));
    match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, _) => warnings_text,
        (_, 0) => errors_text,
        _ => format!("{errors_text}, {warnings_text}"),
    }
}

fn plural<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}
