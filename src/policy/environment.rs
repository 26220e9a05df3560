//! What an expression of a policy can see, and under which slot the engine puts it.

use std::sync::Arc;

use crate::cel::{Environment, StaticType, Type};

use super::request_types::RequestTypes;

/// The roots of an expression, in slot order. [`Root`] names the slots.
const ROOTS: [&str; 15] = [
    "object",
    "oldObject",
    "request",
    "params",
    "namespaceObject",
    "authorizer",
    "resources",
    "pod",
    "oldPod",
    "containers",
    "workloadContainers",
    "serviceContainers",
    "repository",
    "dockerfile",
    "authorizer.requestResource",
];

/// The slot of each root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The object; null on DELETE.
    Object,
    /// The object before; null on CREATE.
    OldObject,
    /// The admission request's attributes.
    Request,
    /// The policy's parameters.
    Params,
    /// The namespace the object is in; null for cluster-scoped objects.
    NamespaceObject,
    /// Authorization checks.
    Authorizer,
    /// Declared other objects.
    Resources,
    /// The pod template at hand.
    Pod,
    /// The same pod template before.
    OldPod,
    /// All containers: init, regular, ephemeral.
    Containers,
    /// Init and regular containers: what can carry resources.
    WorkloadContainers,
    /// Regular containers and native sidecars: what can carry probes.
    ServiceContainers,
    /// The repository itself.
    Repository,
    /// The Dockerfile at hand.
    Dockerfile,
    /// Authorization checks of the requested resource.
    RequestResource,
}

impl Root {
    /// How many slots there are.
    pub const COUNT: usize = ROOTS.len();

    /// The slot.
    pub const fn slot(self) -> usize {
        self as usize
    }
}

/// What kind of thing a policy judges decides which roots it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Objects as they are: the API server's own variables.
    Objects,
    /// As `Objects`, in a native policy: nothing of kpolicy's own.
    Native,
    /// Pod templates: `pod`, `containers` and their kin too.
    PodTemplates,
    /// The repository.
    Repository,
    /// One Dockerfile.
    Dockerfiles,
    /// Both, for who tries expressions out.
    Files,
}

/// The environment in which the expressions of a policy compile.
///
/// Roots that the scope lacks keep their slots but get a name no expression can spell, so that slots are the same
/// for every policy.
pub fn environment(scope: Scope) -> Environment {
    environment_without(scope, &[])
}

/// As [`environment`], with some further roots out of sight.
pub fn environment_without(scope: Scope, hidden: &[Root]) -> Environment {
    let mut environment = Environment::new(ROOTS.iter().enumerate().map(|(slot, name)| {
        let pod_root = (Root::Pod.slot()..=Root::ServiceContainers.slot()).contains(&slot);
        let of_files = [Root::Repository.slot(), Root::Dockerfile.slot()].contains(&slot);
        let visible = match scope {
            Scope::Objects => !pod_root && !of_files,
            Scope::Native => !pod_root && !of_files && slot != Root::Resources.slot(),
            Scope::PodTemplates => !of_files,
            Scope::Repository => matches!(*name, "params" | "repository"),
            Scope::Dockerfiles => matches!(*name, "params" | "dockerfile"),
            Scope::Files => matches!(*name, "params" | "repository" | "dockerfile"),
        };
        let hidden = hidden.iter().any(|root| root.slot() == slot);
        if visible && !hidden { *name } else { "" }
    }))
    .with_objects(Arc::new(RequestTypes));
    let anything = || StaticType::list(StaticType::Dyn);
    for (root, kind) in [
        ("request", RequestTypes::request()),
        ("namespaceObject", RequestTypes::namespace()),
        ("repository", RequestTypes::repository()),
        ("dockerfile", RequestTypes::dockerfile()),
        ("resources", StaticType::map(StaticType::STRING, anything())),
        ("authorizer", StaticType::Plain(Type::Authorizer)),
        (
            "authorizer.requestResource",
            StaticType::Plain(Type::ResourceCheck),
        ),
        ("containers", anything()),
        ("workloadContainers", anything()),
        ("serviceContainers", anything()),
    ] {
        environment.set_type(root, kind);
    }
    environment
}

/// Why a name that is a root elsewhere is none in an expression.
pub(super) fn why_hidden(name: &str, scope: Scope) -> Option<&'static str> {
    let slot = ROOTS.iter().position(|root| *root == name)?;
    if scope == Scope::Native && slot == Root::Params.slot() {
        return Some("name their kind under `paramKind`");
    }
    if scope == Scope::Native && slot >= Root::Resources.slot() {
        return Some("the API server has it not; only a Policy of `kpolicy.io/v1alpha1` sees it");
    }
    Some(if slot == Root::Params.slot() {
        "declare the parameters of the policy under `parameters`"
    } else if slot == Root::Resources.slot() {
        "declare the other objects that the policy reads under `resources`"
    } else if [Root::Authorizer, Root::RequestResource]
        .iter()
        .any(|root| root.slot() == slot)
    {
        "a message cannot ask the authorizer, as in the API server"
    } else if slot == Root::Repository.slot() {
        "only a policy with `matchConstraints.repository: true` sees the repository"
    } else if slot == Root::Dockerfile.slot() {
        "only a policy with `matchConstraints.dockerfiles: true` sees Dockerfiles one by one"
    } else if matches!(scope, Scope::Dockerfiles | Scope::Files) {
        "a policy with `matchConstraints.dockerfiles: true` sees `dockerfile` and `params`"
    } else if slot >= Root::Pod.slot() {
        "only a policy with `matchConstraints.podTemplates: true` sees pods and containers"
    } else {
        "a policy with `matchConstraints.repository: true` sees `repository` and `params`"
    })
}
