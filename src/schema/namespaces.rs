//! Namespaces: those that belong to the cluster itself, and what is known of one that is nowhere to be read.

use crate::manifest::{Document, DocumentBuilder};

/// The label by which the API server names each namespace.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Namespaces that are kept from the webhook: the cluster cannot start without them, or AKS undoes changes there.
/// Exact names: a pattern could be claimed by whoever may create namespaces.
pub const SYSTEM: [&str; 15] = [
    "aks-command",
    "aks-istio-egress",
    "aks-istio-ingress",
    "aks-istio-system",
    "app-routing-system",
    "azure-arc",
    "azure-extensions-usage-system",
    "calico-system",
    "dapr-system",
    "dataprotection-microsoft",
    "gatekeeper-system",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "tigera-operator",
];

/// Whether a namespace belongs to the cluster itself.
pub fn is_system(name: &str) -> bool {
    SYSTEM.binary_search(&name).is_ok()
}

/// A Namespace of which only the name is known, and its labels where they are given: whatever else is read of it cannot
/// be known, for this reason.
pub fn assumed(name: &str, known: Option<&[(&str, &str)]>, reason: &str) -> Document {
    let mut builder = DocumentBuilder::new();
    let mut entries = Vec::new();
    for (key, value) in known.into_iter().flatten() {
        entries.push((*key, builder.string(value, None)));
    }
    if !entries.iter().any(|(key, _)| *key == NAME_LABEL) {
        entries.push((NAME_LABEL, builder.string(name, None)));
    }
    let labels = builder.object(&entries);
    let name = builder.string(name, None);
    let metadata = builder.object(&[("name", name), ("labels", labels)]);
    let version = builder.string("v1", None);
    let kind = builder.string("Namespace", None);
    let root = builder.object(&[
        ("apiVersion", version),
        ("kind", kind),
        ("metadata", metadata),
    ]);
    if known.is_none() {
        builder.open(labels, reason);
    }
    builder.open(metadata, reason);
    builder.open(root, reason);
    builder.finish(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_namespaces_are_known_by_their_exact_names() {
        assert!(SYSTEM.is_sorted());
        assert!(is_system("kube-system"));
        assert!(!is_system("kube-system-2"));
        assert!(!is_system("default"));
    }
}
