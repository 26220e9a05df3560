//! The options that say what an expression sees, and the stage that they set.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::ArgAction;
use clap::builder::BoolishValueParser;

use crate::cel::Release;
use crate::documents::Documents;
use crate::manifest::{Document, NodeRef, Problem, Severity, decode_text};
use crate::policy::{FilledParams, Operation, Policy};
use crate::report::{Mark, marks};
use crate::repository::Repository;
use crate::repository::dockerfile::Dockerfile;
use crate::schema::defaults::NEWEST_MINOR;
use crate::source::{Source, SourceMap, Span};

use super::super::Console;
use super::inputs::{self, Loaded};
use super::request;
use super::stage::Stage;

/// What an expression sees.
#[derive(Debug, clap::Args)]
pub(super) struct SettingArguments {
    /// The object, YAML or JSON; `-` reads it from standard input
    #[arg(long, short = 'f', value_name = "FILE", env = "KPOLICY_EVAL_OBJECT")]
    pub(super) object: Option<PathBuf>,

    /// The object before the change; with it the operation is UPDATE, and without --object DELETE
    #[arg(long, value_name = "FILE", env = "KPOLICY_EVAL_OLD_OBJECT")]
    old_object: Option<PathBuf>,

    /// A Dockerfile, instead of an object: `dockerfile`, and one of `repository.dockerfiles`. May be repeated, the first is
    /// `dockerfile`
    #[arg(
        long,
        value_name = "FILE",
        env = "KPOLICY_EVAL_DOCKERFILE",
        value_delimiter = ',',
        conflicts_with_all = ["object", "old_object", "request", "namespace", "operation", "user", "native"]
    )]
    dockerfile: Vec<PathBuf>,

    /// Which object is meant where a file holds several: its name, or KIND/NAME
    #[arg(long, value_name = "[KIND/]NAME", env = "KPOLICY_EVAL_NAME")]
    name: Option<String>,

    /// The parameters; with --policy they are checked, and its defaults filled in
    #[arg(long, value_name = "FILE", env = "KPOLICY_EVAL_PARAMS")]
    params: Option<PathBuf>,

    /// The namespace: a name, or a file (with a `/` or ending in .yaml, .yml or .json) that holds a Namespace
    #[arg(
        long,
        short = 'n',
        value_name = "NAME|FILE",
        env = "KPOLICY_EVAL_NAMESPACE"
    )]
    namespace: Option<PathBuf>,

    /// An AdmissionReview, or the request in one; gives what other options do not
    #[arg(long, value_name = "FILE", env = "KPOLICY_EVAL_REQUEST")]
    request: Option<PathBuf>,

    /// The operation [default: CREATE, or what --old-object and --request say]
    #[arg(long, value_name = "OPERATION", env = "KPOLICY_EVAL_OPERATION", ignore_case = true,
          value_parser = operation)]
    operation: Option<Operation>,

    /// The user who makes the request
    #[arg(long, value_name = "NAME", env = "KPOLICY_EVAL_USER")]
    user: Option<String>,

    /// A group of the user. May be repeated
    #[arg(
        long,
        value_name = "NAME",
        env = "KPOLICY_EVAL_GROUP",
        value_delimiter = ',',
        requires = "user"
    )]
    group: Vec<String>,

    /// A policy, also a native one (VAP or MAP): a file with one, or the name of a built-in one. Its variables and
    /// parameters are there
    #[arg(long, value_name = "FILE|NAME", env = "KPOLICY_EVAL_POLICY")]
    policy: Option<PathBuf>,

    /// Fill in the API server's defaults first, as lint does
    #[arg(long, env = "KPOLICY_EVAL_DEFAULTS", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    defaults: bool,

    /// Only what the API server has: none of kpolicy's own functions, no pod, no containers
    #[arg(long, env = "KPOLICY_EVAL_NATIVE", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    native: bool,

    /// Only functions that a new policy may use in this release of Kubernetes, such as 1.34 [default: all]
    #[arg(long, value_name = "X.Y", env = "KPOLICY_KUBERNETES_VERSION", value_parser = crate::cli::args::release)]
    kubernetes_version: Option<Release>,

    /// Show the values of Secrets, and what is computed of them
    #[arg(long, env = "KPOLICY_EVAL_SHOW_SECRETS", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    show_secrets: bool,
}

fn operation(word: &str) -> Result<Operation, &'static str> {
    Operation::parse(&word.to_uppercase())
        .ok_or("an operation is one of CREATE, UPDATE, DELETE and CONNECT")
}

