//! What the bundle knows.

use crate::cel::{ObjectTypes, Release, StaticType};
use crate::source::FieldPath;

use super::bundle::Bundle;
use super::release::Releases;
use super::*;

mod added;
mod types;

fn schemas(minor: u8) -> Schemas {
    Schemas::built_in(Release::minor(minor))
}

fn at<'s>(schemas: &'s Schemas, api_version: &str, kind: &str, path: &str) -> Schema<'s> {
    let path = FieldPath::parse(path).expect("a path");
    let kind = GroupVersionKind::of(api_version, kind);
    let schema = schemas.kind(&kind).expect("a known kind");
    schema
        .follow(&path)
        .unwrap_or_else(|| panic!("{path} is not known"))
}

/// A schema in few words, for tables.
fn word(schema: Schema<'_>) -> String {
    let format = schema
        .format()
        .map_or(String::new(), |format| format!(":{format}"));
    match schema.shape() {
        Shape::Any => "any".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Int => format!("int{format}"),
        Shape::Number => format!("number{format}"),
        Shape::String => format!("string{format}"),
        Shape::IntOrString => "int-or-string".to_owned(),
        Shape::Quantity => "quantity".to_owned(),
        Shape::List(None) => "list".to_owned(),
        Shape::List(Some(item)) => format!("list({})", word(item)),
        Shape::Map(value) => format!("map({})", word(value)),
        Shape::Object => schema.name().unwrap_or("object").to_owned(),
    }
}

#[test]
fn the_bundle_reads_and_names_its_releases() {
    let releases = Schemas::known_releases();
    assert_eq!(releases, [33, 34, 35, 36, 37].map(Release::minor));
    for (minor, version) in [
        (20, "1.33."),
        (33, "1.33."),
        (36, "1.36."),
        (37, "1.37."),
        (99, "1.37."),
    ] {
        let found = schemas(minor).version();
        assert!(found.starts_with(version), "1.{minor}: {found}");
    }
}

#[test]
fn the_bundle_refers_to_nothing_that_it_lacks() {
    let bundle = Bundle::shipped();
    for (index, version) in bundle.releases.iter().enumerate() {
        let only = Releases::only(index);
        for definition in &bundle.arena.definitions {
            let held: Vec<_> = definition
                .variants
                .iter()
                .filter(|variant| variant.releases.meets(only))
                .collect();
            assert!(
                held.len() <= 1,
                "`{}` means two things in {}",
                definition.name,
                version.release
            );
            for variant in held {
                let schema = Schema::new(&bundle.arena, variant.node, only);
                for field in schema.fields() {
                    let lost = word(field.schema).contains("any") && field.schema.name().is_some();
                    let known = [
                        "JSON",
                        "JSONSchemaPropsOrArray",
                        "JSONSchemaPropsOrBool",
                        "JSONSchemaPropsOrStringArray",
                    ];
                    let open = field
                        .schema
                        .name()
                        .is_some_and(|name| known.iter().any(|known| name.ends_with(known)));
                    assert!(
                        !lost || open,
                        "`{}.{}` in {}",
                        definition.name,
                        field.name,
                        version.release
                    );
                }
            }
        }
    }
}

#[test]
fn fields_have_the_types_that_the_api_server_publishes() {
    let known = schemas(36);
    for (api_version, kind, path, expected) in [
        ("apps/v1", "Deployment", "spec.replicas", "int:int32"),
        (
            "apps/v1",
            "Deployment",
            "spec.template",
            "core.v1.PodTemplateSpec",
        ),
        (
            "apps/v1",
            "Deployment",
            "spec.strategy.rollingUpdate.maxSurge",
            "int-or-string",
        ),
        (
            "apps/v1",
            "Deployment",
            "metadata.creationTimestamp",
            "string:date-time",
        ),
        ("apps/v1", "Deployment", "metadata.labels", "map(string)"),
        (
            "v1",
            "Pod",
            "spec.containers[0].resources.limits",
            "map(quantity)",
        ),
        ("v1", "Pod", "spec.containers[0].args", "list(string)"),
        ("v1", "Pod", "spec.containers", "list(core.v1.Container)"),
        (
            "v1",
            "Pod",
            "spec.containers[0].ports[0].containerPort",
            "int:int32",
        ),
        ("v1", "Pod", "spec.nodeSelector", "map(string)"),
        ("v1", "Secret", "data", "map(string:byte)"),
        ("v1", "Service", "spec.ports[0].targetPort", "int-or-string"),
        (
            "batch/v1",
            "CronJob",
            "spec.jobTemplate.spec.template.spec.restartPolicy",
            "string",
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "Role",
            "rules[0].verbs",
            "list(string)",
        ),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "spec.ingress[0].from[0].podSelector",
            "meta.v1.LabelSelector",
        ),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "spec.versions[0].schema.openAPIV3Schema.properties.a.properties.b.type",
            "string",
        ),
    ] {
        assert_eq!(
            word(at(&known, api_version, kind, path)),
            expected,
            "{kind} {path}"
        );
    }
}

