//! What the API server fills in: one case for each kind of row in the table of defaults.

use kpolicy::manifest::{Dialect, Limits, NodeRef, View, read, write_json};
use kpolicy::schema::defaults;
use kpolicy::source::{FieldPath, SourceId};

/// The value at `path` after the defaults of Kubernetes `1.<minor>`, as JSON; `-` where there is none.
fn value(text: &str, minor: u32, path: &str) -> String {
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    let mut document = reading.documents.into_iter().next().unwrap();
    let api_version = document
        .root()
        .get("apiVersion")
        .and_then(NodeRef::as_str)
        .unwrap()
        .to_owned();
    let kind = document
        .root()
        .get("kind")
        .and_then(NodeRef::as_str)
        .unwrap()
        .to_owned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    defaults::apply(&mut document, group, &kind, minor);
    let path = FieldPath::parse(path).unwrap();
    let node = document.root().follow(&path);
    node.map_or_else(|| "-".to_owned(), write_json)
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      initContainers: \
                          [{name: i, image: 'a:latest'}]\n      containers:\n      - name: c\n        image: 'a:1'\n        \
                          resources: {limits: {cpu: '1'}}\n        ports: [{containerPort: 1}]\n        readinessProbe: \
                          {httpGet: {port: 1}, periodSeconds: 5}\n        livenessProbe: {grpc: {port: 1}}\n        \
                          startupProbe: {tcpSocket: {port: 1}}\n      volumes: [{name: v}, {name: s, secret: {}}]\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n  containers:\n  - name: c\n    image: a\n    \
                   resources: {limits: {cpu: '1', memory: 1Gi}, requests: {cpu: 500m}}\n    ports: [{containerPort: 80}]\n";

#[test]
fn each_default_stands_where_the_api_server_puts_it() {
    let container = "spec.template.spec.containers[0]";
    for (text, path, expected) in [
        (DEPLOYMENT, "spec.replicas", "1"),
        (DEPLOYMENT, "spec.template.metadata", "{}"),
        (
            DEPLOYMENT,
            "spec.strategy.rollingUpdate.maxSurge",
            "\"25%\"",
        ),
        (DEPLOYMENT, "spec.template.spec.restartPolicy", "\"Always\""),
        (
            DEPLOYMENT,
            "spec.template.spec.initContainers[0].imagePullPolicy",
            "\"Always\"",
        ),
        (DEPLOYMENT, "spec.template.spec.volumes[0].emptyDir", "{}"),
        (
            DEPLOYMENT,
            "spec.template.spec.volumes[1].secret.defaultMode",
            "420",
        ),
        (DEPLOYMENT, "spec.template.spec.volumes[1].emptyDir", "-"),
        // On Pods only.
        (DEPLOYMENT, "spec.template.spec.enableServiceLinks", "-"),
        (
            DEPLOYMENT,
            "spec.template.spec.containers[0].resources.requests",
            "-",
        ),
        (POD, "spec.enableServiceLinks", "true"),
        (POD, "spec.containers[0].resources.requests.cpu", "\"500m\""),
        (
            POD,
            "spec.containers[0].resources.requests.memory",
            "\"1Gi\"",
        ),
        (POD, "spec.containers[0].ports[0].hostPort", "80"),
        (
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {podSelector: {}, egress: []}\n",
            "spec.policyTypes",
            "[\"Ingress\",\"Egress\"]",
        ),
        (
            "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\n",
            "spec.ports[0].targetPort",
            "80",
        ),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\n",
            "rules",
            "null",
        ),
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            "metadata.labels[\"kubernetes.io/metadata.name\"]",
            "\"shop\"",
        ),
    ] {
        assert_eq!(
            value(text, defaults::NEWEST_MINOR, path),
            expected,
            "{path}"
        );
    }
    for (below, expected) in [
        ("imagePullPolicy", "\"IfNotPresent\""),
        ("ports[0].protocol", "\"TCP\""),
        ("readinessProbe.periodSeconds", "5"),
        ("readinessProbe.failureThreshold", "3"),
        ("readinessProbe.httpGet.scheme", "\"HTTP\""),
        ("livenessProbe.timeoutSeconds", "1"),
        ("livenessProbe.grpc.service", "\"\""),
        ("startupProbe.periodSeconds", "10"),
        ("lifecycle", "-"),
    ] {
        let path = format!("{container}.{below}");
        assert_eq!(
            value(DEPLOYMENT, defaults::NEWEST_MINOR, &path),
            expected,
            "{path}"
        );
    }
}

#[test]
fn a_pull_policy_follows_the_tag_of_containers_and_of_image_volumes() {
    for (image, expected) in [
        ("'a:latest'", "\"Always\""),
        ("'a'", "\"Always\""),
        ("'a:latest@sha256:0'", "\"Always\""),
        ("'a@sha256:0'", "\"IfNotPresent\""),
        ("'a:1'", "\"IfNotPresent\""),
        ("''", "\"IfNotPresent\""),
        ("null", "\"IfNotPresent\""),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{{name: c, image: {image}}}]\n  volumes: \
             [{{name: v, image: {{reference: {image}}}}}]\n"
        );
        let newest = defaults::NEWEST_MINOR;
        let container = value(&pod, newest, "spec.containers[0].imagePullPolicy");
        assert_eq!(container, expected, "{image}");
        let volume = "spec.volumes[0].image.pullPolicy";
        assert_eq!(value(&pod, newest, volume), expected, "{image}");
        assert_eq!(value(&pod, 34, volume), "-", "{image}");
    }
}

#[test]
fn a_default_that_a_version_does_not_know_is_not_filled_in() {
    let job = "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: []}}}\n";
    assert_eq!(value(job, 28, "spec.podReplacementPolicy"), "-");
    assert_eq!(
        value(job, 29, "spec.podReplacementPolicy"),
        "\"TerminatingOrFailed\""
    );
}

#[test]
fn what_is_made_has_no_place_of_its_own() {
    let reading = read(
        SourceId(0),
        DEPLOYMENT,
        Dialect::Kubectl,
        &Limits::default(),
    );
    let mut document = reading.documents.into_iter().next().unwrap();
    defaults::apply(&mut document, "apps", "Deployment", defaults::NEWEST_MINOR);
    let replicas = document.root().at(&["spec", "replicas"]).unwrap();
    assert!(matches!(replicas.view(), View::Int(1)));
    assert_eq!(replicas.origin(), None);
}
