//! Reading the text of a bundle.

use super::super::gvk::GroupVersionKind;
use super::super::model::{DefinitionId, Kind, ListType, MapType, Node, NodeId, Patch, Property};
use super::super::release::Releases;
use super::write::package;
use super::{Bundle, HEADER, KindFacts, Version};

/// What is wrong with a line of a bundle; lines count from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(super) struct ParseError {
    line: usize,
    message: String,
}

/// A definition whose fields are still being read.
struct Open {
    id: DefinitionId,
    package: String,
    releases: Releases,
    node: Node,
    fields: Vec<Property>,
}

/// Reads a whole bundle.
pub(super) fn parse(text: &str) -> Result<Bundle, ParseError> {
    let mut bundle = Bundle::default();
    let mut open: Option<Open> = None;
    for (index, line) in text.lines().enumerate() {
        let read = match index {
            0 if line == HEADER => Ok(()),
            0 => Err("this is no bundle of schemas".to_owned()),
            _ => bundle.line(line, &mut open),
        };
        read.map_err(|message| ParseError {
            line: index + 1,
            message,
        })?;
    }
    bundle.close(open);
    Ok(bundle)
}

impl Bundle {
    fn line(&mut self, line: &str, open: &mut Option<Open>) -> Result<(), String> {
        if let Some(version) = line.strip_prefix("release ") {
            let release = version
                .parse()
                .map_err(|_| "a release is a version such as 1.36.3")?;
            if self.releases.len() == 32
                || self
                    .releases
                    .last()
                    .is_some_and(|last| last.release >= release)
            {
                return Err("at most 32 releases, oldest first".to_owned());
            }
            self.releases.push(Version {
                release,
                text: version.into(),
            });
        } else if let Some(kind) = line.strip_prefix("  ") {
            self.kind(
                kind,
                open.as_ref().ok_or("a kind stands below a definition")?,
            )?;
        } else if let Some(field) = line.strip_prefix(' ') {
            let open = open.as_mut().ok_or("a field stands below a definition")?;
            let (name, rest) = split(field)?;
            let (releases, rest) = self.range(rest, open.releases)?;
            let node = self.node(rest, &open.package)?;
            open.fields.push(Property {
                required: name.ends_with('!'),
                name: name.trim_end_matches('!').into(),
                releases,
                node: self.arena.add(node),
            });
        } else {
            self.close(open.take());
            let (name, rest) = split(line)?;
            let (releases, rest) = self.range(rest, Releases::first(self.releases.len()))?;
            *open = Some(Open {
                id: self.arena.define(name),
                package: package(name).to_owned(),
                releases,
                node: self.node(rest, package(name))?,
                fields: Vec::new(),
            });
        }
        Ok(())
    }

    fn close(&mut self, open: Option<Open>) {
        let Some(mut open) = open else { return };
        if matches!(open.node.kind, Kind::Object { .. }) {
            open.node.kind = self.arena.object(open.fields);
        }
        let node = self.arena.add(open.node);
        self.arena.mean(open.id, open.releases, node);
    }

    /// `apps/v1 Deployment deployments namespaced`
    fn kind(&mut self, text: &str, open: &Open) -> Result<(), String> {
        let (releases, text) = self.range(text, open.releases)?;
        let words: Vec<&str> = text.split(' ').collect();
        let [
            api_version,
            kind,
            resource,
            scope @ ("namespaced" | "cluster"),
        ] = words[..]
        else {
            return Err("a kind is a group and version, a name, a resource and a scope".to_owned());
        };
        let (group, version) = api_version
            .split_once('/')
            .ok_or("a kind has a group and version")?;
        let facts = KindFacts {
            releases,
            definition: open.id,
            resource: resource.into(),
            namespaced: scope == "namespaced",
        };
        let gvk = GroupVersionKind::new(group, version, kind);
        self.kinds.entry(gvk).or_default().push(facts);
        Ok(())
    }

