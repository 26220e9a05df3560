//! The parameters of a native policy on a request: which objects a binding chooses.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/policy/generic` `CollectParams`, 1.36.

use std::collections::HashSet;

use crate::engine::{OtherObjects, Request};
use crate::manifest::{Document, LabelSelector, NodeRef};
use crate::policy::{ParamChoice, ParamKind, ParamRef};
use crate::schema::kinds;

/// What a binding chooses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Collected {
    /// The policy is not asked, and why: nothing is there, and the binding lets that pass.
    Nothing(String),
    /// The policy cannot be asked, and why: what its failure policy says of errors holds.
    Wrong(String),
    /// It cannot be known here, and why.
    Unknown(String),
}

/// Where the objects of a cluster come from: those of the cluster, and those that were found beside the policies.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) cluster: &'a dyn OtherObjects,
    pub(super) beside: &'a [Document],
}

/// Whether objects of a kind live in namespaces, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Namespaced,
    Cluster,
    Unknown,
}

impl<'a> Sources<'a> {
    /// The parameters that a reference chooses, in order of namespaces and names; never none.
    pub(super) fn choose(
        self,
        kind: &ParamKind,
        reference: &ParamRef,
        request: &Request<'_>,
    ) -> Result<Vec<NodeRef<'a>>, Collected> {
        let scope = self.scope(kind, reference);
        let own = own_namespace(request);
        let namespace = match scope {
            Scope::Cluster if reference.namespace.is_some() => {
                let message = format!(
                    "`paramRef.namespace` is set, and {} lives in no namespace",
                    kind.kind
                );
                return Err(Collected::Wrong(message));
            }
            Scope::Cluster => None,
            Scope::Namespaced | Scope::Unknown => reference.namespace.as_deref().or(own),
        };
        if scope == Scope::Namespaced && namespace.is_none() {
            let message = format!(
                "the request has no namespace to look for a {} in, and `paramRef` names none",
                kind.kind
            );
            return Err(Collected::Wrong(message));
        }
        let name = match &reference.choice {
            ParamChoice::Name(name) => Some(&**name),
            ParamChoice::Selector(_) => None,
        };
        let within = namespace.filter(|_| scope == Scope::Namespaced);
        let (found, hidden) = self.list(kind, within, name);
        let mut chosen = Vec::new();
        let mut elsewhere = false;
        for object in found {
            match is_chosen(object, &reference.choice) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(reason) => return Err(Collected::Unknown(reason.to_owned())),
            }
            let (place, _) = place_of(object);
            if scope == Scope::Unknown && !place.is_empty() && Some(place) != namespace {
                elsewhere = true;
                continue;
            }
            let version = object.get("apiVersion").and_then(NodeRef::as_str);
            if let Some(version) = version.filter(|version| **version != *kind.api_version()) {
                return Err(Collected::Unknown(format!(
                    "the parameters are written as `{version}`; the API server would read them as `{}`",
                    kind.api_version()
                )));
            }
            chosen.push(object);
        }
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let what = wanted(
            kind,
            reference,
            namespace.filter(|_| scope != Scope::Cluster),
        );
        if let Some(reason) = hidden {
            return Err(Collected::Unknown(format!("{what} is not known: {reason}")));
        }
        if scope == Scope::Unknown {
            let why = if elsewhere {
                "whether the kind lives in namespaces"
            } else {
                "its kind"
            };
            return Err(Collected::Unknown(format!(
                "{what} is not known: add the CustomResourceDefinition that says {why}"
            )));
        }
        let message = format!("there is no {what}");
        Err(if reference.must_exist {
            Collected::Wrong(message)
        } else {
            Collected::Nothing(message)
        })
    }

    /// All objects of a kind (and of a name), each once, in order; what the cluster holds goes before what is found beside the policies.
    /// The reason says why those of the cluster are not known.
    fn list(
        self,
        kind: &ParamKind,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> (Vec<NodeRef<'a>>, Option<String>) {
        let (mut found, hidden) = match self.cluster.list(&kind.group, &kind.kind, namespace) {
            Ok(found) => (found, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let is_named = |object: &NodeRef<'_>| name.is_none_or(|name| place_of(*object).1 == name);
        found.retain(is_named);
        let mut known: HashSet<_> = found
            .iter()
            .map(|object| identity(place_of(*object)))
            .collect();
        let beside = self.beside.iter().map(Document::root);
        for object in beside.filter(|object| kind.is_of(*object)) {
            let place = place_of(object);
            let here = namespace.is_none_or(|namespace| identity(place).0 == namespace);
            if here && is_named(&object) && known.insert(identity(place)) {
                found.push(object);
            }
        }
        found.sort_by(|a, b| place_of(*a).cmp(&place_of(*b)));
        (found, hidden)
    }

    fn scope(self, kind: &ParamKind, reference: &ParamRef) -> Scope {
        let known = kinds::scope(&kind.group, &kind.kind);
        let known = known.or_else(|| self.cluster.is_namespaced(&kind.group, &kind.kind));
        if let Some(known) = known {
            return if known {
                Scope::Namespaced
            } else {
                Scope::Cluster
            };
        }
        let definitions = ParamKind {
            group: "apiextensions.k8s.io".into(),
            version: "v1".into(),
            kind: "CustomResourceDefinition".into(),
        };
        let (definitions, _) = self.list(&definitions, None, None);
        let said = definitions.into_iter().find_map(|definition| {
            let text = |route: &[&str]| definition.at(route).and_then(NodeRef::as_str);
            let is_it = text(&["spec", "group"]) == Some(&*kind.group)
                && text(&["spec", "names", "kind"]) == Some(&*kind.kind);
            text(&["spec", "scope"]).filter(|_| is_it)
        });
        match said {
            Some("Cluster") => Scope::Cluster,
            Some(_) => Scope::Namespaced,
            // Whoever wrote the binding knew.
            None if reference.namespace.is_some() => Scope::Namespaced,
            None => Scope::Unknown,
        }
    }
}

/// The namespace of a request; a Namespace's own is its name.
fn own_namespace<'a>(request: &Request<'a>) -> Option<&'a str> {
    let is_namespace =
        request.resource.group.is_empty() && request.resource.resource == "namespaces";
    let own = is_namespace.then_some(request.name);
    request.namespace.or(own).filter(|name| !name.is_empty())
}

