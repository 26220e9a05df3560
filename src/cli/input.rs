//! Reading Config, policies and exceptions from files: shared by all subcommands that judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::config::{Config, Date, PolicyException, Profile, check_exception};
use crate::documents::Documents;
use crate::gitops::Repository;
use crate::manifest::{Problem, Severity};
use crate::policy::{PolicySet, Release};
use crate::source::SourceMap;

use super::Console;
use super::args::PolicyArguments;
use super::reader::Reader;

/// Policies and Config nest no deeper than this: a guard against circles of links.
const DEEPEST: usize = 64;

/// All that a judge is made of, and where it was found.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "lint"),
    allow(dead_code, reason = "only lint asks where things were found")
)]
pub(super) struct Setup {
    /// The texts of policies, Config and exceptions.
    pub(super) sources: SourceMap,
    /// The configuration.
    pub(super) config: Config,
    /// The Config file; `None` where there is none.
    pub(super) config_file: Option<PathBuf>,
    /// What paths in Config are relative to; canonical.
    pub(super) config_directory: PathBuf,
    /// All policies.
    pub(super) policies: Arc<PolicySet>,
    /// All profiles that there are, chosen or not.
    pub(super) profiles: Vec<Profile>,
    /// All exceptions.
    pub(super) exceptions: Vec<PolicyException>,
    /// The release of Kubernetes that native policies are held against, where one is named.
    pub(super) release: Option<Release>,
    /// The day that exceptions are held against.
    pub(super) today: Date,
    /// What the names of files are relative to; canonical.
    pub(super) root: PathBuf,
    /// The root of the git repository, if there is one.
    pub(super) git: Option<PathBuf>,
}

/// The files and directories that were asked for, in order, by the names they were asked for under: behind a link, what
/// a name leads to changes.
pub(super) type Asked = Vec<PathBuf>;

/// What stood in files, in a number.
pub(super) type Print = u64;

/// What was read, with what is wrong with it.
#[derive(Debug)]
pub(super) struct Read {
    /// What was read; what is wrong is left out of it.
    pub(super) setup: Setup,
    /// Errors and warnings.
    pub(super) problems: Vec<Problem>,
    /// How many documents of kpolicy's kinds were read, the built-in ones not counted.
    pub(super) own: usize,
    /// How many files were left out because they are fixtures.
    pub(super) fixtures: usize,
    /// What stood in the files that were read.
    #[cfg_attr(
        not(feature = "serve"),
        allow(dead_code, reason = "only serve looks twice")
    )]
    pub(super) print: Print,
}

/// Reads everything and shows what is wrong on standard error; `None` where that makes judging impossible.
///
/// `start` is where to look for a Config from, upwards; the working directory without it.
pub(super) fn load(
    arguments: &PolicyArguments,
    start: Option<&Path>,
    console: &mut Console,
) -> anyhow::Result<Option<Setup>> {
    right(read(arguments, start, None)?, console)
}

/// As [`load`], for whoever looks at policies alone: exceptions have no say there.
pub(super) fn load_without_exceptions(
    arguments: &PolicyArguments,
    console: &mut Console,
) -> anyhow::Result<Option<Setup>> {
    let wanted = Wanted {
        without_exceptions: true,
        ..Wanted::default()
    };
    let read = gather(arguments, wanted, &mut Asked::new())?;
    right(read, console)
}

/// Shows what is wrong; `None` where that makes judging impossible.
fn right(read: Read, console: &mut Console) -> anyhow::Result<Option<Setup>> {
    console.problems(&read.problems, &read.setup.sources)?;
    let is_error = |problem: &Problem| problem.severity == Severity::Error;
    let is_broken = read.problems.iter().any(is_error);
    Ok((!is_broken).then_some(read.setup))
}

/// Reads everything that the options and the Config name.
///
/// Native policies are held against `release`; without it, against the oldest that a cluster of Config runs.
pub(super) fn read(
    arguments: &PolicyArguments,
    start: Option<&Path>,
    release: Option<Release>,
) -> anyhow::Result<Read> {
    let wanted = Wanted {
        start,
        release,
        ..Wanted::default()
    };
    gather(arguments, wanted, &mut Asked::new())
}

