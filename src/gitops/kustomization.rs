//! One `kustomization.yaml`: what it refers to, and what the tracing of a value needs of it.
//!
//! Upstream: sigs.k8s.io/kustomize/api/types `Kustomization`, version 5. Fields that were renamed there (`bases`,
//! `patchesStrategicMerge`, `patchesJson6902`, `commonLabels`) are still read.

use std::path::Path;

use crate::manifest::{Document, ListRef, NodeRef};

/// The names that kustomize looks for in a directory, in its order.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether kustomize would take a file of this name for a kustomization.
pub fn is_kustomization_file(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| FILE_NAMES.contains(&name))
}

/// What a kustomization does with what it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Its objects become part of the build: `resources`, `bases`.
    Resource,
    /// A component: `components`.
    Component,
    /// It changes objects: patches.
    Patch,
    /// It is content or configuration, not an object: generator files, transformers, replacements, Helm values.
    Data,
}

/// One path that a kustomization names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What for.
    pub role: Use,
    /// The path or URL as written.
    pub path: Box<str>,
}

/// A kustomization as it was read.
#[derive(Clone, Debug)]
pub struct Kustomization {
    document: Document,
}

impl Kustomization {
    /// A kustomization in this document.
    pub const fn new(document: Document) -> Self {
        Self { document }
    }

    /// The whole of it.
    pub fn root(&self) -> NodeRef<'_> {
        self.document.root()
    }

    /// Whether it is a component: made to be used by others, never built alone.
    pub fn is_component(&self) -> bool {
        self.root().get("kind").and_then(NodeRef::as_str) == Some("Component")
    }

    /// The namespace that it gives to all its objects.
    pub fn namespace(&self) -> Option<&str> {
        self.text("namespace")
    }

    /// What it puts in front of all names; empty for nothing.
    pub fn name_prefix(&self) -> &str {
        self.text("namePrefix").unwrap_or_default()
    }

    /// What it appends to all names; empty for nothing.
    pub fn name_suffix(&self) -> &str {
        self.text("nameSuffix").unwrap_or_default()
    }

    /// Whether it inflates Helm charts, which kustomize does only with `--enable-helm` and Flux never does.
    pub fn inflates_charts(&self) -> bool {
        ["helmCharts", "helmChartInflationGenerator"]
            .iter()
            .any(|key| self.list(key).next().is_some())
    }

    /// The paths that it names, in the order of its fields.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut add = |role: Use, path: &str| {
            found.push(Reference {
                role,
                path: path.into(),
            });
        };
        for (key, role) in [
            ("resources", Use::Resource),
            ("bases", Use::Resource),
            ("components", Use::Component),
            ("crds", Use::Data),
            ("configurations", Use::Data),
            ("generators", Use::Data),
            ("transformers", Use::Data),
            ("validators", Use::Data),
        ] {
            for path in self.list(key).filter_map(NodeRef::as_str) {
                if !is_inline(path) {
                    add(role, path);
                }
            }
        }
        for path in self
            .list("patchesStrategicMerge")
            .filter_map(NodeRef::as_str)
        {
            if !is_inline(path) {
                add(Use::Patch, path);
            }
        }
        for (key, role) in [
            ("patches", Use::Patch),
            ("patchesJson6902", Use::Patch),
            ("replacements", Use::Data),
        ] {
            for path in self.list(key).filter_map(|entry| text(entry, "path")) {
                add(role, path);
            }
        }
        if let Some(path) = self
            .root()
            .get("openapi")
            .and_then(|node| text(node, "path"))
        {
            add(Use::Data, path);
        }
        for key in ["configMapGenerator", "secretGenerator"] {
            for generator in self.list(key) {
                let named = |key| generator.get(key).and_then(NodeRef::as_list);
                let files = named("files").into_iter().flat_map(ListRef::iter);
                for entry in files.filter_map(NodeRef::as_str) {
                    // `key=path` names the key; a plain path is its own key.
                    add(
                        Use::Data,
                        entry.split_once('=').map_or(entry, |(_, path)| path),
                    );
                }
                let envs = named("envs").into_iter().flat_map(ListRef::iter);
                for entry in envs.chain(generator.get("env")).filter_map(NodeRef::as_str) {
                    add(Use::Data, entry);
                }
            }
        }
        for chart in self.list("helmCharts") {
            for path in text(chart, "valuesFile").into_iter().chain(
                chart
                    .get("additionalValuesFiles")
                    .and_then(NodeRef::as_list)
                    .into_iter()
                    .flat_map(ListRef::iter)
                    .filter_map(NodeRef::as_str),
            ) {
                add(Use::Data, path);
            }
        }
        found
    }

    /// The elements of a list field; none where it is absent.
    pub fn list(&self, key: &str) -> impl Iterator<Item = NodeRef<'_>> {
        self.root()
            .get(key)
            .and_then(NodeRef::as_list)
            .into_iter()
            .flat_map(ListRef::iter)
    }

    fn text(&self, key: &str) -> Option<&str> {
        text(self.root(), key)
    }
}

fn text<'a>(node: NodeRef<'a>, key: &str) -> Option<&'a str> {
    node.get(key)
        .and_then(NodeRef::as_str)
        .filter(|text| !text.is_empty())
}

/// Whether an entry that may be a path or YAML text is the latter.
fn is_inline(entry: &str) -> bool {
    entry.contains('\n') || entry.contains(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, Limits, read_one};
    use crate::source::SourceId;

    pub(crate) fn kustomization(text: &str) -> Kustomization {
        let reading = read_one(SourceId(0), text, Dialect::Kustomize, &Limits::default());
        Kustomization::new(reading.documents.into_iter().next().unwrap())
    }

    #[test]
    fn every_kind_of_reference_is_found_with_what_it_is_for() {
        let kustomization = kustomization(
            "resources: [a.yaml, ../base]\nbases: [../old]\ncomponents: [../c]\n\
             patches:\n- path: p.yaml\n- patch: 'a: b'\n\
             patchesStrategicMerge: [s.yaml, 'kind: X']\n\
             patchesJson6902: [{path: j.json}]\nreplacements: [{path: r.yaml}]\n\
             configMapGenerator: [{files: [x.conf, k=y.conf], envs: [z.env], env: w.env}]\n\
             openapi: {path: o.json}\n",
        );
        let found: Vec<String> = kustomization
            .references()
            .iter()
            .map(|reference| format!("{:?} {}", reference.role, reference.path))
            .collect();
        assert_eq!(
            found,
            [
                "Resource a.yaml",
                "Resource ../base",
                "Resource ../old",
                "Component ../c",
                "Patch s.yaml",
                "Patch p.yaml",
                "Patch j.json",
                "Data r.yaml",
                "Data o.json",
                "Data x.conf",
                "Data y.conf",
                "Data z.env",
                "Data w.env",
            ]
        );
    }
}
