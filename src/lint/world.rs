//! What one cluster would hold: the objects to judge, and what policies may ask about the others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::config::Config;
use crate::engine::OtherObjects;
use crate::judge::glob_matches;
use crate::manifest::{Document, DocumentBuilder, NodeRef};
use crate::schema::kinds;
use crate::schema::namespaces::{self, NAME_LABEL};

use super::builds::{Build, Builds};
use super::clusters::Clusters;
use super::files::{File, Files};
use super::objects::{Content, Identity, content};
use super::substitution::Substitution;

/// Where an object to judge was found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Provenance<'a> {
    /// In a file that no build reads.
    File,
    /// In a file of a build that was not rendered.
    AsWritten,
    /// In what a build gives: the object with this index.
    Built(&'a Build, usize),
}

/// One object to judge.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// The object.
    pub(super) document: Cow<'a, Document>,
    /// Its names.
    pub(super) identity: Identity,
    /// The namespace that it would be created in; `None` for cluster-scoped kinds.
    pub(super) namespace: Option<String>,
    /// Where it was found.
    pub(super) provenance: Provenance<'a>,
}

/// One cluster as far as the repository tells.
#[derive(Debug)]
pub(super) struct World<'a> {
    cases: &'a [Case<'a>],
    /// The same objects as the API server would show them.
    objects: &'a [Document],
    namespaces: BTreeMap<String, Document>,
    by_kind: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// Why other objects are not known.
    hidden: Option<String>,
}

/// The objects of each cluster.
pub(super) fn cases<'a>(
    files: &'a Files,
    builds: &'a Builds,
    clusters: &Clusters,
    substitution: &Substitution,
) -> Vec<Vec<Case<'a>>> {
    let mut worlds: Vec<Vec<Case<'a>>> = clusters.iter().map(|_| Vec::new()).collect();
    let mut add = |cluster: usize, mut case: Case<'a>, place: Option<&Path>| {
        substitution.mark(&mut case.document, place);
        if let Some(world) = worlds.get_mut(cluster) {
            world.push(case);
        }
    };
    for file in files.iter().filter(|file| is_judged_alone(file, builds)) {
        let of = clusters.of(file.path.as_deref());
        for document in &file.documents {
            for &cluster in &of {
                if let Some(case) = case(Cow::Borrowed(document), None, Provenance::File) {
                    add(cluster, case, file.path.as_deref());
                }
            }
        }
    }
    for build in &builds.list {
        let place = Some(build.place.as_path());
        for &cluster in &build.clusters {
            match &build.outcome {
                Ok(objects) => {
                    for (index, object) in objects.iter().enumerate() {
                        let provenance = Provenance::Built(build, index);
                        let document = Cow::Borrowed(&object.document);
                        if let Some(case) = case(document, build.namespace.as_deref(), provenance) {
                            add(cluster, case, place);
                        }
                    }
                }
                Err(_) => {
                    for case in as_written(build, files, builds) {
                        add(cluster, case, place);
                    }
                }
            }
        }
    }
    for world in &mut worlds {
        leave_namespaces(world);
    }
    worlds
}

/// Custom kinds are taken to be namespaced; where the cluster's own definitions say otherwise, their objects are not.
fn leave_namespaces(world: &mut [Case<'_>]) {
    let definition = |case: &Case<'_>| {
        let root = case.document.root();
        let text = |route: &[&str]| root.at(route).and_then(NodeRef::as_str);
        let is_one = *case.identity.group == *"apiextensions.k8s.io"
            && *case.identity.kind == *"CustomResourceDefinition";
        let is_cluster = text(&["spec", "scope"]) == Some("Cluster");
        let names = text(&["spec", "group"]).zip(text(&["spec", "names", "kind"]));
        let (group, kind) = names.filter(|_| is_one && is_cluster)?;
        Some((group.to_owned(), kind.to_owned()))
    };
    let cluster: Vec<(String, String)> = world.iter().filter_map(definition).collect();
    if cluster.is_empty() {
        return;
    }
    for case in world {
        let is_it = |(group, kind): &(String, String)| {
            **group == *case.identity.group && **kind == *case.identity.kind
        };
        if cluster.iter().any(is_it) {
            case.namespace = None;
        }
    }
}

fn is_judged_alone(file: &File, builds: &Builds) -> bool {
    let is_read = file.path.as_deref().is_some_and(|path| builds.reads(path));
    file.given && !is_read && !builds.is_stray(file)
}

fn as_written<'a>(
    build: &'a Build,
    files: &'a Files,
    builds: &'a Builds,
) -> impl Iterator<Item = Case<'a>> {
    let resources = build
        .reached
        .iter()
        .filter(|reached| reached.role == crate::gitops::Use::Resource)
        .filter(|reached| !reached.chain.iter().any(|at| build.parts.contains(at)));
    resources.flat_map(move |reached| {
        // The outermost kustomization has the last word on the namespace.
        let own = || {
            reached.chain.iter().find_map(|&at| {
                let kustomization = builds.graph.get(at)?.kustomization.as_ref()?;
                kustomization.namespace()
            })
        };
        let namespace = build.namespace.as_deref().or_else(own);
        let documents = files
            .get(&reached.file)
            .map_or(&[][..], |file| &file.documents);
        documents.iter().filter_map(move |document| {
            case(Cow::Borrowed(document), namespace, Provenance::AsWritten)
        })
    })
}

