//! The kinds of CustomResourceDefinitions.

use crate::manifest::{Document, NodeRef, Problem, fields::wrong_type};

use super::gvk::GroupVersionKind;
use super::read::{Reader, Source};
use super::schemas::{Added, AddedKind, Schemas};

/// The group of CustomResourceDefinition.
const GROUP: &str = "apiextensions.k8s.io/";

/// Whether a document is a CustomResourceDefinition.
pub fn is_crd(root: NodeRef<'_>) -> bool {
    let text = |key: &str| root.get(key).and_then(NodeRef::as_str);
    text("kind") == Some("CustomResourceDefinition")
        && text("apiVersion").is_some_and(|version| version.starts_with(GROUP))
}

impl Schemas {
    /// Adds the kinds of a CustomResourceDefinition: one for each version with a schema. What is wrong with it is a
    /// warning at its place, and what it says there is not known.
    pub fn add_crd(&mut self, document: &Document, problems: &mut Vec<Problem>) {
        let root = document.root();
        let text = |route: &[&str]| root.at(route).and_then(NodeRef::as_str);
        let wanted = |route: &[&str], problems: &mut Vec<Problem>| {
            let found = text(route).filter(|text| !text.is_empty());
            if found.is_none() {
                let path = route.join(".");
                let place = root.at(route).unwrap_or(root).origin();
                let message =
                    format!("a CustomResourceDefinition needs `{path}`; its kinds are not known");
                problems.push(Problem::warning(message, place));
            }
            found
        };
        let group = wanted(&["spec", "group"], problems);
        let kind = wanted(&["spec", "names", "kind"], problems);
        let (Some(group), Some(kind)) = (group, kind) else {
            return;
        };
        let resource = text(&["spec", "names", "plural"]).unwrap_or_default();
        let namespaced = text(&["spec", "scope"]) != Some("Cluster");
        let versions = root.at(&["spec", "versions"]);
        let Some(list) = versions.and_then(NodeRef::as_list) else {
            if let Some(versions) = versions.filter(|node| !node.is_null()) {
                let problem = wrong_type(versions, "`versions`", "a list");
                problems.push(Problem::warning(problem.message, problem.span));
            }
            return;
        };
        let mut added = Added::default();
        for version in list.iter() {
            let name = version.get("name").and_then(NodeRef::as_str);
            let schema = version.at(&["schema", "openAPIV3Schema"]);
            let (Some(name), Some(schema)) = (name, schema) else {
                continue;
            };
            if version.get("served").and_then(NodeRef::as_bool) == Some(false) {
                continue;
            }
            let keep = |name: &str| name.to_owned();
            let node = Reader::new(&mut added.arena, Source::Crd, &keep, problems).resource(schema);
            let served = AddedKind {
                node,
                resource: resource.into(),
                namespaced,
            };
            added
                .kinds
                .insert(GroupVersionKind::new(group, name, kind), served);
        }
        self.add(added);
    }
}
