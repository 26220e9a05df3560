//! What all policies share on one request: its pod templates, and the documents made from its attributes.

use std::cell::OnceCell;

use crate::cel::Value;
use crate::manifest::{Document, DocumentBuilder, NodeId, NodeRef, Routes, View};
use crate::policy::{Operation, Policy, ResourceDeclaration, ResourceScope, Root};
use crate::schema::openapi::Schemas;
use crate::schema::templates::{PodTemplateCrd, carries_pods, templates};

use crate::source::FieldPath;

use super::{Kind, OtherObjects, Request, Resource};

/// Why what asks for the requester is not judged offline.
pub const UNKNOWN_REQUESTER: &str = "who makes the request is not known offline";

/// One request, prepared for policies. Not `Sync`: each request has its own.
pub struct Context<'a> {
    pub(super) request: Request<'a>,
    pub(super) templates: Vec<NodeRef<'a>>,
    pub(super) old_templates: Vec<NodeRef<'a>>,
    others: &'a dyn OtherObjects,
    crds: &'a [PodTemplateCrd],
    schemas: Option<&'a Schemas>,
    attributes: OnceCell<Document>,
    unknown: OnceCell<Document>,
    routes: OnceCell<Routes>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// Prepares a request. `crds` are the custom kinds that carry pod templates.
    pub fn new(
        request: Request<'a>,
        others: &'a dyn OtherObjects,
        crds: &'a [PodTemplateCrd],
    ) -> Self {
        let of = |object: Option<NodeRef<'a>>| {
            object.map_or_else(Vec::new, |object| {
                templates(object, request.kind.group, request.kind.kind, crds)
            })
        };
        Self {
            templates: of(request.object),
            old_templates: of(request.old_object),
            request,
            others,
            crds,
            schemas: None,
            attributes: OnceCell::new(),
            unknown: OnceCell::new(),
            routes: OnceCell::new(),
        }
    }

    /// The same context for a changed request: nothing that was made for the old one is kept.
    pub(super) fn with<'b>(&self, request: &Request<'b>) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            schemas: self.schemas,
            ..Context::new(*request, self.others, self.crds)
        }
    }

    /// The same context with the schemas of kinds, which mutations that merge need.
    #[must_use]
    pub fn with_schemas(mut self, schemas: &'a Schemas) -> Self {
        self.schemas = Some(schemas);
        self
    }

    /// The schemas of kinds.
    pub(super) fn schemas(&self) -> Option<&'a Schemas> {
        self.schemas
    }

    /// The request.
    pub const fn request(&self) -> &Request<'a> {
        &self.request
    }

    /// The route to a node of the object; `None` where it is in another object, or there is none. The first question
    /// costs a walk over the object.
    pub(super) fn route(&self, node: NodeRef<'_>) -> Option<FieldPath> {
        let object = self.request.object?;
        let routes = self.routes.get_or_init(|| Routes::from(object));
        routes.to(object, node)
    }

    /// Whether objects of the request's kind carry pod templates.
    pub fn carries_pods(&self) -> bool {
        carries_pods(self.request.kind.group, self.request.kind.kind, self.crds)
    }

    /// Whether objects of the request's kind carry pod templates as far as the catalogue knows, and Config says nothing.
    pub fn is_of_known_kind(&self) -> bool {
        let kind = self.request.kind;
        let is_it = |crd: &PodTemplateCrd| (&*crd.group, &*crd.kind) == (kind.group, kind.kind);
        self.crds.iter().any(|crd| crd.known && is_it(crd))
    }

    /// The pod templates of the object.
    pub fn templates(&self) -> &[NodeRef<'a>] {
        &self.templates
    }

    /// The pod templates of the old object.
    pub fn old_templates(&self) -> &[NodeRef<'a>] {
        &self.old_templates
    }

    /// The values of the roots of a policy's expressions, in slot order, for one pod template (or for the object as it
    /// is).
    pub(super) fn roots<'c>(
        &'c self,
        policy: &Policy,
        params: Option<NodeRef<'c>>,
        template: Option<usize>,
        unavailable: &'c Document,
    ) -> Vec<Value<'c>>
    where
        'a: 'c,
    {
        let mut roots = self.values(params, template, &|root| policy.reads(root));
        if policy.matching.is_repository() {
            let own = if policy.matching.is_dockerfiles() {
                Root::Dockerfile
            } else {
                Root::Repository
            };
            let (object, own) = (Root::Object.slot(), own.slot());
            if object < roots.len() && own < roots.len() {
                roots.swap(object, own);
            }
        }
        if !policy.resources.is_empty()
            && let Some(slot) = roots.get_mut(Root::Resources.slot())
        {
            *slot = self.resources(policy, unavailable);
        }
        roots
    }

    /// The values of an expression's roots, in slot order; those that have to be made only where it `reads` them. No
    /// other objects are there.
    pub fn values<'c>(
        &'c self,
        params: Option<NodeRef<'c>>,
        template: Option<usize>,
        reads: &dyn Fn(Root) -> bool,
    ) -> Vec<Value<'c>>
    where
        'a: 'c,
    {
        let request = &self.request;
        let mut roots = vec![Value::Null; Root::COUNT];
        let mut set = |root: Root, value: Option<Value<'c>>| {
            if let (Some(slot), Some(value)) = (roots.get_mut(root.slot()), value) {
                *slot = value;
            }
        };
        set(Root::Object, request.object.map(Value::Node));
        set(Root::OldObject, request.old_object.map(Value::Node));
        set(Root::Params, params.map(Value::Node));
        set(
            Root::NamespaceObject,
            request.namespace_object.map(Value::Node),
        );
        set(Root::Authorizer, Some(Value::authorizer()));
        if reads(Root::RequestResource) {
            set(Root::RequestResource, Some(request_resource(request)));
        }
        if reads(Root::Request) {
            set(Root::Request, Some(Value::Node(self.attributes().root())));
        }
        if let Some(index) = template {
            let pod = self.templates.get(index).copied();
            set(Root::Pod, pod.map(Value::Node));
            set(
                Root::OldPod,
                self.old_templates.get(index).copied().map(Value::Node),
            );
            let spec = pod.and_then(|pod| pod.get("spec"));
            if reads(Root::Containers) {
                set(Root::Containers, Some(containers(spec, Containers::All)));
            }
            if reads(Root::WorkloadContainers) {
                set(
                    Root::WorkloadContainers,
                    Some(containers(spec, Containers::Workload)),
                );
            }
            if reads(Root::ServiceContainers) {
                set(
                    Root::ServiceContainers,
                    Some(containers(spec, Containers::Service)),
                );
            }
        }
        roots
    }

    /// What of the policy's declared resources cannot be known here: a map from name to an unknown with the reason.
    /// Made before [`roots`](Self::roots), whose values may point into it.
    pub(super) fn unavailable(&self, policy: &Policy) -> Document {
        let mut builder = DocumentBuilder::new();
        let mut entries = Vec::new();
        for declared in &policy.resources {
            if let Err(reason) = self.declared(declared) {
                entries.push((&*declared.name, builder.unknown(&reason)));
            }
        }
        let root = builder.object(&entries);
        builder.finish(root)
    }

    fn resources<'c>(&'c self, policy: &Policy, unavailable: &'c Document) -> Value<'c> {
        let entries = policy.resources.iter().map(|declared| {
            let value = match (
                unavailable.root().get(&declared.name),
                self.declared(declared),
            ) {
                (None, Ok(objects)) => Value::list(objects.into_iter().map(Value::Node).collect()),
                (unknown, _) => Value::Node(unknown.unwrap_or_else(|| self.unknown().root())),
            };
            (Value::string(declared.name.to_string()), value)
        });
        Value::map(entries.collect())
    }

    fn declared(&self, declared: &ResourceDeclaration) -> Result<Vec<NodeRef<'_>>, String> {
        let namespace = match declared.scope {
            ResourceScope::SameNamespace => self.request.namespace,
            ResourceScope::Cluster => None,
        };
        self.others
            .list(&declared.api_group, &declared.kind, namespace)
    }

    /// The `request` variable: the fields that the API server declares, and no others.
    ///
    /// Upstream: `k8s.io/apiserver` `admission/plugin/cel` `BuildRequestType`.
    fn attributes(&self) -> &Document {
        self.attributes.get_or_init(|| {
            let request = &self.request;
            let mut builder = DocumentBuilder::new();
            let b = &mut builder;
            let mut entries = vec![
                ("kind", kind(b, request.kind)),
                ("resource", resource(b, request.resource)),
                ("requestKind", kind(b, request.request_kind)),
                ("requestResource", resource(b, request.request_resource)),
                ("operation", b.string(request.operation.as_str(), None)),
                ("dryRun", b.bool(request.dry_run, None)),
            ];
            // What is empty is not there, since Go leaves it out: `request.subResource == ''` is an error upstream too.
            let texts = [
                ("subResource", request.subresource),
                ("requestSubResource", request.request_subresource),
                ("name", request.name),
                ("namespace", request.namespace.unwrap_or_default()),
            ];
            for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                entries.push((key, b.string(text, None)));
            }
            entries.push((
                "userInfo",
                match request.user_info {
                    Some(user) => b.copy(user),
                    None => b.unknown(UNKNOWN_REQUESTER),
                },
            ));
            match request.options {
                Some(options) => entries.push(("options", b.copy(options))),
                // There are none to a connection, and Go writes that as null.
                None if request.operation == Operation::Connect => {
                    entries.push(("options", b.null(None)));
                }
                None => {}
            }
            let root = b.object(&entries);
            builder.finish(root)
        })
    }

    fn unknown(&self) -> &Document {
        self.unknown.get_or_init(|| {
            let mut builder = DocumentBuilder::new();
            let root = builder.unknown("this cannot be known here");
            builder.finish(root)
        })
    }
}