impl SettingArguments {
    /// Reads everything; `None` where something is wrong with it, which is then told on standard error.
    ///
    /// `input_is_taken`: whether standard input is the expression's.
    pub(super) fn stage(
        &self,
        input_is_taken: bool,
        console: &mut Console,
    ) -> anyhow::Result<Option<Stage>> {
        self.require_one_input(input_is_taken)?;
        let mut stage = Stage::default();
        stage.native = self.native;
        stage.release = self.kubernetes_version;
        stage.show_secrets = self.show_secrets;
        if !self.dockerfile.is_empty() {
            let document = dockerfiles(&self.dockerfile, &mut stage.sources, console)?;
            stage.repository = Some(document);
        }
        let pick = self.name.as_deref();
        let mut masked = Vec::new();
        let mut load = |path: &Path, pick: Option<&str>, sources: &mut SourceMap| {
            let loaded = inputs::document(path, pick, sources)?;
            masked.extend_from_slice(&loaded.masked);
            accepted(loaded, sources, console)
        };
        if let Some(path) = &self.request {
            let Some(document) = load(path, None, &mut stage.sources)? else {
                return Ok(None);
            };
            stage.given.request = Some(document);
            if !stage.given.holds_request() {
                bail!(
                    "`{}` holds neither an AdmissionReview with a `request` nor a request",
                    path.display()
                );
            }
            let part = |key: &str| {
                let node = stage.given.request()?.get(key)?;
                (!node.is_null()).then(|| copied(node))
            };
            (stage.object, stage.old_object) = (part("object"), part("oldObject"));
        }
        for (path, slot) in [
            (&self.object, &mut stage.object),
            (&self.old_object, &mut stage.old_object),
        ] {
            if let Some(path) = path {
                let Some(document) = load(path, pick, &mut stage.sources)? else {
                    return Ok(None);
                };
                *slot = Some(document);
            }
        }
        if let Some(path) = &self.params {
            let Some(document) = load(path, None, &mut stage.sources)? else {
                return Ok(None);
            };
            stage.params = Some(document);
        }
        match &self.namespace {
            Some(path) if is_file(path) => {
                let Some(document) = load(path, Some(inputs::NAMESPACE), &mut stage.sources)?
                else {
                    return Ok(None);
                };
                let name = document.root().at(&["metadata", "name"]);
                stage.given.namespace = name.and_then(NodeRef::as_str).map(str::to_owned);
                stage.given.namespace_object = Some(document);
            }
            Some(name) => stage.given.namespace = Some(name.display().to_string()),
            None => {}
        }
        stage.masked = masked;
        stage.given.operation = self.operation;
        self.require_what_the_operation_has()?;
        stage.given.user = self
            .user
            .as_deref()
            .map(|name| request::user(name, &self.group));
        if self.defaults {
            let minor = self
                .kubernetes_version
                .map(|release| u32::from(release.as_minor()));
            stage.fill_defaults(minor.unwrap_or(NEWEST_MINOR));
        }
        if let Some(path) = &self.policy {
            let Some(policy) = policy(path, &mut stage.sources, console)? else {
                return Ok(None);
            };
            // A native policy takes its parameters from an object, as it is.
            if policy.native.is_none() && !fill(&policy, &mut stage, console)? {
                return Ok(None);
            }
            stage.policy = Some(policy);
        }
        for (name, wrong) in stage.prepare(&[]) {
            for error in wrong.errors {
                console.complain(&format!(
                    "the variable `{name}` does not compile here: {error}"
                ));
            }
        }
        Ok(Some(stage))
    }

    /// What expressions would see of the other one is null, whatever its file holds.
    fn require_what_the_operation_has(&self) -> anyhow::Result<()> {
        match self.operation {
            Some(Operation::Delete) if self.object.is_some() => {
                bail!("DELETE has no object, only an old one: use --old-object")
            }
            Some(Operation::Create) if self.old_object.is_some() => {
                bail!("CREATE has no old object: leave --old-object out")
            }
            _ => Ok(()),
        }
    }

