//! Requests as an API server may get them: every resource that it serves, and some custom ones.

use kpolicy::engine::{Kind, Request, Resource};
use kpolicy::manifest::{Document, read_json};
use kpolicy::policy::Operation;
use kpolicy::schema::templates::{PodTemplateCrd, TemplateStep};
use serde_json::{Value, json};

use super::objects::{Edit, Maker};

/// A version in which a resource is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) String);

/// A resource, or a subresource.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) group: String,
    pub(crate) versions: Vec<Version>,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    /// Group and version of what is sent, where these are not the resource's.
    foreign: Option<(String, String)>,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    pub(crate) operations: Vec<Operation>,
}

/// Custom resources, in the words of `testdata/admission/resources.tsv`.
const CUSTOM: &str = "\
argoproj.io\tv1beta1,v1alpha1\trollouts\tRollout\tnamespaced\tCREATE,DELETE,UPDATE
argoproj.io\tv1beta1,v1alpha1\trollouts/scale\tautoscaling/v1/Scale\tnamespaced\tUPDATE
argoproj.io\tv1beta1,v1alpha1\trollouts/status\tRollout\tnamespaced\tUPDATE
jobset.x-k8s.io\tv1alpha2\tjobsets\tJobSet\tnamespaced\tCREATE,DELETE,UPDATE
jobset.x-k8s.io\tv1alpha2\tjobsets/status\tJobSet\tnamespaced\tUPDATE
example.io\tv2,v1\twidgets\tWidget\tnamespaced\tCREATE,DELETE,UPDATE
example.io\tv2,v1\twidgets/scale\tautoscaling/v1/Scale\tnamespaced\tUPDATE
example.io\tv2,v1\twidgets/status\tWidget\tnamespaced\tUPDATE
example.io\tv1\tgadgets\tGadget\tcluster\tCREATE,DELETE,UPDATE
kpolicy.io\tv1alpha1\tpolicies\tPolicy\tcluster\tCREATE,DELETE,UPDATE
kpolicy.io\tv1alpha1\tpolicies/status\tPolicy\tcluster\tUPDATE
kpolicy.io\tv1alpha1\tpolicyexceptions\tPolicyException\tnamespaced\tCREATE,DELETE,UPDATE
";

/// Everything that can be asked for.
pub(crate) fn served() -> Vec<Served> {
    let built_in = include_str!("../../../testdata/admission/resources.tsv");
    let lines = built_in.lines().chain(CUSTOM.lines());
    lines
        .filter(|line| !line.starts_with('#'))
        .map(row)
        .collect()
}

fn row(line: &str) -> Served {
    let columns: Vec<&str> = line.split('\t').collect();
    let [group, versions, resource, kind, scope, operations] = columns[..] else {
        panic!("{line}")
    };
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let kind: Vec<&str> = kind.split('/').collect();
    let (foreign, kind) = match kind[..] {
        [group, version, kind] => (Some((group.to_owned(), version.to_owned())), kind),
        [kind] => (None, kind),
        _ => panic!("{line}"),
    };
    let operations = operations
        .split(',')
        .map(|word| Operation::parse(word).expect("a word"));
    Served {
        group: group.trim_start_matches('-').to_owned(),
        versions: versions
            .split(',')
            .map(|version| Version(version.to_owned()))
            .collect(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        foreign,
        kind: kind.to_owned(),
        namespaced: scope == "namespaced",
        operations: operations.collect(),
    }
}

/// The custom kinds with pod templates, as Config names them.
pub(crate) fn crds() -> Vec<PodTemplateCrd> {
    let key = |key: &str| TemplateStep::Key(key.into());
    let crd = |group: &str, kind: &str, path: Vec<TemplateStep>| PodTemplateCrd {
        group: group.into(),
        kind: kind.into(),
        paths: vec![path],
        controllers: vec![
            format!("system:serviceaccount:operators:{}", kind.to_lowercase()).into(),
        ],
        known: false,
    };
    let jobs = vec![
        key("spec"),
        key("replicatedJobs"),
        TemplateStep::Each,
        key("template"),
        key("spec"),
        key("template"),
    ];
    vec![
        crd("argoproj.io", "Rollout", vec![key("spec"), key("template")]),
        crd("jobset.x-k8s.io", "JobSet", jobs),
    ]
}

/// What there is to choose of a request, beside the resource.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) operation: Operation,
    pub(crate) version: usize,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) maker: Maker,
    pub(crate) deleting: bool,
    /// Whether there is anything in the maps that may be absent.
    pub(crate) sparse: bool,
    pub(crate) edits: Vec<Edit>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) versions: Vec<Version>,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) operation: Operation,
    /// Empty for what is cluster-scoped; a Namespace's own.
    pub(crate) namespace: String,
    /// Empty where the API server has yet to make it.
    pub(crate) name: String,
    pub(crate) user: String,
    foreign: Option<(String, String)>,
    kind: String,
    at: usize,
    object: Option<Value>,
    old: Option<Value>,
}