fn is_chosen<'a>(object: NodeRef<'a>, choice: &ParamChoice) -> Result<bool, &'a str> {
    match choice {
        ParamChoice::Name(name) => Ok(place_of(object).1 == &**name),
        ParamChoice::Selector(selector) => selector.matches(object.at(&["metadata", "labels"])),
    }
}

/// Namespace and name, as far as they are written.
pub(super) fn place_of(object: NodeRef<'_>) -> (&str, &str) {
    let text = |key| object.at(&["metadata", key]).and_then(NodeRef::as_str);
    (
        text("namespace").unwrap_or_default(),
        text("name").unwrap_or_default(),
    )
}

/// Namespace and name of an object as the cluster has it: where nothing says otherwise, kubectl creates objects in
/// `default`.
fn identity<'a>((namespace, name): (&'a str, &'a str)) -> (&'a str, &'a str) {
    match namespace {
        "" => ("default", name),
        written => (written, name),
    }
}

/// What a reference asks for, for people.
fn wanted(kind: &ParamKind, reference: &ParamRef, namespace: Option<&str>) -> String {
    let place = namespace.map_or(String::new(), |name| format!(" in namespace `{name}`"));
    match &reference.choice {
        ParamChoice::Name(name) => format!("{} `{name}`{place}", kind.kind),
        ParamChoice::Selector(selector) if LabelSelector::is_everything(selector) => {
            format!("{}{place}", kind.kind)
        }
        ParamChoice::Selector(_) => format!("{} with the labels of `paramRef`{place}", kind.kind),
    }
}
