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
/// What is no object where an item should be is a problem: the API server would refuse the list. So is an object that
/// is none for its empty `items`: nothing of it would reach the cluster.
pub fn unroll(document: Document, problems: &mut Vec<Problem>) -> Vec<Document> {
    if list_items(document.root(), None).is_none() {
        problems.extend(no_items(document.root()));
        return vec![document];
    }
    let mut documents = Vec::new();
    let mut pending = vec![(document.root(), None)];
    while let Some((node, item_kind)) = pending.pop() {
        if let Some((items, item_kind)) = list_items(node, item_kind) {
            if items.is_empty() {
                problems.extend(holds_nothing(node, item_kind));
            }
            let item_kind = Some(item_kind);
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
        if !is_object(node) {
            let Some((api_version, kind)) = item_kind.filter(|_| is_bare(node)).filter(is_whole)
            else {
                let message = "an item of a List needs `apiVersion` and `kind`";
                problems.push(Problem::error(message, node.origin()));
                continue;
            };
            for (key, value) in [("apiVersion", api_version), ("kind", kind)] {
                let value = item.make_string(value);
                item.set_entry(root, key, value);
            }
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

/// What is wrong with a list of nothing: it is odd, and a mistake in what says by its kind that it is no list.
fn holds_nothing(node: NodeRef<'_>, (_, kind): ItemKind<'_>) -> Option<Problem> {
    let items = node.get("items")?;
    if let Some(list) = text(node, "kind").filter(|kind| kind.ends_with("List")) {
        let message = format!("this {list} holds no object");
        return Some(Problem::warning(message, items.origin()));
    }
    let message =
        format!("kubectl and Flux take this {kind} for a list, and its `items` hold no object");
    let problem = Problem::error(message, items.origin());
    Some(problem.with_help("nothing of it reaches the cluster: remove `items`"))
}

fn is_object(node: NodeRef<'_>) -> bool {
    text(node, "apiVersion").is_some() && text(node, "kind").is_some()
}

/// Whether an object says nothing of its kind.
fn is_bare(node: NodeRef<'_>) -> bool {
    text(node, "apiVersion").is_none() && text(node, "kind").is_none()
}

/// `apiVersion` and `kind` of the items of a list; either may be empty.
type ItemKind<'a> = (&'a str, &'a str);

fn is_whole(&(api_version, kind): &ItemKind<'_>) -> bool {
    !api_version.is_empty() && !kind.is_empty()
}

/// The items of a list of objects, and what an item is that says nothing of its kind: a `ConfigMapList` holds
/// `ConfigMap`s. `own` is what the list itself is if it says nothing.
///
/// As `unstructuredJSONScheme` and `Unstructured.IsList` of k8s.io/apimachinery, by which kubectl and Flux read: whatever
/// its kind, what has `items` is a list. Files of other tools may have a kind and items too, so what has no `apiVersion`
/// is one only where it holds an object.
fn list_items<'a>(
    node: NodeRef<'a>,
    own: Option<ItemKind<'a>>,
) -> Option<(Vec<NodeRef<'a>>, ItemKind<'a>)> {
    let own = own.filter(|_| is_bare(node)).unwrap_or_default();
    let known = |key: &str, own: &'a str| text(node, key).unwrap_or(own);
    let (api_version, kind) = (known("apiVersion", own.0), known("kind", own.1));
    let items: Vec<_> = node.get("items")?.as_list()?.iter().collect();
    let is_ours = !api_version.is_empty() || items.iter().any(|item| is_object(*item));
    let item_kind = kind.strip_suffix("List").unwrap_or(kind);
    (is_ours && !kind.is_empty()).then_some((items, (api_version, item_kind)))
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
