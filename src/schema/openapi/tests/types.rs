//! Schemas as types of CEL. The exact ones were compared with the type checking of k8s.io/apiserver 0.36.

use std::sync::Arc;

use crate::cel::{self, Environment};

use super::added::{WIDGET, crd, with_schema};
use super::*;

fn environment(mapping: Mapping, schemas: Schemas, kind: &GroupVersionKind) -> Environment {
    let types = SchemaTypes::new(Arc::new(schemas), mapping);
    let kind = types.kind(kind).expect("a known kind");
    let mut environment = Environment::new(["object"]).with_objects(Arc::new(types));
    environment.set_type("object", kind);
    environment
}

fn deployment(mapping: Mapping) -> Environment {
    environment(
        mapping,
        schemas(36),
        &GroupVersionKind::new("apps", "v1", "Deployment"),
    )
}

/// The type of an expression, or what is wrong with it.
fn typed(source: &str, environment: &Environment) -> String {
    match cel::compile(source, environment) {
        Ok(program) => program.static_type().to_string(),
        Err(errors) => format!("error: {}", errors[0].message),
    }
}

#[test]
fn schemas_become_the_types_that_the_api_server_takes() {
    let environment = deployment(Mapping::ApiServer);
    for (source, expected) in [
        ("object.spec", "Deployment.spec"),
        ("object.spec.replicas", "int"),
        (
            "object.spec.replica",
            "error: `Deployment.spec` has no field `replica`",
        ),
        (
            "object.metadata.creationTimestamp",
            "google.protobuf.Timestamp",
        ),
        ("object.metadata.namespace", "string"),
        ("object.metadata.__namespace__", "string"),
        ("object.spec.strategy.rollingUpdate.maxSurge", "dyn"),
        (
            "object.spec.template.spec.containers",
            "list(Deployment.spec.template.spec.containers.@idx)",
        ),
        (
            "object.spec.template.spec.containers[0].resources.limits",
            "error: `Deployment.spec.template.spec.containers.@idx.resources` has no field `limits`",
        ),
        (
            "object.metadata.managedFields[0].fieldsV1",
            "Deployment.metadata.managedFields.@idx.fieldsV1",
        ),
        (
            "object.spec.template.spec.nodeSelector",
            "map(string, string)",
        ),
    ] {
        assert_eq!(typed(source, &environment), expected, "{source}");
    }
}

#[test]
fn an_object_inside_itself_has_no_fields_to_the_api_server() {
    let kind = GroupVersionKind::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let schema = "object.spec.versions[0].schema.openAPIV3Schema";
    let exact = environment(Mapping::ApiServer, schemas(36), &kind);
    let run_time = environment(Mapping::AtRunTime, schemas(36), &kind);
    let source = format!("{schema}.properties['a'].type");
    assert!(typed(&source, &exact).ends_with(".properties.@elem` has no field `type`"));
    assert_eq!(typed(&source, &run_time), "string");
    let source = format!("{schema}.maximum");
    assert_eq!(typed(&source, &exact), "double");
    assert_eq!(typed(&source, &run_time), "dyn");
}

#[test]
fn at_run_time_a_definition_is_one_type_and_dates_are_strings() {
    let environment = deployment(Mapping::AtRunTime);
    for (source, expected) in [
        ("object", "apps.v1.Deployment"),
        ("object.metadata.creationTimestamp", "string"),
        ("object.metadata.namespace", "string"),
        (
            "object.spec.template.spec.containers[0].resources.limits",
            "map(string, dyn)",
        ),
        (
            "object.spec.template.spec.containers + object.spec.template.spec.initContainers",
            "list(core.v1.Container)",
        ),
        ("object.metadata.managedFields[0].fieldsV1.x.y", "dyn"),
        (
            "object.spec.replica",
            "error: `apps.v1.DeploymentSpec` has no field `replica`",
        ),
        (
            "object.metadata.__namespace__",
            "error: `ObjectMeta` has no field `__namespace__`",
        ),
    ] {
        assert_eq!(typed(source, &environment), expected, "{source}");
    }
}

#[test]
fn objects_are_the_maps_that_they_are_when_a_policy_runs() {
    let strict = deployment(Mapping::AtRunTime);
    let plain = strict.clone().with_plain_objects();
    for (source, expected) in [
        ("'replicas' in object.spec", "bool"),
        ("object.spec['replicas']", "dyn"),
        ("size(object.spec)", "int"),
        ("object.spec.all(k, k != '')", "bool"),
        ("object.spec == object.metadata", "bool"),
        (
            "[object.spec] + [object.metadata]",
            "list(map(string, dyn))",
        ),
        ("true ? object.spec : object.metadata", "map(string, dyn)"),
        (
            "object.spec + 1",
            "error: `+` does not take `apps.v1.DeploymentSpec` with `int`",
        ),
        (
            "object.spec.nope",
            "error: `apps.v1.DeploymentSpec` has no field `nope`",
        ),
    ] {
        assert_eq!(typed(source, &plain), expected, "{source}");
        assert!(typed(source, &strict).starts_with("error: "), "{source}");
    }
}

