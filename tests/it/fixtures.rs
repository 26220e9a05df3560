//! The fixtures of the policies: `testdata/policies/<policy>/{pass,fail,fix}/<case>.yaml` and the files beside them.
//!
//! One reading of them serves the policy tests and the parity test, so that both mouths are given the same things.

use std::fs;
use std::path::{Path, PathBuf};

use kpolicy::manifest::{Dialect, Document, DocumentBuilder, Limits, NodeRef, read};
use kpolicy::schema::{defaults, kinds};
use kpolicy::source::SourceId;

/// What a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The policy says nothing.
    Pass,
    /// The policy denies.
    Fail,
    /// The policy's mutations turn it into what stands in `<case>.fixed.yaml`.
    Fix,
}

/// One case with what stands beside it.
#[derive(Debug)]
pub(crate) struct Fixture {
    /// The policy it is about.
    pub(crate) policy: String,
    /// What it shows.
    pub(crate) kind: Kind,
    /// Its path below `testdata/policies`, for messages.
    pub(crate) name: String,
    /// The object as written.
    pub(crate) text: String,
    /// The object as written, parsed.
    pub(crate) object: Document,
    /// `<case>.context.yaml`.
    pub(crate) context: Option<Document>,
    /// `<case>.request.yaml`.
    pub(crate) request: Option<Document>,
    /// `<case>.expected.json`: `validation`, `message`, `fieldPath` of each finding.
    pub(crate) expected: Option<Vec<[String; 3]>>,
    /// `<case>.fixed.yaml`.
    pub(crate) fixed: Option<Document>,
}

/// The folder of the fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policies")
}

/// All fixtures, in order of their paths.
pub(crate) fn all() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for policy in directory(&folder()) {
        for (kind, name) in [
            (Kind::Fail, "fail"),
            (Kind::Fix, "fix"),
            (Kind::Pass, "pass"),
        ] {
            for path in directory(&policy.join(name)) {
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                let side = [".context.yaml", ".request.yaml", ".fixed.yaml"]
                    .iter()
                    .any(|end| file.ends_with(end));
                if path.extension().is_some_and(|end| end == "yaml") && !side {
                    fixtures.push(fixture(&policy, kind, &path));
                }
            }
        }
    }
    assert!(
        !fixtures.is_empty(),
        "no fixtures in {}",
        folder().display()
    );
    fixtures
}

fn directory(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn fixture(policy: &Path, kind: Kind, path: &Path) -> Fixture {
    let beside = |end: &str| path.with_extension(end);
    let text = fs::read_to_string(path).unwrap();
    let expected = fs::read_to_string(beside("expected.json"))
        .ok()
        .map(|text| {
            let json: serde_json::Value =
                serde_json::from_str(&text).expect("an expected.json is JSON");
            let findings = json["findings"]
                .as_array()
                .expect("an expected.json has `findings`");
            let field = |finding: &serde_json::Value, name: &str| {
                finding[name]
                    .as_str()
                    .unwrap_or_else(|| panic!("{}: no `{name}`", path.display()))
                    .to_owned()
            };
            findings
                .iter()
                .map(|finding| {
                    [
                        field(finding, "validation"),
                        field(finding, "message"),
                        field(finding, "fieldPath"),
                    ]
                })
                .collect()
        });
    Fixture {
        policy: policy.file_name().unwrap().to_string_lossy().into_owned(),
        kind,
        name: path.strip_prefix(folder()).unwrap().display().to_string(),
        object: document(&text, path),
        context: optional(&beside("context.yaml")),
        request: optional(&beside("request.yaml")),
        fixed: optional(&beside("fixed.yaml")),
        expected,
        text,
    }
}

fn optional(path: &Path) -> Option<Document> {
    fs::read_to_string(path)
        .ok()
        .map(|text| document(&text, path))
}

/// The first document of a text.
pub(crate) fn document(text: &str, path: &Path) -> Document {
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    assert!(
        reading.problems.is_empty(),
        "{}: {:?}",
        path.display(),
        reading.problems
    );
    reading
        .documents
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("{}: no document", path.display()))
}

impl Fixture {
    /// A value of the context.
    pub(crate) fn in_context(&self, key: &str) -> Option<NodeRef<'_>> {
        self.context.as_ref()?.root().get(key)
    }

    /// A value of the request.
    pub(crate) fn in_request(&self, key: &str) -> Option<NodeRef<'_>> {
        self.request.as_ref()?.root().get(key)
    }

    /// The operation: `CREATE` unless the request says otherwise.
    pub(crate) fn operation(&self) -> &str {
        self.in_request("operation")
            .and_then(NodeRef::as_str)
            .unwrap_or("CREATE")
    }

    /// The object as the API server would send it: with its defaults and its namespace.
    pub(crate) fn defaulted(&self) -> Document {
        defaulted(&self.object, self.namespace())
    }

    /// The object before, defaulted likewise.
    pub(crate) fn old_object(&self) -> Option<Document> {
        let old = own(self.in_context("oldObject")?);
        Some(defaulted(&old, self.namespace()))
    }

    /// The namespace of the request: the object's, else the context's, else `default`; `None` for cluster-scoped kinds.
    pub(crate) fn namespace(&self) -> Option<&str> {
        let root = self.object.root();
        let (group, _, kind) = identity(root);
        if !kinds::is_namespaced(group, kind) {
            return None;
        }
        let own = root
            .at(&["metadata", "namespace"])
            .and_then(NodeRef::as_str);
        let context = self
            .in_context("namespace")
            .and_then(|namespace| namespace.get("name"))
            .and_then(NodeRef::as_str);
        Some(own.or(context).unwrap_or("default"))
    }

    /// The other objects, defaulted.
    pub(crate) fn others(&self) -> Vec<Document> {
        let list = self.in_context("resources").and_then(NodeRef::as_list);
        list.map_or_else(Vec::new, |list| {
            list.iter()
                .map(|object| defaulted(&own(object), None))
                .collect()
        })
    }
}

/// Group, version and kind of an object.
pub(crate) fn identity(root: NodeRef<'_>) -> (&str, &str, &str) {
    let api_version = root
        .get("apiVersion")
        .and_then(NodeRef::as_str)
        .unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    (
        group,
        version,
        root.get("kind")
            .and_then(NodeRef::as_str)
            .unwrap_or_default(),
    )
}

/// A part of a document as a document of its own.
pub(crate) fn own(node: NodeRef<'_>) -> Document {
    let mut builder = DocumentBuilder::new();
    let root = builder.copy(node);
    builder.finish(root)
}

pub(crate) fn defaulted(object: &Document, namespace: Option<&str>) -> Document {
    let mut document = object.clone();
    let (group, _, kind) = identity(object.root());
    defaults::apply(&mut document, group, kind, defaults::NEWEST_MINOR);
    if let (Some(namespace), Some(metadata)) =
        (namespace, document.root().get("metadata").map(NodeRef::id))
    {
        let value = document.make_string(namespace);
        document.set_entry(metadata, "namespace", value);
    }
    document
}
