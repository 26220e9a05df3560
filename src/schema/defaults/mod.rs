//! What the API server fills in before any admission webhook sees an object.
//!
//! One versioned table serves lint and the harness that builds reviews, so that both judge what the cluster would.
//! The router never defaults: the API server has done it. A value made here has no origin; a finding on it points at
//! its parent.
//!
//! Left out: defaults that only the storage of other kinds needs, because no rule can see a difference, and what the API
//! server derives for a pod that has resources of its own (requests, and from 1.37 on limits, from its containers').
//! Policies of resources work that out for themselves.
//!
//! Upstream: `pkg/apis/{core,apps,batch,networking,autoscaling,storage,rbac}/*/defaults.go` of Kubernetes 1.36.

mod nulls;
mod table;

use crate::manifest::{Document, NodeId, NodeRef, View};

use super::kinds;
use table::{
    CONTAINER, Condition, Filled, POD_ONLY, POD_SPEC, PROBE, PROBES, Row, TEMPLATE, object_rows,
};

/// The minor version of Kubernetes that lint assumes where Config names none: the newest that AKS supports.
pub const NEWEST_MINOR: u32 = 36;

/// The newest minor version of Kubernetes of which anything is known here: kinds, functions, rules of Pod Security.
pub const NEWEST_KNOWN_MINOR: u32 = 37;

/// Fills in the defaults of Kubernetes `1.<minor>` for an object of this kind, and drops explicit nulls. Other kinds
/// are left as they are.
pub fn apply(document: &mut Document, group: &str, kind: &str, minor: u32) {
    let root = document.root().id();
    if kinds::built_in(group, kind).is_some() {
        nulls::remove(document, root);
    }
    fill(document, root, object_rows(group, kind), minor);
    let Some(route) = kinds::built_in(group, kind).and_then(|known| known.pod_template) else {
        return;
    };
    let Some(template) = document.root().at(route).map(NodeRef::id) else {
        return;
    };
    pod_template(document, template, minor);
    if route.is_empty() {
        fill(document, template, POD_ONLY, minor);
        requests_from_limits(document, template);
        host_ports(document, template);
    } else {
        fill(document, template, TEMPLATE, minor);
    }
}

/// Fills in the defaults of a pod template, wherever it stands.
pub fn pod_template(document: &mut Document, template: NodeId, minor: u32) {
    let Some(spec) = document.node(template).get("spec").map(NodeRef::id) else {
        return;
    };
    fill(document, spec, POD_SPEC, minor);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in elements(document, spec, list) {
            fill(document, container, CONTAINER, minor);
            for probe in PROBES {
                if let Some(probe) = document.node(container).get(probe).map(NodeRef::id) {
                    fill(document, probe, PROBE, minor);
                }
            }
        }
    }
}

/// What is filled in for objects of a kind whatever else they hold: the route to a map, and the key.
pub fn always_filled(
    group: &str,
    kind: &str,
    minor: u32,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    unconditional(object_rows(group, kind), minor)
}

/// As [`always_filled`], for what pods are made of: the definition first, as OpenAPI names it.
pub fn always_filled_in_pods(
    minor: u32,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let parts = [
        ("core.v1.PodTemplateSpec", TEMPLATE),
        ("core.v1.PodSpec", POD_SPEC),
        ("core.v1.Container", CONTAINER),
        ("core.v1.EphemeralContainer", CONTAINER),
        ("core.v1.Probe", PROBE),
    ];
    parts.into_iter().flat_map(move |(definition, rows)| {
        unconditional(rows, minor).map(move |(at, key)| (definition, at, key))
    })
}

fn unconditional(
    rows: &'static [Row],
    minor: u32,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    rows.iter()
        .filter(move |row| row.since <= minor && matches!(row.when, Condition::Always))
        .map(|row| (row.at, row.key))
}

fn fill(document: &mut Document, root: NodeId, rows: &[Row], minor: u32) {
    for row in rows.iter().filter(|row| row.since <= minor) {
        for map in select(document, root, row.at) {
            let node = document.node(map);
            if node.as_map().is_none() || !holds(node, row.when) {
                continue;
            }
            // An explicit null is what the API server reads as absent.
            if node.get(row.key).is_some_and(|value| !value.is_null()) {
                continue;
            }
            if let Some(value) = make(document, map, row.default) {
                document.set_entry(map, row.key, value);
            }
        }
    }
}

fn holds(node: NodeRef<'_>, condition: Condition) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Is(key, word) => node.get(key).and_then(NodeRef::as_str) == Some(word),
        Condition::Without(keys) => keys
            .iter()
            .all(|key| node.get(key).is_none_or(NodeRef::is_null)),
        Condition::Only(key) => node.as_map().is_some_and(|map| {
            map.iter()
                .all(|entry| entry.key == key || entry.value.is_null())
        }),
    }
}

