//! Writing a bundle from the OpenAPI v3 documents of releases: for `make schemas` and its test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::cel::Release;
use crate::manifest::{Document, MapRef, NodeRef};

use super::super::gvk::GroupVersionKind;
use super::super::model::{Arena, Kind, ListType, MapType, Node, NodeId};
use super::super::read::{Reader, Source};
use super::super::release::Releases;
use super::{HEADER, collect_resources, gvks};

/// The OpenAPI v3 documents of one release.
#[derive(Debug)]
pub struct Origin {
    /// The version they are from, such as `1.36.3`.
    pub version: String,
    /// The documents: one for each group and version, in any order.
    pub documents: Vec<Document>,
}

/// What one release says.
struct Written {
    /// What each definition is, without its fields.
    headers: BTreeMap<String, String>,
    /// The fields of each definition as they are written, by name.
    fields: BTreeMap<String, BTreeMap<String, String>>,
    /// The kinds of each definition as they are written.
    kinds: BTreeMap<String, BTreeSet<String>>,
}

/// The text of a bundle of these releases. Its bytes depend only on what the documents say.
///
/// # Errors
/// What keeps the documents from being written: two meanings of one name, a schema the form has no words for.
pub fn write(mut origins: Vec<Origin>) -> Result<String, String> {
    let release = |origin: &Origin| release_of(&origin.version);
    if let Some(wrong) = origins.iter().find(|origin| release(origin).is_none()) {
        return Err(format!("`{}` is no version of Kubernetes 1", wrong.version));
    }
    origins.sort_by_key(release);
    if origins
        .windows(2)
        .any(|pair| release(&pair[0]) == release(&pair[1]))
    {
        return Err("two versions of one release".to_owned());
    }
    let mut text = format!("{HEADER}\n");
    for origin in &origins {
        let _ = writeln!(text, "release {}", origin.version);
    }
    let all = Releases::first(origins.len());
    let mut releases = Vec::new();
    for origin in &origins {
        let written = one(origin).map_err(|error| format!("{}: {error}", origin.version))?;
        releases.push(written);
    }
    let names: BTreeSet<&String> = releases.iter().flat_map(|one| one.headers.keys()).collect();
    for name in names {
        // A definition that changes as a whole is written once for each form.
        let forms = merge(releases.iter().map(|one| one.headers.get(name)));
        for (header, held) in forms {
            let _ = writeln!(
                text,
                "{name}{} {header}",
                range(held, all, origins.as_slice())
            );
            let kinds = gather(&releases, held, |one| {
                one.kinds
                    .get(name)
                    .map(|kinds| kinds.iter().map(|kind| (kind.as_str(), "")))
            });
            for ((kind, _), within) in kinds {
                let _ = writeln!(text, "  {}{kind}", within_range(within, held, &origins));
            }
            let fields = gather(&releases, held, |one| {
                one.fields.get(name).map(|fields| {
                    fields
                        .iter()
                        .map(|(field, node)| (field.as_str(), node.as_str()))
                })
            });
            for ((field, node), within) in fields {
                let _ = writeln!(text, " {field}{} {node}", range(within, held, &origins));
            }
        }
    }
    Ok(text)
}

fn release_of(version: &str) -> Option<Release> {
    version.parse().ok()
}

/// Each form that a definition has, with the releases that have it, oldest first.
fn merge<'t>(forms: impl Iterator<Item = Option<&'t String>>) -> Vec<(&'t String, Releases)> {
    let mut merged: Vec<(&String, Releases)> = Vec::new();
    for (index, form) in forms.enumerate() {
        let Some(form) = form else { continue };
        let only = Releases::only(index);
        match merged.iter_mut().find(|(known, _)| *known == form) {
            Some((_, releases)) => *releases = releases.and(only),
            None => merged.push((form, only)),
        }
    }
    merged
}

/// What some releases say, in order, with the releases that say it.
fn gather<'w, I: Iterator<Item = (&'w str, &'w str)>>(
    releases: &'w [Written],
    held: Releases,
    say: impl Fn(&'w Written) -> Option<I>,
) -> BTreeMap<(&'w str, &'w str), Releases> {
    let mut said: BTreeMap<(&str, &str), Releases> = BTreeMap::new();
    for (index, one) in releases
        .iter()
        .enumerate()
        .filter(|(index, _)| held.has(*index))
    {
        for entry in say(one).into_iter().flatten() {
            let known = said.entry(entry).or_insert(Releases(0));
            *known = known.and(Releases::only(index));
        }
    }
    said
}

