//! `kpolicy lint`: judges what is in Git.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, ValueEnum};

use crate::config::Enforcement;
use crate::lint::{self, Input, Options, Outcome, Selection};
use crate::report::{Format, Results, Style};

use super::args::PolicyArguments;
use super::input::load;
use super::suites::suite_of;
use super::{Console, Exit};

/// The options of `kpolicy lint`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files and directories to judge [default: the working directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Another name for PATH, as in kubectl. May be repeated
    #[arg(short = 'f', long, value_name = "PATH", env = "KPOLICY_FILENAME")]
    filename: Vec<PathBuf>,

    /// Another name for PATH, as in kyverno. May be repeated
    #[arg(short = 'r', long, value_name = "PATH", env = "KPOLICY_RESOURCE")]
    resource: Vec<PathBuf>,

    /// What standard input is called in findings
    #[arg(long, value_name = "PATH", env = "KPOLICY_STDIN_FILENAME")]
    stdin_filename: Option<String>,

    #[command(flatten)]
    policies: PolicyArguments,

    /// Judge only for this cluster of Config. May be repeated
    #[arg(
        long,
        value_name = "NAME",
        env = "KPOLICY_CLUSTER",
        value_delimiter = ','
    )]
    cluster: Vec<String>,

    /// Only these policies, or `policy/validation`. May be repeated
    #[arg(
        long,
        value_name = "POLICY",
        env = "KPOLICY_SELECT",
        value_delimiter = ','
    )]
    select: Vec<String>,

    /// Not these policies, or `policy/validation`. May be repeated
    #[arg(
        long,
        value_name = "POLICY",
        env = "KPOLICY_IGNORE",
        value_delimiter = ','
    )]
    ignore: Vec<String>,

    /// Whether kustomizations are rendered, with `kustomize` or `kubectl` from the PATH
    #[arg(long, value_enum, default_value_t, env = "KPOLICY_RENDER")]
    render: Render,

    /// How findings are written [default: full; github in GitHub Actions]
    #[arg(long, value_enum, env = "KPOLICY_OUTPUT_FORMAT")]
    output_format: Option<Format>,

    /// Also show findings that are only audited
    #[arg(long, env = "KPOLICY_SHOW_AUDIT", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    show_audit: bool,

    /// The least enforcement that gives exit code 1
    #[arg(long, value_enum, default_value_t, env = "KPOLICY_FAIL_ON")]
    fail_on: FailOn,

    /// Exit code 0 also with findings
    #[arg(long, env = "KPOLICY_EXIT_ZERO", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    exit_zero: bool,

    /// The largest file that is read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, env = "KPOLICY_MAX_FILE_SIZE",
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_file_size: u32,
}

/// `--render`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Render {
    /// Render where it is possible; what cannot be rendered is judged as written, and said
    #[default]
    Auto,
    /// Judge files as written
    Never,
    /// A kustomization that cannot be rendered is a failure (exit code 2)
    Require,
}

impl From<Render> for lint::Render {
    fn from(render: Render) -> Self {
        match render {
            Render::Auto => Self::Auto,
            Render::Never => Self::Never,
            Render::Require => Self::Require,
        }
    }
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Denied findings
    #[default]
    Deny,
    /// Denied and warned findings
    Warn,
    /// All findings
    Audit,
}

impl FailOn {
    const fn enforcement(self) -> Enforcement {
        match self {
            Self::Deny => Enforcement::Deny,
            Self::Warn => Enforcement::Warn,
            Self::Audit => Enforcement::Audit,
        }
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.about()))
    }
}

impl Arguments {
    /// The paths without `-`, and whether `-` is among them.
    fn paths(&self) -> (Vec<PathBuf>, bool) {
        let given = self
            .paths
            .iter()
            .chain(&self.filename)
            .chain(&self.resource);
        let (input, mut paths): (Vec<PathBuf>, Vec<PathBuf>) =
            given.cloned().partition(|path| path.as_os_str() == "-");
        if paths.is_empty() && input.is_empty() {
            paths.push(PathBuf::from("."));
        }
        (paths, !input.is_empty())
    }

    fn format(&self) -> Format {
        let in_github = || std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
        self.output_format.unwrap_or_else(|| {
            if in_github() {
                Format::Github
            } else {
                Format::Full
            }
        })
    }

    fn input(&self) -> anyhow::Result<Input> {
        let mut bytes = Vec::new();
        let most = u64::from(self.max_file_size) << 20;
        std::io::stdin()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
        let name = self.stdin_filename.as_deref().unwrap_or("<stdin>");
        Ok(Input {
            name: name.into(),
            bytes,
        })
    }
}

/// Judges the paths and reports.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let (paths, has_input) = arguments.paths();
    let format = arguments.format();
    let Some(setup) = load(
        &arguments.policies,
        paths.first().map(PathBuf::as_path),
        console,
    )?
    else {
        return Ok(Exit::Failed);
    };
    let selection = Selection::new(&arguments.select, &arguments.ignore, &setup.policies)
        .map_err(anyhow::Error::msg)?;
    let root = match format {
        Format::Github => setup.git.unwrap_or(setup.root),
        _ => setup.root,
    };
    let options = Options {
        paths,
        input: has_input.then(|| arguments.input()).transpose()?,
        root,
        config_directory: setup.config_directory,
        suite_of,
        apart: setup.config_file.into_iter().collect(),
        config: &setup.config,
        policies: &setup.policies,
        exceptions: &setup.exceptions,
        today: setup.today,
        clusters: arguments.cluster.clone(),
        selection,
        render: arguments.render.into(),
        program_path: std::env::var_os("PATH"),
        max_bytes: u64::from(arguments.max_file_size) << 20,
    };
    let outcome = lint::run(&options, setup.sources);
    if !outcome.problems.is_empty() {
        console.problems(&outcome.problems, &outcome.sources)?;
        return Ok(Exit::Failed);
    }
    console.problems(&outcome.warnings, &outcome.sources)?;
    let results = Results {
        findings: &outcome.findings,
        sources: &outcome.sources,
        not_judged: &outcome.not_judged,
        summary: outcome.summary,
        remarks: &outcome.remarks,
        masked: &outcome.masked,
        single: &*setup.policies,
    };
    let style = Style {
        show_audit: arguments.show_audit,
        ..console.out_style()
    };
    format.report().write(&results, style, console.out())?;
    for failure in &outcome.failures {
        console.complain(failure);
    }
    Ok(exit(arguments, &outcome))
}

/// The exit code comes from what was found, not from how it is written.
fn exit(arguments: &Arguments, outcome: &Outcome) -> Exit {
    if !outcome.failures.is_empty() {
        return Exit::Failed;
    }
    let least = arguments.fail_on.enforcement();
    let fails = outcome
        .findings
        .iter()
        .any(|finding| finding.counts() && finding.enforcement >= least);
    if fails && !arguments.exit_zero {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