/// As [`read`], for tests of policies: these files with policies too, one that holds none is no error; a native policy
/// that no binding names is bound everywhere; and exceptions have no say.
pub(super) fn read_for_tests(
    arguments: &PolicyArguments,
    start: Option<&Path>,
    files: &[PathBuf],
) -> anyhow::Result<Read> {
    let wanted = Wanted {
        start,
        tests: Some(files),
        without_exceptions: true,
        ..Wanted::default()
    };
    gather(arguments, wanted, &mut Asked::new())
}

/// As [`read`] without a release; `asked` says what was looked at, as far as reading came.
#[cfg(feature = "serve")]
pub(super) fn read_watched(arguments: &PolicyArguments, asked: &mut Asked) -> anyhow::Result<Read> {
    gather(arguments, Wanted::default(), asked)
}

/// Reads what these paths hold, and what a Config among them names. No other Config is looked for. `release` as for
/// [`read`].
pub(super) fn read_paths(
    arguments: &PolicyArguments,
    paths: &[PathBuf],
    release: Option<Release>,
) -> anyhow::Result<Read> {
    let wanted = Wanted {
        start: paths.first().map(PathBuf::as_path),
        only: Some(paths),
        release,
        ..Wanted::default()
    };
    gather(arguments, wanted, &mut Asked::new())
}

/// What is read beside what the options name.
#[derive(Clone, Copy, Default)]
struct Wanted<'a> {
    /// Where to look for a Config from; the working directory without it.
    start: Option<&'a Path>,
    /// Nothing but what lies there, and what a Config there names.
    only: Option<&'a [PathBuf]>,
    /// Files with the policies of tests.
    tests: Option<&'a [PathBuf]>,
    /// What native policies are held against.
    release: Option<Release>,
    /// Whether exceptions are passed over, right or wrong.
    without_exceptions: bool,
}

fn gather(
    arguments: &PolicyArguments,
    wanted: Wanted<'_>,
    asked: &mut Asked,
) -> anyhow::Result<Read> {
    let Wanted {
        start,
        only,
        tests,
        release,
        without_exceptions,
    } = wanted;
    let here = fs::canonicalize(".").context("there is no working directory")?;
    // A path that does not exist is the reader's to complain about.
    let start = start
        .and_then(|start| fs::canonicalize(start).ok())
        .unwrap_or_else(|| here.clone());
    let repository = Repository::around(&start);
    let root = repository.root.clone().unwrap_or_else(|| here.clone());
    // Before it is read: what is not there now may come.
    asked.extend(arguments.config.clone());
    let config_file = match &arguments.config {
        Some(file) => Some(canonical(file)?),
        None => repository.config.filter(|_| only.is_none()),
    };
    // A mounted ConfigMap is a link to a folder that is replaced: its neighbours are those of the link.
    let config_named = arguments.config.as_ref().or(config_file.as_ref()).cloned();
    if arguments.config.is_none() {
        asked.extend(config_named.clone());
    }
    let mut reader = Reader::new(root);
    let mut documents = Documents::built_in(&mut reader.sources);
    documents.for_release(release);
    if without_exceptions {
        documents.leave_exceptions();
    }
    if let Some(file) = &config_file {
        reader.file(file, &mut documents)?;
        if !documents.has_config() && documents.problems.is_empty() {
            bail!("`{}` holds no `kind: Config` of kpolicy.io", file.display());
        }
    }
    for path in only.unwrap_or_default() {
        asked.push(path.clone());
        reader.path(path, &mut documents)?;
    }
    reader.leave_fixtures(&mut documents)?;
    let config_file = config_file.or_else(|| reader.path_of(documents.config_source()?));
    let config = documents.config();
    let release = release.or_else(|| oldest(&config));
    documents.for_release(release);
    let config_named = config_named.or_else(|| config_file.clone());
    let config_directory = match config_named.as_deref().and_then(Path::parent) {
        Some(directory) => canonical(&here.join(directory))?,
        None => reader.root.clone(),
    };
    for path in &config.policy_paths {
        let path = config_directory.join(&**path);
        asked.push(path.clone());
        reader.path(&path, &mut documents)?;
    }
    reader.leave_fixtures(&mut documents)?;
    for path in &config.exceptions.paths {
        let path = config_directory.join(&**path);
        asked.push(path.clone());
        if without_exceptions {
            reader.path_of_exceptions(&path, &mut documents);
        } else {
            reader.path(&path, &mut documents)?;
        }
    }
    reader.leave_fixtures(&mut documents)?;
    for file in tests.unwrap_or_default() {
        reader.file(file, &mut documents)?;
    }
    let mut idle = Vec::new();
    for path in &arguments.policy {
        let before = (documents.own, documents.problems.len());
        let objects = documents.objects.len();
        asked.push(path.clone());
        reader.path(path, &mut documents)?;
        reader.leave_fixtures(&mut documents)?;
        if before == (documents.own, documents.problems.len()) {
            idle.push((path, objects..documents.objects.len()));
        }
    }
    // A path may hold nothing but the parameters of a native policy that another path holds.
    for (path, objects) in idle {
        if !documents.has_parameters(objects) {
            bail!("`{}` holds no policy", path.display());
        }
    }
    if tests.is_some() {
        documents.bind_the_rest();
    }
    let today = arguments.today.unwrap_or_else(today);
    let exceptions = std::mem::take(&mut documents.exceptions);
    for exception in &exceptions {
        let problems = check_exception(exception, &config, today);
        documents.problems.extend(problems);
    }
    let policies = Arc::new(documents.take_policies());
    let (print, fixtures) = (reader.print(), reader.fixtures());
    Ok(Read {
        setup: Setup {
            sources: reader.sources,
            config,
            config_file,
            config_directory,
            policies,
            profiles: std::mem::take(&mut documents.profiles),
            exceptions,
            release,
            today,
            root: reader.root,
            git: repository.git,
        },
        problems: documents.problems,
        own: documents.own,
        fixtures,
        print,
    })
}