/// ` 34-36` where something holds in fewer releases than what it stands in.
fn range(held: Releases, of: Releases, origins: &[Origin]) -> String {
    if held == of {
        return String::new();
    }
    format!(" {}", numbers(held, origins))
}

fn within_range(held: Releases, of: Releases, origins: &[Origin]) -> String {
    if held == of {
        return String::new();
    }
    format!("{} ", numbers(held, origins))
}

fn numbers(held: Releases, origins: &[Origin]) -> String {
    let minors = origins
        .iter()
        .enumerate()
        .filter(|(index, _)| held.has(*index))
        .filter_map(|(_, origin)| release_of(&origin.version).map(Release::as_minor));
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for minor in minors {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == minor => *last = minor,
            _ => runs.push((minor, minor)),
        }
    }
    let words = runs.iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    words.collect::<Vec<_>>().join(",")
}

/// Reads one release and writes each of its definitions that a kind needs.
fn one(origin: &Origin) -> Result<Written, String> {
    let mut arena = Arena::default();
    let mut full_names: BTreeMap<String, String> = BTreeMap::new();
    let mut kinds: BTreeMap<String, BTreeSet<GroupVersionKind>> = BTreeMap::new();
    let mut resources = BTreeMap::new();
    let mut meanings: BTreeMap<String, NodeId> = BTreeMap::new();
    for document in &origin.documents {
        resources.extend(collect_resources(document.root()));
        let schemas = document
            .root()
            .at(&["components", "schemas"])
            .and_then(NodeRef::as_map);
        for entry in schemas.into_iter().flat_map(MapRef::iter) {
            let name = short(entry.key);
            let full = full_names
                .entry(name.clone())
                .or_insert_with(|| entry.key.to_owned());
            if full != entry.key {
                return Err(format!("`{full}` and `{}` are both `{name}`", entry.key));
            }
            let mut problems = Vec::new();
            let node =
                Reader::new(&mut arena, Source::OpenApi, &short, &mut problems).schema(entry.value);
            if let Some(problem) = problems.first() {
                return Err(format!("`{}`: {problem}", entry.key));
            }
            for gvk in gvks(entry.value) {
                kinds.entry(name.clone()).or_default().insert(gvk);
            }
            if let Some(known) = meanings.get(&name) {
                if text_of(&arena, *known)? != text_of(&arena, node)? {
                    return Err(format!("`{}` has two meanings", entry.key));
                }
                continue;
            }
            meanings.insert(name.clone(), node);
            let id = arena.define(&name);
            arena.mean(id, Releases::ALL, node);
        }
    }
    let mut written = Written {
        headers: BTreeMap::new(),
        fields: BTreeMap::new(),
        kinds: BTreeMap::new(),
    };
    let mut pending: Vec<String> = Vec::new();
    for (name, gvks) in &kinds {
        for gvk in gvks {
            if let Some(resource) = resources.get(gvk) {
                pending.push(name.clone());
                let scope = if resource.namespaced {
                    "namespaced"
                } else {
                    "cluster"
                };
                let line = format!(
                    "{}/{} {} {} {scope}",
                    gvk.group, gvk.version, gvk.kind, resource.name
                );
                written.kinds.entry(name.clone()).or_default().insert(line);
            }
        }
    }
    while let Some(name) = pending.pop() {
        if written.headers.contains_key(&name) {
            continue;
        }
        let id = *meanings
            .get(&name)
            .ok_or_else(|| format!("`{name}` is referred to, but not there"))?;
        let package = package(&name);
        let node = arena.node(id).ok_or("a node is missing")?;
        written
            .headers
            .insert(name.clone(), spell(&arena, node, package)?);
        pending.extend(references(&arena, id));
        let mut fields = BTreeMap::new();
        for field in arena.fields(node.kind) {
            let value = arena.node(field.node).ok_or("a node is missing")?;
            if !arena.fields(value.kind).is_empty() {
                return Err(format!("`{name}.{}` has fields of its own", field.name));
            }
            pending.extend(references(&arena, field.node));
            let mark = if field.required { "!" } else { "" };
            fields.insert(
                format!("{}{mark}", field.name),
                spell(&arena, value, package)?,
            );
        }
        written.fields.insert(name, fields);
    }
    Ok(written)
}

/// `core.v1.Pod` for `io.k8s.api.core.v1.Pod`: what is left names one thing all the same.
pub(in super::super) fn short(name: &str) -> String {
    let words: Vec<&str> = name.split('.').collect();
    words
        .get(words.len().saturating_sub(3)..)
        .unwrap_or_default()
        .join(".")
}

