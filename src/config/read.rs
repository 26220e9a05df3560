//! Reading `kind: Config`.

use crate::manifest::suggest::suggestion;
use crate::manifest::{Document, Fields, NodeRef, Placed, Problem, View, read_labels};
use crate::schema::defaults::NEWEST_KNOWN_MINOR;
use crate::schema::templates::{PodTemplateCrd, TemplateStep};

use super::settings::{Level, read_enforcement, read_settings};
use super::{
    API_VERSION, Cluster, Config, ExceptionSettings, NamespaceSetting, Profile, with_bases,
};

/// Reads a Config. What is wrong is left out of the result and reported.
///
/// A Config that does not speak of `profiles` runs the profile `recommended`, as no Config at all does.
pub fn read_config(
    document: &Document,
    profiles: &[Profile],
    problems: &mut Vec<Problem>,
) -> Config {
    let base = Config::without_file(profiles);
    let mut root = Fields::new(document.root(), "a Config", problems);
    root.header(API_VERSION, "Config");
    let chosen = if root.has("profiles") {
        choose_profiles(&mut root, profiles)
    } else {
        root.node("profiles");
        base.profiles
    };
    Config {
        profiles: chosen,
        policy_paths: paths(&mut root, "policyPaths"),
        policies: read_settings(&mut root, Level::Config),
        clusters: read_clusters(&mut root),
        namespaces: root.each("namespaces", |_, fields| read_namespace(fields)),
        exceptions: root
            .map("exceptions")
            .map(read_exceptions)
            .unwrap_or_default(),
        pod_template_crds: root.each("podTemplateCrds", |_, fields| read_crd(fields)),
        mutate: root
            .word("mutate", &[("enabled", true), ("disabled", false)])
            .unwrap_or(base.mutate),
        autoscalers: read_accounts(&mut root, "autoscalers", "the autoscaler"),
    }
}

fn choose_profiles(fields: &mut Fields<'_, '_>, profiles: &[Profile]) -> Vec<Profile> {
    let mut chosen: Vec<Profile> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for name in fields.texts("profiles") {
        let found = with_bases(name.value, profiles);
        if named.contains(&name.value) {
            let message = format!("profile `{}` is named twice", name.value);
            fields.error(message, name.span);
        } else if found.is_empty() {
            let mut problem =
                Problem::error(format!("unknown profile `{}`", name.value), name.span);
            problem.help = suggestion(name.value, profiles.iter().map(|known| &*known.name))
                .or_else(|| Some("`kpolicy policies --profiles` lists them".to_owned()));
            fields.report(problem);
        }
        named.push(name.value);
        for profile in found {
            if chosen.iter().all(|known| known.name != profile.name) {
                chosen.push(Profile {
                    chosen: name.span,
                    ..profile.clone()
                });
            }
        }
    }
    chosen
}

/// Paths relative to the config file or the repository root.
fn paths(fields: &mut Fields<'_, '_>, key: &'static str) -> Vec<Box<str>> {
    let texts = fields.texts(key);
    texts
        .into_iter()
        .filter_map(|text| path(fields, text))
        .collect()
}

fn path(fields: &mut Fields<'_, '_>, text: Placed<&str>) -> Option<Box<str>> {
    if text.value.starts_with('/') {
        fields.error(
            format!("`{}` is absolute; paths here are relative", text.value),
            text.span,
        );
        return None;
    }
    Some(text.value.into())
}

fn read_clusters(root: &mut Fields<'_, '_>) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    root.each("clusters", |_, mut fields| {
        let name = fields.required_text("name");
        let span = fields.span("name");
        let path = fields.text("path").and_then(|value| {
            let span = fields.span("path");
            path(&mut fields, Placed { value, span })
        });
        let kubernetes_version = fields
            .node("kubernetesVersion")
            .and_then(|node| kubernetes_version(node, fields.problems()));
        if let Some((_, minor)) =
            kubernetes_version.filter(|(_, minor)| *minor > NEWEST_KNOWN_MINOR)
        {
            let message = format!("Kubernetes 1.{minor} is newer than what this kpolicy knows");
            let help = format!("it judges as for 1.{NEWEST_KNOWN_MINOR}");
            let problem = Problem::warning(message, fields.span("kubernetesVersion"));
            fields.report(problem.with_help(help));
        }
        let policies = read_settings(&mut fields, Level::Config);
        let name = name?;
        if let Some(first) = clusters.iter().find(|known| *known.name == *name) {
            let problem = Problem::error(format!("cluster `{name}` is named twice"), span);
            fields.report(problem.with_related(first.span));
        }
        clusters.push(Cluster {
            name: name.into(),
            path,
            kubernetes_version,
            policies,
            span,
        });
        Some(())
    });
    clusters
}

