//! What is refused, and what is not, as the API server does it.

use super::*;
use crate::manifest::{Dialect, Document, Limits, read_one};
use crate::schema::openapi::Schemas;
use crate::source::SourceId;

fn document(text: &str) -> Document {
    let reading = read_one(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    reading.documents.into_iter().next().unwrap()
}

/// The outcomes, places and messages; the words that every refusal begins with are left out.
fn said(text: &str, release: Option<Release>, is_whole: bool) -> Vec<String> {
    let schemas = Schemas::built_in(release.unwrap_or(Release::NEWEST));
    let about = Circumstances {
        schemas: &schemas,
        release,
        is_whole,
    };
    let document = document(text);
    let say = |refusal: Refusal| {
        let message = refusal.message.replace("the API server refuses this: ", "");
        let help = refusal.help.map(|help| format!(" ({help})"));
        format!(
            "{:?}: {message}{}",
            refusal.outcome,
            help.unwrap_or_default()
        )
    };
    refusals(document.root(), about)
        .into_iter()
        .map(say)
        .collect()
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}")
}

fn container(fields: &str) -> String {
    pod(&format!("{{containers: [{{name: a, {fields}}}]}}"))
}

#[test]
fn what_cannot_be_read_into_its_kind_is_refused_once() {
    let deployment = |spec: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {spec}")
    };
    for (text, expected) in [
        (
            pod("{containers: {name: a}}"),
            "`spec.containers` must be a list, not a map (begin each element with `- `)",
        ),
        (
            pod("{containers: [a, b, c]}"),
            "`spec.containers[0]` must be a map, not a string; the same goes for 2 more beside it",
        ),
        (
            pod("{containers: []}"),
            "`spec.containers` is empty, and a pod needs a container",
        ),
        (
            pod("{containers: null}"),
            "`spec.containers` is not set, and a pod needs it",
        ),
        (
            pod("{}"),
            "`spec.containers` is not set, and a pod needs it",
        ),
        (pod("web"), "`spec` must be a map, not a string"),
        (pod(""), "`spec` is not set, and a pod needs it"),
        (
            deployment("{template: {metadata: {name: a}}}"),
            "`spec.template.spec` is not set, and a pod needs it",
        ),
        (
            deployment("{replicas: 1}"),
            "`spec.template` is not set, and a pod needs it",
        ),
        (
            deployment("{replicas: '1', template: {spec: {containers: [{}]}}}"),
            "`spec.replicas` must be an integer, not a string (write it without quotes)",
        ),
        (
            deployment("{replicas: 1.5, template: {spec: {containers: [{}]}}}"),
            "`spec.replicas` must be an integer, not a number",
        ),
        (
            deployment("{replicas: 3000000000, template: {spec: {containers: [{}]}}}"),
            "`spec.replicas` is out of range for an integer of 32 bits",
        ),
        (
            container("securityContext: {privileged: 'true'}"),
            "`spec.containers[0].securityContext.privileged` must be a boolean, not a string (write it without quotes)",
        ),
        (
            container("securityContext: []"),
            "`spec.containers[0].securityContext` must be a map, not a list",
        ),
        (
            container("env: [{name: A, value: 1}, {name: B, value: '1'}]"),
            "`spec.containers[0].env[0].value` must be a string, not an integer (put it in quotes)",
        ),
        (
            container("command: run"),
            "`spec.containers[0].command` must be a list, not a string",
        ),
        (
            container("resources: {limits: {memory: 1 Gi}}"),
            "`spec.containers[0].resources.limits.memory` is no quantity (a quantity is a number with a suffix such as `m`, `k`, `Mi` or `Gi`, without a space)",
        ),
        (
            container("resources: {limits: {memory: ''}}"),
            "`spec.containers[0].resources.limits.memory` is no quantity (a quantity is a number with a suffix such as `m`, `k`, `Mi` or `Gi`, without a space)",
        ),
        (
            container("resources: {limits: {memory: true}}"),
            "`spec.containers[0].resources.limits.memory` must be a quantity, not a boolean",
        ),
        (
            container("livenessProbe: {httpGet: {port: true}}"),
            "`spec.containers[0].livenessProbe.httpGet.port` must be an integer or a string, not a boolean",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: 1.5, b: yes, c: x}}"
                .to_owned(),
            "`metadata.labels.a` must be a string, not a number; the same goes for 1 more beside it (put it in quotes)",
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {pin: 1234}".to_owned(),
            "`data.pin` must be a string, not an integer (put it in quotes)",
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: hush".to_owned(),
            "`data` must be a map, not a string",
        ),
    ] {
        assert_eq!(
            said(&text, None, true),
            [format!("Refused: {expected}")],
            "{text}"
        );
    }
}

#[test]
fn what_the_api_server_takes_is_let_pass() {
    for text in [
        container("env: null, resources: {limits: {cpu: 0.5, memory: 1Gi, x: ' 1 ', y: null}}, securityContext: {privileged: null}"),
        container("livenessProbe: {httpGet: {port: http}, periodSeconds: 10.0}"),
        container("env: [{name: A, value: '1'}], args: ['1', null]"),
        container("image: a").replace("name: a}", "name: a, annotations: {a: '1'}, creationTimestamp: null}"),
        // Something fills these in.
        pod("{hostNetwork: '${HOST}', priority: '{{ p }}', containers: [{resources: {limits: {cpu: '${CPU}'}}}]}"),
        // Another group may be anybody's, and so may be what is in no cluster.
        "apiVersion: a.example/v1\nkind: Pod\nmetadata: {}\nspec: 1".to_owned(),
        "apiVersion: v1\nkind: Config\nclusters: []".to_owned(),
        // The newest release has this field, and an older one that.
        pod("{evictionResponders: [], workloadRef: {}, containers: [{}]}"),
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {}\nspec: {versions: [{schema: \
         {openAPIV3Schema: {properties: {a: {default: {b: 1}, enum: [1], x-kubernetes-int-or-string: true}}}}}]}".to_owned(),
    ] {
        assert_eq!(said(&text, None, true), [""; 0], "{text}");
    }
}

