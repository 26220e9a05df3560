//! The admission request that an expression sees: from the options, a given request, and the object itself.

use crate::engine::{Kind, Request, Resource};
use crate::manifest::{Document, DocumentBuilder, NodeRef};
use crate::policy::Operation;
use crate::schema::{kinds, namespaces};

/// What is given of a request.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// `--operation`.
    pub(super) operation: Option<Operation>,
    /// An `AdmissionReview`, or the request in it.
    pub(super) request: Option<Document>,
    /// The namespace, by name.
    pub(super) namespace: Option<String>,
    /// The namespace as an object.
    pub(super) namespace_object: Option<Document>,
    /// `--user` and `--group`, as the API server would tell them.
    pub(super) user: Option<Document>,
}

/// A request with its texts.
#[derive(Debug)]
pub(super) struct Facts {
    operation: Operation,
    kinds: [Named; 2],
    resources: [Named; 2],
    subresources: [String; 2],
    name: String,
    pub(super) namespace: Option<String>,
    dry_run: bool,
}

/// Group, version, and the name of a kind or resource.
#[derive(Clone, Debug, Default)]
struct Named {
    group: String,
    version: String,
    name: String,
}

impl Named {
    /// The fields of `node`; `None` where there is none.
    fn read(node: Option<NodeRef<'_>>, name: &str) -> Option<Self> {
        let node = node?;
        Some(Self {
            group: text(node, "group").unwrap_or_default(),
            version: text(node, "version").unwrap_or_default(),
            name: text(node, name).unwrap_or_default(),
        })
    }

    fn kind(&self) -> Kind<'_> {
        Kind {
            group: &self.group,
            version: &self.version,
            kind: &self.name,
        }
    }

    fn resource(&self) -> Resource<'_> {
        Resource {
            group: &self.group,
            version: &self.version,
            resource: &self.name,
        }
    }
}

impl Given {
    /// The request in what was given: itself, or the `request` of an `AdmissionReview`.
    pub(super) fn request(&self) -> Option<NodeRef<'_>> {
        let root = self.request.as_ref()?.root();
        root.get("request").or(Some(root))
    }

    /// Whether what was given for a request is one: every request names its kind, or at least says what is being done.
    pub(super) fn holds_request(&self) -> bool {
        self.request().is_some_and(|request| {
            let names = |key: &str| request.get(key).and_then(NodeRef::as_map).is_some();
            names("kind") || names("resource") || text(request, "operation").is_some()
        })
    }

    /// What the request is, for this object and old object.
    pub(super) fn facts(
        &self,
        object: Option<NodeRef<'_>>,
        old_object: Option<NodeRef<'_>>,
    ) -> Facts {
        let request = self.request();
        let field = |key: &str| request.and_then(|request| request.get(key));
        let said = field("operation").and_then(NodeRef::as_str);
        let operation = self
            .operation
            .or_else(|| said.and_then(Operation::parse))
            .unwrap_or(match (object, old_object) {
                (Some(_), Some(_)) => Operation::Update,
                (None, Some(_)) => Operation::Delete,
                (_, None) => Operation::Create,
            });
        let of_object = object.or(old_object);
        let kind = Named::read(field("kind"), "kind")
            .or_else(|| of_object.map(kind_of))
            .unwrap_or_default();
        let resource = Named::read(field("resource"), "resource").unwrap_or_else(|| Named {
            name: if kind.name.is_empty() {
                String::new()
            } else {
                kinds::resource(&kind.group, &kind.name)
            },
            ..kind.clone()
        });
        let metadata = |key: &str| text(of_object?.get("metadata")?, key);
        let is_namespaced = kinds::is_namespaced(&kind.group, &kind.name);
        let is_namespace = kind.group.is_empty() && kind.name == "Namespace";
        let namespace = self
            .namespace
            .clone()
            .or_else(|| request.and_then(|request| text(request, "namespace")))
            .or_else(|| metadata("namespace"))
            // Where nothing says otherwise, kubectl creates objects in `default`.
            .or_else(|| of_object.map(|_| "default".to_owned()))
            .filter(|_| is_namespaced && !is_namespace);
        let subresource = request
            .and_then(|request| text(request, "subResource"))
            .unwrap_or_default();
        Facts {
            operation,
            name: request
                .and_then(|request| text(request, "name"))
                .or_else(|| metadata("name"))
                .unwrap_or_default(),
            namespace,
            subresources: [
                request
                    .and_then(|request| text(request, "requestSubResource"))
                    .unwrap_or_else(|| subresource.clone()),
                subresource,
            ],
            kinds: [
                Named::read(field("requestKind"), "kind").unwrap_or_else(|| kind.clone()),
                kind,
            ],
            resources: [
                Named::read(field("requestResource"), "resource")
                    .unwrap_or_else(|| resource.clone()),
                resource,
            ],
            dry_run: field("dryRun").and_then(NodeRef::as_bool) == Some(true),
        }
    }
}

impl Facts {
    /// The request as the engine takes it.
    pub(super) fn request<'a>(
        &'a self,
        given: &'a Given,
        object: Option<NodeRef<'a>>,
        old_object: Option<NodeRef<'a>>,
        namespace_object: Option<NodeRef<'a>>,
    ) -> Request<'a> {
        let [request_kind, kind] = &self.kinds;
        let [request_resource, resource] = &self.resources;
        let [request_subresource, subresource] = &self.subresources;
        let request = given.request();
        let field = |key: &str| request.and_then(|request| request.get(key));
        Request {
            request_kind: request_kind.kind(),
            request_resource: request_resource.resource(),
            request_subresource,
            subresource,
            name: &self.name,
            namespace: self.namespace.as_deref(),
            object,
            old_object,
            namespace_object,
            user_info: given
                .user
                .as_ref()
                .map(Document::root)
                .or_else(|| field("userInfo")),
            options: field("options"),
            dry_run: self.dry_run,
            ..Request::new(self.operation, kind.kind(), resource.resource())
        }
    }

    /// What is being done.
    pub(super) const fn operation(&self) -> Operation {
        self.operation
    }

    /// The group and name of the kind.
    pub(super) fn kind(&self) -> (&str, &str) {
        let [_, kind] = &self.kinds;
        (&kind.group, &kind.name)
    }
}

fn kind_of(object: NodeRef<'_>) -> Named {
    let api_version = text(object, "apiVersion").unwrap_or_default();
    let (group, version) = api_version
        .split_once('/')
        .unwrap_or(("", api_version.as_str()));
    Named {
        group: group.to_owned(),
        version: version.to_owned(),
        name: text(object, "kind").unwrap_or_default(),
    }
}

fn text(node: NodeRef<'_>, key: &str) -> Option<String> {
    let text = node.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A namespace of which only the name is known.
pub(super) fn assumed_namespace(name: &str) -> Document {
    let reason =
        format!("of the namespace `{name}` only the name is known: give it with --namespace FILE");
    namespaces::assumed(name, None, &reason)
}

/// `userInfo` of `--user` and `--group`.
pub(super) fn user(name: &str, groups: &[String]) -> Document {
    let mut builder = DocumentBuilder::new();
    let username = builder.string(name, None);
    let groups: Vec<_> = groups
        .iter()
        .map(|group| builder.string(group, None))
        .collect();
    let groups = builder.list(&groups, None);
    let root = builder.object(&[("username", username), ("groups", groups)]);
    builder.finish(root)
}

/// A value that is not known, and why.
pub(super) fn unknown(reason: &str) -> Document {
    let mut builder = DocumentBuilder::new();
    let root = builder.unknown(reason);
    builder.finish(root)
}