impl Served {
    pub(crate) fn case(&self, choice: &Choice) -> Case {
        let operation = choice.operation;
        let name = if operation == Operation::Create {
            choice.name.clone()
        } else {
            // What exists has a name.
            format!(
                "{}{}",
                choice.name,
                if choice.name.is_empty() { "made" } else { "" }
            )
        };
        let is_namespace = self.group.is_empty() && self.resource == "namespaces";
        let name = if is_namespace {
            choice.namespace.clone()
        } else {
            name
        };
        let namespace = if self.namespaced || is_namespace {
            choice.namespace.clone()
        } else {
            String::new()
        };
        let old = self.object(&name, &namespace, choice);
        let mut new = old.clone();
        for edit in &choice.edits {
            self.edit(&mut new, *edit);
        }
        let (object, old) = match operation {
            Operation::Create => (Some(old), None),
            Operation::Update => (Some(new), Some(old)),
            Operation::Delete => (None, Some(old)),
            Operation::Connect => (Some(json!({"command": ["sh"]})), None),
        };
        Case {
            group: self.group.clone(),
            versions: self.versions.clone(),
            resource: self.resource.clone(),
            subresource: self.subresource.clone(),
            operation,
            namespace,
            name,
            user: choice.user.clone(),
            foreign: self.foreign.clone(),
            kind: self.kind.clone(),
            at: choice.version % self.versions.len(),
            object,
            old,
        }
    }
}

impl Case {
    /// The version in which it was asked for.
    pub(crate) fn version(&self) -> &Version {
        &self.versions[self.at]
    }

    /// What the API server sends to no webhook.
    pub(crate) fn is_exempt(&self) -> bool {
        self.group == "admissionregistration.k8s.io"
    }

    /// The namespace whose labels a selector is held against, by its name.
    pub(crate) fn selected_namespace(&self) -> String {
        self.namespace.clone()
    }

    fn kind(&self, version: &Version) -> (String, String, String) {
        let (group, version) = match &self.foreign {
            Some((group, version)) => (group.clone(), version.clone()),
            None => (self.group.clone(), version.0.clone()),
        };
        (group, version, self.kind.clone())
    }

    fn written(&self, object: Option<&Value>, version: &Version) -> Option<Document> {
        let mut object = object?.clone();
        let (group, version, kind) = self.kind(version);
        let group = if group.is_empty() {
            group
        } else {
            format!("{group}/")
        };
        object["apiVersion"] = format!("{group}{version}").into();
        object["kind"] = kind.into();
        Some(read_json(None, &object.to_string()).expect("JSON"))
    }

    pub(crate) fn object(&self, version: &Version) -> Option<Document> {
        self.written(self.object.as_ref(), version)
    }

    pub(crate) fn old_object(&self, version: &Version) -> Option<Document> {
        self.written(self.old.as_ref(), version)
    }

    /// `request`, as expressions see it: without what is empty.
    pub(crate) fn attributes(&self, version: &Version) -> Document {
        let kind = |version| {
            let (group, version, kind) = self.kind(version);
            json!({"group": group, "version": version, "kind": kind})
        };
        let resource = |version: &Version| json!({"group": self.group, "version": version.0, "resource": self.resource});
        let mut request = json!({
            "uid": "r-1",
            "kind": kind(version), "resource": resource(version),
            "requestKind": kind(self.version()), "requestResource": resource(self.version()),
            "operation": self.operation.as_str(), "userInfo": {}, "dryRun": false, "options": {},
        });
        for (key, text) in [
            ("subResource", &self.subresource),
            ("requestSubResource", &self.subresource),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ] {
            if !text.is_empty() {
                request[key] = text.as_str().into();
            }
        }
        if !self.user.is_empty() {
            request["userInfo"] =
                json!({"username": self.user, "groups": ["system:authenticated"]});
        }
        read_json(None, &request.to_string()).expect("JSON")
    }

    /// Asks with the request as a judge gets it in a version.
    pub(crate) fn judged<T>(&self, version: &Version, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let (object, old) = (self.object(version), self.old_object(version));
        let attributes = self.attributes(version);
        let (group, kind_version, kind) = self.kind(version);
        let kind = Kind {
            group: &group,
            version: &kind_version,
            kind: &kind,
        };
        let resource = Resource {
            group: &self.group,
            version: &version.0,
            resource: &self.resource,
        };
        let namespace = (!self.namespace.is_empty()).then_some(&*self.namespace);
        let labels =
            json!({"metadata": {"labels": {"kubernetes.io/metadata.name": self.namespace}}});
        let namespace_object = read_json(None, &labels.to_string()).expect("JSON");
        ask(&Request {
            subresource: &self.subresource,
            request_subresource: &self.subresource,
            request_resource: Resource {
                version: &self.version().0,
                ..resource
            },
            name: &self.name,
            namespace,
            object: object.as_ref().map(Document::root),
            old_object: old.as_ref().map(Document::root),
            namespace_object: namespace.map(|_| namespace_object.root()),
            user_info: attributes.root().get("userInfo"),
            ..Request::new(self.operation, kind, resource)
        })
    }
}