/// The case of a document, if it is an object. `namespace` is what its kustomizations set.
fn case<'a>(
    document: Cow<'a, Document>,
    namespace: Option<&str>,
    provenance: Provenance<'a>,
) -> Option<Case<'a>> {
    let Content::Object(mut identity) = content(&document) else {
        return None;
    };
    let mut document = document;
    let is_namespaced = kinds::is_namespaced(&identity.group, &identity.kind);
    if let (true, Some(namespace)) = (is_namespaced, namespace) {
        identity.namespace = Some(namespace.into());
        set_namespace(document.to_mut(), namespace);
    }
    // Where nothing says otherwise, kubectl and Flux create objects in `default`.
    let namespace = is_namespaced.then(|| {
        identity
            .namespace
            .as_deref()
            .unwrap_or("default")
            .to_owned()
    });
    Some(Case {
        document,
        identity,
        namespace,
        provenance,
    })
}

fn set_namespace(document: &mut Document, namespace: &str) {
    let Some(metadata) = document.root().get("metadata").map(NodeRef::id) else {
        return;
    };
    let value = document.make_string(namespace);
    document.set_entry(metadata, "namespace", value);
}

impl<'a> World<'a> {
    /// Prepares what policies may ask about a cluster that holds these objects. `objects` are those of the cases, as
    /// the API server would show them.
    pub(super) fn new(
        cases: &'a [Case<'a>],
        objects: &'a [Document],
        config: &Config,
        hidden: Option<String>,
    ) -> World<'a> {
        let mut by_kind: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        let mut namespaces = BTreeMap::new();
        for (index, case) in cases.iter().enumerate() {
            let key = (&*case.identity.group, &*case.identity.kind);
            by_kind.entry(key).or_default().push(index);
            if key == ("", "Namespace") {
                let name = case.identity.name.to_string();
                namespaces.insert(name, declared(case.document.root()));
            }
        }
        for namespace in cases.iter().filter_map(|case| case.namespace.as_deref()) {
            if !namespaces.contains_key(namespace) {
                namespaces.insert(namespace.to_owned(), assumed(namespace, config));
            }
        }
        World {
            cases,
            objects,
            namespaces,
            by_kind,
            hidden,
        }
    }

    /// The namespace as an object, with what is not known marked so.
    pub(super) fn namespace(&self, name: &str) -> Option<&Document> {
        self.namespaces.get(name)
    }
}

impl OtherObjects for World<'_> {
    fn list(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<NodeRef<'_>>, String> {
        if let Some(reason) = &self.hidden {
            return Err(reason.clone());
        }
        let found = self
            .by_kind
            .get(&(group, kind))
            .map_or(&[][..], Vec::as_slice);
        Ok(found
            .iter()
            .filter_map(|&index| self.cases.get(index).zip(self.objects.get(index)))
            .filter(|(case, _)| namespace.is_none() || case.namespace.as_deref() == namespace)
            .map(|(_, object)| object.root())
            .collect())
    }
}

/// A Namespace of the repository, with the label that the API server adds.
fn declared(object: NodeRef<'_>) -> Document {
    let mut builder = DocumentBuilder::new();
    let root = builder.copy(object);
    let mut document = builder.finish(root);
    let name = object
        .at(&["metadata", "name"])
        .and_then(NodeRef::as_str)
        .unwrap_or_default();
    let Some(metadata) = document.root().get("metadata").map(NodeRef::id) else {
        return document;
    };
    let labels = document
        .node(metadata)
        .get("labels")
        .filter(|node| node.as_map().is_some());
    let labels = if let Some(labels) = labels.map(NodeRef::id) {
        labels
    } else {
        let labels = document.make_map();
        document.set_entry(metadata, "labels", labels);
        labels
    };
    let value = document.make_string(name);
    document.set_entry(labels, NAME_LABEL, value);
    document
}

/// A namespace that is not in the repository: Config may know its labels; its name is always known.
fn assumed(name: &str, config: &Config) -> Document {
    let reason = format!("namespace `{name}` is neither in the repository nor in Config");
    let known = config
        .namespaces
        .iter()
        .rev()
        .filter(|setting| {
            setting
                .names
                .iter()
                .any(|pattern| glob_matches(pattern, name))
        })
        .find_map(|setting| setting.labels.as_ref());
    let labels: Option<Vec<(&str, &str)>> = known.map(|labels| {
        let labels = labels.iter();
        labels.map(|(key, value)| (&**key, &**value)).collect()
    });
    namespaces::assumed(name, labels.as_deref(), &reason)
}
