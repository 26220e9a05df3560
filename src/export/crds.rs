//! The CustomResourceDefinitions of kpolicy's own kinds.
//!
//! They are made from the types of the module `crds` and kept as files, where the chart finds them; a test holds both
//! together. So every build can print them, also one without the Kubernetes client.

/// Each definition as YAML, with the name of its file.
pub const DEFINITIONS: [(&str, &str); 2] = [
    (
        "kpolicy.io_policies.yaml",
        include_str!("../../charts/kpolicy/crds/kpolicy.io_policies.yaml"),
    ),
    (
        "kpolicy.io_policyexceptions.yaml",
        include_str!("../../charts/kpolicy/crds/kpolicy.io_policyexceptions.yaml"),
    ),
];
