//! The kinds that a policy matches, and what its expressions see of each.

use std::sync::Arc;

use crate::cel::{Environment, StaticType};
use crate::schema::defaults;
use crate::schema::kinds::{self, BuiltIn};
use crate::schema::openapi::{GroupVersionKind, Mapping, Schema, SchemaTypes, Schemas, Served};

use super::super::{Policy, ResourceRule, Root, Scope, Target, environment_without};
use super::roots::{Params, Roots};

/// The API server looks at no more kinds of one policy.
const MOST_KINDS: usize = 10;

/// The subresources that take the object itself, with all its fields; the others take another kind.
const WHOLE: [&str; 5] = [
    "approval",
    "ephemeralcontainers",
    "finalize",
    "resize",
    "status",
];

/// What the expressions of a policy see of one kind.
pub(super) struct View {
    /// The kind; `None` where none is known.
    pub(super) kind: Option<GroupVersionKind>,
    pub(super) environment: Environment,
}

/// All that a policy sees.
#[derive(Default)]
pub(super) struct Views {
    pub(super) each: Vec<View>,
    pub(super) kinds: Vec<GroupVersionKind>,
    pub(super) incomplete: Option<String>,
}

/// What a policy sees: one view for each kind, or one without a kind.
pub(super) fn views(policy: &Policy, schemas: &Arc<Schemas>, params: Option<&Params>) -> Views {
    let (scope, mut kinds, mut incomplete) = match &policy.matching.target {
        Target::Repository => (Scope::Repository, Vec::new(), None),
        Target::Dockerfiles => (Scope::Dockerfiles, Vec::new(), None),
        Target::PodTemplates => (Scope::PodTemplates, carriers(schemas), None),
        Target::Resources { include, .. } => {
            let scope = if policy.native.is_some() {
                Scope::Native
            } else {
                Scope::Objects
            };
            let (kinds, incomplete) = matched(include, schemas);
            (scope, kinds, incomplete)
        }
    };
    if kinds.len() > MOST_KINDS {
        incomplete = Some(format!(
            "it matches {} kinds, and the first {MOST_KINDS} are looked at",
            kinds.len()
        ));
        kinds.truncate(MOST_KINDS);
    }
    let mut views: Vec<View> = kinds
        .iter()
        .map(|kind| view(scope, Some(kind), schemas, params))
        .collect();
    if views.is_empty() {
        views.push(view(scope, None, schemas, params));
    }
    Views {
        each: views,
        kinds,
        incomplete,
    }
}

fn view(
    scope: Scope,
    kind: Option<&GroupVersionKind>,
    schemas: &Arc<Schemas>,
    params: Option<&Params>,
) -> View {
    let types =
        SchemaTypes::new(schemas.clone(), Mapping::AtRunTime).with_filled(filled(kind, schemas));
    let served = kind.and_then(|kind| schemas.served(kind));
    let built_in = kind.and_then(|kind| kinds::built_in(&kind.group, &kind.kind));
    let mut roots: Vec<(&str, Option<StaticType>)> = Vec::new();
    let object = kind.and_then(|kind| types.kind(kind));
    roots.push(("object", object.clone()));
    roots.push(("oldObject", object.clone()));
    roots.push(("params", params.and_then(|params| params.kind(&types))));
    if scope == Scope::PodTemplates {
        let is_pod = built_in.and_then(|known| known.pod_template) == Some(&[]);
        let pod = if is_pod {
            object
        } else {
            types.definition("core.v1.PodTemplateSpec")
        };
        roots.push(("pod", pod.clone()));
        roots.push(("oldPod", pod));
        let containers = types.definition("core.v1.Container").map(StaticType::list);
        for root in ["containers", "workloadContainers", "serviceContainers"] {
            roots.push((root, containers.clone()));
        }
    }
    let environment = environment_without(scope, &[]).with_objects(Arc::new(Roots {
        objects: types,
        namespaced: served.is_none_or(|served| served.namespaced),
    }));
    // What the API server refuses for its form was refused before.
    let mut environment = environment.with_plain_objects().with_mixed_literals();
    for (root, kind) in roots {
        if let Some(kind) = kind {
            environment.set_type(root, kind);
        }
    }
    View {
        kind: kind.cloned(),
        environment,
    }
}

