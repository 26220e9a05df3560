//! Namespaces that belong to the cluster itself.

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
