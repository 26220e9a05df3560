//! Custom kinds as far as a test needs them: the API server stores what it is given, and knows nothing of it.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::waiting::{LONG, eventually};

/// A custom kind: group, version, kind, plural, and whether its objects live in namespaces.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str, bool);

/// The custom kinds of the sample repository.
pub(crate) const SAMPLE: &[Row] = &[
    (
        "cilium.io",
        "v2",
        "CiliumNetworkPolicy",
        "ciliumnetworkpolicies",
        true,
    ),
    (
        "cilium.io",
        "v2",
        "CiliumClusterwideNetworkPolicy",
        "ciliumclusterwidenetworkpolicies",
        false,
    ),
    (
        "helm.toolkit.fluxcd.io",
        "v2",
        "HelmRelease",
        "helmreleases",
        true,
    ),
    ("karpenter.sh", "v1", "NodePool", "nodepools", false),
    (
        "kustomize.toolkit.fluxcd.io",
        "v1",
        "Kustomization",
        "kustomizations",
        true,
    ),
    (
        "monitoring.coreos.com",
        "v1",
        "PodMonitor",
        "podmonitors",
        true,
    ),
    (
        "monitoring.coreos.com",
        "v1",
        "ServiceMonitor",
        "servicemonitors",
        true,
    ),
    (
        "networking.istio.io",
        "v1",
        "DestinationRule",
        "destinationrules",
        true,
    ),
    ("networking.istio.io", "v1", "Gateway", "gateways", true),
    (
        "networking.istio.io",
        "v1",
        "ServiceEntry",
        "serviceentries",
        true,
    ),
    ("networking.istio.io", "v1", "Sidecar", "sidecars", true),
    (
        "networking.istio.io",
        "v1",
        "VirtualService",
        "virtualservices",
        true,
    ),
    (
        "secrets-store.csi.x-k8s.io",
        "v1",
        "SecretProviderClass",
        "secretproviderclasses",
        true,
    ),
    (
        "security.istio.io",
        "v1",
        "AuthorizationPolicy",
        "authorizationpolicies",
        true,
    ),
    (
        "security.istio.io",
        "v1",
        "PeerAuthentication",
        "peerauthentications",
        true,
    ),
    (
        "source.toolkit.fluxcd.io",
        "v1",
        "GitRepository",
        "gitrepositories",
        true,
    ),
    (
        "source.toolkit.fluxcd.io",
        "v1",
        "HelmRepository",
        "helmrepositories",
        true,
    ),
    (
        "source.toolkit.fluxcd.io",
        "v1",
        "OCIRepository",
        "ocirepositories",
        true,
    ),
];

/// The smallest CustomResourceDefinition of a kind.
fn definition((group, version, kind, plural, namespaced): Row) -> Value {
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": if namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
            "versions": [
                {"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": anything}},
            ],
        },
    })
}

impl Cluster {
    /// Makes the API server serve these kinds, and returns when it does. Those that it serves already stay.
    pub(crate) async fn install(&self, rows: &[Row]) {
        for &row in rows {
            let answer = self.admin.create(&definition(row)).await;
            assert!(matches!(answer.status, 201 | 409), "{answer:?}");
        }
        for (group, version, _, plural, _) in rows {
            eventually("the API server serves a custom kind", LONG, async || {
                let answer = self
                    .admin
                    .read(&format!("/apis/{group}/{version}/{plural}"))
                    .await;
                if answer.status == 200 {
                    Ok(())
                } else {
                    Err(answer.body.to_string())
                }
            })
            .await;
        }
    }
}