/// The oldest release that a cluster of Config runs: what it does not know, a native policy cannot use.
pub(super) fn oldest(config: &Config) -> Option<Release> {
    let versions = config.clusters.iter().filter_map(|cluster| {
        let (major, minor) = cluster.kubernetes_version?;
        (major == 1).then_some(u8::try_from(minor).ok()?)
    });
    versions.min().map(Release::minor)
}

/// A webhook serves one cluster: where Config tells clusters apart, someone has to say which.
pub(super) fn require_cluster(cluster: Option<&str>, config: &Config) -> anyhow::Result<()> {
    if cluster.is_none() && !config.clusters.is_empty() {
        let names: Vec<&str> = config.clusters.iter().map(|known| &*known.name).collect();
        bail!(
            "Config names clusters ({}): say with --cluster which one this is",
            names.join(", ")
        );
    }
    Ok(())
}

/// What stands in the files that were asked for: the same number as reading them gives. A file that cannot be read
/// counts with the reason.
#[cfg(feature = "serve")]
pub(super) fn print_of(asked: &Asked) -> Print {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    let mut seen = std::collections::BTreeSet::new();
    for path in asked {
        match files(path) {
            Ok(files) => {
                for file in files.into_iter().filter(|file| seen.insert(file.clone())) {
                    match fs::read(&file) {
                        Ok(bytes) => bytes.hash(&mut hasher),
                        Err(error) => error.to_string().hash(&mut hasher),
                    }
                }
            }
            Err(error) => format!("{error:#}").hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// A file, or all YAML and JSON files below a directory, in order.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let found = canonical(path)?;
    if !found.is_dir() {
        return Ok(vec![found]);
    }
    let mut files = Vec::new();
    collect(&found, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read `{}`", directory.display());
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let path = entry.path();
        let kind = entry.file_type().with_context(cannot)?;
        let extension = path.extension().and_then(std::ffi::OsStr::to_str);
        // What a mounted ConfigMap links to, old and new; its files are reached by their links.
        let behind_link = entry.file_name().as_encoded_bytes().starts_with(b"..");
        if behind_link {
            continue;
        }
        if kind.is_dir() && depth < DEEPEST && entry.file_name() != ".git" {
            collect(&path, depth + 1, files)?;
        } else if matches!(extension, Some("yaml" | "yml" | "json")) && path.is_file() {
            files.push(canonical(&path)?);
        }
    }
    Ok(())
}

pub(super) fn canonical(path: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// The day it is, UTC.
pub(super) fn today() -> Date {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    Date {
        year: now.year(),
        month: now.month().unsigned_abs(),
        day: now.day().unsigned_abs(),
    }
}

/// The time, as Kubernetes writes it.
#[cfg(feature = "cluster")]
pub(super) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
