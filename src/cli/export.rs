//! `kpolicy export`: policies in the formats of others.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::export::crds::DEFINITIONS;
use crate::export::webhook::{Configurations, Settings, configurations};
use crate::judge::Judge;
use crate::manifest::suggest::suggestion;
use crate::policy::{CATEGORIES, PolicySet};
use crate::report::safe_line;

use super::args::PolicyArguments;
use super::{Console, Exit, input};

/// The options of `kpolicy export`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to write.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The validating and mutating webhook configurations for the policies that run
    Webhook(Box<WebhookArguments>),
    /// The definitions of the custom resources Policy and PolicyException
    Crds,
}

#[derive(Debug, clap::Args)]
struct WebhookArguments {
    #[command(flatten)]
    policies: PolicyArguments,

    /// The cluster of Config that the webhook serves
    #[arg(long, env = "KPOLICY_CLUSTER", value_name = "NAME")]
    cluster: Option<String>,

    /// The namespace of the webhook's Service; it is never judged
    #[arg(
        long,
        env = "KPOLICY_NAMESPACE",
        value_name = "NAME",
        default_value = "kpolicy-system",
        value_parser = label
    )]
    namespace: String,

    /// The webhook's Service
    #[arg(
        long,
        env = "KPOLICY_SERVICE",
        value_name = "NAME",
        default_value = "kpolicy",
        value_parser = label
    )]
    service: String,

    /// The port of that Service
    #[arg(
        long,
        env = "KPOLICY_SERVICE_PORT",
        value_name = "PORT",
        default_value_t = 443,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    service_port: u16,

    /// The certificates that the API server shall trust, PEM; without it the field is left to cert-manager
    #[arg(long, env = "KPOLICY_CA_BUNDLE", value_name = "FILE")]
    ca_bundle: Option<PathBuf>,

    /// The cert-manager Certificate whose authority the API server shall trust: writes the annotation
    /// `cert-manager.io/inject-ca-from`
    #[arg(
        long,
        env = "KPOLICY_INJECT_CA_FROM",
        value_name = "NAMESPACE/CERTIFICATE",
        value_parser = certificate,
        conflicts_with = "ca_bundle"
    )]
    inject_ca_from: Option<String>,

    /// What is refused while the webhook does not answer: kinds that these categories or policies judge, where they deny,
    /// count errors as violations and need no other objects. `none` for nothing
    #[arg(
        long,
        env = "KPOLICY_FAIL_CLOSED",
        value_name = "CATEGORY|POLICY",
        value_delimiter = ',',
        default_value = "pod-security,images"
    )]
    fail_closed: Vec<String>,

    /// Have policies and exceptions that are resources of the cluster looked at before they are stored
    #[arg(long, env = "KPOLICY_OWN_KINDS")]
    own_kinds: bool,
}

/// The word for nothing.
const NONE: &str = "none";

/// Writes what was asked for to standard output.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    match &arguments.what {
        What::Webhook(arguments) => webhook(arguments, console),
        What::Crds => crds(console),
    }
}

fn webhook(arguments: &WebhookArguments, console: &mut Console) -> anyhow::Result<Exit> {
    let Some(setup) = input::load(&arguments.policies, None, console)? else {
        return Ok(Exit::Failed);
    };
    let cluster = arguments.cluster.as_deref();
    input::require_cluster(cluster, &setup.config)?;
    let judge = match Judge::new(
        &setup.policies,
        &setup.config,
        &setup.exceptions,
        cluster,
        setup.today,
    ) {
        Ok(judge) => judge,
        Err(problems) => {
            console.problems(&problems, &setup.sources)?;
            return Ok(Exit::Failed);
        }
    };
    let ca_bundle = arguments.ca_bundle.as_deref().map(pem).transpose()?;
    // Globs are left to the webhook: a pattern in the selector could be claimed by whoever may create namespaces.
    let names = setup
        .config
        .namespaces
        .iter()
        .flat_map(|setting| &setting.names);
    let excluded: Vec<&str> = names
        .map(|name| &**name)
        .filter(|name| !name.contains('*') && judge.is_excluded(Some(name)))
        .collect();
    let policies = judge.hardest();
    let fail_closed = fail_closed(&arguments.fail_closed, &setup.policies)?;
    let autoscalers: Vec<&str> = judge.autoscalers().collect();
    let Configurations { yaml, notes } = configurations(
        policies
            .iter()
            .map(|(policy, enforcement)| (&**policy, *enforcement)),
        judge.pod_template_crds(),
        Settings {
            namespace: &arguments.namespace,
            service: &arguments.service,
            port: arguments.service_port,
            ca_bundle: ca_bundle.as_deref(),
            inject_ca_from: arguments.inject_ca_from.as_deref(),
            excluded_namespaces: &excluded,
            fail_closed: &fail_closed,
            autoscalers: &autoscalers,
            mutate: judge.mutates(),
            own_kinds: arguments.own_kinds,
        },
    );
    for note in notes {
        writeln!(console.err(), "warning: {}", safe_line(&note))?;
    }
    if yaml.is_empty() {
        bail!("no policy runs, so there is nothing to register");
    }
    console.out().write_all(yaml.as_bytes())?;
    Ok(Exit::Clean)
}

fn crds(console: &mut Console) -> anyhow::Result<Exit> {
    for (_, text) in DEFINITIONS {
        console.out().write_all(b"---\n")?;
        console.out().write_all(text.as_bytes())?;
    }
    Ok(Exit::Clean)
}

/// What fails closed: categories and policies that exist; nothing where it says `none`.
fn fail_closed<'a>(listed: &'a [String], policies: &PolicySet) -> anyhow::Result<Vec<&'a str>> {
    let listed: Vec<&str> = listed.iter().map(|name| name.trim()).collect();
    if listed == [NONE] {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = policies.iter().map(|policy| &*policy.name).collect();
    let known = || CATEGORIES.iter().chain(&names).copied();
    for name in &listed {
        if *name == NONE {
            bail!("`--fail-closed` names `{NONE}` and something else");
        }
        if !known().any(|known| known == *name) {
            let help = suggestion(name, known());
            let help = help.map_or_else(String::new, |help| format!("; {help}"));
            bail!("`--fail-closed` names `{name}`, which is no category and no policy{help}");
        }
    }
    Ok(listed)
}

/// A name that a namespace or a Service can have: the API server takes any text here, and then calls nobody.
fn label(text: &str) -> Result<String, String> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = !text.starts_with('-') && !text.ends_with('-');
    if (1..=63).contains(&text.len()) && ends && text.bytes().all(inner) {
        Ok(text.to_owned())
    } else {
        Err("write up to 63 lower-case letters, digits and `-`, with no `-` at the ends".to_owned())
    }
}

/// `namespace/name` of a Certificate, as cert-manager's injector reads it.
fn certificate(text: &str) -> Result<String, String> {
    match text.split_once('/') {
        Some((namespace, name))
            if !namespace.is_empty() && !name.is_empty() && !name.contains('/') =>
        {
            Ok(text.to_owned())
        }
        _ => Err("write it as namespace/certificate".to_owned()),
    }
}

fn pem(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let begin = b"-----BEGIN CERTIFICATE-----";
    if !bytes.windows(begin.len()).any(|window| window == begin) {
        bail!("`{}` holds no PEM certificate", path.display());
    }
    Ok(bytes)
}