#[test]
fn custom_resources_have_types_too() {
    let kind = GroupVersionKind::new("example.io", "v1", "Widget");
    let exact = environment(Mapping::ApiServer, crd(WIDGET).0, &kind);
    let run_time = environment(Mapping::AtRunTime, crd(WIDGET).0, &kind);
    for (source, in_the_api_server, when_it_runs) in [
        ("object.spec.size", "int", "int"),
        ("object.spec.port", "dyn", "dyn"),
        ("object.spec.when", "google.protobuf.Timestamp", "string"),
        (
            "object.spec.free.any",
            "error: `Widget.spec.free` has no field `any`",
            "dyn",
        ),
        ("object.spec.parts[0].id", "string", "string"),
        (
            "object.spec.inner.spec",
            "map(string, bool)",
            "map(string, bool)",
        ),
        (
            "object.spec.inner.metadata.labels",
            "map(string, string)",
            "map(string, string)",
        ),
        ("object.metadata.name", "string", "string"),
    ] {
        assert_eq!(typed(source, &exact), in_the_api_server, "{source}");
        assert_eq!(typed(source, &run_time), when_it_runs, "{source}");
    }
}

#[test]
fn fields_that_are_always_there_need_no_test() {
    let filled = [("core.v1.PodSpec".into(), "restartPolicy".into())];
    let types = SchemaTypes::new(Arc::new(schemas(36)), Mapping::AtRunTime).with_filled(filled);
    let kind = GroupVersionKind::new("v1", "v1", "Pod");
    assert_eq!(types.kind(&kind), None);
    let pod = GroupVersionKind::of("v1", "Pod");
    assert_eq!(types.kind(&pod), Some(StaticType::object("core.v1.Pod")));
    let field = |object: &str, field: &str| types.field(object, field).map(|found| found.required);
    assert_eq!(field("core.v1.Pod", "metadata"), Some(true));
    assert_eq!(field("core.v1.Pod", "kind"), Some(true));
    assert_eq!(field("core.v1.Pod", "spec"), Some(true));
    assert_eq!(field("core.v1.Pod", "status"), Some(false));
    // A pod has a name and a namespace once it is judged; a template has none.
    assert_eq!(field("ObjectMeta", "name"), Some(true));
    assert_eq!(field("ObjectMeta", "namespace"), Some(true));
    assert_eq!(field("ObjectMeta", "labels"), Some(false));
    assert!(types.definition("core.v1.PodTemplateSpec").is_some());
    assert_eq!(field("core.v1.PodTemplateSpec", "metadata"), Some(false));
    assert_eq!(field("meta.v1.ObjectMeta", "name"), Some(false));
    assert_eq!(field("core.v1.PodSpec", "restartPolicy"), Some(true));
    assert_eq!(field("core.v1.PodSpec", "containers"), Some(true));
    assert_eq!(field("core.v1.PodSpec", "hostNetwork"), Some(false));
    assert_eq!(field("core.v1.PodSpec", "hostNetwrk"), None);
    assert_eq!(field("nobody", "knows"), None);
    assert!(
        types
            .fields("core.v1.PodSpec")
            .contains(&"hostNetwork".to_owned())
    );
    assert_eq!(types.fields("nobody"), Vec::<String>::new());
}

#[test]
fn sizes_are_those_that_the_api_server_estimates_with() {
    let known = schemas(36);
    let (widget, _) = crd(WIDGET);
    let request = 3 * 1024 * 1024;
    for (path, expected) in [
        ("metadata.name", Some(request - 2)),
        ("metadata.creationTimestamp", Some(32)),
        // A container needs a name, which has a default: an empty map, and a comma.
        ("spec.containers", Some((request - 2) / 3)),
        ("spec.nodeSelector", Some((request - 2) / (2 + 6))),
        ("spec.containers[0].args", Some((request - 2) / 3)),
        ("spec.containers[0].resources.limits", None),
        (
            "spec.containers[0].livenessProbe.httpGet.port",
            Some(request - 2),
        ),
        ("spec.hostNetwork", None),
    ] {
        assert_eq!(
            at(&known, "v1", "Pod", path).max_elements(),
            expected,
            "{path}"
        );
    }
    let list = with_schema(
        "{type: array, items: {type: object, required: [id], properties: {id: {type: string}}}}",
    );
    let (list, _) = crd(&list);
    let list = list
        .kind(&GroupVersionKind::new("g.io", "v1", "K"))
        .expect("a known kind");
    // `{"id":""}` takes the two braces, the key and its colon, the value, and what parts it from the next.
    assert_eq!(
        list.max_elements(),
        Some((request - 2) / (2 + 2 + 4 + 2 + 1))
    );
    for (path, expected) in [("spec.color", 20), ("spec.parts", 7), ("spec.when", 32)] {
        assert_eq!(
            at(&widget, "example.io/v1", "Widget", path).max_elements(),
            Some(expected),
            "{path}"
        );
    }
}