    /// The releases that a line begins with, such as `33,35-37`; without them those of what it stands in.
    fn range<'t>(&self, text: &'t str, outer: Releases) -> Result<(Releases, &'t str), String> {
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok((outer, text));
        }
        let (minors, rest) = split(text)?;
        let mut releases = Releases(0);
        for run in minors.split(',') {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let number = |text: &str| {
                text.parse::<u8>()
                    .map_err(|_| format!("`{text}` is no release"))
            };
            let run = number(first)?..=number(last)?;
            for (index, version) in self.releases.iter().enumerate() {
                if run.contains(&version.release.as_minor()) {
                    releases = releases.and(Releases::only(index));
                }
            }
        }
        if releases == Releases(0) {
            return Err(format!("there is no release `{minors}`"));
        }
        Ok((releases, rest))
    }

    fn node(&mut self, text: &str, package: &str) -> Result<Node, String> {
        let (own, inner) = match text.split_once(" of ") {
            Some((own, inner)) => (own, Some(inner)),
            None => (text, None),
        };
        let mut words = own.split(' ');
        let word = words.next().unwrap_or_default();
        let mut node = Node::from(match word {
            "any" => Kind::Any,
            "bool" => Kind::Bool,
            "int" => Kind::Int,
            "number" => Kind::Number,
            "string" => Kind::String,
            "int-or-string" => Kind::IntOrString,
            "quantity" => Kind::Quantity,
            "object" => Kind::Object { start: 0, len: 0 },
            "list" | "map" => {
                let inner = inner.map(|inner| self.inner(inner, package)).transpose()?;
                match inner {
                    Some(inner) if word == "map" => Kind::Map(inner),
                    inner => Kind::List(inner),
                }
            }
            reference => {
                let name = reference
                    .strip_prefix('@')
                    .ok_or_else(|| format!("there is no schema `{word}`"))?;
                Kind::Reference(match name.strip_prefix('.') {
                    Some(name) => self.arena.define(&format!("{package}{name}")),
                    None => self.arena.define(name),
                })
            }
        });
        for word in words {
            attribute(&mut node, word)?;
        }
        Ok(node)
    }

    fn inner(&mut self, text: &str, package: &str) -> Result<NodeId, String> {
        let node = self.node(text, package)?;
        Ok(self.arena.add(node))
    }
}

fn attribute(node: &mut Node, word: &str) -> Result<(), String> {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let list = || {
        value
            .split(',')
            .map(Into::into)
            .collect::<Box<[Box<str>]>>()
    };
    let patch = |merge, retain_keys| {
        Some(Box::new(Patch {
            merge,
            retain_keys,
            merge_key: (!value.is_empty()).then(|| value.into()),
        }))
    };
    match key {
        "format" => node.format = Some(value.into()),
        "list-atomic" => node.list = Some(ListType::Atomic),
        "list-set" => node.list = Some(ListType::Set),
        "list-map" => node.list = Some(ListType::Map(list())),
        "map-atomic" => node.map = Some(MapType::Atomic),
        "map-granular" => node.map = Some(MapType::Granular),
        "patch-merge" => node.patch = patch(true, false),
        "patch-merge-retain-keys" => node.patch = patch(true, true),
        "patch-retain-keys" => node.patch = patch(false, true),
        "patch-replace" => node.patch = patch(false, false),
        "default" => node.default = Some(value.into()),
        "values" => node.values = list().into_vec(),
        "most" => node.most = Some(value.parse().map_err(|_| "`most` is a number")?),
        "nullable" => node.nullable = true,
        "open" => node.open = true,
        "embedded" => node.embedded = true,
        _ => return Err(format!("a schema has no attribute `{key}`")),
    }
    Ok(())
}

fn split(text: &str) -> Result<(&str, &str), String> {
    text.split_once(' ')
        .ok_or_else(|| "the line ends too soon".to_owned())
}