/// `core.v1.` of `core.v1.Pod`.
pub(super) fn package(name: &str) -> &str {
    name.rfind('.')
        .and_then(|dot| name.get(..=dot))
        .unwrap_or_default()
}

/// The definitions that a schema refers to, itself or through its elements.
fn references(arena: &Arena, mut id: NodeId) -> Option<String> {
    loop {
        match arena.node(id)?.kind {
            Kind::Reference(definition) => {
                return arena
                    .definitions
                    .get(definition.0 as usize)
                    .map(|known| known.name.to_string());
            }
            Kind::List(Some(inner)) | Kind::Map(inner) => id = inner,
            _ => return None,
        }
    }
}

/// A definition with its fields as one text, to compare with another.
fn text_of(arena: &Arena, id: NodeId) -> Result<String, String> {
    let node = arena.node(id).ok_or("a node is missing")?;
    let mut text = spell(arena, node, "")?;
    for field in arena.fields(node.kind) {
        let value = arena.node(field.node).ok_or("a node is missing")?;
        let _ = write!(
            text,
            "\n{} {} {}",
            field.name,
            field.required,
            spell(arena, value, "")?
        );
    }
    Ok(text)
}

/// A schema in the words of the bundle, without the fields of an object.
fn spell(arena: &Arena, node: &Node, package: &str) -> Result<String, String> {
    spell_within(arena, node, package, false)
}

/// The default of a list's elements is left out: nothing sets it.
fn spell_within(arena: &Arena, node: &Node, package: &str, within: bool) -> Result<String, String> {
    let mut words = vec![match node.kind {
        Kind::Any => "any".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Int => "int".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::String => "string".to_owned(),
        Kind::IntOrString => "int-or-string".to_owned(),
        Kind::Quantity => "quantity".to_owned(),
        Kind::List(_) => "list".to_owned(),
        Kind::Map(_) => "map".to_owned(),
        Kind::Object { .. } => "object".to_owned(),
        Kind::Reference(id) => {
            let name = arena
                .definitions
                .get(id.0 as usize)
                .map(|known| &*known.name)
                .unwrap_or_default();
            match name
                .strip_prefix(package)
                .filter(|rest| !rest.contains('.'))
            {
                Some(rest) => format!("@.{rest}"),
                None => format!("@{name}"),
            }
        }
        Kind::ObjectMeta => {
            return Err("only custom resources have the built-in metadata".to_owned());
        }
    }];
    let mut word = |key: &str, value: &str| {
        if value.contains(|c: char| c.is_whitespace()) {
            return Err(format!(
                "`{key}` is `{value}`, and the bundle keeps no spaces"
            ));
        }
        words.push(if value.is_empty() {
            key.to_owned()
        } else {
            format!("{key}={value}")
        });
        Ok(())
    };
    // What `int-or-string` says already.
    if node.kind != Kind::IntOrString
        && let Some(format) = &node.format
    {
        word("format", format)?;
    }
    match &node.list {
        Some(ListType::Atomic) => word("list-atomic", "")?,
        Some(ListType::Set) => word("list-set", "")?,
        Some(ListType::Map(keys)) => word("list-map", &keys.join(","))?,
        None => {}
    }
    match node.map {
        Some(MapType::Atomic) => word("map-atomic", "")?,
        Some(MapType::Granular) => word("map-granular", "")?,
        None => {}
    }
    if let Some(patch) = &node.patch {
        let strategy = match (patch.merge, patch.retain_keys) {
            (true, true) => "patch-merge-retain-keys",
            (true, false) => "patch-merge",
            (false, true) => "patch-retain-keys",
            (false, false) => "patch-replace",
        };
        word(strategy, patch.merge_key.as_deref().unwrap_or_default())?;
    }
    if let Some(default) = &node.default
        && !within
    {
        word("default", default)?;
    }
    if !node.values.is_empty() {
        word("values", &node.values.join(","))?;
    }
    if let Some(most) = node.most {
        word("most", &most.to_string())?;
    }
    for (flag, name) in [
        (node.nullable, "nullable"),
        (node.open, "open"),
        (node.embedded, "embedded"),
    ] {
        if flag {
            word(name, "")?;
        }
    }
    if let Kind::List(Some(inner)) | Kind::Map(inner) = node.kind {
        let inner = arena.node(inner).ok_or("a node is missing")?;
        words.push("of".to_owned());
        words.push(spell_within(arena, inner, package, true)?);
    }
    Ok(words.join(" "))
}