/// Reads `"1.34"`, and says why it must be in quotes where it is not.
/// Reads `kubernetesVersion`: a release such as `"1.34"`, as major and minor number.
pub fn kubernetes_version(node: NodeRef<'_>, problems: &mut Vec<Problem>) -> Option<(u32, u32)> {
    if let View::Float(_) | View::Int(_) = node.view() {
        let message = "`kubernetesVersion` must be in quotes";
        let help = "YAML reads a version without quotes as a number: 1.30 becomes 1.3";
        problems.push(Problem::error(message, node.origin()).with_help(help));
        return None;
    }
    let text = super::text(node, "`kubernetesVersion`", problems)?;
    let part = |part: &str| -> Option<u32> {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    let parsed = text
        .split_once('.')
        .and_then(|(major, minor)| Some((part(major)?, part(minor)?)))
        .filter(|(major, _)| *major == 1);
    if parsed.is_none() {
        let message = format!("`kubernetesVersion` is `{text}`; it must be like `1.34`");
        let help = "the patch release makes no difference to the API: leave it out";
        problems.push(Problem::error(message, node.origin()).with_help(help));
    }
    parsed
}

fn read_namespace(mut fields: Fields<'_, '_>) -> Option<NamespaceSetting> {
    fields.require("names");
    let texts = fields.texts("names");
    let mut names: Vec<Box<str>> = Vec::new();
    for name in texts {
        let fits = name.value.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'*'
        });
        if fits {
            names.push(name.value.into());
        } else {
            let message = format!(
                "`{}` is no namespace name, and no glob with `*`",
                name.value
            );
            fields.error(message, name.span);
        }
    }
    if names.is_empty() && fields.has("names") {
        let span = fields.span("names");
        fields.error("`names` names no namespace", span);
    }
    let glob = names.iter().any(|name| name.contains('*'));
    let level = if glob {
        Level::NamespaceGlob
    } else {
        Level::Namespace
    };
    let enforcement = read_enforcement(&mut fields, level);
    let policies = read_settings(&mut fields, level);
    let labels = read_labels(&mut fields, "labels");
    (!names.is_empty()).then(|| NamespaceSetting {
        names,
        enforcement: enforcement.map(|placed| placed.value),
        enforcement_span: enforcement.and_then(|placed| placed.span),
        policies,
        labels,
    })
}

fn read_exceptions(mut fields: Fields<'_, '_>) -> ExceptionSettings {
    ExceptionSettings {
        paths: paths(&mut fields, "paths"),
        max_lifetime_days: fields
            .number("maxLifetimeDays", 1..=36_500)
            .and_then(|days| u32::try_from(days).ok()),
        allowed_namespaces: fields
            .texts("allowedNamespaces")
            .into_iter()
            .map(|name| name.value.into())
            .collect(),
    }
}

fn read_crd(mut fields: Fields<'_, '_>) -> Option<PodTemplateCrd> {
    let group = fields.required_text("group");
    let kind = fields.required_text("kind");
    fields.require("paths");
    let mut paths = Vec::new();
    for text in fields.texts("paths") {
        if let Some(path) = TemplateStep::route(text.value) {
            paths.push(path);
            continue;
        }
        let message = format!("`{}` is no route to a pod template", text.value);
        let help = "write keys with dots between them, `[]` for every element of a list and `*` \
                    for every value of a map: `spec.jobs[].template`";
        fields.report(Problem::error(message, text.span).with_help(help));
    }
    let controllers = read_accounts(&mut fields, "controllers", "the kind's controller");
    Some(PodTemplateCrd {
        group: group?.into(),
        kind: kind?.into(),
        paths,
        controllers,
        known: false,
    })
}

/// User names, in full: what a pattern reaches could be claimed by whoever may create service accounts.
fn read_accounts(fields: &mut Fields<'_, '_>, key: &'static str, whose: &str) -> Vec<Box<str>> {
    let mut accounts = Vec::new();
    for text in fields.texts(key) {
        let account = text.value.strip_prefix("system:serviceaccount:");
        let parts = account.and_then(|account| account.split_once(':'));
        let plain = |part: &str| {
            let fits = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
            };
            !part.is_empty() && part.bytes().all(fits)
        };
        if parts.is_some_and(|(namespace, name)| plain(namespace) && plain(name)) {
            accounts.push(text.value.into());
            continue;
        }
        let message = format!("`{}` is no service account", text.value);
        let help = format!(
            "write the user name of the account that {whose} runs as: \
             `system:serviceaccount:<namespace>:<name>`"
        );
        fields.report(Problem::error(message, text.span).with_help(help));
    }
    accounts
}