fn make(document: &mut Document, map: NodeId, default: Filled) -> Option<NodeId> {
    Some(match default {
        Filled::Int(value) => document.make_int(value),
        Filled::Bool(value) => document.make_bool(value),
        Filled::Null => document.make_null(),
        Filled::Text(value) => document.make_string(value),
        Filled::Map => document.make_map(),
        Filled::PullPolicy(key) => {
            let image = document.node(map).get(key).and_then(NodeRef::as_str);
            let image = image.unwrap_or_default();
            let policy = if is_latest(image) {
                "Always"
            } else {
                "IfNotPresent"
            };
            document.make_string(policy)
        }
        Filled::CopyOf(key) => {
            let from = document.node(map).get(key)?.id();
            document.duplicate(from)
        }
        Filled::NameOfObject => {
            let name = document.root().at(&["metadata", "name"])?.id();
            document.duplicate(name)
        }
        Filled::PolicyTypes => {
            let egress = document
                .node(map)
                .get("egress")
                .is_some_and(|rules| !rules.is_null());
            let ingress = document.make_string("Ingress");
            let egress = egress.then(|| document.make_string("Egress"));
            let items: Vec<_> = [Some(ingress), egress].into_iter().flatten().collect();
            document.make_list(&items)
        }
    })
}

/// Whether the kubelet would pull each time: the tag is `latest`, written or implied (`pkg/util/parsers`). What is not
/// written yet has no tag.
fn is_latest(image: &str) -> bool {
    if image.is_empty() {
        return false;
    }
    let (name, digest) = image
        .split_once('@')
        .map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_none(),
    }
}

/// On Pods only, a container's missing request for a resource is its limit (`SetDefaults_Pod`).
fn requests_from_limits(document: &mut Document, pod: NodeId) {
    let Some(spec) = document.node(pod).get("spec").map(NodeRef::id) else {
        return;
    };
    for list in ["initContainers", "containers"] {
        for container in elements(document, spec, list) {
            let Some(resources) = document.node(container).get("resources") else {
                continue;
            };
            let resources_id = resources.id();
            let Some(limits) = resources.get("limits").and_then(NodeRef::as_map) else {
                continue;
            };
            let limits: Vec<(String, NodeId)> = limits
                .iter()
                .map(|limit| (limit.key.to_owned(), limit.value.id()))
                .collect();
            if limits.is_empty() {
                continue;
            }
            let requests = match document.node(resources_id).get("requests") {
                Some(requests) if requests.as_map().is_some() => requests.id(),
                Some(requests) if !requests.is_null() => continue,
                _ => {
                    let requests = document.make_map();
                    document.set_entry(resources_id, "requests", requests);
                    requests
                }
            };
            for (resource, limit) in limits {
                if document.node(requests).get(&resource).is_none() {
                    let copy = document.duplicate(limit);
                    document.set_entry(requests, &resource, copy);
                }
            }
        }
    }
}

/// On Pods in the host's network, a port is a host port (`SetDefaults_Pod`).
fn host_ports(document: &mut Document, pod: NodeId) {
    let Some(spec) = document.node(pod).get("spec") else {
        return;
    };
    if spec.get("hostNetwork").and_then(NodeRef::as_bool) != Some(true) {
        return;
    }
    let spec = spec.id();
    for list in ["initContainers", "containers"] {
        for container in elements(document, spec, list) {
            for port in elements(document, container, "ports") {
                let node = document.node(port);
                let unset = node
                    .get("hostPort")
                    .is_none_or(|port| port.is_null() || port.as_i64() == Some(0));
                let Some(number) = node.get("containerPort").map(NodeRef::id) else {
                    continue;
                };
                if unset {
                    let copy = document.duplicate(number);
                    document.set_entry(port, "hostPort", copy);
                }
            }
        }
    }
}

fn elements(document: &Document, map: NodeId, key: &str) -> Vec<NodeId> {
    match document.node(map).get(key).map(NodeRef::view) {
        Some(View::List(list)) => list.iter().map(NodeRef::id).collect(),
        _ => Vec::new(),
    }
}

/// The nodes at the end of a route such as `ports[]` or `strategy.rollingUpdate`; empty where the route breaks off.
fn select(document: &Document, root: NodeId, route: &str) -> Vec<NodeId> {
    let mut nodes = vec![root];
    for step in route.split('.').filter(|step| !step.is_empty()) {
        let (key, each) = step
            .strip_suffix("[]")
            .map_or((step, false), |key| (key, true));
        nodes = nodes
            .into_iter()
            .flat_map(|node| {
                if each {
                    elements(document, node, key)
                } else {
                    document
                        .node(node)
                        .get(key)
                        .map(NodeRef::id)
                        .into_iter()
                        .collect()
                }
            })
            .collect();
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_latest_written_or_implied_is_pulled_always() {
        for (image, expected) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("registry:5000/nginx", true),
            ("nginx:latest@sha256:0123", true),
            ("nginx:1.27", false),
            ("nginx@sha256:0123", false),
            ("registry:5000/nginx:1.27", false),
        ] {
            assert_eq!(is_latest(image), expected, "{image}");
        }
    }
}
