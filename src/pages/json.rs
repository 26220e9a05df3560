//! Pages and profiles for programs. Fields are only ever added.

use serde_json::{Value, json};

use crate::config::Profile;
use crate::manifest::to_serde;

use super::examples::to_json;
use super::{Entry, Page};

/// The version of the format.
const VERSION: u32 = 1;

/// The pages, each whole.
pub fn json(pages: &[Page]) -> Value {
    json!({"version": VERSION, "policies": pages.iter().map(page).collect::<Vec<_>>()})
}

fn page(page: &Page) -> Value {
    let entries = |entries: &[Entry], about: &str| -> Vec<Value> {
        let entry = |one: &Entry| {
            let mut value = json!({"name": one.name, "expression": one.expression});
            if !about.is_empty() {
                value[about] = json!(Some(&one.about).filter(|about| !about.is_empty()));
            }
            value
        };
        entries.iter().map(entry).collect()
    };
    let read = |text: &String| serde_json::from_str::<Value>(text).unwrap_or_default();
    let parameters = page.parameters.iter().map(|one| {
        let set = one.set.iter();
        let set = set.map(|place| json!({"value": read(&place.value), "by": place.by}));
        json!({
            "name": one.name, "type": one.type_words, "description": one.description,
            "default": one.default.as_ref().map(read), "required": one.required,
            "set": set.collect::<Vec<_>>(),
        })
    });
    let profiles = page.profiles.iter().map(|one| {
        json!({
            "name": one.name, "enforcement": one.enforcement.as_str(), "through": one.through,
            "params": one.params.as_ref().map(read),
        })
    });
    let here = page.here.as_ref().map(|here| {
        let lines = here.lines.iter().map(|line| {
            json!({"enforcement": line.enforcement.as_str(), "clusters": line.clusters, "by": line.by})
        });
        json!({"decided": lines.collect::<Vec<_>>(), "namespaces": here.namespaces, "idle": here.idle})
    });
    json!({
        "name": page.name, "title": page.title, "category": page.category, "severity": page.severity,
        "builtIn": page.built_in, "native": page.is_native,
        "description": page.description, "remediation": page.remediation, "references": page.references,
        "appliesTo": page.applies_to, "boundBy": page.bindings, "supersedes": page.supersedes,
        "readsOtherObjects": page.reads,
        "parameters": parameters.collect::<Vec<_>>(),
        "conditions": entries(&page.conditions, ""), "variables": entries(&page.variables, ""),
        "validations": entries(&page.validations, "message"),
        "mutations": entries(&page.mutations, "safety"),
        "profiles": profiles.collect::<Vec<_>>(), "here": here,
        "examples": to_json(&page.examples),
        "exception": page.exception.as_ref().and_then(|one| one.text.as_ref()),
        "exceptionBut": page.exception.as_ref().and_then(|one| Some(one.but?.to_string())),
    })
}

/// The profiles, each with its own settings.
pub fn profiles_json(profiles: &[Profile]) -> Value {
    let profile = |one: &Profile| {
        let extends: Vec<&str> = one.extends.iter().map(|base| &*base.value).collect();
        let policies = one.policies.iter().map(|(name, setting)| {
            let params = setting.params.as_ref();
            let params = params.and_then(|params| to_serde(params.root()));
            let enforcement = setting.enforcement.map(crate::config::Enforcement::as_str);
            (
                name.to_string(),
                json!({"enforcement": enforcement, "params": params}),
            )
        });
        json!({
            "name": &*one.name, "title": &*one.title, "description": &*one.description, "extends": extends,
            "policies": policies.collect::<serde_json::Map<_, _>>(),
        })
    };
    json!({"version": VERSION, "profiles": profiles.iter().map(profile).collect::<Vec<_>>()})
}
