//! `kpolicy policies`: the policies with what they do here; one policy's page.

use std::io::{self, Write};

use anyhow::bail;

use crate::config::Enforcement;
use crate::judge::Judge;
use crate::manifest::suggest::suggestion;
use crate::policy::Policy;
use crate::report::safe_line;

use super::args::PolicyArguments;
use super::input::{self, Setup};
use super::policy_page;
use super::{Console, Exit};

/// The options of `kpolicy policies`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Show the page of this policy
    #[arg(value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    policies: PolicyArguments,

    /// Say only what holds in this cluster of Config
    #[arg(long, value_name = "NAME", env = "KPOLICY_CLUSTER")]
    cluster: Option<String>,
}

/// How hard a policy is in each cluster; one entry without a name where Config has none.
pub(super) type Strength<'a> = Vec<(Option<&'a str>, Enforcement)>;

/// Lists the policies, or shows one.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let Some(setup) = input::load(&arguments.policies, None, console)? else {
        return Ok(Exit::Failed);
    };
    let mut judges = Vec::new();
    for cluster in clusters(&setup, arguments.cluster.as_deref()) {
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
                return Ok(Exit::Failed);
            }
        }
    }
    let strength = |policy: &Policy| -> Strength<'_> {
        let of = |judge: &Judge| {
            let mut all = judge.policies();
            let found = all.find(|(known, _)| std::ptr::eq(&raw const ***known, policy));
            found.map_or(Enforcement::Disabled, |(_, enforcement)| enforcement)
        };
        judges
            .iter()
            .map(|(cluster, judge)| (*cluster, of(judge)))
            .collect()
    };
    let idle = |policy: &Policy| {
        let mut all = judges.iter().flat_map(|(_, judge)| judge.idle());
        all.find(|(known, _)| std::ptr::eq(&raw const ***known, policy))
            .map(|(_, reason)| reason)
    };
    let style = console.out_style();
    let Some(name) = &arguments.name else {
        list(&setup, strength, console.out())?;
        for policy in setup.policies.iter() {
            if let Some(reason) = idle(policy) {
                let line = format!("{} judges nothing: {reason}", policy.name);
                writeln!(console.out(), "{}", safe_line(&line))?;
            }
        }
        return Ok(Exit::Clean);
    };
    if setup.policies.get(name).is_none() {
        let names: Vec<&str> = setup.policies.iter().map(|policy| &*policy.name).collect();
        let help = suggestion(name, names.iter().copied()).map(|help| format!("; {help}"));
        bail!("there is no policy `{name}`{}", help.unwrap_or_default());
    }
    // A native policy that mutates may have the name of one that does not.
    let named = setup
        .policies
        .iter()
        .filter(|policy| *policy.name == **name);
    for (index, policy) in named.enumerate() {
        if index > 0 {
            writeln!(console.out())?;
        }
        policy_page::write(
            policy,
            &strength(policy),
            idle(policy),
            &setup.config,
            style,
            console.out(),
        )?;
    }
    Ok(Exit::Clean)
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

fn list<'a>(
    setup: &Setup,
    strength: impl Fn(&Policy) -> Strength<'a>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let header = ["NAME", "CATEGORY", "SEVERITY", "ENFORCEMENT", "TITLE"].map(str::to_owned);
    let rows = setup.policies.iter().map(|policy| {
        let about = &policy.about;
        [
            policy.name.to_string(),
            about.category.to_string(),
            about.severity.as_str().to_owned(),
            in_words(&strength(policy)),
            about.title.to_string(),
        ]
        .map(|cell| safe_line(&cell).into_owned())
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: [usize; 4] = std::array::from_fn(|column| width(column).unwrap_or(0));
    for [cells @ .., title] in &rows {
        for (cell, width) in cells.iter().zip(widths) {
            write!(out, "{cell:<width$}  ")?;
        }
        writeln!(out, "{title}")?;
    }
    Ok(())
}

/// `deny`, or `deny in app1, app2; audit in mgmt` where clusters differ.
pub(super) fn in_words(strength: &Strength<'_>) -> String {
    let mut groups: Vec<(Enforcement, Vec<&str>)> = Vec::new();
    for (cluster, enforcement) in strength {
        match groups.iter_mut().find(|(known, _)| known == enforcement) {
            Some((_, names)) => names.extend(cluster),
            None => groups.push((*enforcement, cluster.iter().copied().collect())),
        }
    }
    groups.sort_by_key(|(enforcement, _)| std::cmp::Reverse(*enforcement));
    if let [(enforcement, _)] = groups.as_slice() {
        return enforcement.as_str().to_owned();
    }
    let parts: Vec<String> = groups
        .iter()
        .map(|(enforcement, names)| format!("{} in {}", enforcement.as_str(), names.join(", ")))
        .collect();
    parts.join("; ")
}