    fn require_one_input(&self, input_is_taken: bool) -> anyhow::Result<()> {
        let files = [
            &self.object,
            &self.old_object,
            &self.params,
            &self.namespace,
            &self.request,
        ];
        let files = files.into_iter().flatten().chain(&self.dockerfile);
        let count = files.filter(|path| is_stdin(path)).count() + usize::from(input_is_taken);
        if count > 1 {
            bail!("standard input can be read once: `-` is given {count} times");
        }
        Ok(())
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether the argument of `--namespace` is a file: the name of a namespace has neither dots nor slashes.
pub(super) fn is_file(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    is_stdin(path)
        || path.components().count() > 1
        || matches!(extension, Some("yaml" | "yml" | "json"))
}

fn copied(node: NodeRef<'_>) -> Document {
    let mut builder = crate::manifest::DocumentBuilder::new();
    let root = builder.copy(node);
    builder.finish(root)
}

/// The document that was read, after its problems were told; `None` where they are errors.
fn accepted(
    loaded: Loaded,
    sources: &SourceMap,
    console: &mut Console,
) -> anyhow::Result<Option<Document>> {
    let (document, told, masked) = problem_marks(loaded);
    let style = console.err_style();
    marks(&told, sources, &masked, style, console.err())?;
    Ok(document)
}

/// The document that was read, what is to be told of it, and what of the sources is not to be shown.
pub(super) fn problem_marks(loaded: Loaded) -> (Option<Document>, Vec<Mark>, Vec<Span>) {
    let Loaded {
        document,
        problems,
        masked,
    } = loaded;
    let told = problems.into_iter().map(|problem| Mark {
        is_error: inputs::is_error(&problem),
        message: problem.message,
        span: problem.span,
        help: problem.help,
    });
    (document, told.collect(), masked)
}

/// The document of a repository with these Dockerfiles. What is wrong with them is told.
fn dockerfiles(
    paths: &[PathBuf],
    sources: &mut SourceMap,
    console: &mut Console,
) -> anyhow::Result<Document> {
    let mut repository = Repository::default();
    for path in paths {
        let (name, text) = inputs::text(path)?;
        let source = sources.add(Source::new(name.clone(), text.clone()));
        let file = Dockerfile::read(&name, source, &text);
        // What is wrong in one place says nothing of others, as in lint, so the expression has a value all the same.
        let problems = file.problems.iter().map(|problem| Problem {
            severity: Severity::Warning,
            ..problem.clone()
        });
        console.problems(&problems.collect::<Vec<_>>(), sources)?;
        if let Some(reason) = &file.not_ours {
            bail!("`{name}` is not read: {reason}");
        }
        repository.dockerfiles.push(file);
    }
    Ok(repository.document())
}

/// The policy of a file, or the built-in one of a name.
fn policy(
    path: &Path,
    sources: &mut SourceMap,
    console: &mut Console,
) -> anyhow::Result<Option<Arc<Policy>>> {
    let name = path.display().to_string();
    if !is_file(path) && !path.exists() {
        let set = Documents::built_in(sources).take_policies();
        return match set.get(&name) {
            Some(policy) => Ok(Some(policy.clone())),
            None => bail!("`{name}` is neither a file nor a built-in policy"),
        };
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
    let text = match decode_text(&bytes) {
        Ok(text) => text,
        Err(problem) => bail!("cannot read `{name}`: {problem}"),
    };
    let mut documents = Documents::default();
    documents.add(&name, &Arc::from(&*text), sources);
    console.problems(&documents.problems, sources)?;
    if documents.problems.iter().any(inputs::is_error) {
        return Ok(None);
    }
    let set = documents.take_policies();
    let mut policies = set.iter();
    match (policies.next(), policies.next()) {
        (Some(policy), None) => Ok(Some(policy.clone())),
        (None, _) => bail!("`{name}` holds no policy, neither one of kpolicy.io nor a native one"),
        (Some(_), Some(_)) => bail!(
            "`{name}` holds {} policies: give a file with one",
            set.len()
        ),
    }
}

/// Checks the parameters against the policy and fills in its defaults; says whether that went well.
fn fill(policy: &Policy, stage: &mut Stage, console: &mut Console) -> anyhow::Result<bool> {
    match policy.parameters.fill(stage.params.as_ref()) {
        Ok(FilledParams::Ready(document)) => stage.params = Some(document),
        Ok(FilledParams::Unset(names)) => {
            stage.params = None;
            stage.no_params = Some(format!(
                "the policy needs parameters that are not set ({}): use --params FILE",
                names.join(", ")
            ));
        }
        Err(problems) => {
            console.problems(&problems, &stage.sources)?;
            return Ok(false);
        }
    }
    Ok(true)
}
