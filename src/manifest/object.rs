//! What a document is: a Kubernetes object, a list of them, one of kustomize's own files, or something else.

use super::{Document, DocumentBuilder, NodeRef, Problem, View};

/// One Kubernetes object: a document whose root is a map with `apiVersion` and `kind`.
#[derive(Clone, Debug)]
pub struct Manifest {
    document: Document,
}

impl Manifest {
    /// The document as a manifest; `None` where it is none.
    pub fn new(document: Document) -> Option<Self> {
        is_object(document.root()).then_some(Self { document })
    }

    /// The object's document; its root is the object, also where it was an item of a list.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Gives the document back, to be changed.
    pub fn into_document(self) -> Document {
        self.document
    }

    /// The object.
    pub fn root(&self) -> NodeRef<'_> {
        self.document.root()
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        text(self.root(), "apiVersion").unwrap_or_default()
    }

    /// The group of `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version()
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The version of `apiVersion`.
    pub fn version(&self) -> &str {
        let api_version = self.api_version();
        api_version
            .split_once('/')
            .map_or(api_version, |(_, version)| version)
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        text(self.root(), "kind").unwrap_or_default()
    }

    /// `metadata.name`, unless it is not set or empty.
    pub fn name(&self) -> Option<&str> {
        self.metadata("name")
    }

    /// `metadata.namespace`, unless it is not set or empty.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata("namespace")
    }

    /// `metadata.generateName`, unless it is not set or empty.
    pub fn generate_name(&self) -> Option<&str> {
        self.metadata("generateName")
    }

    fn metadata(&self, key: &str) -> Option<&str> {
        text(self.root().get("metadata")?, key)
    }
}

/// What a document of a file is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A Kubernetes object.
    Object(Manifest),
    /// A file that kustomize itself reads: a kustomization, a component, the configuration of a built-in plugin.
    Kustomize(Document),
    /// Anything else: values of a chart, the configuration of a tool.
    Other(Document),
}

/// Says what a document is. A list of objects gives each of its items, with the places they stand at.
///
/// A document that is nearly an object is a problem: kubectl would refuse it.
pub fn classify(document: Document, problems: &mut Vec<Problem>) -> Vec<Content> {
    if is_kustomize(document.root()) {
        return vec![Content::Kustomize(document)];
    }
    let documents = unroll(document, problems);
    let single = |document: Document| {
        if is_object(document.root()) {
            return Content::Object(Manifest { document });
        }
        problems.extend(nearly_object(document.root()));
        Content::Other(document)
    };
    documents.into_iter().map(single).collect()
}

/// The items of a list of objects, also within lists, with the places they stand at; any other document as it is.
///
/// What is no object where an item should be is a problem: the API server would refuse the list.
pub fn unroll(document: Document, problems: &mut Vec<Problem>) -> Vec<Document> {
    if list_items(document.root()).is_none() {
        problems.extend(no_items(document.root()));
        return vec![document];
    }
    let mut documents = Vec::new();
    let mut pending = vec![(document.root(), None)];
    while let Some((node, item_kind)) = pending.pop() {
        if let Some((items, item_kind)) = list_items(node) {
            pending.extend(items.into_iter().rev().map(|item| (item, item_kind)));
            continue;
        }
        if node.as_map().is_none() {
            let message = format!(
                "an item of a list is of type {}, not an object",
                node.type_name()
            );
            problems.push(Problem::error(message, node.origin()));
            continue;
        }
        let mut builder = DocumentBuilder::new();
        let root = builder.copy(node);
        let mut item = builder.finish(root);
        match item_kind {
            Some((api_version, kind)) if text(node, "kind").is_none() => {
                for (key, value) in [("apiVersion", api_version), ("kind", kind)] {
                    let value = item.make_string(value);
                    item.set_entry(root, key, value);
                }
            }
            None if !is_object(node) => {
                let message = "an item of a List needs `apiVersion` and `kind`";
                problems.push(Problem::error(message, node.origin()));
                continue;
            }
            _ => {}
        }
        documents.push(item);
    }
    documents
}

/// Why a `List` has no items to look at; `None` for everything else.
fn no_items(node: NodeRef<'_>) -> Option<Problem> {
    let is_list = text(node, "kind") == Some("List") && text(node, "apiVersion").is_some();
    let items = node.get("items").filter(|items| !items.is_null());
    let wrong = items.filter(|items| is_list && items.as_list().is_none())?;
    let message = format!(
        "`items` of a List is of type {}, not a list",
        wrong.type_name()
    );
    Some(Problem::error(message, wrong.origin()))
}

fn is_object(node: NodeRef<'_>) -> bool {
    text(node, "apiVersion").is_some() && text(node, "kind").is_some()
}

/// `apiVersion` and `kind` of the items of a list.
type ItemKind<'a> = (&'a str, &'a str);

/// The items of a list of objects, and what an item without a kind is then: a `ConfigMapList` holds `ConfigMap`s.
///
/// As `unstructuredJSONScheme` of k8s.io/apimachinery, but only where the kind says that it is a list.
fn list_items(node: NodeRef<'_>) -> Option<(Vec<NodeRef<'_>>, Option<ItemKind<'_>>)> {
    let item_kind = text(node, "kind")?.strip_suffix("List")?;
    let api_version = text(node, "apiVersion")?;
    let items = node.get("items")?.as_list()?.iter().collect();
    let item_kind = (!item_kind.is_empty()).then_some((api_version, item_kind));
    Some((items, item_kind))
}

fn is_kustomize(node: NodeRef<'_>) -> bool {
    let Some(api_version) = text(node, "apiVersion") else {
        return false;
    };
    api_version.starts_with("kustomize.config.k8s.io/") || api_version == "builtin"
}

/// Why a map that has some marks of an object is none; `None` for an object, and for what is meant to be none.
pub fn nearly_object(node: NodeRef<'_>) -> Option<Problem> {
    let map = node.as_map()?;
    let looks_so = map.get("metadata").is_some() || map.get("spec").is_some();
    let missing = match (text(node, "apiVersion"), text(node, "kind")) {
        (None, Some(_)) if looks_so => "apiVersion",
        (Some(_), None) if looks_so => "kind",
        (None, None) if map.get("apiVersion").is_some() && map.get("kind").is_some() => {
            "apiVersion"
        }
        _ => return None,
    };
    let place = map.entry(missing);
    let problem = match place.map(|entry| (entry, entry.value.view())) {
        None => Problem::error(
            format!("this looks like a Kubernetes object, but `{missing}` is not set"),
            node.origin(),
        ),
        Some((entry, View::Null | View::String(_))) => {
            Problem::error(format!("`{missing}` is empty"), entry.key_origin)
        }
        Some((entry, _)) => {
            Problem::error(format!("`{missing}` is no string"), entry.value.origin())
        }
    };
    Some(problem.with_help("it is not judged; the API server refuses it"))
}

/// A string that is set and not empty.
fn text<'a>(node: NodeRef<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str().filter(|text| !text.is_empty())
}