/// `authorizer.requestResource`
fn request_resource<'a>(request: &Request<'_>) -> Value<'a> {
    Value::request_resource(
        request.resource.group,
        request.resource.resource,
        request.subresource,
        request.namespace.unwrap_or_default(),
        request.name,
    )
}

fn kind(builder: &mut DocumentBuilder, kind: Kind<'_>) -> NodeId {
    let group = builder.string(kind.group, None);
    let version = builder.string(kind.version, None);
    let kind = builder.string(kind.kind, None);
    builder.object(&[("group", group), ("version", version), ("kind", kind)])
}

fn resource(builder: &mut DocumentBuilder, resource: Resource<'_>) -> NodeId {
    let group = builder.string(resource.group, None);
    let version = builder.string(resource.version, None);
    let name = builder.string(resource.resource, None);
    builder.object(&[("group", group), ("version", version), ("resource", name)])
}

/// Which containers an expression asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Containers {
    All,
    Workload,
    Service,
}

/// The containers of a pod: init, regular, ephemeral, in that order. A native sidecar is an init container that is
/// restarted always (KEP-753).
fn containers<'a>(spec: Option<NodeRef<'a>>, which: Containers) -> Value<'a> {
    let mut found = Vec::new();
    let mut add = |list: &str, keep: &dyn Fn(NodeRef<'a>) -> bool| {
        if let Some(View::List(list)) = spec.and_then(|spec| spec.get(list)).map(NodeRef::view) {
            found.extend(
                list.iter()
                    .filter(|container| keep(*container))
                    .map(Value::Node),
            );
        }
    };
    let is_sidecar = |container: NodeRef<'a>| {
        container.get("restartPolicy").and_then(NodeRef::as_str) == Some("Always")
    };
    add("initContainers", &|container| {
        which != Containers::Service || is_sidecar(container)
    });
    add("containers", &|_| true);
    if which == Containers::All {
        add("ephemeralContainers", &|_| true);
    }
    Value::list(found)
}