#[test]
fn what_is_completed_elsewhere_may_lack_a_pod() {
    let partial = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1}";
    assert_eq!(said(partial, None, false), [""; 0]);
    assert_eq!(said(&pod("{containers: 1}"), None, false).len(), 1);
}

#[test]
fn fields_that_nobody_reads_are_named_with_the_nearest() {
    let known = |minor| Some(Release::minor(minor));
    let gone =
        "kubectl and Flux refuse the object, and without strict validation the field is dropped";
    for (text, release, expected) in [
        (
            container("resource: {}"),
            None,
            format!(
                "Dropped: there is no field `spec.containers[0].resource`: {gone} (did you mean `resources`?)"
            ),
        ),
        (
            container("zzz: {}"),
            None,
            format!("Dropped: there is no field `spec.containers[0].zzz`: {gone}"),
        ),
        (
            pod("{evictionResponders: [], containers: [{}]}"),
            known(36),
            format!(
                "Dropped: there is no field `spec.evictionResponders`: {gone} (Kubernetes 1.36 does not have it, Kubernetes 1.37 does)"
            ),
        ),
    ] {
        assert_eq!(said(&text, release, true), [expected], "{text}");
    }
    // Of a release whose kinds are not known nobody can say what it lacks.
    for minor in [30, 40] {
        assert_eq!(said(&container("zzz: {}"), known(minor), true), [""; 0]);
    }
}

#[test]
fn kinds_that_nobody_serves_are_refused() {
    let object = |api_version: &str, kind: &str| {
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}")
    };
    for (api_version, kind, release, expected) in [
        (
            "apps/v1",
            "Deploymnt",
            None,
            "Kubernetes 1.33 to 1.37 has no `apps/v1 Deploymnt` (did you mean `Deployment`?)",
        ),
        (
            "v1",
            "Deployment",
            None,
            "Kubernetes 1.33 to 1.37 has no `v1 Deployment` (`Deployment` is in `apps/v1`)",
        ),
        (
            "batch/v1beta1",
            "CronJob",
            None,
            "Kubernetes 1.33 to 1.37 has no `batch/v1beta1 CronJob` (`CronJob` is in `batch/v1`)",
        ),
        (
            "extensions/v1beta1",
            "Ingress",
            None,
            "Kubernetes 1.33 to 1.37 has no `extensions/v1beta1 Ingress` (`Ingress` is in `networking.k8s.io/v1`)",
        ),
        (
            "storage.k8s.io/v1",
            "VolumeAttributesClass",
            Some(33),
            "Kubernetes 1.33 has no `storage.k8s.io/v1 VolumeAttributesClass`, Kubernetes 1.34 to 1.37 has",
        ),
    ] {
        let release = release.map(Release::minor);
        let found = said(&object(api_version, kind), release, true);
        assert_eq!(
            found,
            [format!("Refused: {expected}")],
            "{api_version} {kind}"
        );
    }
    for (api_version, kind, release) in [
        ("batch/v1beta1", "CronJob", Some(20)),
        ("storage.k8s.io/v1", "VolumeAttributesClass", None),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", None),
    ] {
        let release = release.map(Release::minor);
        assert_eq!(
            said(&object(api_version, kind), release, true),
            [""; 0],
            "{api_version} {kind}"
        );
    }
}

#[test]
fn custom_kinds_are_held_against_their_definition() {
    let crd = document(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: a.example, names: {kind: A, \
         plural: as}, versions: [{name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {spec: \
         {type: object, properties: {size: {type: integer}, any: {type: object, \
         x-kubernetes-preserve-unknown-fields: true}}}}}}}]}",
    );
    let mut schemas = Schemas::built_in(Release::NEWEST);
    schemas.add_crd(&crd, &mut Vec::new());
    let about = Circumstances {
        schemas: &schemas,
        release: None,
        is_whole: true,
    };
    for (spec, expected) in [
        ("{size: 1, any: {x: 1}}", &[][..]),
        ("{size: big}", &["spec.size"]),
        ("{sise: 1}", &["spec.sise"]),
    ] {
        let object = document(&format!(
            "apiVersion: a.example/v1\nkind: A\nmetadata: {{name: a, labels: {{a: b}}}}\nspec: {spec}"
        ));
        let found = refusals(object.root(), about).into_iter();
        let paths: Vec<String> = found.map(|refusal| refusal.path.to_string()).collect();
        assert_eq!(paths, expected, "{spec}");
    }
}

#[test]
fn an_object_of_thousands_of_faults_is_told_of_some() {
    let items: Vec<String> = (0..5000)
        .map(|at| format!("{{name: a, x{at}: 1}}"))
        .collect();
    let found = said(
        &pod(&format!("{{containers: [{}]}}", items.join(", "))),
        None,
        true,
    );
    assert_eq!(found.len(), MOST);
}
