//! `kpolicy policies`: the policies with what they do here, a policy's page, what profiles turn on.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, ValueEnum};

use crate::config::{Config, Enforcement, Profile, with_bases};
use crate::judge::Judge;
use crate::manifest::suggest::suggestion;
use crate::pages::{self, Examples, Page};
use crate::policy::Policy;

use super::args::PolicyArguments;
use super::input::{self, Setup};
use super::{Console, Exit, own_examples};

/// The options of `kpolicy policies`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kpolicy policies                               # all of them, and how hard each is here
  kpolicy policies require-limits                # one policy's page
  kpolicy policies --profiles                    # which profiles there are
  kpolicy policies --profile platform            # what a profile turns on
  kpolicy policies --profile aks,platform        # what two of them do together
  kpolicy policies --output-format markdown team-label > docs/team-label.md")]
pub(super) struct Arguments {
    /// Show the pages of these policies
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    policies: PolicyArguments,

    /// Say only what holds in this cluster of Config
    #[arg(long, value_name = "NAME", env = "KPOLICY_CLUSTER")]
    cluster: Option<String>,

    /// Say what these profiles turn on, whatever Config says. May be repeated
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        env = "KPOLICY_PROFILE",
        conflicts_with = "cluster"
    )]
    profile: Vec<String>,

    /// List the profiles
    #[arg(long, conflicts_with_all = ["names", "profile"], env = "KPOLICY_PROFILES",
          action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    profiles: bool,

    /// Show the expressions on a policy's page
    #[arg(long, env = "KPOLICY_EXPRESSIONS", action = ArgAction::SetTrue,
          value_parser = BoolishValueParser::new())]
    expressions: bool,

    /// How it is written
    #[arg(
        long,
        value_enum,
        default_value_t,
        env = "KPOLICY_POLICIES_OUTPUT_FORMAT"
    )]
    output_format: OutputFormat,
}

/// `--output-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For a terminal
    #[default]
    Text,
    /// For a repository or a wiki: pages with examples, expressions folded away
    Markdown,
    /// For programs: every page whole
    Json,
}

/// Lists the policies or the profiles, or shows pages.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let Some(mut setup) = input::load_without_exceptions(&arguments.policies, console)? else {
        return Ok(Exit::Failed);
    };
    if arguments.profiles {
        write_profiles(&setup.profiles, arguments.output_format, console)?;
        return Ok(Exit::Clean);
    }
    if !arguments.profile.is_empty() {
        setup.config = only(&arguments.profile, &setup.profiles)?;
    }
    for name in &arguments.names {
        if setup.policies.get(name).is_none() {
            let names: Vec<&str> = setup.policies.iter().map(|policy| &*policy.name).collect();
            let help = suggestion(name, names.iter().copied()).unwrap_or_else(|| {
                "its file is one that `policyPaths` of Config or `--policy` names".to_owned()
            });
            bail!("there is no policy `{name}`; {help}");
        }
    }
    // A list shows no examples.
    let is_shown = |name: &str| match arguments.output_format {
        OutputFormat::Json if arguments.names.is_empty() => true,
        _ => arguments.names.iter().any(|wanted| wanted == name),
    };
    let mut examples = pages::built_in_examples();
    let built_in = setup.policies.iter().filter(|policy| policy.built_in);
    let built_in: Vec<_> = built_in.map(|policy| policy.name.clone()).collect();
    examples.retain(|name, _| built_in.iter().any(|known| **known == **name));
    examples.extend(own_examples::examples(&is_shown, &mut setup, console)?);
    let Some(mut pages) = pages(&setup, arguments, examples, console)? else {
        return Ok(Exit::Failed);
    };
    if !arguments.profile.is_empty() && arguments.names.is_empty() {
        let chosen = |name: &str| arguments.profile.iter().any(|profile| *profile == name);
        pages.retain(|page| page.profiles.iter().any(|one| chosen(&one.name)));
    }
    write(&pages, &setup, arguments, console)?;
    Ok(Exit::Clean)
}