/// Where `object` says which kind it is.
pub(super) fn known(kind: &GroupVersionKind) -> Vec<(usize, &'static [&'static str], String)> {
    let (object, old, request) = (
        Root::Object.slot(),
        Root::OldObject.slot(),
        Root::Request.slot(),
    );
    vec![
        (object, &["kind"], kind.kind.to_string()),
        (object, &["apiVersion"], kind.api_version()),
        (old, &["kind"], kind.kind.to_string()),
        (request, &["kind", "kind"], kind.kind.to_string()),
        (request, &["kind", "group"], kind.group.to_string()),
    ]
}

/// The kinds that carry pods, in the version that is served.
fn carriers(schemas: &Schemas) -> Vec<GroupVersionKind> {
    let all = schemas.kinds();
    let serves = |built_in: &BuiltIn, served: &Served<'_>| {
        *served.kind.group == *built_in.group && *served.kind.kind == *built_in.kind
    };
    kinds::pod_kinds()
        .filter_map(|known| all.iter().find(|served| serves(known, served)))
        .map(|served| served.kind.clone())
        .collect()
}

/// The kinds that rules match, and why these are not all.
fn matched(rules: &[ResourceRule], schemas: &Schemas) -> (Vec<GroupVersionKind>, Option<String>) {
    let served = schemas.kinds();
    let mut kinds = Vec::new();
    let mut incomplete = rules.is_empty().then(|| "it matches everything".to_owned());
    for rule in rules {
        for (group, resource) in rule.api_groups.iter().flat_map(|group| {
            rule.resources
                .iter()
                .map(move |resource| (&**group, &**resource))
        }) {
            if group == "*" || resource.contains('*') {
                incomplete = Some("it matches kinds by `*`".to_owned());
                continue;
            }
            let resource = match resource.split_once('/') {
                None => resource,
                Some((whole, part)) if WHOLE.contains(&part) => whole,
                Some(_) => {
                    incomplete = Some(format!("no schema is known for `{resource}`"));
                    continue;
                }
            };
            let before = kinds.len();
            let fits = |served: &&Served<'_>| {
                let version = |version: &str| version == "*" || *version == *served.kind.version;
                *served.kind.group == *group
                    && served.resource == resource
                    && rule.api_versions.iter().map(|text| &**text).any(version)
            };
            for served in served.iter().filter(fits) {
                if !kinds.contains(served.kind) {
                    kinds.push(served.kind.clone());
                }
            }
            if kinds.len() == before && !served.iter().filter(fits).any(|_| true) {
                let group = if group.is_empty() {
                    "the core group"
                } else {
                    group
                };
                incomplete = Some(format!("no schema is known for `{resource}` of {group}"));
            }
        }
    }
    kinds.sort();
    (kinds, incomplete)
}

/// The fields of a kind that the API server, and lint, fill in.
fn filled(kind: Option<&GroupVersionKind>, schemas: &Schemas) -> Vec<(Box<str>, Box<str>)> {
    let minor = u32::from(schemas.release().as_minor());
    let mut filled: Vec<(Box<str>, Box<str>)> = Vec::new();
    let root = kind.and_then(|kind| Some((kind, schemas.kind(kind)?)));
    let rows = root.into_iter().flat_map(|(kind, schema)| {
        defaults::always_filled(&kind.group, &kind.kind, minor)
            .map(move |(path, key)| (schema, path, key))
    });
    for (schema, path, key) in rows {
        if let Some(name) = schema.along(path).and_then(Schema::name) {
            filled.push((name.into(), key.into()));
        }
    }
    // Optional in its schema, for those who fill it in; demanded all the same by the time a policy sees it.
    for (definition, field) in [
        ("core.v1.Container", "image"),
        ("core.v1.EphemeralContainer", "image"),
        ("apps.v1.ReplicaSetSpec", "template"),
        ("core.v1.ReplicationControllerSpec", "template"),
    ] {
        filled.push((definition.into(), field.into()));
    }
    for (definition, path, key) in defaults::always_filled_in_pods(minor) {
        let found = schemas
            .definition(definition)
            .and_then(|schema| schema.along(path));
        if let Some(name) = found.and_then(Schema::name) {
            filled.push((name.into(), key.into()));
        }
    }
    filled
}