#[test]
fn required_fields_are_those_that_the_api_server_demands() {
    let known = schemas(36);
    let spec = at(&known, "apps/v1", "Deployment", "spec");
    let required: Vec<&str> = spec
        .fields()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    assert_eq!(required, ["selector", "template"]);
    let container = known.definition("core.v1.Container").expect("a definition");
    assert!(container.field("name").is_some_and(|field| field.required));
    assert!(
        container
            .field("image")
            .is_some_and(|field| !field.required)
    );
    assert!(container.field("Image").is_none());
}

#[test]
fn lists_and_maps_say_how_they_are_put_together() {
    let known = schemas(37);
    let keys = |keys: &[&str]| {
        keys.iter()
            .map(|key| Box::from(*key))
            .collect::<Vec<Box<str>>>()
    };
    let port = keys(&["containerPort", "protocol"]);
    let name = keys(&["name"]);
    let mount = keys(&["mountPath"]);
    let kind = keys(&["type"]);
    for (api_version, name, path, expected) in [
        (
            "v1",
            "Pod",
            "spec.containers[0].ports",
            Merge::ListMap(&port),
        ),
        ("v1", "Pod", "spec.containers", Merge::ListMap(&name)),
        (
            "v1",
            "Pod",
            "spec.containers[0].volumeMounts",
            Merge::ListMap(&mount),
        ),
        ("v1", "Pod", "status.conditions", Merge::ListMap(&kind)),
        ("v1", "Pod", "spec.containers[0].args", Merge::Atomic),
        ("v1", "Pod", "spec.tolerations", Merge::Atomic),
        ("v1", "Pod", "spec.nodeSelector", Merge::Atomic),
        ("v1", "Pod", "metadata.labels", Merge::Granular),
        ("v1", "Pod", "metadata.finalizers", Merge::Set),
        ("v1", "Pod", "spec.securityContext", Merge::Granular),
        ("v1", "Pod", "spec.hostNetwork", Merge::Scalar),
        ("apps/v1", "Deployment", "spec.selector", Merge::Atomic),
        ("v1", "ConfigMap", "data", Merge::Granular),
        ("apps/v1", "ControllerRevision", "data", Merge::Unknown),
    ] {
        assert_eq!(
            at(&known, api_version, name, path).merge(),
            expected,
            "{name} {path}"
        );
    }
    let protocol = at(&known, "v1", "Pod", "spec.containers[0].ports[0].protocol");
    assert_eq!(protocol.default(), Some("\"TCP\""));
    let volumes = at(&known, "v1", "Pod", "spec.volumes")
        .patch()
        .expect("a strategy");
    assert!(volumes.merge && volumes.retain_keys);
    assert_eq!(volumes.merge_key.as_deref(), Some("name"));
}

#[test]
fn releases_differ_in_their_fields_and_kinds() {
    let (old, new) = (schemas(33), schemas(34));
    let old = old.definition("core.v1.Container").expect("a definition");
    let new = new.definition("core.v1.Container").expect("a definition");
    assert!(old.field("restartPolicyRules").is_none());
    assert!(new.field("restartPolicyRules").is_some());
    assert_eq!(
        old.releases_with("restartPolicyRules"),
        [34, 35, 36, 37].map(Release::minor)
    );
    assert_eq!(old.releases_with("nonsense"), []);
    let policy = GroupVersionKind::new(
        "admissionregistration.k8s.io",
        "v1",
        "MutatingAdmissionPolicy",
    );
    assert!(schemas(35).kind(&policy).is_none());
    assert!(schemas(36).kind(&policy).is_some());
    assert_eq!(
        Schemas::releases_with(&policy),
        [36, 37].map(Release::minor)
    );
}

#[test]
fn kinds_name_the_resources_that_serve_them() {
    let known = schemas(36);
    for (api_version, kind, resource, namespaced) in [
        ("apps/v1", "Deployment", "deployments", true),
        ("v1", "Namespace", "namespaces", false),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "networkpolicies",
            true,
        ),
        ("policy/v1", "Eviction", "pods/eviction", true),
    ] {
        let served = known
            .served(&GroupVersionKind::of(api_version, kind))
            .expect("a known kind");
        assert_eq!(
            (served.resource, served.namespaced),
            (resource, namespaced),
            "{kind}"
        );
    }
    for built_in in crate::schema::kinds::pod_kinds() {
        let all = known.kinds();
        let served = all.iter().find(|served| {
            *served.kind.kind == *built_in.kind && *served.kind.group == *built_in.group
        });
        assert_eq!(
            served.map(|served| served.resource),
            Some(built_in.resource)
        );
    }
}