/// A Config that says nothing but these profiles.
fn only(names: &[String], known: &[Profile]) -> anyhow::Result<Config> {
    let mut config = Config::default();
    for name in names {
        let found = with_bases(name, known);
        if found.is_empty() {
            let help = suggestion(name, known.iter().map(|profile| &*profile.name));
            let help =
                help.unwrap_or_else(|| "`kpolicy policies --profiles` lists them".to_owned());
            bail!("there is no profile `{name}`; {help}");
        }
        for profile in found {
            if config.profiles.iter().all(|one| one.name != profile.name) {
                config.profiles.push(profile.clone());
            }
        }
    }
    Ok(config)
}

/// The pages of the policies that are named, or of all; `None` where no judge can be made here.
fn pages(
    setup: &Setup,
    arguments: &Arguments,
    mut examples: BTreeMap<String, Examples>,
    console: &mut Console,
) -> anyhow::Result<Option<Vec<Page>>> {
    let mut judges = Vec::new();
    for cluster in clusters(setup, arguments.cluster.as_deref()) {
        let judge = Judge::new(
            &setup.policies,
            &setup.config,
            &setup.exceptions,
            cluster,
            setup.today,
        );
        match judge {
            Ok(judge) => judges.push((cluster, judge)),
            Err(problems) => {
                console.problems(&problems, &setup.sources)?;
                return Ok(None);
            }
        }
    }
    let is_named = |policy: &&Arc<Policy>| {
        let mut names = arguments.names.iter();
        arguments.names.is_empty() || names.any(|name| **name == *policy.name)
    };
    let page = |policy: &Arc<Policy>| {
        let of = |judge: &Judge| {
            let mut all = judge.policies();
            let found = all.find(|(known, _)| Arc::ptr_eq(known, policy));
            found.map_or(Enforcement::Disabled, |(_, enforcement)| enforcement)
        };
        let strength: Vec<_> = (judges.iter())
            .map(|(cluster, judge)| (*cluster, of(judge)))
            .collect();
        let mut idle = judges.iter().flat_map(|(_, judge)| judge.idle());
        let idle = idle.find(|(known, _)| Arc::ptr_eq(known, policy));
        let mut page = Page::new(policy, &setup.profiles);
        let here = (&**policy, &setup.config, &setup.sources);
        page.put_here(here, &strength, idle.map(|(_, reason)| reason));
        page.examples = examples.remove(&*policy.name).unwrap_or_default();
        page.put_exception(&setup.config, Some(setup.today));
        page
    };
    Ok(Some(
        setup.policies.iter().filter(is_named).map(page).collect(),
    ))
}

fn write(
    pages: &[Page],
    setup: &Setup,
    arguments: &Arguments,
    console: &mut Console,
) -> anyhow::Result<()> {
    let style = console.out_style();
    let out = console.out();
    match arguments.output_format {
        OutputFormat::Json => writeln!(out, "{:#}", pages::json(pages))?,
        OutputFormat::Markdown if arguments.names.is_empty() => {
            write!(out, "{}", pages::index(pages, &setup.profiles, ""))?;
        }
        OutputFormat::Markdown => {
            for page in pages {
                write!(out, "{}", pages::markdown(page, ""))?;
            }
        }
        OutputFormat::Text if arguments.names.is_empty() => {
            // Beside what holds together, what each says: with one there is nothing to compare.
            let columns = arguments.profile.iter().map(String::as_str);
            let columns: Vec<&str> = columns.filter(|_| arguments.profile.len() > 1).collect();
            pages::list(pages, &columns, out)?;
        }
        OutputFormat::Text => {
            for (index, page) in pages.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                pages::text(page, arguments.expressions, style, out)?;
            }
        }
    }
    Ok(())
}

fn write_profiles(
    profiles: &[Profile],
    format: OutputFormat,
    console: &mut Console,
) -> anyhow::Result<()> {
    let style = console.out_style();
    let out = console.out();
    match format {
        OutputFormat::Text => pages::profiles(profiles, style, out)?,
        OutputFormat::Markdown => write!(out, "{}", pages::index(&[], profiles, ""))?,
        OutputFormat::Json => writeln!(out, "{:#}", pages::profiles_json(profiles))?,
    }
    Ok(())
}

fn clusters<'a>(setup: &'a Setup, chosen: Option<&'a str>) -> Vec<Option<&'a str>> {
    if chosen.is_some() || setup.config.clusters.is_empty() {
        return vec![chosen];
    }
    setup
        .config
        .clusters
        .iter()
        .map(|cluster| Some(&*cluster.name))
        .collect()
}
