//! Reading what is said of policies, by name: in Config, in its clusters and namespaces, and in profiles.

use crate::manifest::{Document, DocumentBuilder, EntryRef, Fields, Placed, Problem};
use crate::source::Span;

use super::{API_VERSION, Enforcement, PolicySetting, PolicySettings, Profile, owned};

/// Where settings stand decides what they may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// A profile: names each policy.
    Profile,
    /// `policies` of Config or of a cluster: `*` stands for every policy.
    Config,
    /// A namespace by its exact name.
    Namespace,
    /// Namespaces by a glob: may only harden.
    NamespaceGlob,
}

/// Why a glob may only harden.
const ONLY_HARDEN: &str = "a namespace name that fits a glob can be claimed by whoever may create namespaces; \
                           name the namespaces in full";

/// Reads a profile that ships with kpolicy.
pub fn read_profile(document: &Document, problems: &mut Vec<Problem>) -> Option<Profile> {
    let mut root = Fields::new(document.root(), "a Profile", problems);
    root.header(API_VERSION, "Profile");
    let name = root.required_map("metadata").and_then(|mut fields| {
        let name = fields.required_text("name").map(Box::from);
        fields.accept_rest();
        name
    });
    let spec = root.required_map("spec").map(|mut spec| {
        let text = |spec: &mut Fields<'_, '_>, key| spec.required_text(key).map(Box::from);
        let title = text(&mut spec, "title");
        let description = text(&mut spec, "description");
        let extends = owned(spec.texts("extends"));
        if extends.is_empty() {
            spec.require("policies");
        }
        let policies = read_settings(&mut spec, Level::Profile);
        (title, description, extends, policies)
    });
    let (title, description, extends, policies) = spec?;
    Some(Profile {
        name: name?,
        title: title?,
        description: description?,
        extends,
        policies,
        chosen: None,
    })
}

/// The profile of this name and those that it extends, each once, those that are extended first.
pub fn with_bases<'p>(name: &str, profiles: &'p [Profile]) -> Vec<&'p Profile> {
    let find = |name: &str| profiles.iter().find(|known| *known.name == *name);
    let mut found: Vec<&Profile> = Vec::new();
    // Each is left once all are there that it extends; one that goes round in a circle is not entered again.
    let mut entered: Vec<&str> = Vec::new();
    let mut pending: Vec<(&Profile, bool)> =
        find(name).map(|one| (one, false)).into_iter().collect();
    while let Some((profile, is_left)) = pending.pop() {
        if is_left {
            found.push(profile);
        } else if !entered.contains(&&*profile.name) {
            entered.push(&profile.name);
            pending.push((profile, true));
            let bases = profile.extends.iter().rev();
            pending.extend(bases.filter_map(|base| Some((find(&base.value)?, false))));
        }
    }
    found
}

/// Reads the field `policies` of a map.
pub(super) fn read_settings(fields: &mut Fields<'_, '_>, level: Level) -> PolicySettings {
    let entries = fields.entries("policies").unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| {
            Some((
                entry.key.into(),
                read_setting(entry, level, fields.problems())?,
            ))
        })
        .collect()
}

fn read_setting(
    entry: EntryRef<'_>,
    level: Level,
    problems: &mut Vec<Problem>,
) -> Option<PolicySetting> {
    let span = entry.key_origin;
    if entry.key == "*" && level != Level::Config {
        let help = match level {
            Level::Profile => "name the policies",
            _ => "put `enforcement` beside `names`",
        };
        problems.push(Problem::error("`*` is not allowed here", span).with_help(help));
        return None;
    }
    if entry.key != "*" && entry.key.contains('*') {
        let message = format!("`{}` is no policy; policies are named in full", entry.key);
        problems.push(Problem::error(message, span));
        return None;
    }
    let what = format!("the setting of `{}`", entry.key);
    let mut fields = Fields::new(entry.value, &what, problems);
    let enforcement = read_enforcement(&mut fields, level);
    let params = fields
        .entries("params")
        .is_some()
        .then(|| fields.node("params"))
        .flatten();
    if params.is_some() {
        let span = fields.key_span("params");
        if level == Level::NamespaceGlob {
            let message = "parameters under a glob may weaken a policy";
            fields.report(Problem::error(message, span).with_help(ONLY_HARDEN));
        } else if entry.key == "*" {
            fields.error("`*` cannot have parameters: every policy has its own", span);
        }
    }
    Some(PolicySetting {
        enforcement: enforcement.map(|placed| placed.value),
        enforcement_span: enforcement.and_then(|placed| placed.span),
        params: params.map(|params| {
            let mut builder = DocumentBuilder::new();
            let root = builder.copy(params);
            builder.finish(root)
        }),
        span,
    })
}

/// Reads `enforcement`, which a glob may only raise.
pub(super) fn read_enforcement(
    fields: &mut Fields<'_, '_>,
    level: Level,
) -> Option<Placed<Enforcement>> {
    let value = fields.word("enforcement", &Enforcement::WORDS)?;
    let span: Option<Span> = fields.span("enforcement");
    if level == Level::NamespaceGlob && value != Enforcement::Deny {
        let message = format!("`{}` under a glob may lower enforcement", value.as_str());
        fields.report(Problem::error(message, span).with_help(ONLY_HARDEN));
        return None;
    }
    Some(Placed { value, span })
}
